"""Matches of the FIFA World Cup 2018."""

from unweave.data.files.find import Files
from unweave.data.source import Source
from unweave.data.tables.read import read_table_file

SOURCE = Source(
    name="fifa2018",
    description="FIFA World Cup 2018: statistics of both teams in 64 matches, 128 rows",
    kind="table",
    licence="not known",
    read=read_table_file,
    files=Files(
        ("tables/fifa2018_matches.csv", "fifa2018_matches.csv"),
        origin="Kaggle, FIFA 2018 match statistics",
    ),
)
