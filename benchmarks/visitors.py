"""Many visitors of the studio at once: each must get its own pictures, and leave nothing behind.

    python benchmarks/visitors.py --visitors 50 --seconds 300

Opens the studio on the bundled models and asks it over this machine's loopback, as its page does.
First the answers for some rows and positions of a slider are computed for one visitor alone.
Then every visitor opens the page, chooses a row, moves the slider some times, leaves, and comes
again as another. An answer that differs from the one for its row and position is a mixed-up
picture. Memory is that of the studio's process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from studio_server import serve

ROWS, PLACES = range(12), (-1.5, -0.5, 0.5, 1.5)
MOVES = 8
PAUSE = 1.0


class Visitor:
    """One open page of the studio, by its requests."""

    def __init__(self, port: int) -> None:
        self.session = uuid.uuid4().hex[:12]
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.heart = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: list[float] = []

    def open(self) -> None:
        """Load the page, and what it renders for this visitor."""
        self._ask("GET", "/")
        known = json.loads(self._ask("GET", "/config"))["dependencies"]
        self.heart.request("GET", f"/gradio_api/heartbeat/{self.session}")
        (render,) = [each["id"] for each in known if each["backend_fn"]]
        shown = self._event(render, [0, None, ""])["render_config"]
        self.names = {each["api_name"]: each["id"] for each in shown["dependencies"]}
        (board,) = [
            each["props"]
            for each in shown["components"]
            if "unweave-board" in (each["props"].get("elem_classes") or ())
        ]
        self.slider = board["props"]["controls"][0]["name"]

    def choose(self, row: int) -> None:
        """Choose a row of the data."""
        self._event(self.names["choose"], [None, json.dumps({"row": row}), [], self.slider])

    def move(self, place: float) -> str:
        """Move the first slider; return what the page shows then."""
        sent = json.dumps({self.slider: place})
        return str(self._event(self.names["show"], [None, sent, []])["data"][0])

    def leave(self) -> None:
        """Close the page."""
        self.connection.close()
        self.heart.close()

    def _event(self, number: int, data: list[Any]) -> Any:
        asked = {"fn_index": number, "data": data, "session_hash": self.session}
        began = time.perf_counter()
        answer = self._ask("POST", "/gradio_api/run/predict", json.dumps(asked))
        self.times.append(time.perf_counter() - began)
        return json.loads(answer)

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        # Anew each time: a connection that rests for five seconds is closed by the server.
        self.connection.close()
        self.connection.request(method, path, body, {"Content-Type": "application/json"})
        with self.connection.getresponse() as response:
            answer = response.read()
            if response.status != 200:
                raise ValueError(f"{path}: status {response.status}: {answer[:200]!r}")
        return answer


class Tally:
    """What all visitors have seen."""

    def __init__(self) -> None:
        self.visits, self.mixed = 0, 0
        self.times: list[float] = []
        self.errors: list[str] = []


def visit_until(
    end: float, port: int, expected: dict[tuple[int, float], str], tally: Tally
) -> None:
    """Visit the studio again and again, as a new visitor each time."""
    draw = random.Random()
    time.sleep(draw.uniform(0, PAUSE * MOVES))
    while time.monotonic() < end:
        visitor, row = Visitor(port), draw.choice(list(ROWS))
        try:
            visitor.open()
            visitor.choose(row)
            for _ in range(MOVES):
                time.sleep(draw.expovariate(1 / PAUSE))
                place = draw.choice(PLACES)
                tally.mixed += visitor.move(place) != expected[row, place]
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            tally.errors.append(repr(error))
        tally.times += visitor.times
        tally.visits += 1
        visitor.leave()


def megabytes(process: int) -> float:
    """Return the resident memory of a process."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        process, address = serve([], log)
        port = int(address.rpartition(":")[2])
        alone, expected = Visitor(port), {}
        alone.open()
        for row in ROWS:
            alone.choose(row)
            for place in PLACES:
                expected[row, place] = alone.move(place)
        alone.leave()
        assert len(set(expected.values())) == len(expected)
        before, tally = megabytes(process.pid), Tally()
        end = time.monotonic() + asked.seconds
        threads = [
            threading.Thread(target=visit_until, args=(end, port, expected, tally))
            for _ in range(asked.visitors)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(min(20, asked.seconds / 5))
            print(f"{tally.visits} visits: {megabytes(process.pid):.0f} MB", flush=True)
        times = np.array(tally.times) * 1000
        print(
            f"{asked.visitors} visitors, {tally.visits} visits, {len(times)} events: "
            f"{len(tally.errors)} errors, {tally.mixed} mixed up; "
            f"median {np.median(times):.0f} ms, 95th percentile {np.percentile(times, 95):.0f} ms; "
            f"{before:.0f} MB before, {megabytes(process.pid):.0f} MB after; "
            f"{log.read_text().count('Traceback')} tracebacks in the log"
        )
        for error in tally.errors[:3]:
            print(error)
        os.kill(process.pid, signal.SIGINT)
        process.wait()


if __name__ == "__main__":
    main()
