"""White wines, measured and rated (Cortez et al. 2009)."""

from unweave.data.files.find import Files
from unweave.data.source import Source
from unweave.data.tables.read import read_table_file

SOURCE = Source(
    name="white-wine",
    description="white wines: 11 measurements and their quality, 4,898 rows",
    kind="table",
    licence="CC BY 4.0 (UCI, Cortez et al. 2009)",
    read=read_table_file,
    files=Files(
        ("tables/winequality-white.csv", "winequality-white.csv"),
        origin="https://archive.ics.uci.edu/dataset/186/wine+quality",
    ),
)
