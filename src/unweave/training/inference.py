"""What a model says of data: codes, soft targets, reconstructions, samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
import torch

from unweave.data import Dataset, TableSchema, load_data
from unweave.errors import RequestError
from unweave.models.attribute import AttributeModel
from unweave.models.build import ModelSettings
from unweave.models.targets import Targets
from unweave.models.variational import VariationalModel
from unweave.nets.inputs import as_input
from unweave.objectives.divergence import kl_from_standard_normal

_ENCODE_BATCH = {"images": 512, "table": 16384}


class Inference:
    """The part of a run that looks at data; its attributes are the run's."""

    name: str
    module: VariationalModel | AttributeModel
    settings: ModelSettings
    data: dict[str, Any]
    table: TableSchema | None

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return tuple(self.data["shape"])

    @property
    def latent_dim(self) -> int:
        return self.settings.latent_dim

    @property
    def targets(self) -> Targets | None:
        """The labels an attribute model was told of; None for the variational family."""
        return self.module.targets if isinstance(self.module, AttributeModel) else None

    @property
    def code_names(self) -> list[str]:
        """One name for each column of a code: those of the labels, if any, then z0 on."""
        labels = self.targets.names if self.targets else ()
        return [*labels, *(f"z{index}" for index in range(self.latent_dim))]

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device."""
        self.module.to(device)
        return self

    def dataset(self, data: Any = None) -> Dataset:
        """Return `data` as this model reads it; the data it was trained on where None.

        Raises
        ------
        RequestError
            If the data cannot be found, or its samples are of another shape.
        """
        if data is None:
            if not self.data["source"]:
                raise RequestError(
                    f"this run was trained on data from memory ({self.data['name']}); name the "
                    "data with --data, or pass it in"
                )
            data = self.data["source"]
        dataset = load_data(data, schema=self.table) if self.table else load_data(data)
        if dataset.sample_shape != self.sample_shape:
            raise RequestError(
                f"{dataset.name}: samples are {_by(dataset.sample_shape)}, but the model was "
                f"trained on {_by(self.sample_shape)} ({self.data['name']})"
            )
        return dataset

    def posterior(self, data: Any, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance of q(z|x) in order: each N x K, float32.

        Of every row of the data, or of the given rows of it.

        Raises
        ------
        RequestError
            If the model is not of the variational family.
        """
        module = self.module
        if not isinstance(module, VariationalModel):
            raise RequestError(f"{self.name} has no posterior: its codes are no distribution")
        dataset = self.dataset(data)
        rows = np.arange(len(dataset)) if rows is None else rows
        parts = [module.encode(batch) for batch in self._inference(dataset, rows)]
        mean, log_variance = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
        return mean, log_variance

    def encode(self, data: Any, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the codes of data, one row per input, in order.

        Parameters
        ----------
        data : Dataset, str, path, numpy.ndarray, torch.Tensor or pandas.DataFrame
            A table's columns are found by name and read with the training table's units.
        rows : numpy.ndarray, optional
            Rows of the data to encode; all unless given.

        Returns
        -------
        numpy.ndarray
            float32. Variational family: the mean of q(z|x), N x K. Attribute family: what
            the decoder is fed, N x (L + K): the soft target (discrete, where the decoder
            was trained with labels), then z.
        """
        module = self.module
        if isinstance(module, VariationalModel):
            return self.posterior(data, rows)[0]
        return self._applied(module.encode, data, rows)

    def soft_targets(self, data: Any, rows: np.ndarray | None = None) -> np.ndarray:
        """Return ŷ, N x L in [0, 1], float32: how far each label holds, in the model's eyes.

        Raises
        ------
        RequestError
            If the model knows no labels.
        """
        module = self.module
        if not isinstance(module, AttributeModel) or not len(module.targets):
            raise RequestError(f"{self.name} knows no labels; use a model such as mdd-ae-dcov")
        return self._applied(module.soft_targets, data, rows)

    def _applied(
        self,
        function: Callable[[torch.Tensor], torch.Tensor],
        data: Any,
        rows: np.ndarray | None,
    ) -> np.ndarray:
        dataset = self.dataset(data)
        rows = np.arange(len(dataset)) if rows is None else rows
        parts = [function(batch).cpu() for batch in self._inference(dataset, rows)]
        return torch.cat(parts).numpy()

    def kl(self, data: Any, rows: np.ndarray | None = None) -> np.ndarray:
        """Return KL(q(z|x) ‖ p(z)) in nats, averaged over the rows: K values."""
        mean, log_variance = map(torch.from_numpy, self.posterior(data, rows))
        return kl_from_standard_normal(mean.double(), log_variance.double()).mean(0).numpy()

    def decode(self, codes: Any) -> np.ndarray | pd.DataFrame:
        """Return what codes stand for: the mean of p(x|z).

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

    def decode_features(self, codes: Any) -> np.ndarray:
        """Return the decoder's means as the network gives them (tables: standardised)."""
        codes = np.asarray(codes, np.float32)
        wanted = self.module.code_dim
        if codes.ndim != 2 or codes.shape[1] != wanted:
            what = "the soft target, then z" if self.targets else "the latent dimensions"
            raise RequestError(f"codes must be N x {wanted} ({what}), not {_by(codes.shape)}")
        rows = torch.from_numpy(codes)
        with self._evaluating():
            parts = [
                self.module.decode(rows[start : start + 4096].to(self.device)).cpu()
                for start in range(0, len(rows), 4096)
            ]
        return torch.cat(parts).numpy()

    def reconstruct(self, data: Any) -> np.ndarray | pd.DataFrame:
        """Return the reconstruction of every row, in order, as `decode` returns it."""
        return self.decode(self.encode(data))

    def sample(self, count: int, seed: int = 0) -> np.ndarray | pd.DataFrame:
        """Return new samples: codes drawn from the standard normal prior, decoded.

        Images and table rows alike are the mean of p(x|z); see `decode` for their form.
        """
        if count < 1:
            raise RequestError(f"--count {count}: at least 1 sample must be asked for")
        if seed < 0:
            raise RequestError(f"seed {seed}: must be at least 0")
        if self.targets is not None:
            raise RequestError(
                f"{self.name} has no prior to draw from; edit images with it (unweave edit)"
            )
        generator = np.random.default_rng(seed)
        return self.decode(generator.standard_normal((count, self.latent_dim)))

    def _inference(self, dataset: Dataset, rows: np.ndarray) -> Iterator[torch.Tensor]:
        """Yield batches of the given rows in order on the device, in evaluation mode."""
        draw = dataset.draw_on(self.device)
        with self._evaluating():
            for part in torch.split(torch.from_numpy(rows), _ENCODE_BATCH[dataset.kind]):
                yield as_input(draw(part.to(self.device)))

    def _evaluating(self) -> Any:
        self.module.eval()
        return torch.inference_mode()


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
