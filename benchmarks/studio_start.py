"""Seconds from the command `unweave app`, without a run, to the first slider that moved.

    git worktree add /tmp/before 64d4cee
    python benchmarks/studio_start.py --against /tmp/before/src

Each start is a new process with an empty cache, and a visitor with an empty cache in a Chromium
that is already open. The slider is the first page's, where there is one; a second visitor, who
touches nothing, waits for the sliders of the whole studio. The two checkouts take turns; times are
medians over the rounds, of which the first is left out: it fills the system's cache of files.
Processor seconds are the server's, until it says its address and with its end: beside other work
they say more than the others.
"""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from checkouts import asked_checkouts, in_turn
from playwright.sync_api import Browser, sync_playwright
from studio import FLAGS

STAGES = (
    "address",
    "its processor time",
    "sliders",
    "first move",
    "whole studio",
    "processor time",
)
# From the event to another picture; none is an error.
MOVE = """async slider => {
  const seen = () => document.querySelector('[data-role=edited] canvas')?.toDataURL()
    ?? document.querySelector('[data-role=edited] img').src;
  const before = seen();
  slider.value = +slider.min + (slider.max - slider.min) * 0.1;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  for (let frame = 0; seen() === before; frame++) {
    if (frame > 600) throw new Error('the picture did not change');
    await new Promise(resolve => requestAnimationFrame(resolve));
  }
}"""


def processor_seconds() -> float:
    """Return what the processes took that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def seconds_so_far(process: int) -> float:
    """Return the processor time of a process that is running; NaN where the system tells none."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.is_file():
        return math.nan
    ticks = stat.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def start(browser: Browser, source: Path) -> list[float]:
    """Return the seconds of every stage of one start."""
    used = processor_seconds()
    with tempfile.TemporaryDirectory() as place:
        environment = {**os.environ, "PYTHONPATH": str(source), "UNWEAVE_CACHE": f"{place}/cache"}
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "unweave", "app"],
            cwd=place,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = (re.search(r"open (http://\S+)", line) for line in process.stderr)
        address = next(found[1] for found in said if found)
        told, at_first = time.perf_counter() - began, seconds_so_far(process.pid)
        visitor, other = browser.new_context(), browser.new_context()
        page = visitor.new_page()
        page.goto(address, wait_until="commit")
        slider = page.locator(".control input").first
        slider.wait_for()
        shown = time.perf_counter() - began
        slider.evaluate(MOVE)
        moved = time.perf_counter() - began
        page = other.new_page()
        page.set_default_timeout(300_000)
        page.goto(address, wait_until="commit")
        page.locator(".board > .control input").first.wait_for()
        whole = time.perf_counter() - began
        visitor.close()
        other.close()
        process.send_signal(signal.SIGINT)
        process.communicate()
    return [told, at_first, shown, moved, whole, processor_seconds() - used]


def main() -> None:
    sources, rounds = asked_checkouts(__doc__.splitlines()[0])
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        times = in_turn(sources, rounds, partial(start, browser))
        browser.close()
    print("| checkout | " + " | ".join(f"{stage}, s" for stage in STAGES) + " |")
    print("| --- |" + " --- |" * len(STAGES))
    for name, starts in times.items():
        medians = (f"{statistics.median(each):.2f}" for each in zip(*starts, strict=True))
        print(f"| {name} | " + " | ".join(medians) + " |")


if __name__ == "__main__":
    main()
