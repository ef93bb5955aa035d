"""Which queries of the training are corrected, for a person to look at."""

from pathlib import Path

import pandas as pd
from rich.console import Console

from trainer.text.spelling import Spelling
from trainer.written import write_text

CORRECTIONS = "corrections.csv"
EXAMPLES = 3


def report_corrections(spelling: Spelling, queries: pd.Series, folder: Path, console: Console) -> None:
    """Write ``corrections.csv``, with ``typed``, ``corrected`` and ``pages``, and say how many there are.

    Args:
        spelling: what corrects.
        queries: of the training pages.
        folder: where the file goes.
        console: where it is said.
    """
    pages = queries.dropna().astype(str).value_counts()
    found = spelling.corrections(pages.index.to_numpy(object))
    found["pages"] = pages.reindex(found["typed"]).to_numpy()
    file = folder / CORRECTIONS
    write_text(file, found.to_csv(index=False))
    shown = ", ".join(f"{typed!r} to {put!r}" for typed, put in found[["typed", "corrected"]].to_numpy()[:EXAMPLES])
    examples = f": {shown}{', ...' if len(found) > EXAMPLES else ''} (all in {file})" if shown else ""
    console.print(
        f"spelling: {len(found):,} of {len(pages):,} queries are corrected by words of the catalogue{examples}",
        highlight=False,
        markup=False,
    )
