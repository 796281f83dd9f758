"""A scikit-learn estimator: representations of tables, in pipelines and searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from unweave.api import load, train
from unweave.data import Dataset, load_data
from unweave.data.formats.table import as_pandas
from unweave.data.tables.columns import readable_names
from unweave.errors import RequestError, nearest
from unweave.models.variational.model import reparameterise
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.objectives.likelihoods import RECONSTRUCTION
from unweave.objectives.outputs import VariationalOutputs
from unweave.runs.model import Model
from unweave.schedules import value_at

_SCORE_BATCH = 4096


class Disentangler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Codes of a table's rows, learned by any model that needs no labels.

    Parameters
    ----------
    model : str
        The name of a model, such as ``"bf-vae"``.
    latent_dim : int, optional
        The number of codes; by default the model's.
    beta : float or str, optional
        The weight of the KL divergence; by default the model's. May be a schedule.
    steps : int, optional
        Optimiser steps; by default those for tables.
    settings : mapping, optional
        Any other settings of the model or of its training.
    random_state : int, numpy.random.RandomState or None
        The seed of weights, batches and noise.
    device : str
    progress : bool
        Show progress on standard error.

    Attributes
    ----------
    model_ : Model
        The trained model.
    n_features_in_ : int
    feature_names_in_ : numpy.ndarray
        Only if fitted on a frame.

    Notes
    -----
    A table is read as `load_data` reads it: text, currencies and blanks included. `fit` trains
    on 80 % of its rows and keeps 10 % each for validation and test, as `unweave.train` does.
    The columns of a frame are found by name, whatever their order.

    Examples
    --------
    >>> import numpy as np
    >>> from unweave.sklearn import Disentangler
    >>> rows = np.random.default_rng(0).normal(size=(100, 6))
    >>> Disentangler(latent_dim=3, steps=10, random_state=0).fit_transform(rows).shape
    (100, 3)
    """

    model_: Model
    n_features_in_: int
    feature_names_in_: np.ndarray

    def __init__(
        self,
        model: str = "bf-vae",
        *,
        latent_dim: int | None = None,
        beta: float | str | None = None,
        steps: int | None = None,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
        device: str = "auto",
        progress: bool = False,
    ) -> None:
        self.model = model
        self.latent_dim = latent_dim
        self.beta = beta
        self.steps = steps
        self.settings = settings
        self.random_state = random_state
        self.device = device
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803
        """Train the model on a table.

        Parameters
        ----------
        X : array_like or frame
            N x J numbers, NaN for blanks; or a frame of pandas, polars or Arrow.
        y : ignored

        Raises
        ------
        RequestError
            If a setting or the table is at fault, such as one of less than 16 rows.
        """
        table = self._table(X, reset=True)
        given = {"latent_dim": self.latent_dim, "beta": self.beta, **(self.settings or {})}
        self.model_ = train(
            self.model,
            # A frame's cells have to be read; an array's are numbers.
            load_data(table if self._from_frame else table.to_numpy()),
            seed=self._seed(),
            steps=self.steps,
            device=self.device,
            progress=self.progress,
            **{name: value for name, value in given.items() if value is not None},
        )
        return self

    def transform(self, X: Any) -> np.ndarray:  # noqa: N803
        """Return the codes of rows, N x K float32; see `Model.encode`.

        Raises
        ------
        RequestError
            If a column that the model was trained on is missing.
        """
        return self.model_.encode(self._dataset(X))

    def inverse_transform(self, X: Any) -> np.ndarray | pd.DataFrame:  # noqa: N803
        """Return the rows of codes, in the table's own units and columns.

        Parameters
        ----------
        X : array_like
            N x K.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            A frame with the index of `X`, if any, where the model was fitted on a frame.
        """
        check_is_fitted(self)
        codes = as_pandas(X)
        decoded = self.model_.decode(check_array(codes, dtype=np.float32, copy=True))
        assert isinstance(decoded, pd.DataFrame)
        if not self._from_frame:
            return decoded.to_numpy()
        return decoded.set_index(codes.index) if isinstance(codes, pd.DataFrame) else decoded

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return the mean evidence lower bound of rows in nats: the higher, the better.

        E_q log p(x|z) − KL(q(z|x) ‖ p(z)), Kingma and Welling (2014), equation 3, without
        weights, so that models of different `beta` can be compared. Features are in the units
        of the fitted table's standard deviations; one code is drawn for each row, by a fixed
        seed.

        Raises
        ------
        RequestError
            If the model has no posterior.
        """
        dataset = self._dataset(X)
        if not self.model_.has_posterior:
            raise RequestError(f"{self.model} has no likelihood to score; use a model such as vae")
        return _evidence_lower_bound(self.model_, dataset)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the codes: z0, z1, …."""
        check_is_fitted(self)
        return np.array(self.model_.code_names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        tags.non_deterministic = False
        return tags

    def __getstate__(self) -> Any:
        """Keep the model as the files of its run: safetensors, JSON and CSV."""
        state = dict(super().__getstate__())
        if "model_" in state:
            with TemporaryDirectory() as folder:
                replace(self.model_).save(folder)
                state["model_"] = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
        return state

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if "model_" in state:
            with TemporaryDirectory() as folder:
                for name, content in state["model_"].items():
                    (Path(folder) / name).write_bytes(content)
                self.model_ = load(folder, device=self.device)
            self.model_.folder = None

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _dataset(self, X: Any) -> Dataset:  # noqa: N803
        check_is_fitted(self)
        table, schema = self._table(X, reset=False), self.model_.table
        assert schema is not None
        known = readable_names(table.columns)
        # A model takes them as blank; in a pipeline, it is rather that a step before is wrong.
        if missing := [name for name in schema.feature_names if name not in known]:
            raise RequestError(
                f"the table has no column {missing[0]!r}, which the estimator was fitted on"
                f"{nearest(missing[0], known) or '; add it'}"
            )
        return load_data(table, schema=schema)

    def _table(self, X: Any, reset: bool) -> pd.DataFrame:  # noqa: N803
        """Return what was given as a frame; note its columns when fitting."""
        given = as_pandas(X)
        if reset:
            self._from_frame = isinstance(given, pd.DataFrame)
        if not isinstance(given, pd.DataFrame):
            array = validate_data(
                self,
                given,
                reset=reset,
                ensure_all_finite="allow-nan",
                ensure_min_samples=2 if reset else 1,
            )
            # The names that `load_data` gives the columns of an array.
            names = [f"x{j}" for j in range(1, array.shape[1] + 1)]
            if not reset and self._from_frame:
                names = list(self.feature_names_in_)
            return pd.DataFrame(array, columns=names)
        if reset:
            self.n_features_in_ = given.shape[1]
            self.feature_names_in_ = np.array(given.columns, dtype=object)
        elif not self._from_frame:
            return self._table(given.to_numpy(), reset=False)
        return given


@torch.no_grad()
def _evidence_lower_bound(model: Model, dataset: Dataset) -> float:
    """Return the mean of E_q log p(x|z) − KL(q(z|x) ‖ p(z)) over all rows, in nats."""
    module, steps = model.module.eval(), model.training.steps
    coefficients = {
        name: torch.tensor(value_at(value, steps, steps), device=model.device)
        for name, value in module.coefficients.items()
    }
    generator = torch.Generator().manual_seed(0)
    total = 0.0
    for part in torch.split(torch.from_numpy(np.asarray(dataset.samples)), _SCORE_BATCH):
        samples = part.to(model.device)
        mean, log_variance = module.posterior(samples)
        noise = torch.randn((len(part), module.noise_dim), generator=generator)
        codes = reparameterise(mean, log_variance, noise.to(model.device))
        outputs = VariationalOutputs(
            samples,
            module.decoder(module.decoder_input(codes, samples)).float(),
            mean,
            log_variance,
            codes,
            model.settings,
            coefficients,
            model.data["population"],
            log_probability=None if module.columns is None else module.columns.log_probability,
        )
        kl = kl_from_standard_normal(mean, log_variance).sum(1).mean()
        total -= float(RECONSTRUCTION.value(outputs) + kl) * len(part)
    return total / len(dataset)
