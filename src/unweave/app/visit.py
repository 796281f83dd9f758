"""What one visitor looks at: a sample, and its codes in the eyes of the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from unweave.app.exhibit import Exhibit
from unweave.app.uploads import read_upload
from unweave.errors import RequestError


@dataclass
class Visit:
    """A sample and what belongs to it; every visitor has their own.

    Attributes
    ----------
    title : str
        What the sample is, in words.
    family : tuple
        Of the runs that the sample fits: their data and its shape.
    samples : numpy.ndarray or None
        1 x C x H x W, uint8, or 1 x J, standardised; None for the mean code.
    row : int or None
        Its row in the data.
    codes, reconstructions : dict of int to numpy.ndarray
        1 x K, and C x H x W or J, of every run that was asked for it, by the run's number.
    """

    title: str
    family: tuple[object, ...]
    samples: np.ndarray | None
    row: int | None = None
    codes: dict[int, np.ndarray] = field(default_factory=dict)
    reconstructions: dict[int, np.ndarray] = field(default_factory=dict)

    def code(self, exhibit: Exhibit) -> np.ndarray:
        """Return the sample's code in a run, 1 x K."""
        if exhibit.number not in self.codes:
            self.codes[exhibit.number] = exhibit.code_of(self.samples, self.row)
        return self.codes[exhibit.number]

    def reconstruction(self, exhibit: Exhibit) -> np.ndarray:
        """Return what a run's decoder makes of the sample's code."""
        if exhibit.number not in self.reconstructions:
            decoded = exhibit.model.decode_features(self.code(exhibit))
            self.reconstructions[exhibit.number] = decoded[0]
        return self.reconstructions[exhibit.number]

    def fits(self, exhibit: Exhibit) -> bool:
        """Tell whether a run was trained on the sample's data."""
        return self.family == _data_of(exhibit)

    def outputs(
        self, exhibits: Sequence[Exhibit], values: Mapping[str, float]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return reconstruction and edited sample of every run; the first is the reference.

        Parameters
        ----------
        exhibits : sequence of Exhibit
        values : mapping of str to float
            What the reference's controls are set to; those left alone are not named.

        Returns
        -------
        list of tuple of numpy.ndarray
            Each C x H x W in [0, 1], or J in standardised units.
        """
        reference = exhibits[0]
        origin = self.code(reference)
        pairs = []
        for exhibit in exhibits:
            edited = exhibit.edited(self.code(exhibit), values, reference, origin)
            pairs.append((self.reconstruction(exhibit), exhibit.model.decode_features(edited)[0]))
        return pairs

    def sweep(
        self, exhibit: Exhibit, name: str, places: np.ndarray, values: Mapping[str, float]
    ) -> np.ndarray:
        """Return what one control makes of the sample at T values, the others at `values`."""
        code = exhibit.edited(self.code(exhibit), values, exhibit, self.code(exhibit))
        codes = np.repeat(code, len(places), axis=0)
        codes[:, exhibit.model.code_names.index(name)] = places
        return exhibit.model.decode_features(codes)


def visit_row(exhibit: Exhibit, row: int | None = None) -> Visit:
    """Look at a row of the data; at the first of the gallery unless one is named.

    Raises
    ------
    RequestError
        If there is no such row.
    """
    dataset, family = exhibit.dataset, _data_of(exhibit)
    if dataset is None:
        if row is not None:
            raise RequestError(f"row {row}: the run's data is not at hand")
        return Visit("the mean code", family, None)
    row = int(exhibit.gallery[0]) if row is None else row
    if not 0 <= row < len(dataset):
        raise RequestError(f"row {row}: {dataset.name} has rows 0 to {len(dataset) - 1}")
    title = f"row {row}" if row not in exhibit.test_rows else f"test row {row}"
    return Visit(title, family, np.asarray(dataset.samples[np.array([row])]), row)


def visit_upload(exhibit: Exhibit, address: str) -> Visit:
    """Look at a visitor's own picture, a data address.

    Raises
    ------
    RequestError
        If it is no picture, too large, or damaged.
    """
    image = read_upload(exhibit.model, address)
    return Visit("your picture", _data_of(exhibit), image[None])


def _data_of(exhibit: Exhibit) -> tuple[object, ...]:
    return exhibit.model.data["fingerprint"], exhibit.model.sample_shape
