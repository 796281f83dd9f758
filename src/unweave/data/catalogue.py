"""The built-in data sets: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from unweave.data import celeba, mnist
from unweave.data.dataset import Dataset
from unweave.data.decoding import IMAGE_SIZE
from unweave.data.digits import load_digits
from unweave.data.face_people import PEOPLE_SEED
from unweave.data.faces import COUNT, load_faces
from unweave.data.factor_analysis import BLOCKS, GENERATOR_SEED, factor_analysis
from unweave.data.locate import Files, find, find_or_fetch
from unweave.data.npz import load_npz
from unweave.data.options import Option, check_options, source_of
from unweave.data.schema import TableSchema
from unweave.data.sprites import SUBSET_SEED, load_sprites
from unweave.data.tables import read_frame, table_dataset
from unweave.errors import pick

Loader = Callable[..., Dataset]


@dataclass(frozen=True)
class Entry:
    """A built-in data set.

    Attributes
    ----------
    name, description, licence : str
    kind : {"images", "table"}
    load : callable
        Takes ``source``, the options, and for tables ``schema``; returns a Dataset.
    options : tuple of Option
    files : Files, optional
        Where its files may lie; None if it is embedded.
    """

    name: str
    description: str
    kind: Literal["images", "table"]
    licence: str
    load: Loader
    options: tuple[Option, ...] = ()
    files: Files | None = None

    @property
    def embedded(self) -> bool:
        """Whether it needs no file."""
        return self.files is None

    def where(self) -> str:
        """Say in a few words where the data is."""
        if self.files is None:
            return "embedded"
        found = find(self.files)
        if found is not None:
            return str(found)
        return "can be fetched" if self.files.fetched else f"missing: {self.files.places[0]}"


def _load_table(name: str, files: Files, *, source: str, schema: TableSchema | None) -> Dataset:
    frame = read_frame(find_or_fetch(name, files))
    return table_dataset(frame, name=name, source=source, schema=schema)


def _load_images(
    name: str, files: Files, load: Loader, *, source: str, **options: object
) -> Dataset:
    return replace(load(find_or_fetch(name, files), source=source, **options), name=name)


_FACTOR_OPTIONS = (
    Option("rows", 5000, int, "number of rows"),
    Option("seed", GENERATOR_SEED, int, "seed of the generator"),
    Option("factors", "uniform", str, "law of the factors: uniform or gaussian"),
)
_SPRITE_OPTIONS = (
    Option("shapes", 3, int, "how many of square, ellipse, heart"),
    Option("scales", 6, int, "number of scales, 0.5 to 1"),
    Option("orientations", 40, int, "number of orientations over a full turn"),
    Option("positions", 32, int, "number of positions along x and along y, up to 32"),
    Option("count", None, int, "take so many images of the grid at random; all by default"),
    Option("seed", SUBSET_SEED, int, "seed of that choice"),
)
_FACE_OPTIONS = (
    Option("count", COUNT, int, "number of faces"),
    Option("seed", PEOPLE_SEED, int, "seed of people and intensities"),
)
_DSPRITES_PLACE = Files(
    (
        "dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
        "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
        "dsprites/dsprites_downsampled.npz",
    ),
    origin="https://github.com/google-deepmind/dsprites-dataset",
)


def _table(name: str, file: str, description: str, licence: str, origin: str) -> Entry:
    files = Files((f"tables/{file}", file), origin=origin)
    load = partial(_load_table, name, files)
    return Entry(name, description, "table", licence, load, files=files)


def _factor_analysis(name: str) -> Entry:
    blocks = BLOCKS[name]
    description = f"synthetic: {sum(blocks)} features driven by {len(blocks)} known factors"
    load = partial(factor_analysis, blocks, name=name)
    return Entry(name, description, "table", "generated here", load, _FACTOR_OPTIONS)


CATALOGUE: Mapping[str, Entry] = {
    entry.name: entry
    for entry in (
        *(_factor_analysis(name) for name in BLOCKS),
        Entry(
            "sprites",
            "synthetic: square, ellipse and heart, 64 x 64, with dSprites' five factors",
            "images",
            "generated here",
            load_sprites,
            _SPRITE_OPTIONS,
        ),
        Entry(
            "digits",
            "1,797 handwritten digits, 8 x 8, from scikit-learn",
            "images",
            "CC BY 4.0 (UCI, Alpaydin and Kaynak 1998)",
            load_digits,
        ),
        Entry(
            "faces",
            "synthetic: cartoon faces, 64 x 64, with five attributes of known intensity",
            "images",
            "generated here",
            load_faces,
            _FACE_OPTIONS,
        ),
        Entry(
            "mnist",
            "70,000 handwritten digits, 28 x 28",
            "images",
            "CC BY-SA 3.0",
            partial(_load_images, "mnist", mnist.PLACE, mnist.load_mnist),
            files=mnist.PLACE,
        ),
        Entry(
            "celeba",
            "CelebA: faces of celebrities, cropped to 64 x 64, with 40 attributes",
            "images",
            "non-commercial research only (Liu et al. 2015)",
            partial(_load_images, "celeba", celeba.PLACE, celeba.load_celeba),
            (Option("image_size", IMAGE_SIZE, int, "side of the cropped faces, in pixels"),),
            files=celeba.PLACE,
        ),
        Entry(
            "dsprites",
            "dSprites: 2D shapes, 64 x 64, five known factors",
            "images",
            "Apache-2.0",
            partial(_load_images, "dsprites", _DSPRITES_PLACE, load_npz),
            files=_DSPRITES_PLACE,
        ),
        _table(
            "white-wine",
            "winequality-white.csv",
            "white wines: 11 measurements and their quality, 4,898 rows",
            "CC BY 4.0 (UCI, Cortez et al. 2009)",
            "https://archive.ics.uci.edu/dataset/186/wine+quality",
        ),
        _table(
            "fifa18",
            "fifa18_players.csv",
            "FIFA 18 players: ratings, value and wage, 17,981 rows",
            "not known",
            "Kaggle, FIFA 18 complete player data set",
        ),
        _table(
            "fifa2018",
            "fifa2018_matches.csv",
            "FIFA World Cup 2018: statistics of both teams in 64 matches, 128 rows",
            "not known",
            "Kaggle, FIFA 2018 match statistics",
        ),
    )
}


def entry_of(name: str) -> Entry:
    """Return the row of a built-in name.

    Raises
    ------
    RequestError
        If there is none; the message suggests the nearest.
    """
    return CATALOGUE[pick(name, CATALOGUE, "data set")]


def load_entry(
    entry: Entry, options: Mapping[str, object], schema: TableSchema | None = None
) -> Dataset:
    """Load a built-in data set; its `source` is the name with the options not at default.

    Raises
    ------
    RequestError
        If an option is unknown or has a bad value, or the data cannot be found.
    """
    known = {option.name: option for option in entry.options}
    check_options(options, tuple(known), entry.name)
    values = {name: known[name].read(value, entry.name) for name, value in options.items()}
    source = source_of(
        entry.name,
        {
            option.name: values[option.name]
            for option in entry.options
            if option.name in values and values[option.name] != option.default
        },
    )
    if entry.kind == "table":
        return entry.load(source=source, schema=schema, **values)
    return entry.load(source=source, **values)


def fetch(name: str) -> Path | None:
    """Make sure that a built-in data set is on this machine.

    Returns
    -------
    pathlib.Path or None
        Where it lies; None if it is embedded.

    Raises
    ------
    RequestError
        If it cannot be found or fetched; the message says what to put where.
    """
    entry = entry_of(name)
    return None if entry.files is None else find_or_fetch(name, entry.files)
