"""Count dead and collapsed networks in the first steps of default runs.

    python benchmarks/health_grid.py --models vae,factor-vae --data digits,sprites --seeds 3

Every run has the schedules of a default run and is stopped early. One line a run, then the
counts. A run counts as dead if 90 % of a layer's units do not respond, as collapsed if its
reconstructions have under 1 % of the data's variance.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator

import torch

from unweave.data import load_data
from unweave.errors import UnweaveError
from unweave.models.families import VARIATIONAL
from unweave.training.devices import fitting_threads
from unweave.training.health import health_of, probe_of
from unweave.training.loop import Loop
from unweave.training.progress import Silent
from unweave.training.request import TrainingRequest

DATA = (
    "sprites:count=20000",
    "sprites:scales=4,orientations=8,positions=16",
    "digits",
    "faces:count=4000",
)


class _StoppedError(Exception):
    """Ends a run at a step."""


class _StopAt(Silent):
    def __init__(self, step: int) -> None:
        self.last = step

    def step(self, done: int, terms: object = None) -> None:
        if done >= self.last:
            raise _StoppedError


def health_after(model: str, data: object, seed: int, steps: int, changes: dict[str, object]):
    """Return the health of a default run after its first steps, and its total KL."""
    request = TrainingRequest(model, changes, seed=seed, progress=False)
    prepared = request.prepare(data)
    run = prepared.run
    loop = Loop(run.module, data, run.training, seed, prepared.fabric)
    try:
        with fitting_threads(prepared.fabric.device, images=True):
            loop.run(_StopAt(steps))
    except _StoppedError:
        pass
    probe = probe_of(data, prepared.fabric.device)
    found = health_of(run.module, probe, run.has_posterior)
    with torch.no_grad():
        run.module.eval()
        mean, log_variance = run.module.posterior(probe)
    kl = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1).mean()
    return found, float(kl)


def cases(given: argparse.Namespace, place: int) -> Iterator[tuple[str, int, int, str]]:
    """Yield model, seed, threads and precision of the runs on the data of a place in the list.

    With `--rotate` a model has that many runs. Seeds are dealt out one after the other over models
    and data; each of them meets the combinations of threads and precision in turn.
    """
    models = given.models.split(",")
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    ways = list(itertools.product(map(int, given.threads.split(",")), given.precisions.split(",")))
    if not given.rotate:
        for seed, model, way in itertools.product(seeds, models, ways):
            yield model, seed, *way
        return
    for run, (number, model) in itertools.product(range(given.rotate), enumerate(models)):
        turn = (place * len(models) + number) * given.rotate + run
        yield model, seeds[turn % len(seeds)], *ways[(turn + turn // len(seeds)) % len(ways)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(VARIATIONAL.corners))
    parser.add_argument("--data", action="append", help=f"repeatable; {', '.join(DATA)} by default")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--precisions", default="auto")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--rotate", type=int, default=0, help="so many runs a model and data alone")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so long")
    given = parser.parse_args()
    began, counts = time.monotonic(), {"runs": 0, "dead": 0, "collapsed": 0}
    changes = dict(pair.split("=", 1) for pair in given.set)
    for place, name in enumerate(given.data or DATA):
        data = load_data(name)
        for model, seed, threads, precision in cases(given, place):
            if time.monotonic() - began > 60 * given.minutes:
                print("the time is over; the other runs were left out")
                break
            torch.set_num_threads(threads)
            own = {**changes, "precision": precision}
            try:
                found, kl = health_after(model, data, seed, given.steps, own)
            except UnweaveError as error:  # It needs pairs, say, and these data have none.
                print(f"{name}  {model}  left out: {error}", flush=True)
                continue
            counts["runs"] += 1
            counts["dead"] += bool(found.dead_layers)
            counts["collapsed"] += found.collapsed
            print(
                f"{name}  {model}  seed {seed}  {threads} thread(s)  {precision}  KL {kl:.2f}  "
                f"variance {found.variance:.3f}  most dead {max(found.dead.values()):.2f}  "
                f"{found.note or 'healthy'}",
                flush=True,
            )
    print(counts)


if __name__ == "__main__":
    main()
