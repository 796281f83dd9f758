"""How much of real tables is read: which columns of which files are lost, and why.

    python benchmarks/read_tables.py FOLDER

FOLDER is searched for .csv files. A column counts as lost if no model would learn from it
although it is, by a judgement of this script's own, neither constant, nor an id (named like
one, a row counter, or all texts distinct), nor free text (half of the texts distinct). Tables
of fewer than 16 rows are passed over.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from unweave import load_data
from unweave.data.tables.read import read_frame
from unweave.errors import RequestError

_ID = re.compile(
    r"(?i:.*[ _.-])?(?i:id|idx|key|code|no|nr|index|rownames|x|obs|obsno|case|name|column 1)"
    r"|.*[a-z]I[Dd]|(?i:subject|patient|student|sample|unnamed: 0|pid|sid|caseid|caseno)"
    r"|(?i:unit|row|serial|seqno)",
)


def lost(frame: pd.DataFrame, name: str, place: int) -> bool:
    """Tell whether a column that is left out is neither constant, id nor free text."""
    cells = frame.iloc[:, place].astype(str).str.strip()
    known = cells[~cells.str.casefold().isin(["", "na", "nan", "none", "null", "."])]
    distinct = known.nunique()
    if distinct <= 1 or _ID.fullmatch(name):
        return False
    numbers = pd.to_numeric(known, errors="coerce").dropna()
    if len(numbers) >= 0.9 * len(known):
        steps = np.diff(numbers)
        return not (len(numbers) > 1 and (steps > 0).all() and np.median(steps) == 1)
    return bool(distinct < 0.5 * len(known))


def main() -> None:
    """Read every table of the folder and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--coding", default="columns")
    parser.add_argument("--show", action="store_true", help="print the lost columns")
    given = parser.parse_args()
    kinds: Counter[str] = Counter()
    tables = losing = columns = refused = crashed = 0
    for path in sorted(given.folder.rglob("*.csv")):
        try:
            table = load_data(path, coding=given.coding).table
        except RequestError as error:
            if "at least 16" not in str(error):
                refused += 1
                print(f"refused: {error}")
            continue
        except Exception as error:  # a crash is what is counted here
            crashed += 1
            print(f"crash: {path.name}: {error!r}")
            continue
        tables += 1
        columns += len(table.columns)
        kinds.update(column.kind for column in table.columns)
        out = [place for place, column in enumerate(table.columns) if not column.used]
        frame = read_frame(path) if out else None
        found = [
            table.columns[place] for place in out if lost(frame, table.columns[place].name, place)
        ]
        losing += bool(found)
        if given.show:
            for column in found:
                print(f"lost: {path.name}: {column.name} ({column.kind}: {column.reason})")
    print(f"{tables} tables with {columns} columns read, {refused} refused, {crashed} crashes")
    print(f"{losing} tables ({losing / max(tables, 1):.1%}) lose a column")
    print(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))


if __name__ == "__main__":
    main()
