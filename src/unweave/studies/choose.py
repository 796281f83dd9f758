"""The choice of a model's settings without labels: a study in which poor settings stop early."""

from __future__ import annotations

import logging
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypedDict

from unweave.data import Dataset
from unweave.errors import RequestError, shortened
from unweave.files import check_folder, write_json
from unweave.models.aliases import model_name
from unweave.runs.documents import Bounds, read_document
from unweave.runs.model import Model
from unweave.settings import LARGEST, seeds_from, whole_number
from unweave.studies.candidates import default_grid, methods_of, plain
from unweave.studies.choice import Choice, Rung, Setting
from unweave.studies.criteria import criteria_of, without_labels
from unweave.studies.plan import Method, listing_plan
from unweave.studies.ranking import ranked
from unweave.studies.study import study
from unweave.training.many_seeds import train_many
from unweave.training.request import TrainingRequest, settings_for

logger = logging.getLogger("unweave")
REQUEST_FILE, CHOICE_FILE = "request.json", "choice.json"
FEWEST_ROWS, LEAST_STEPS = 100, 50
# Of a rung one setting in `KEPT` goes on, `KEPT` times as long, until `LAST` or fewer are left.
KEPT, LAST = 3, 4
_PROBED = 50


class ChoiceDocument(TypedDict):
    """``request.json``: what a choice was asked with; its other entries are compared whole."""

    steps_of_the_last_rung: Annotated[int, Bounds(1, LARGEST)]


@dataclass(frozen=True)
class _Request:
    """All that a choice is asked for, checked; `asked` is the document that its folder keeps."""

    model: str
    dataset: Dataset
    fixed: dict[str, Any]
    grid: dict[str, tuple[Any, ...]]
    methods: tuple[Method, ...]
    seeds: tuple[int, ...]
    device: str
    asked: dict[str, Any]


def choose_settings(
    model: str,
    dataset: Dataset,
    out: Path | str,
    *,
    seeds: int = 3,
    seed: int = 0,
    steps: int | None = None,
    runs: int | None = None,
    seconds: float | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    device: str = "auto",
    **settings: Any,
) -> Choice:
    """Choose the settings of a model without labels; see `unweave.choose`."""
    name, dataset = model_name(model), without_labels(dataset)
    numbers = tuple(seeds_from(seeds, seed))
    budget = {"steps": steps, "runs": runs, "seconds": seconds}
    settings = {key: plain(value) for key, value in settings.items()}
    _check_budget(name, dataset, len(numbers), budget, settings)
    tried = default_grid(name, dataset, settings)
    if grid is not None:
        tried = {key: tuple(values) for key, values in grid.items()}
    methods = _affordable(methods_of(name, tried, settings), len(numbers), runs, numbers[0])
    asked = {
        "model": name,
        "fingerprint": dataset.fingerprint,
        "settings": {key: str(value) for key, value in settings.items()},
        "grid": {key: [str(value) for value in values] for key, values in tried.items()},
        "seeds": list(numbers),
        **budget,
    }
    request = _Request(name, dataset, settings, tried, methods, numbers, device, asked)
    return _chosen(request, Path(out), _length(request, Path(out)))


def rungs_of(count: int, steps: int) -> list[tuple[int, int]]:
    """Return how many settings each rung trains, and how many steps each: successive halving.

    Jamieson and Talwalkar (2016), with a third in place of a half: all settings are trained for a
    fraction of the steps, and a third of them goes on, three times as long, until four or fewer
    are trained with all steps. Every rung trains anew, since schedules span a run's steps.
    """
    counts = [count]
    while counts[-1] > LAST and steps / KEPT ** len(counts) >= LEAST_STEPS:
        counts.append(math.ceil(counts[-1] / KEPT))
    last = len(counts) - 1
    return [(each, round(steps / KEPT ** (last - place))) for place, each in enumerate(counts)]


def _chosen(request: _Request, folder: Path, steps: int) -> Choice:
    """Climb the rungs, and write what was chosen."""
    standing, rungs = request.methods, list[Rung]()
    trained: tuple[Method, ...] = ()
    for count, length in rungs_of(len(request.methods), steps):
        standing = tuple(_lasting(method, length) for method in standing[:count])
        trained += standing
        rung = _rung(request, folder, trained, standing)
        if len(rung) < 2:
            raise RequestError(
                f"{folder}: two seeds or more ended well of {len(rung)} of {len(standing)} "
                "settings; a choice is made among two at least: see the lines about the others"
            )
        rungs.append(Rung(length, rung))
        order = [setting.label for setting in rung]
        left = [method for method in standing if method.label in order]
        standing = tuple(sorted(left, key=lambda method: order.index(method.label)))
    choice = Choice(
        request.model, request.dataset.source, request.fixed, request.seeds, tuple(rungs), folder
    )
    write_json(folder / CHOICE_FILE, choice.to_json())
    return choice


