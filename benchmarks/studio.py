"""From a slider's move to the new image in the browser, end to end.

    python benchmarks/studio.py RUN [RUN …] --moves 200

Opens the page of each run in a headless Chromium on this machine, moves one slider after the
other to new places, as a hand that drags does, and measures until the edited image is another.
A picture of a frame's time (17 ms) is the finest that can be told apart.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from studio_server import serve

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
MOVE = """async ([slider, share]) => {
  const seen = () => document.querySelector('[data-role=edited] img')?.src
    ?? document.querySelector('.changes').innerHTML;
  const before = seen(), begun = performance.now();
  slider.value = +slider.min + (slider.max - slider.min) * share;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  while (seen() === before && performance.now() - begun < 3000)
    await new Promise(resolve => requestAnimationFrame(resolve));
  return performance.now() - begun;
}"""


def measure(page: Page, moves: int) -> np.ndarray:
    """Return milliseconds of every move, the sliders in turn, after some to warm up."""
    sliders = page.locator(".board > .control input").element_handles()
    found = []
    for number in range(moves + 10):
        share = (37 * number % 101) / 100
        found.append(page.evaluate(MOVE, [sliders[number % len(sliders)], share]))
        page.wait_for_timeout(40)
    return np.array(found[10:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--moves", type=int, default=200)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    print("| run | sliders | median, ms | 95th percentile, ms | largest, ms |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for run in options.runs:
            process, address = serve([run], Path(place) / "log")
            page = browser.new_page()
            page.goto(address)
            page.locator(".control input").first.wait_for()
            page.wait_for_timeout(1000)
            title = page.locator(".welcome strong").inner_text()
            count = page.locator(".control").count()
            times = measure(page, options.moves)
            cells = (np.median(times), np.percentile(times, 95), times.max())
            print(f"| {title} | {count} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")
            page.close()
            process.send_signal(signal.SIGINT)
            process.wait()
        browser.close()


if __name__ == "__main__":
    main()
