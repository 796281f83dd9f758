"""Kills and failing writes at random moments: nothing may be lost, different or left over.

    python benchmarks/kills.py --kills 60 --packings 40 --studies 16 --on-ray 4
    python benchmarks/kills.py --kills 12 --packings 12 --studies 12 --failing-writes

For each kind of work a whole one is done once. Then the same is begun, killed by SIGKILL at a
random moment, begun again and killed again until it ends by itself, and then anew, until there
were as many kills as asked. No kill may set a checkpoint back or make it unreadable; what is made
in the end must be that of the whole work, bit for bit, with no temporary file beside it. Of a
study now its own process is killed, now one of those that it started. The work is done in forks
of this process, so that a kill costs no start of the interpreter.

With ``--failing-writes`` nothing is killed: from a random write on the disk is full, over quota,
broken or read-only, and the calls that bring a file to the disk, name it or claim its space fail,
in this process and in those of a study. The work ends with one line that names a file in its
folder, or, as packing, manages without, or, as a study, goes on with its other runs, and gives
each failure one such line; what does none of this ends all.
"""

from __future__ import annotations

import argparse
import errno
import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from failing_writes import install, install_in_children
from lightning.fabric import Fabric  # Imported once, before the forks.
from PIL import Image

import unweave as uw
from unweave.runs.tensors import load_notes

assert Fabric
FEW = {"checkpoint_seconds": 0, "log_every": 2, "batch_size": 32, "progress": False}
SMALL = {**FEW, "hidden": (16,)}
PLAN = 'data = "fa15"\nmodels = ["vae", "beta-vae"]\nseeds = 3\nscores = ["rmse"]\n[settings]\n'
PLAN += "steps = 200\ncheckpoint_seconds = 0\nlog_every = 2\nhidden = [16]\n"
MADE = ("model.safetensors", "history.csv", "*.npy")
LEFT = (".*", "*.tmp*")
ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
REFUSED = 3


def one_seed(out: Path) -> None:
    uw.train("bf-vae", "fa15", out=out, resume=True, steps=200, **SMALL)


def seeds_together(out: Path) -> None:
    uw.train_seeds("bf-vae", "fa15", seeds=5, out=out, resume=True, steps=80, **SMALL)


def images(out: Path) -> None:
    uw.train("vae", "digits", out=out, resume=True, steps=60, channels=(4,), **FEW)


def attributes(out: Path) -> None:
    uw.train("mdd-ae-dcov", "digits", out=out, resume=True, steps=60, channels=(4,), **FEW)


def packing(pictures: Path, out: Path) -> None:
    os.environ["UNWEAVE_CACHE"] = str(out)
    uw.load_data(pictures)


def studying(ray: str | None, out: Path) -> None:
    plan = out.with_suffix(".toml")
    plan.write_text(PLAN)
    # Its warnings are failures of its runs; other work warns of a model's health.
    logging.getLogger("unweave").setLevel(logging.WARNING)
    uw.study(plan, out, processes=1, ray=ray)


def begun(work: Callable[[Path], None], out: Path) -> multiprocessing.process.BaseProcess:
    """Begin some work in a fork of this process."""
    process = multiprocessing.get_context("fork").Process(target=work, args=(out,))
    process.start()
    return process


def killed(
    work: Callable[[Path], None], out: Path, seconds: float, generator: random.Random
) -> int:
    """Begin the work and kill it, or a process of its own; return the kills until it ended."""
    process, kills = begun(work, out), 0
    while True:
        process.join(generator.uniform(0, seconds))
        if process.exitcode is not None:
            return kills
        own = [each for each in descendants(process.pid) if is_worker(each)]
        kills += 1
        if own and generator.random() < 0.5:
            os.kill(generator.choice(own), signal.SIGKILL)
            continue
        process.kill()
        process.join()
        return kills


