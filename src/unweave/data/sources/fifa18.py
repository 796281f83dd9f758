"""Players of the game FIFA 18."""

from unweave.data.files.find import Files
from unweave.data.source import Source
from unweave.data.tables.read import read_table_file

SOURCE = Source(
    name="fifa18",
    description="FIFA 18 players: ratings, value and wage, 17,981 rows",
    kind="table",
    licence="not known",
    read=read_table_file,
    files=Files(
        ("tables/fifa18_players.csv", "fifa18_players.csv"),
        origin="Kaggle, FIFA 18 complete player data set",
    ),
)
