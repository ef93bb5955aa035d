"""The folder `channels` of a run: what candidates are found with."""

from pathlib import Path

CHANNELS = "channels"
NEIGHBOURS, POPULARITY, QUERY_MEMORY = "neighbours.parquet", "popularity.parquet", "query_memory.parquet"
COUNTS = "counts.parquet"
FACTS = "channels.json"
TWO_TOWER = "two_tower"


def channels_folder(run: Path) -> Path | None:
    """The folder of a run's channels; None where they were not made."""
    folder = run / CHANNELS
    return folder if (folder / FACTS).is_file() else None
