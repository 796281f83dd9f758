"""Data: every source yields the same `Dataset`."""

from unweave.data.catalogue import CATALOGUE, entry_of, fetch
from unweave.data.dataset import Dataset, Factors, Labels, Samples
from unweave.data.decoding import read_image
from unweave.data.entry import Entry
from unweave.data.face_drawing import draw_faces
from unweave.data.face_people import People, invent_people
from unweave.data.faces import invent_intensities
from unweave.data.factor_analysis import factor_analysis
from unweave.data.loading import load_data
from unweave.data.options import Option
from unweave.data.schema import Column, TableSchema
from unweave.data.splits import require_rows
from unweave.data.sprites import Sprites

__all__ = [
    "CATALOGUE",
    "Column",
    "Dataset",
    "Entry",
    "Factors",
    "Labels",
    "Option",
    "People",
    "Samples",
    "Sprites",
    "TableSchema",
    "draw_faces",
    "entry_of",
    "factor_analysis",
    "fetch",
    "invent_intensities",
    "invent_people",
    "load_data",
    "read_image",
    "require_rows",
]
