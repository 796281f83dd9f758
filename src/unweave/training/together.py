"""Many seeds at once: runs of one setting that take their steps as one batched model."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unweave.data import Dataset
from unweave.errors import DivergedError
from unweave.models.variational import VariationalModel
from unweave.training.checkpoint import checkpoint_file, load_notes
from unweave.training.progress import reporter
from unweave.training.run import Run
from unweave.training.seeds_loop import loops_for, run_side_by_side
from unweave.training.train import Plan, finish, plan_run, prepare_folder, train_plan, train_run

logger = logging.getLogger("unweave")

# What a step holds grows with the seeds; beyond this many they gain nothing more.
AT_ONCE = 32


def train_runs(
    name: str,
    dataset: Dataset,
    folders: Mapping[int, Path],
    *,
    resume: bool = False,
    progress: bool = True,
    **options: Any,
) -> Iterator[Run]:
    """Train a run of every seed into its folder and yield it: together where that is possible.

    Seeds that stand at one step go on together, `AT_ONCE` at most; a seed whose loss breaks
    leaves the others alone.

    Parameters
    ----------
    name : str
    dataset : Dataset
    folders : mapping of int to pathlib.Path
        Of every seed.
    resume, progress, **options
        As `train_run` takes them.

    Raises
    ------
    DivergedError
        If a loss term of a seed stopped being finite; on tables after the others have ended.
    """
    if dataset.kind != "table":
        for seed, folder in folders.items():
            yield train_run(
                name, dataset, seed=seed, out=folder, resume=resume, progress=progress, **options
            )
        return
    plans = [
        plan_run(name, dataset, seed=seed, out=folder, resume=resume, **options)
        for seed, folder in folders.items()
    ]
    yield from (plan.run for plan in plans if plan.finished)
    failures: list[str] = []
    for group in _groups(plan for plan in plans if not plan.finished):
        if len(group) > 1:
            yield from _train_group(group, dataset, progress, failures)
            continue
        try:
            yield train_plan(group[0], dataset, progress)
        except DivergedError as error:
            failures.append(f"seed {group[0].run.seed}: {error}")
    if failures:
        raise DivergedError("; ".join(failures))


def _groups(plans: Iterable[Plan]) -> Iterator[list[Plan]]:
    """Yield the plans that can be trained together: of equal settings, at one step."""
    groups: dict[Any, list[Plan]] = {}
    for plan in plans:
        run = plan.run
        apart = None if _takes_part(plan) else run.seed
        key = (run.settings, run.training, _step(plan), apart)
        groups.setdefault(key, []).append(plan)
    for group in groups.values():
        for start in range(0, len(group), AT_ONCE):
            yield group[start : start + AT_ONCE]


def _takes_part(plan: Plan) -> bool:
    """Tell whether a run's steps can be taken together with those of others."""
    run, fabric = plan.run, plan.fabric
    return (
        isinstance(run.module, VariationalModel)
        and run.networks is None
        and fabric.world_size == 1
        and fabric._precision.precision == "32-true"
        and run.training.compile != "yes"
    )


def _step(plan: Plan) -> int:
    """Return the step from which a run is to go on."""
    folder = plan.run.folder
    if not plan.goes_on or folder is None:
        return 0
    return int(load_notes(checkpoint_file(folder))["step"])


def _train_group(
    group: Sequence[Plan], dataset: Dataset, progress: bool, failures: list[str]
) -> Iterator[Run]:
    """Train runs together and yield those that ended well; add a line for every other."""
    for plan in group:
        prepare_folder(plan)
    runs, step = [plan.run for plan in group], _step(group[0])
    loops = loops_for(runs, dataset, group[0].fabric)
    if step:
        for loop in loops:
            loop.restore(*(lane.folder for lane in loop.lanes if lane.folder is not None))
        logger.info("%d seeds: going on from step %d", len(runs), step)
    title = f"{runs[0].name} on {dataset.name}, {len(runs)} seeds from {runs[0].seed}"
    run_side_by_side(loops, reporter(title, runs[0].training.steps, step, progress))
    places = [(loop, index) for loop in loops for index in range(len(loop.lanes))]
    for run, (loop, index) in zip(runs, places, strict=True):
        lane = loop.lanes[index]
        if lane.failure is not None:
            failures.append(f"seed {run.seed}: {lane.failure}")
            continue
        run.module.to(loop.fabric.device).load_state_dict(loop.weights(index))
        finish(run, loop, lane, dataset, compiled=False, trained_together=len(runs))
        yield run
