"""A studio in a process of its own, for measurements."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def serve(runs: Sequence[Path], log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Open the studio on some runs, or on the bundled ones; return its process and its address."""
    with log.open("w") as stream:
        command = [sys.executable, "-m", "unweave", "app", *map(str, runs)]
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    while process.poll() is None:
        found = re.search(r"open (http://\S+)", log.read_text())
        if found and (runs or "whole studio is open" in log.read_text()):
            return process, found[1]
        time.sleep(0.1)
    raise SystemExit(log.read_text())
