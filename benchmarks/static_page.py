"""Static pages in a headless Chromium: size, time to the first move, time of a move.

python benchmarks/static_page.py RUN…
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

import unweave as uw

MOVES = 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
# From the slider's event to the frame after the one in which the picture is drawn.
MOVE = """share => new Promise(done => {
  const slider = document.querySelector('.control input'), low = +slider.min, high = +slider.max;
  const began = performance.now();
  slider.value = low + share * (high - low);
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  const decoded = performance.now() - began;
  requestAnimationFrame(() => setTimeout(() => done([decoded, performance.now() - began])));
})"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", metavar="RUN")
    folder = Path(tempfile.mkdtemp())
    print("| run | size | opened and moved once | a move, median | 95 % |")
    print("| --- | --- | --- | --- | --- |")
    with sync_playwright() as started:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = started.chromium.launch(executable_path=executable, args=FLAGS)
        for number, run in enumerate(parser.parse_args().runs):
            path = folder / f"{number}.html"
            model = uw.load(run)
            model.summary["health"] = {}  # The speed of a dead model is that of a living one.
            model.export(path, "page")
            page = browser.new_context(offline=True).new_page()
            began = time.perf_counter()
            page.goto(path.as_uri())
            page.evaluate(MOVE, 0.9)
            first = time.perf_counter() - began
            times = [page.evaluate(MOVE, share)[1] for share in np.linspace(0, 1, MOVES)]
            size = path.stat().st_size / 1e6
            print(
                f"| {model.name} on {model.data['name']} | {size:.2f} MB | {1000 * first:.0f} ms "
                f"| {np.median(times):.0f} ms | {np.quantile(times, 0.95):.0f} ms |"
            )
        browser.close()


if __name__ == "__main__":
    main()
