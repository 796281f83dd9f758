"""A trained model: codes, reconstructions and samples, and the folder that keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import numpy as np
import torch
from torch import nn

from unweave.data import Dataset, TableSchema, load_data, with_channels
from unweave.data.files.bounds import require_room
from unweave.display import Displayed
from unweave.errors import RequestError, memory_errors, nearest, shown
from unweave.models.families import family_of
from unweave.models.family import Family
from unweave.models.objective import ObjectiveModel
from unweave.nets.inputs import as_input
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.objectives.targets import Targets
from unweave.runs.facts import model_facts
from unweave.runs.folder import versions
from unweave.runs.frames import frame_of, index_of
from unweave.runs.history import History
from unweave.runs.imputation import DRAWS, Imputation, impute
from unweave.runs.names import read_names, write_names
from unweave.runs.run_documents import FORMAT
from unweave.runs.storage import read_run, write_run
from unweave.runs.surprise import Surprise, surprise
from unweave.runs.tables import check_coding
from unweave.runs.training_settings import TrainingSettings
from unweave.runs.verbs import provided
from unweave.runs.weighted_draws import column_facts
from unweave.settings import LARGEST, Settings, whole_number

if TYPE_CHECKING:
    import pandas as pd

_ENCODE_BATCH = {"images": 512, "table": 16384}
_DECODE_BATCH = 4096


@dataclass(repr=False)
class Model(Displayed):
    """A trained model: what `unweave.train` and `unweave.load` return.

    Attributes
    ----------
    name : str
        The model's name, such as ``"bf-vae"``.
    module : ObjectiveModel
        Its networks and objective.
    settings : Settings
        Settings of its family.
    training : TrainingSettings
    seed : int
    data : dict
        Facts about the training data: ``name``, ``source``, ``fingerprint``, ``shape`` of a
        sample, ``population`` (number of training rows); for images ``crop``, the way in
        which other pictures are cropped, and ``white``, the integer that is white in arrays; in
        families that have labels ``labels`` (``names``, ``exclusive``, ``bounds`` of ratings).
    table : TableSchema or None
        The way in which the columns of a table are read.
    history : History
        The loss terms, step by step.
    summary : dict
        The contents of ``summary.json``; empty before training has ended.
    networks : dict of str to str, or None
        Class names of ``encoder`` and ``decoder`` if they are the user's own.
    folder : pathlib.Path or None
        The folder that keeps it.
    turn : dict or None
        How its latent dimensions were turned after training (`rotate`): ``method``,
        ``dimensions`` (the number of turned factors, which come first), ``simplicity`` and
        more; None if they are as they were learned.
    """

    name: str
    module: ObjectiveModel
    settings: Settings
    training: TrainingSettings
    seed: int
    data: dict[str, Any]
    table: TableSchema | None = None
    history: History = field(default_factory=History)
    summary: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, str] | None = None
    folder: Path | None = None
    turn: dict[str, Any] | None = None

    @property
    def family(self) -> Family:
        """The record of the model's family."""
        return family_of(self.name)

    @property
    def has_posterior(self) -> bool:
        """Whether its codes are distributions q(z|x), which can be traversed and sampled from."""
        return self.family.has_posterior

    @property
    def can_be_read(self) -> bool:
        """Whether its codes are latent values alone, which can be interpreted and traversed."""
        return self.has_posterior or not len(self.targets)

    @property
    def targets(self) -> Targets:
        """The labels it learned from; empty for most models."""
        return self.module.targets

    @property
    def title(self) -> str:
        """Its name in messages: its folder, or the name of the model."""
        return str(self.folder or self.name)

    @property
    def health(self) -> dict[str, Any]:
        """The findings of ``summary.json`` on dead layers and collapse; empty in older runs."""
        return dict(self.summary.get("health", {}))

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        return model_facts(self)

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return tuple(self.data["shape"])

    @property
    def latent_dim(self) -> int:
        return self.module.code_dim - len(self.targets)

    @property
    def code_names(self) -> list[str]:
        """A name for each column of the codes: those of the labels, if any, then z0, z1, …."""
        return [*self.targets.names, *(f"z{index}" for index in range(self.latent_dim))]

    def given_names(self) -> dict[str, str]:
        """Return the names in ``names.json``, by element of the code; empty where there are none.

        Raises
        ------
        RequestError
            If the file is damaged.
        """
        return read_names(self.folder, self.code_names)

    def rename(self, name: str, text: str) -> None:
        """Give an element of the code, such as ``z3``, a name that its run keeps; "" removes it.

        Raises
        ------
        RequestError
            If the run has no folder or no such element, or the text is over 60 characters.
        """
        if name not in self.code_names:
            raise RequestError(
                f"unknown element of the code {shown(name)}{nearest(name, self.code_names)}"
            )
        if self.folder is None:
            raise RequestError("a run in memory keeps no names; save it to a folder first")
        write_names(self.folder, {**self.given_names(), name: text})

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device."""
        self.module.to(device)
        return self

    def dataset(self, data: Any = None) -> Dataset:
        """Return `data` as this model reads it; by default the data it was trained on.

        The columns of a table are found by name. Images are read in the size of the model's
        where they are files, and in its channels: grey ones for a model of colours and the
        reverse (`unweave.data.with_channels`).

        Raises
        ------
        RequestError
            If the data cannot be found, or its samples are of another shape.
        """
        if data is None:
            if not self.data["source"]:
                raise RequestError(
                    f"this run was trained on data from memory ({self.data['name']}); give the "
                    "data itself"
                )
            data = self.data["source"]
        if len(self.sample_shape) == 3:
            dataset = load_data(data, defaults=self._image_options())
            dataset = with_channels(dataset, self.sample_shape[0])
        else:
            dataset = load_data(data, schema=self.table)
        check_coding(dataset, self.table)
        if dataset.sample_shape != self.sample_shape:
            raise RequestError(
                f"{dataset.name}: samples are {_by(dataset.sample_shape)}, but the model was "
                f"trained on {_by(self.sample_shape)} ({self.data['name']})"
            )
        return dataset

    def _image_options(self) -> dict[str, object]:
        """Return the options by which other images are read as this model's were."""
        _, height, width = self.sample_shape
        options: dict[str, object] = {"image_size": height} if height == width else {}
        if self.data.get("white") == 255:
            # A dark picture stays dark, also if none of its pixels is above 1.
            options["white"] = 255
        return options

    @overload
    def encode(
        self, data: Any = ..., rows: np.ndarray | None = ..., *, as_frame: Literal[False] = ...
    ) -> np.ndarray: ...

    @overload
    def encode(
        self, data: Any = ..., rows: np.ndarray | None = ..., *, as_frame: Literal[True]
    ) -> pd.DataFrame: ...

    def encode(
        self, data: Any = None, rows: np.ndarray | None = None, *, as_frame: bool = False
    ) -> np.ndarray | pd.DataFrame:
        """Return the codes of data, one row per input, in order.

        Parameters
        ----------
        data : Dataset, str, path, numpy.ndarray, torch.Tensor or pandas.DataFrame, optional
            By default the data it was trained on. The columns of a table are found by name and
            read in the training table's units.
        rows : numpy.ndarray, optional
            Rows of the data to encode; by default all of them.
        as_frame : bool
            Return a frame with named columns, and with the index of `data` if it has one: that
            of a frame, the ids in a table's file, or the names of the files in a folder of images.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            float32. Variational family: the mean of q(z|x), N x K. Attribute family: the
            decoder's input, N x (L + K): the soft target (discrete if the decoder was trained
            with labels), then z.
        """
        dataset = self.dataset(data)
        codes = self._applied(self.module.encode, dataset, rows)
        return frame_of(codes, self.code_names, index_of(dataset), rows) if as_frame else codes

    def posterior(
        self, data: Any = None, rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance of q(z|x), in order, each N x K, float32.

        Parameters
        ----------
        data, rows : as for `encode`

        Raises
        ------
        RequestError
            If the model has no posterior.
        """
        if not self.has_posterior:
            raise RequestError(f"{self.name} has no posterior: its codes are not distributions")
        both = self._applied(lambda batch: torch.stack(self.module.posterior(batch), 1), data, rows)
        return both[:, 0], both[:, 1]

    def soft_targets(self, data: Any = None, rows: np.ndarray | None = None) -> np.ndarray:
        """Return ŷ, N x L in [0, 1], float32: how far each label applies, according to the model.

        Parameters
        ----------
        data, rows : as for `encode`

        Raises
        ------
        RequestError
            If the model did not learn from labels.
        """
        if not len(self.targets):
            raise RequestError(f"{self.name} knows no labels; use a model such as mdd-ae-dcov")
        return self._applied(self.module.soft_targets, data, rows)

    def kl(self, data: Any = None, rows: np.ndarray | None = None) -> np.ndarray:
        """Return KL(q(z|x) ‖ p(z)) in nats, averaged over the rows: K values."""
        mean, log_variance = map(torch.from_numpy, self.posterior(data, rows))
        return kl_from_standard_normal(mean.double(), log_variance.double()).mean(0).numpy()

    def decode(self, codes: Any) -> np.ndarray | pd.DataFrame:
        """Return the samples of codes: the mean of p(x|z).

        Parameters
        ----------
        codes : array_like
            N x K; N x (L + K) of an attribute model.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            Images as float32 N x C x H x W in [0, 1]; rows in the table's own units and
            column names.
        """
        decoded = self.decode_features(codes)
        if self.table is not None:
            return self.table.restore(decoded)
        return decoded.clip(0, 1) if decoded.ndim == 4 else decoded

    def decode_features(self, codes: Any, samples: np.ndarray | None = None) -> np.ndarray:
        """Return the decoder's means without conversion: rows of a table are samples.

        Given columns of a table are those of the N samples, or else NaN.
        """
        return self._of_codes(self.module.decode, codes, samples)

    def expected(self, codes: Any, samples: np.ndarray | None = None) -> np.ndarray:
        """Return what the decoder expects, N x E, in the form of `observed`.

        Given columns of a table are those of the N samples, or else blank.
        """
        return self._of_codes(self.module.expected, codes, samples)

    def observed(self, samples: np.ndarray) -> np.ndarray:
        """Return the values of a table's samples whose expectations mean something, N x E.

        See `unweave.models.columns.TableColumns.observed`; NaN where blank.
        """
        with self._evaluating():
            return self.module.observed(torch.from_numpy(samples).to(self.device)).cpu().numpy()

    def _of_codes(
        self, function: Callable[..., torch.Tensor], codes: Any, samples: np.ndarray | None = None
    ) -> np.ndarray:
        """Return a function of N x D codes, and of their rows' samples, batch by batch."""
        codes = np.asarray(codes, np.float32)
        wanted = self.module.code_dim
        if codes.ndim != 2 or codes.shape[1] != wanted:
            what = "the soft target, then z" if len(self.targets) else "the latent dimensions"
            raise RequestError(f"codes must be N x {wanted} ({what}), not {_by(codes.shape)}")
        given = [torch.from_numpy(each) for each in (codes, samples) if each is not None]
        batches = zip(*(torch.split(each, _DECODE_BATCH) for each in given), strict=True)
        with self._evaluating():
            parts = [function(*(part.to(self.device) for part in each)).cpu() for each in batches]
        return torch.cat(parts).numpy()

    def reconstruct(self, data: Any = None, *, fill: bool = False) -> np.ndarray | pd.DataFrame:
        """Return the reconstruction of every row, in order, as `decode` returns it.

        A table has the index of the rows given. Its blank cells stay blank unless `fill` is on.
        """
        dataset = self.dataset(data)
        return self.decode_rows(self.encode(dataset), dataset, fill=fill)

    def decode_rows(
        self, codes: Any, dataset: Dataset, *, fill: bool = False
    ) -> np.ndarray | pd.DataFrame:
        """Return decoded codes of a dataset's rows, in order; see `reconstruct`."""
        if self.table is None:
            return self.decode(codes)
        samples = np.asarray(dataset.samples)
        decoded = self.decode_features(codes, samples)
        blank = np.isnan(samples)
        if not fill and self.table.coding == "columns":
            decoded[blank] = np.nan
        return self.table.restore(decoded, dataset.index)

    def sample(self, count: int, seed: int = 0) -> np.ndarray | pd.DataFrame:
        """Return new samples: decoded codes that are drawn from the standard normal prior.

        Images and rows are the mean of p(x|z); see `decode` for their form.

        Raises
        ------
        RequestError
            If `count` is under 1, `seed` is negative, or the model has no prior.
        """
        count, seed = whole_number("count", count, least=-LARGEST), whole_number("seed", seed)
        if count < 1:
            raise RequestError(f"count={count}: ask for at least 1 sample")
        if not (self.has_posterior or (self.turn and not len(self.targets))):
            raise RequestError(
                f"{self.name} has no prior to draw from; edit images with it"
                + ("" if len(self.targets) else ", or rotate it: a turned run draws codes")
            )
        # Codes are drawn in double precision, samples are single.
        width = 2 * self.latent_dim + math.prod(self.sample_shape)
        require_room(f"count={count}", 4 * count * width, "ask for fewer samples")
        with self._evaluating(), memory_errors(f"count={count}: ask for fewer samples"):
            noise = np.random.default_rng(seed).standard_normal((count, self.latent_dim))
            codes = self.module.prior(torch.from_numpy(noise).float().to(self.device))
        return self.decode(codes.cpu().numpy())

    def edit(
        self,
        data: Any,
        changes: Mapping[str, float] | None = None,
        *,
        to_class: str | None = None,
    ) -> np.ndarray | pd.DataFrame:
        """Return data with some attributes or latent values set, and the rest left as it is.

        See `unweave.edit`.
        """
        edited: np.ndarray | pd.DataFrame = provided("edit")(self, data, changes, to_class=to_class)
        return edited

    def impute(
        self, data: Any = None, *, draws: int = DRAWS, completed: int = 5, seed: int = 0
    ) -> Imputation:
        """Fill the blank cells of a table; see `unweave.runs.imputation.impute`."""
        return impute(self, data, draws=draws, completed=completed, seed=seed)

    def surprise(self, data: Any = None, *, draws: int = 100, seed: int = 0) -> Surprise:
        """Tell how unexpected the rows of a table are; see `unweave.runs.surprise.surprise`."""
        return surprise(self, data, draws=draws, seed=seed)

    def traverse(
        self,
        data: Any = None,
        *,
        dimensions: Sequence[int] | None = None,
        steps: int = 9,
        row: int | None = None,
        out: Path | str | None = None,
    ) -> Any:
        """Move one latent dimension at a time along its aggregate posterior and decode.

        See `unweave.traverse`, which returns the `Traversal`.
        """
        return provided("traverse")(
            self, data, dimensions=dimensions, steps=steps, row=row, out=out
        )

    def rotate(
        self,
        data: Any = None,
        *,
        method: str = "varimax",
        dimensions: int | None = None,
        seed: int = 0,
        out: Path | str | None = None,
    ) -> Model:
        """Return the model with its informative dimensions turned; see `unweave.rotate`."""
        turned: Model = provided("rotate")(
            self, data, method=method, dimensions=dimensions, seed=seed, out=out
        )
        return turned

    def latent(
        self, data: Any = None, rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance of every latent value given the data, N x K each.

        Those of `posterior`; of a model without one the latent values and −∞: they are certain.

        Parameters
        ----------
        data, rows : as for `encode`
        """
        if self.has_posterior:
            return self.posterior(data, rows)
        values = self.encode(data, rows)[:, len(self.targets) :]
        return values, np.full_like(values, -np.inf)

    def push_to_hub(self, name: str, data: Any = None, *, private: bool = False) -> str:
        """Put the run and a model card into a repository of the Hugging Face Hub.

        See `unweave.reporting.hub.push_to_hub`.
        """
        return str(provided("push_to_hub")(self, name, data, private=private))

    def export(self, out: Path | str, format: str = "onnx") -> None:
        """Write the model for other programs: ONNX graphs, torch programs, or a static page.

        See `unweave.export`.
        """
        provided("export")(self, out, format)

    def config(self) -> dict[str, Any]:
        """Return the contents of ``config.json``: all that is needed to rebuild the run."""
        return {
            "format": FORMAT,
            "model": self.name,
            "seed": self.seed,
            "settings": self.settings.to_json(),
            "training": self.training.to_json(),
            "data": self.data | {"table": self.table.to_json() if self.table else None},
            "networks": self.networks,
            "versions": versions(),
            **({"turn": self.turn} if self.turn else {}),
        }

    def save(self, folder: Path | str) -> None:
        """Write the run's files, with ``summary.json`` last: a folder that has it is finished."""
        self.folder = Path(folder)
        weights = self.module.state_dict()
        write_run(self.folder, self.config(), weights, self.history, self.summary)

    @classmethod
    def load(
        cls,
        folder: Path | str,
        encoder: nn.Module | None = None,
        decoder: nn.Module | None = None,
    ) -> Self:
        """Read the folder of a finished run.

        Parameters
        ----------
        folder : path
        encoder, decoder : torch.nn.Module, optional
            Needed if the run was trained with networks of your own; their weights are
            replaced by the stored ones.

        Raises
        ------
        RequestError
            If the folder is not that of a finished run, or a file in it is damaged.
        """
        return cls(**read_run(Path(folder), encoder, decoder))

    def summarise(self, dataset: Dataset) -> dict[str, Any]:
        """Return the family's entries of ``summary.json``, computed on the test split.

        Of tables in the coding "columns" also ``columns``, computed on training rows; see
        `unweave.runs.weighted_draws.column_facts`.
        """
        rows = dataset.rows("test")
        labels = None if dataset.labels is None else torch.from_numpy(dataset.labels.values[rows])
        places = torch.arange(len(rows))

        def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
            parts = torch.split(places, _ENCODE_BATCH[dataset.kind])
            for part, batch in zip(parts, self._batches(dataset, rows), strict=True):
                yield batch, None if labels is None else labels[part]

        said = self.family.summary(self.module, batches())
        said |= {f"{next(iter(said))}_of": "test"} if said else {}
        if self.has_posterior and self.table is not None and self.table.coding == "columns":
            self.module.eval()
            said["columns"] = column_facts(self, dataset, dataset.rows("train"))
        return said

    def _applied(
        self,
        function: Callable[[torch.Tensor], torch.Tensor],
        data: Any,
        rows: np.ndarray | None,
    ) -> np.ndarray:
        dataset = self.dataset(data)
        rows = np.arange(len(dataset)) if rows is None else rows
        parts = [function(batch).cpu() for batch in self._batches(dataset, rows)]
        return torch.cat(parts).numpy()

    def _batches(self, dataset: Dataset, rows: np.ndarray) -> Iterator[torch.Tensor]:
        """Yield batches of the given rows in order on the device, in evaluation mode."""
        draw = dataset.draw_on(self.device)
        with self._evaluating():
            for part in torch.split(torch.from_numpy(rows), _ENCODE_BATCH[dataset.kind]):
                batch = as_input(draw(part.to(self.device)))
                # A model that has learned from numbers without blanks takes a blank for the mean.
                plain = dataset.kind == "table" and self.module.columns is None
                yield batch.nan_to_num(0.0) if plain else batch

    def _evaluating(self) -> Any:
        self.module.eval()
        return torch.inference_mode()


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
