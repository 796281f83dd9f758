r"""The newer scores beside published programs, on the same arrays of six kinds of codes.

    pip install pyitlib
    git clone https://github.com/kylehkhsu/latent_quantization programs/latent_quantization
    git clone https://github.com/ubisoft/ubisoft-laforge-disentanglement-metrics \
        programs/ubisoft-laforge-disentanglement-metrics
    git clone https://github.com/andreinicolicioiu/DCI-ES programs/DCI-ES
    python benchmarks/published_scores.py programs

Each cell is the value here, a slash, and that of the program: InfoMEC of the first, MIG-sup, JEMMIG
and DCIMIG of the second (with 20 bins, as here), explicitness of the third (of the curve of losses
found here, since its probes need their own training).
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression

import unweave as uw

ROWS, LEVELS = 3_000, (3, 4, 5)
SCORES = "info-m", "info-e", "info-c", "mig-sup", "jemmig", "dcimig", "dci-explicitness"


def kinds(factors: np.ndarray) -> dict[str, np.ndarray]:
    """Return codes of six kinds, N x K each."""
    generator = np.random.default_rng(1)
    scaled = (factors - factors.mean(0)) / factors.std(0)
    noise = generator.standard_normal(factors.shape)
    noisy = scaled + 0.3 * noise
    turn = np.linalg.qr(generator.standard_normal((len(LEVELS), len(LEVELS))))[0]
    return {
        "noisy": noisy,
        "mixed": noisy @ turn,
        "twice": np.hstack([noisy, scaled + 0.3 * noise[::-1]]),
        "one ignored": noisy[:, :2],
        "curved": np.sin(2 * noisy) + noisy**3 / 9,
        "noise": noise,
    }


class Programs:
    """The published functions, from the folder that holds their repositories."""

    def __init__(self, folder: Path) -> None:
        gaps = folder / "ubisoft-laforge-disentanglement-metrics" / "src"
        sys.path.insert(0, str(gaps))  # It imports its own module `utils`.
        self._infomec = _module(folder / "latent_quantization/disentangle/metrics/infomec.py")
        self._gaps = {
            name: getattr(_module(gaps / "metrics" / f"{name}.py"), name)
            for name in ("mig_sup", "jemmig", "dcimig")
        }
        self._curve = _module(folder / "DCI-ES/metrics/explitcitness.py").compute_explitcitness
        # Two calls that its libraries have changed since.
        self._infomec.linear_model = SimpleNamespace(LogisticRegression=_without_multi_class)
        self._infomec.feature_selection = SimpleNamespace(mutual_info_classif=_one_information)

    def scores(self, codes: np.ndarray, factors: np.ndarray, curves: dict) -> dict[str, float]:
        """Return the programs' values under the names that scores have here."""
        np.random.seed(0)
        mec = self._infomec.compute_infomec(factors, codes, discrete_latents=False)
        found = {f"info-{name}": float(mec[f"info{name}"]) for name in "mec"}
        for name, function in self._gaps.items():
            value = function(factors, codes, continuous_factors=False, nb_bins=20)
            found[name.replace("_", "-")] = float(value)
        capacity = np.array(curves["capacity"])
        each = [
            self._curve(capacity, np.array(loss), max_area=capacity[-1] - capacity[0])
            for loss in curves["loss"].values()
        ]
        return found | {"dci-explicitness": float(np.mean(each))}


def _without_multi_class(**options: object) -> Callable:
    del options["multi_class"], options["penalty"]
    return LogisticRegression(C=np.inf, **options)


def _one_information(*given: object, **options: object) -> float:
    return mutual_info_classif(*given, **options).item()


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    programs = Programs(parser.parse_args().folder.resolve())
    warnings.simplefilter("ignore")
    drawn = np.random.default_rng(0)
    factors = np.stack([drawn.integers(size, size=ROWS) for size in LEVELS], axis=1)
    print(f"| codes | {' | '.join(SCORES)} |")
    print("| --- " * (1 + len(SCORES)) + "|")
    for kind, codes in kinds(factors).items():
        ours = uw.score(codes, factors, ",".join(SCORES))["scores"]
        theirs = programs.scores(codes, factors, ours["dci-explicitness"])
        cells = [f"{ours[name]['value']:.3f} / {theirs[name]:.3f}" for name in SCORES]
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
