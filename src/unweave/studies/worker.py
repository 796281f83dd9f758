"""A process of its own that does one job: ``python -m unweave.studies.worker``.

It reads the job from its standard input, a line of JSON, and writes the list of failures to its
standard output.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any


def run() -> None:
    """Do the job; end together with the study that gave it, however that ends."""
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_study, daemon=True).start()
    import torch

    from unweave.studies.job import Job, do_job

    if asked["threads"]:
        torch.set_num_threads(asked["threads"])
    wrong = do_job(Job.from_json(asked["job"]))
    sys.stdout.write(json.dumps(wrong) + "\n")
    sys.stdout.flush()


def _end_with_the_study() -> None:
    """Exit when the study closes our input, so that a killed study leaves no worker writing."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    run()
