"""Kills of trainings at random moments: nothing may be lost, different or left over.

    python benchmarks/kills.py --kills 20

For each kind of run (one seed on a table, several seeds together, images, images with labels) a
whole run is made once. Then a run is started, killed by SIGKILL at a random moment, started
again with ``--resume`` and killed again, as often as asked, and at last left to end. Its weights
and its history must be those of the whole run, bit for bit, and no temporary file may be left.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = ["checkpoint_seconds=0", "log_every=2", "hidden=32,32", "batch_size=32"]
KINDS = {
    "one seed": ["bf-vae", "--data", "fa15", "--steps", "600"],
    "seeds together": ["bf-vae", "--data", "fa15", "--steps", "300", "--seeds", "5"],
    "images": ["vae", "--data", "digits", "--steps", "300"],
    "attributes": ["mdd-ae-dcov", "--data", "digits", "--steps", "200"],
}


def command(kind: str, out: Path) -> list[str]:
    """Return the command of one kind of run."""
    chosen = [part for text in SETTINGS for part in ("--set", text)]
    return [sys.executable, "-m", "unweave", "train", *KINDS[kind], "--out", str(out), *chosen]


def killed(kind: str, out: Path, generator: random.Random) -> bool:
    """Start or resume a run and kill it; return whether it had not ended by itself."""
    process = subprocess.Popen([*command(kind, out), "--resume"], stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(out.rglob("latest.safetensors")):
        time.sleep(0.02)
    began = generator.uniform(0, 6)
    try:
        process.wait(began)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def same(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same weights and histories."""
    names = [
        path.relative_to(one)
        for path in one.rglob("*")
        if path.name in ("model.safetensors", "history.csv")
    ]
    return bool(names) and all((one / n).read_bytes() == (other / n).read_bytes() for n in names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=5, help="kills of each kind")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    generator = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            whole, parts = Path(folder) / f"{kind} whole", Path(folder) / f"{kind} parts"
            subprocess.run(command(kind, whole), check=True, stderr=subprocess.DEVNULL)
            done = 0
            for _ in range(asked.kills):
                if not killed(kind, parts, generator):
                    break
                done += 1
            resumed = subprocess.run(
                [*command(kind, parts), "--resume"], stderr=subprocess.PIPE, text=True
            )
            left = [path for path in parts.rglob(".*") if path.is_file()]
            print(
                f"{kind}: {done} kills, exit {resumed.returncode}, "
                f"{'same bits' if same(whole, parts) else 'DIFFERENT'}, {len(left)} left over",
                flush=True,
            )


if __name__ == "__main__":
    main()
