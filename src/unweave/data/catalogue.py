"""The built-in data sets: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from unweave.data import cars3d, celeba, chairs3d, faces3d, mnist, mpi3d, shapes3d, smallnorb
from unweave.data.dataset import Dataset
from unweave.data.decoding import IMAGE_SIZE
from unweave.data.digits import load_digits
from unweave.data.entry import Entry, Loader
from unweave.data.face_people import PEOPLE_SEED
from unweave.data.faces import COUNT, load_faces
from unweave.data.factor_analysis import BLOCKS, GENERATOR_SEED, factor_analysis
from unweave.data.locate import Files, find_or_fetch
from unweave.data.npz import load_npz
from unweave.data.options import Option, check_options, source_of
from unweave.data.schema import TableSchema
from unweave.data.sprites import SUBSET_SEED, load_sprites
from unweave.data.tables import read_frame, table_dataset
from unweave.errors import pick


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
_SIZE_OPTION = Option("image_size", IMAGE_SIZE, int, "side of the resized images, in pixels")
_DSPRITES = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
_DSPRITES_ORIGIN = "https://github.com/google-deepmind/dsprites-dataset"
_DSPRITES_PLACE = Files(
    (f"dsprites/{_DSPRITES}", _DSPRITES, "dsprites/dsprites_downsampled.npz"),
    fetched=(
        (
            f"{_DSPRITES_ORIGIN}/raw/master/{_DSPRITES}",
            "857dc001287e8efa226e0025fac6b29e5745c621b380b0d3363e4e33f4e28fa2",
        ),
    ),
    origin=_DSPRITES_ORIGIN,
)


def _table(name: str, file: str, description: str, licence: str, origin: str) -> Entry:
    files = Files((f"tables/{file}", file), origin=origin)
    load = partial(_load_table, name, files)
    return Entry(name, description, "table", licence, load, files=files)


def _images(
    name: str, load: Loader, files: Files, description: str, licence: str, *options: Option
) -> Entry:
    found = partial(_load_images, name, files, load)
    return Entry(name, description, "images", licence, found, options, files)


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
        _images(
            "mnist",
            mnist.load_mnist,
            mnist.PLACE,
            "70,000 handwritten digits, 28 x 28",
            "CC BY-SA 3.0",
        ),
        _images(
            "celeba",
            celeba.load_celeba,
            celeba.PLACE,
            "CelebA: faces of celebrities, cropped to 64 x 64, with 40 attributes",
            "non-commercial research only (Liu et al. 2015)",
            Option("image_size", IMAGE_SIZE, int, "side of the cropped faces, in pixels"),
        ),
        _images(
            "dsprites",
            load_npz,
            _DSPRITES_PLACE,
            "dSprites: 2D shapes, 64 x 64, five known factors",
            "Apache-2.0",
        ),
        _images(
            "shapes3d",
            shapes3d.load_shapes3d,
            shapes3d.PLACE,
            "3D Shapes: an object in a room, 64 x 64, six known factors",
            "Apache-2.0 (Burgess and Kim 2018)",
        ),
        _images(
            "chairs3d",
            chairs3d.load_chairs3d,
            chairs3d.PLACE,
            "3D Chairs: 1,393 chairs in 62 views, grey, resized to 64 x 64",
            "not stated (Aubry et al. 2014)",
            _SIZE_OPTION,
        ),
        _images(
            "faces3d",
            faces3d.load_faces3d,
            faces3d.PLACE,
            "3D Faces: grey renders of the Basel Face Model, four known factors",
            "not to be passed on (Paysan et al. 2009)",
        ),
        _images(
            "cars3d",
            cars3d.load_cars3d,
            cars3d.PLACE,
            "3D Cars: 183 cars in 96 views, resized to 64 x 64, three known factors",
            "not stated (Reed et al. 2015)",
            _SIZE_OPTION,
        ),
        _images(
            "smallnorb",
            smallnorb.load_smallnorb,
            smallnorb.PLACE,
            "Small NORB: 50 toys in 972 views, grey, resized to 64 x 64, five known factors",
            "research only (LeCun et al. 2004)",
            _SIZE_OPTION,
        ),
        Entry(
            "mpi3d",
            "MPI3D: a robot's arm moves an object, 64 x 64, seven known factors",
            "images",
            "CC BY 4.0 (Gondal et al. 2019)",
            mpi3d.load_mpi3d,
            (Option("variant", mpi3d.VARIANT, str, "toy, realistic or real"),),
            mpi3d.place_of(mpi3d.VARIANT),
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
