"""Irises (Fisher 1936): four lengths of 150 flowers of three species, from scikit-learn."""

from dataclasses import replace

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.labels import Labels
from unweave.data.source import Source
from unweave.data.tables.read import read_table
from unweave.data.tables.schema import TableSchema


def read(schema: TableSchema | None = None) -> Contents:
    """Read the lengths as a table, and the species as labels."""
    from sklearn.datasets import load_iris  # It takes a second, and few need it.

    flowers = load_iris(as_frame=True)
    names = tuple(str(name) for name in flowers.target_names)
    species = Labels(names, flowers.target.to_numpy(np.int64), exclusive=True)
    return replace(read_table(flowers.data, schema=schema), labels=species)


SOURCE = Source(
    name="iris",
    description="150 irises: four lengths in cm, three species, from scikit-learn",
    kind="table",
    licence="CC BY 4.0 (UCI, Fisher 1936)",
    read=read,
)
