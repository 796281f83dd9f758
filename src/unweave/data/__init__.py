"""Data from a name, a path or memory; every source yields the same `Dataset`.

A file in `sources` is a name, a file in `formats` is a kind of path; their readers return
`Contents`, of which `assemble` makes the dataset, with its splits and its fingerprint.
Others use `load_data`, and what a `Dataset` holds: factors, labels, a table's schema, and
facts such as `crop` and `redraw`.
"""

from unweave.data.assemble import Contents, assemble
from unweave.data.channels import with_channels
from unweave.data.dataset import Dataset, Redraw, Samples, SplitName
from unweave.data.factors import Factors, factors_of, grid_classes
from unweave.data.files.crops import crop_named
from unweave.data.files.decoding import decode_image, read_image
from unweave.data.files.find import Files
from unweave.data.files.pixels import unit_scale
from unweave.data.format import Format
from unweave.data.formats import FORMATS
from unweave.data.former import crop_of_run
from unweave.data.labels import UNKNOWN, Labels
from unweave.data.loading import fetch, load_data
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.sources import SOURCES, source_named
from unweave.data.sources.faces import invent_intensities
from unweave.data.sources.faces.drawing import draw_faces
from unweave.data.sources.faces.people import People, invent_people
from unweave.data.sources.factor_analysis import factor_analysis
from unweave.data.sources.sprites.grid import Sprites
from unweave.data.splits import require_rows, split_rows
from unweave.data.tables.columns import Column
from unweave.data.tables.schema import TableSchema

__all__ = [
    "FORMATS",
    "SOURCES",
    "UNKNOWN",
    "Column",
    "Contents",
    "Dataset",
    "Factors",
    "Files",
    "Format",
    "Labels",
    "Option",
    "People",
    "Redraw",
    "Samples",
    "Source",
    "SplitName",
    "Sprites",
    "TableSchema",
    "assemble",
    "crop_named",
    "crop_of_run",
    "decode_image",
    "draw_faces",
    "factor_analysis",
    "factors_of",
    "fetch",
    "grid_classes",
    "invent_intensities",
    "invent_people",
    "load_data",
    "read_image",
    "require_rows",
    "source_named",
    "split_rows",
    "unit_scale",
    "with_channels",
]
