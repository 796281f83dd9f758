"""Seconds from the command `unweave app`, without a run, to the first slider that moved.

    git worktree add /tmp/before 64d4cee
    python benchmarks/studio_start.py --against /tmp/before/src

Each start is a new process with an empty cache, and a visitor with an empty cache in a Chromium
that is already open. The two checkouts take turns; times are medians over the rounds, of which
the first is left out: it fills the system's cache of files. Processor seconds are the server's, its
end included: beside other work they say more than the others.
"""

from __future__ import annotations

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
from studio import FLAGS, MOVE

STAGES = ("address", "sliders", "first move", "processor")


def processor_seconds() -> float:
    """Return what the processes took that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def start(browser: Browser, source: Path) -> list[float]:
    """Return the seconds until the address is said, sliders are shown, and one has moved.

    The last is the server's processor time.
    """
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
        told = time.perf_counter() - began
        context = browser.new_context()
        page = context.new_page()
        page.goto(address, wait_until="commit")
        slider = page.locator(".board > .control input").first
        slider.wait_for()
        shown = time.perf_counter() - began
        page.evaluate(MOVE, [slider.element_handle(), 0.9])
        moved = time.perf_counter() - began
        context.close()
        process.send_signal(signal.SIGINT)
        process.communicate()
    return [told, shown, moved, processor_seconds() - used]


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
