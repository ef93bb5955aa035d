"""What the channels of the small shop know, written by hand."""

from pathlib import Path

import pandas as pd

from trainer.channels.folder import COUNTS, FACTS, NEIGHBOURS, POPULARITY, QUERY_MEMORY


def write_channels(folder: Path) -> None:
    """Neighbours i0 -> i1, i4 and i1 -> i5; the query `red lamp` led to i0 and i7; i5 and i3 are popular, i2 among bolts."""
    folder.mkdir(parents=True)
    near = pd.DataFrame({"item_id": ["i0", "i0", "i1"], "neighbour_id": ["i1", "i4", "i5"], "score": [4.0, 1.0, 2.0]})
    near.assign(kind="cosine", rank=1).to_parquet(folder / NEIGHBOURS)
    memory = pd.DataFrame({"query": ["red lamp"] * 2, "item_id": ["i7", "i0"], "score": [1.0, 3.0], "rank": [2, 1]})
    memory.to_parquet(folder / QUERY_MEMORY)
    popular = pd.DataFrame({"item_id": ["i5", "i3", "i2"], "score": [9.0, 5.0, 1.0], "category": ["", "", "bolt"]})
    popular.to_parquet(folder / POPULARITY)
    shown = [500, 500, 500, 500, 500, 500, 2, 0]
    pd.DataFrame(
        {"item_id": [f"i{n}" for n in range(8)], "impressions": shown, "clicks": [10] * 6 + [1, 0]}
    ).to_parquet(folder / COUNTS)
    (folder / FACTS).write_text("{}")