class Lines(logging.Handler):
    """Keeps every warning of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def failing(work: Callable[[Path], None], counts: Path, left: int, number: int, out: Path) -> None:
    """Do the work while its writes fail, and exit by what is said."""
    install(counts, left, number)
    install_in_children(counts, left, number)
    said = Lines()
    logging.getLogger("unweave").addHandler(said)
    try:
        work(out)
    except uw.RequestError as error:
        said.lines.append(str(error))
    strange = [line for line in said.lines if not is_a_line(line, out)]
    sys.exit(strange[0] if strange else REFUSED if said.lines else 0)


def is_a_line(text: str, out: Path) -> bool:
    """Tell whether an error is one line that names a file, and no other error in its words."""
    return str(out) in text and not any(each in text for each in ("\n", "[Errno", "ended with"))


class Failures:
    """Writes that fail: `failed` is called as `killed` is."""

    def __init__(self, work: Callable[[Path], None], out: Path) -> None:
        self.counts = out.with_name(f"{out.name}.counts")
        begun(partial(failing, work, self.counts, sys.maxsize, 0), out).join()
        self.most = max(2, self.written() // 4)

    def written(self) -> int:
        """Return how many writes there were since the last time."""
        count = self.counts.stat().st_size if self.counts.exists() else 0
        self.counts.unlink(missing_ok=True)
        return count

    def failed(
        self, work: Callable[[Path], None], out: Path, _: float, generator: random.Random
    ) -> int:
        """Do the work until its writes fail; return 1, or 0 if it ended before."""
        left, number = generator.randrange(self.most), generator.choice(ERRORS)
        process = begun(partial(failing, work, self.counts, left, number), out)
        process.join()
        assert process.exitcode in (0, REFUSED), f"{out}: an error of more than a line"
        return int(self.written() > left)


def descendants(number: int | None) -> list[int]:
    """Return the processes that a process started, and those that these started."""
    try:
        text = Path(f"/proc/{number}/task/{number}/children").read_text()
    except OSError:
        return []
    own = [int(word) for word in text.split()]
    return own + [each for child in own for each in descendants(child)]


def is_worker(number: int) -> bool:
    """Tell whether a process does a job of a study."""
    try:
        line = Path(f"/proc/{number}/cmdline").read_text()
    except OSError:
        return False
    return "unweave.studies.worker" in line or line.startswith("ray::")


def steps_in(out: Path) -> dict[Path, int]:
    """Return the step of every checkpoint; one that cannot be read ends all."""
    return {
        path: int(load_notes(path)["step"]) for path in out.rglob("checkpoint/latest.safetensors")
    }


def contents(out: Path) -> dict[str, bytes]:
    """Return the files in which a difference would be one of the result."""
    found = sorted(path for pattern in MADE for path in out.rglob(pattern))
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def measure(
    name: str, work: Callable[[Path], None], kills: int, seed: int, place: Path, writes: bool
) -> None:
    """Do the work whole, then with kills or failing writes, and print what came of it."""
    generator = random.Random(f"{name} {seed}")
    began, whole = time.perf_counter(), place / f"{name} whole"
    begun(work, whole).join()
    seconds = (time.perf_counter() - began) / 4
    disturbed = Failures(work, place / f"{name} counted").failed if writes else killed
    expected = contents(whole)
    assert expected, f"{name}: the whole work made nothing"
    done = rounds = lost = different = left = 0
    while done < kills:
        out = place / f"{name} {rounds}"
        ended, before = False, {}
        while not ended and done < kills:
            count = disturbed(work, out, seconds, generator)
            done, ended = done + count, count == 0
            now = steps_in(out)
            lost += sum(now.get(path, -1) < step for path, step in before.items())
            before = now
        begun(work, out).join()
        rounds += 1
        different += contents(out) != expected
        left += len([path for pattern in LEFT for path in out.rglob(pattern) if path.is_file()])
    print(
        f"| {name} | {done} | {rounds} | {lost} | {different} | {left} "
        f"| {time.perf_counter() - began:.0f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=5, help="kills of each kind of training")
    parser.add_argument("--packings", type=int, default=0, help="kills of packing pictures")
    parser.add_argument("--studies", type=int, default=0, help="kills of studies in processes")
    parser.add_argument("--on-ray", type=int, default=0, help="kills of studies on Ray")
    parser.add_argument("--failing-writes", action="store_true", help="in place of kills")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("unweave").setLevel(logging.CRITICAL)
    what = "failures" if asked.failing_writes else "kills"
    print(f"| work | {what} | ended | set back | different | left over | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pictures = place / "pictures"
        pictures.mkdir()
        draw = np.random.default_rng(asked.seed)
        for number in range(800 if asked.packings else 0):
            pixels = draw.integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(pixels).save(pictures / f"{number}.png")
        kinds: list[tuple[str, Callable[[Path], None], int]] = [
            ("one seed", one_seed, asked.kills),
            ("seeds together", seeds_together, asked.kills),
            ("images", images, asked.kills),
            ("attributes", attributes, asked.kills),
            ("packing", partial(packing, pictures), asked.packings),
            ("a study", partial(studying, None), asked.studies),
            ("a study on Ray", partial(studying, "local"), asked.on_ray),
        ]
        for name, work, kills in kinds:
            if kills:
                measure(name, work, kills, asked.seed, place, asked.failing_writes)


if __name__ == "__main__":
    main()
