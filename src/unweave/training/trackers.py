"""Trackers of experiments: losses, KL, health and pictures sent to Lightning's loggers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np
import torch

from unweave.errors import RequestError, pick
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.runs.model import Model
from unweave.training.health import health_of
from unweave.training.progress import Reporter

Callback = Callable[[Model, int, Mapping[str, float]], None]
"""Called with the model, the steps taken and the loss terms, whenever these are logged."""

PICTURES = 8
MLFLOW_FOLDER = "./mlruns"
_NAME = "originals over reconstructions"


@dataclass(frozen=True)
class Tracker:
    """A named tracker.

    Attributes
    ----------
    package : str
        The module that has to be installed, by the extra of the tracker's name.
    make : callable
        From the run to the logger.
    show : callable
        Given the logger, an image (H x W x C uint8) and the step, keeps the image.
    """

    package: str
    make: Callable[[Model], Any]
    show: Callable[[Any, np.ndarray, int], None]


def _tensorboard(run: Model) -> Any:
    from lightning.fabric.loggers.tensorboard import TensorBoardLogger

    folder = Path("tensorboard") / run.name if run.folder is None else run.folder / "tensorboard"
    return TensorBoardLogger(folder.parent, name=folder.name, version="")


def _mlflow(run: Model) -> Any:
    from lightning.pytorch.loggers import MLFlowLogger

    # Lightning reads the variable when it is imported, which may be earlier than it is set.
    address = os.environ.get("MLFLOW_TRACKING_URI") or f"file:{MLFLOW_FOLDER}"
    if urlsplit(address).scheme in ("", "file"):
        # Today's MLflow refuses folders unless this is set; its small package has no other store.
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    logger = MLFlowLogger("unweave", f"{run.title}, seed {run.seed}", address)
    _ = logger.run_id  # An address that does not answer is told before anything is trained.
    return logger


def _wandb(run: Model) -> Any:
    from lightning.pytorch.loggers import WandbLogger

    return WandbLogger(f"{run.title}, seed {run.seed}", run.folder or ".", project="unweave")


TRACKERS = {
    "tensorboard": Tracker(
        "tensorboard",
        _tensorboard,
        lambda logger, image, step: logger.experiment.add_image(
            _NAME, image, step, dataformats="HWC"
        ),
    ),
    "mlflow": Tracker(
        "mlflow",
        _mlflow,
        lambda logger, image, step: logger.experiment.log_image(
            logger.run_id, image, f"{_NAME}.png"
        ),
    ),
    "wandb": Tracker(
        "wandb",
        _wandb,
        lambda logger, image, step: logger.log_image(_NAME, [image], step),
    ),
}


def check_loggers(loggers: Sequence[Any]) -> None:
    """Check the names among `loggers`, before anything is read or written.

    Raises
    ------
    RequestError
        If a tracker is unknown or not installed, or an object is no logger.
    """
    for each in loggers:
        if isinstance(each, str):
            tracker = TRACKERS[pick(each, TRACKERS, "tracker")]
            if find_spec(tracker.package) is None:
                raise RequestError(f"{each} is not installed: pip install 'unweave[{each}]'")
        elif not hasattr(each, "log_metrics"):
            raise RequestError(
                f"loggers={each!r}: give {', '.join(TRACKERS)}, or a logger of Lightning"
            )


def _made(name: str, tracker: Tracker, run: Model) -> Any:
    """Return the logger of a tracker.

    Raises
    ------
    RequestError
        If the tracker refuses, as by settings of its own.
    """
    try:
        return tracker.make(run)
    except Exception as error:  # Whatever a tracker raises where it is not set up.
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise RequestError(f"{name} cannot be used: {reason[:200]}") from error


class Tracked:
    """A reporter that passes progress on, and tells loggers and callbacks of it.

    Parameters
    ----------
    reporter : Reporter
    run : Model
    probe : torch.Tensor
        Samples from `unweave.training.health.probe_of`, of which KL, health and pictures are
        computed.
    loggers : sequence of str or lightning.fabric.loggers.Logger
    callbacks : sequence of callable
    """

    def __init__(
        self,
        reporter: Reporter,
        run: Model,
        probe: torch.Tensor,
        loggers: Sequence[Any],
        callbacks: Sequence[Callback],
    ) -> None:
        self._reporter, self._run, self._probe = reporter, run, probe
        self._trackers = [TRACKERS.get(each) if isinstance(each, str) else None for each in loggers]
        self._loggers = [
            each if tracker is None else _made(str(each), tracker, run)
            for each, tracker in zip(loggers, self._trackers, strict=True)
        ]
        self._callbacks, self._step = callbacks, 0

    def __enter__(self) -> Self:
        self._reporter.__enter__()
        settings = {**self._run.settings.to_json(), **self._run.training.to_json()}
        facts = {"model": self._run.name, "data": self._run.data["name"], "seed": self._run.seed}
        for logger in self._loggers:
            # Lightning's own CSVLogger has the method and does not support it.
            with suppress(AttributeError, NotImplementedError):
                logger.log_hyperparams({**facts, **settings})
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is None and self._probe.ndim == 4:
            for logger, tracker in zip(self._loggers, self._trackers, strict=True):
                if tracker is not None:
                    tracker.show(logger, self._pictures(), self._step)
        for logger in self._loggers:
            if hasattr(logger, "finalize"):
                logger.finalize("success" if error is None else "failed")
        self._reporter.__exit__(kind, error, trace)

    def step(self, done: int, terms: Mapping[str, float] | None = None) -> None:
        """Log the terms, if there are any, and call the callbacks."""
        self._reporter.step(done, terms)
        self._step = done
        if terms is None:
            return
        if self._loggers:
            values = {
                **{f"loss/{name}": value for name, value in terms.items()},
                **self._measured(),
            }
            for logger in self._loggers:
                logger.log_metrics(values, done)
        for callback in self._callbacks:
            callback(self._run, done, terms)

    @torch.no_grad()
    def _measured(self) -> dict[str, float]:
        """Return KL of each dimension in nats, and the findings on health, of the probe."""
        module, training = self._run.module, self._run.module.training
        found = health_of(module, self._probe, self._run.has_posterior)
        values = {"health/variance of reconstructions": found.variance}
        values |= {f"health/dead units of {name}": share for name, share in found.dead.items()}
        if self._run.has_posterior:
            module.eval()
            kl = kl_from_standard_normal(*module.posterior(self._probe)).mean(0)
            module.train(training)
            values |= {f"kl/z{k}": float(value) for k, value in enumerate(kl)}
        return values

    @torch.no_grad()
    def _pictures(self) -> np.ndarray:
        """Return pictures over their reconstructions, H x W x C uint8."""
        samples = self._probe[:PICTURES]
        module = self._run.module.eval()
        both = torch.stack([samples, module.decode(module.encode(samples)).clamp(0, 1)])
        sheet = both.permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
        array: np.ndarray = (255 * sheet).round().to(torch.uint8).cpu().numpy()
        return array if array.shape[2] == 3 else array.repeat(3, 2)
