"""State of one open page; it loads no model, since the page opens while models are loaded."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from unweave.errors import RequestError

if TYPE_CHECKING:
    from unweave.app.loaded_run import LoadedRun
    from unweave.app.sample import Sample


@dataclass
class PageState:
    """State of one open page: its sample stays while its runs are switched."""

    sample: Sample | None = None

    def sample_for(self, run: LoadedRun) -> Sample:
        """Return the chosen sample, or the run's first one where it belongs to other data."""
        if self.sample is None or not self.sample.fits(run):
            from unweave.app.sample import sample_of_row

            self.sample = sample_of_row(run)
        return self.sample

    def asked_for(self, run: LoadedRun, query: str) -> dict[str, float]:
        """Take the row that an address such as ``?run=0&row=17&z3=1.2`` asks for.

        Returns the controls it asks to be moved; whatever does not fit the run is ignored.
        """
        from unweave.app.sample import sample_of_row

        asked = dict(parse_qsl(query.removeprefix("?")))
        if asked.get("run") != str(run.number):
            return {}
        with contextlib.suppress(RequestError, ValueError):
            self.sample = sample_of_row(run, int(asked["row"])) if asked.get("row") else None
        wanted = {}
        for control in run.controls:
            with contextlib.suppress(ValueError, KeyError):
                value = float(asked[control.name])
                if abs(value) < 1e6:
                    wanted[control.name] = value
        return wanted

    def __deepcopy__(self, memo: dict[int, Any]) -> PageState:
        # Every page begins with a state of its own.
        return PageState(copy.copy(self.sample))