def _rung(
    request: _Request, folder: Path, trained: Sequence[Method], standing: Sequence[Method]
) -> tuple[Setting, ...]:
    """Train the runs of a rung, and return its settings from the best to the worst."""
    name = request.dataset.source or request.dataset.name
    plan = listing_plan(name, trained, request.seeds, ("rmse",), "validation")
    found = study(plan, folder, device=request.device, yes=True, dataset=request.dataset)
    settings: list[Setting] = []
    for method in standing:
        folders = tuple(each.folder for each in found.results if each.method == method.label)
        if len(folders) < 2:
            logger.warning("%s: left out, %d of its runs ended well", method.label, len(folders))
            continue
        models = [Model.load(each) for each in folders]
        criteria = criteria_of(models, request.dataset, seed=request.seeds[0])
        logger.info("%s: %s", method.label, criteria.said())
        values = {key: method.changes[key] for key in request.grid}
        settings.append(Setting(method.label, values, folders, criteria))
    order = ranked([each.criteria for each in settings])
    return tuple(settings[place] for place in order)


def _lasting(method: Method, steps: int) -> Method:
    """Return a method with so many steps."""
    name = method.label.partition("-steps=")[0]
    return replace(
        method, label=f"{name}-steps={steps}", changes={**method.changes, "steps": steps}
    )


def _check_budget(
    model: str,
    dataset: Dataset,
    seeds: int,
    budget: Mapping[str, float | None],
    settings: Mapping[str, Any],
) -> None:
    """Refuse what no choice can be made with, before anything is written."""
    settings_for(model, dataset, settings)
    if seeds < 2:
        raise RequestError(f"seeds={seeds}: a choice compares seeds; ask for 2 at least")
    if len(dataset) < FEWEST_ROWS:
        raise RequestError(
            f"{dataset.name}: {len(dataset)} rows are too few for a choice, which holds a tenth of "
            f"them out; give {FEWEST_ROWS} at least"
        )
    steps, seconds = budget["steps"], budget["seconds"]
    if steps is not None and seconds is not None:
        raise RequestError(f"seconds={seconds:g}: steps are given too; give one of them")
    if steps is not None and whole_number("steps", steps) < LEAST_STEPS:
        raise RequestError(
            f"steps={steps}: too small a budget for a choice; give {LEAST_STEPS} at least"
        )
    if seconds is not None and not 0 < seconds < math.inf:
        raise RequestError(f"seconds={seconds}: must be above 0")


def _affordable(
    methods: Sequence[Method], seeds: int, runs: int | None, seed: int
) -> tuple[Method, ...]:
    """Return the methods, or as many random ones as `runs` suffice for.

    Raises
    ------
    RequestError
        If fewer than two are left.
    """
    if len(methods) < 2:
        raise RequestError(
            f"{methods[0].model}: all its settings are fixed, so that there is nothing to choose; "
            "give one of them two values or more"
        )
    if runs is None:
        return tuple(methods)
    most = next(
        (
            count
            for count in range(len(methods), 1, -1)
            if seeds * sum(each for each, _ in rungs_of(count, 10**9)) <= runs
        ),
        0,
    )
    if not most:
        raise RequestError(
            f"runs={runs}: too small a budget for a choice; {seeds} seeds of two settings are "
            f"{2 * seeds} runs"
        )
    import numpy as np

    drawn = np.random.default_rng(seed).choice(len(methods), most, replace=False)
    return tuple(methods[place] for place in sorted(drawn))


def _length(request: _Request, folder: Path) -> int:
    """Return the steps of the last rung, as the folder keeps them; write them to a new one.

    Raises
    ------
    RequestError
        If the folder holds something else, or the seconds do not suffice.
    """
    check_folder(folder)
    path = folder / REQUEST_FILE
    if not path.is_file():
        inside = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
        if inside:
            raise RequestError(
                f"out={folder}: holds something else ({inside[0]}); name another folder"
            )
        steps = _steps_of(request)
        write_json(path, {**request.asked, "steps_of_the_last_rung": steps})
        return steps
    stored: Mapping[str, Any] = read_document(path, ChoiceDocument, "remove the folder")
    for key, value in request.asked.items():
        if stored.get(key) != value:
            raise RequestError(
                f"out={folder}: holds a choice with {key} = {shortened(str(stored.get(key)))}, not "
                f"{shortened(str(value))}; name another folder"
            )
    return int(stored["steps_of_the_last_rung"])


def _steps_of(request: _Request) -> int:
    """Return the steps of the last rung: as asked, by default, or those that fit the seconds."""
    _, training = settings_for(request.model, request.dataset, request.fixed)
    if request.asked["steps"] is not None:
        return int(request.asked["steps"])
    usual, seconds = int(training.steps), request.asked["seconds"]
    if seconds is None:
        return usual
    rungs = rungs_of(len(request.methods), 10**9)
    share = sum(count * steps for count, steps in rungs) / 10**9
    steps = min(usual, int(seconds * _speed(request) / share))
    if steps < LEAST_STEPS:
        raise RequestError(
            f"seconds={seconds:g}: too small a budget for a choice; enough for {steps} "
            f"steps of {len(request.methods)} settings, where {LEAST_STEPS} are needed: give more, "
            "or fewer settings"
        )
    return steps


def _speed(request: _Request) -> float:
    """Return the steps in a second that all seeds of the last setting take, measured."""
    changes = {**request.methods[-1].changes, "steps": _PROBED}
    with tempfile.TemporaryDirectory() as place:
        folders = {seed: Path(place) / str(seed) for seed in request.seeds}
        shared = TrainingRequest(request.model, changes, device=request.device, progress=False)
        began = time.perf_counter()
        for _ in train_many(shared, request.dataset, folders):
            pass
        return _PROBED / (time.perf_counter() - began)
