"""Learn disentangled representations, measure how disentangled they are, edit data with them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unweave.api import choose as choose
    from unweave.api import edit as edit
    from unweave.api import evaluate as evaluate
    from unweave.api import export as export
    from unweave.api import load as load
    from unweave.api import report as report
    from unweave.api import rotate as rotate
    from unweave.api import score as score
    from unweave.api import train as train
    from unweave.api import train_seeds as train_seeds
    from unweave.api import traverse as traverse
    from unweave.data import Dataset as Dataset
    from unweave.data import load_data as load_data
    from unweave.editing.strength import strength as strength
    from unweave.errors import DivergedError as DivergedError
    from unweave.errors import RequestError as RequestError
    from unweave.errors import UnweaveError as UnweaveError
    from unweave.interpretation.certificate import certify as certify
    from unweave.interpretation.factor_analysis import factor_analysis as factor_analysis
    from unweave.interpretation.interpret import interpret as interpret
    from unweave.interpretation.turns import find_turn as find_turn
    from unweave.reporting.edits import save_edits as save_edits
    from unweave.reporting.exports import save_codes as save_codes
    from unweave.reporting.exports import save_samples as save_samples
    from unweave.reporting.interpretation import save_interpretation as save_interpretation
    from unweave.reporting.strength import save_strength as save_strength
    from unweave.reporting.tables import save_anomalies as save_anomalies
    from unweave.reporting.tables import save_imputation as save_imputation
    from unweave.runs.model import Model as Model
    from unweave.studies.power import power as power
    from unweave.studies.study import study as study

__version__ = "0.1.0"

# The public names and the modules they live in, each loaded when it is first asked for, so
# that `unweave --help` need not wait for torch. The imports above say the same to a type
# checker; a test compares the two.
_HOMES = {
    "Dataset": "data",
    "DivergedError": "errors",
    "Model": "api",
    "RequestError": "errors",
    "UnweaveError": "errors",
    "certify": "interpretation.certificate",
    "choose": "api",
    "edit": "api",
    "evaluate": "api",
    "export": "api",
    "factor_analysis": "interpretation.factor_analysis",
    "find_turn": "interpretation.turns",
    "interpret": "interpretation.interpret",
    "load": "api",
    "load_data": "data",
    "power": "studies.power",
    "report": "api",
    "rotate": "api",
    "save_anomalies": "reporting.tables",
    "save_codes": "reporting.exports",
    "save_edits": "reporting.edits",
    "save_imputation": "reporting.tables",
    "save_interpretation": "reporting.interpretation",
    "save_samples": "reporting.exports",
    "save_strength": "reporting.strength",
    "score": "api",
    "strength": "editing.strength",
    "study": "studies.study",
    "train": "api",
    "train_seeds": "api",
    "traverse": "api",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'unweave' has no attribute {name!r}")
    return getattr(importlib.import_module(f"unweave.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
