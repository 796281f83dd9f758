"""Samples chosen on the page, with their codes and reconstructions by each run."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from unweave.app.loaded_run import LoadedRun
from unweave.app.uploads import read_upload
from unweave.editing.rows import check_row
from unweave.errors import RequestError

MOST_TEXT = 200_000


@dataclass
class Sample:
    """A chosen sample and what the runs make of it; every open page has its own.

    Attributes
    ----------
    title : str
        How captions name it, such as ``test row 17``.
    data : tuple
        Which data it belongs to: equal for all runs that the sample fits.
    array : numpy.ndarray or None
        1 x C x H x W, uint8, or 1 x J, standardised; None for the prior's mean.
    row : int or None
        Its row in the data.
    codes, reconstructions : dict of int to numpy.ndarray
        1 x K, and C x H x W or J, by the number of each run that was asked for them.
    """

    title: str
    data: tuple[object, ...]
    array: np.ndarray | None
    row: int | None = None
    codes: dict[int, np.ndarray] = field(default_factory=dict)
    reconstructions: dict[int, np.ndarray] = field(default_factory=dict)

    def code(self, run: LoadedRun) -> np.ndarray:
        """Return the sample's code by a run, 1 x K."""
        if run.number not in self.codes:
            self.codes[run.number] = run.code_of(self.array, self.row)
        return self.codes[run.number]

    def reconstruction(self, run: LoadedRun) -> np.ndarray:
        """Return the sample's code as a run decodes it."""
        if run.number not in self.reconstructions:
            self.reconstructions[run.number] = self.decoded(run, self.code(run))[0]
        return self.reconstructions[run.number]

    def decoded(self, run: LoadedRun, codes: np.ndarray) -> np.ndarray:
        """Return N codes as a run decodes them; the given columns of a table are the sample's."""
        if self.array is None or self.array.ndim != 2:
            return run.model.decode_features(codes)
        return run.model.decode_features(codes, np.repeat(self.array, len(codes), axis=0))

    def fits(self, run: LoadedRun) -> bool:
        """Tell whether a run was trained on the sample's data."""
        return self.data == _data_of(run)

    def outputs(
        self, runs: Sequence[LoadedRun], values: Mapping[str, float]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the reconstruction and the edited sample by every run.

        Parameters
        ----------
        runs : sequence of LoadedRun
            The first is the reference.
        values : mapping of str to float
            What the reference's controls are set to; those left alone are not named.

        Returns
        -------
        list of tuple of numpy.ndarray
            Each C x H x W in [0, 1], or J in standardised units.
        """
        reference = runs[0]
        origin = self.code(reference)
        pairs = []
        for run in runs:
            edited = run.edited(self.code(run), values, reference, origin)
            pairs.append((self.reconstruction(run), self.decoded(run, edited)[0]))
        return pairs

    def sweep(
        self, run: LoadedRun, name: str, places: np.ndarray, values: Mapping[str, float]
    ) -> np.ndarray:
        """Return the sample decoded with one control at T places, the others at `values`."""
        code = run.edited(self.code(run), values, run, self.code(run))
        codes = np.repeat(code, len(places), axis=0)
        codes[:, run.model.code_names.index(name)] = places
        return self.decoded(run, codes)


def sample_of_row(run: LoadedRun, row: int | None = None) -> Sample:
    """Return a row of the run's data; the first of its gallery unless one is given.

    Raises
    ------
    RequestError
        If the row does not exist.
    """
    dataset = run.dataset
    if dataset is None:
        if row is not None:
            raise RequestError(f"row={row}: the run's data cannot be found")
        return Sample("the prior's mean", _data_of(run), None)
    row = int(run.gallery[0]) if row is None else row
    check_row(dataset, row)
    title = f"row {row}" if row not in run.test_rows else f"test row {row}"
    return Sample(title, _data_of(run), np.asarray(dataset.samples[np.array([row])]), row)


def sample_of_text(run: LoadedRun, text: str, number: int = 1) -> Sample:
    """Return a row of the user's own, pasted as text under a row of headings.

    Raises
    ------
    RequestError
        If the text is no table, lacks a column, or has fewer rows.
    """
    table = run.model.table
    assert table is not None
    if len(text) > MOST_TEXT:
        raise RequestError(f"the text is longer than {MOST_TEXT:,} characters; paste fewer rows")
    separator = next((each for each in ("\t", ";") if each in text.partition("\n")[0]), ",")
    try:
        frame = pd.read_csv(io.StringIO(text.strip()), sep=separator, dtype=str)
    except (ValueError, pd.errors.ParserError):
        raise RequestError(
            "this is not a table; paste a row of headings, then rows of as many cells"
        ) from None
    if not 1 <= number <= len(frame):
        raise RequestError(f"row {number}: there are {len(frame)} rows below the headings")
    row = table.standardise(frame.iloc[[number - 1]])
    return Sample(f"your row {number}", _data_of(run), row)


def sample_of_upload(run: LoadedRun, address: str) -> Sample:
    """Return a picture of the user's own, sent as a data address.

    Raises
    ------
    RequestError
        If it is not a picture, is too large, or is damaged.
    """
    image = read_upload(run.model, address)
    return Sample("your picture", _data_of(run), image[None])


def _data_of(run: LoadedRun) -> tuple[object, ...]:
    return run.model.data["fingerprint"], run.model.sample_shape
