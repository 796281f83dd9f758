"""Data: every source yields the same `Dataset`."""

from unweave.data.catalogue import CATALOGUE, Entry, entry_of, fetch
from unweave.data.dataset import Dataset, Factors, Labels, Samples
from unweave.data.factor_analysis import factor_analysis
from unweave.data.images import read_image
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
    "Samples",
    "Sprites",
    "TableSchema",
    "entry_of",
    "factor_analysis",
    "fetch",
    "load_data",
    "read_image",
    "require_rows",
]
