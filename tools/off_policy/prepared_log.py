"""Impressions of a prepared folder as a log of single impressions."""

from pathlib import Path

import numpy as np
import pandas as pd

from trainer.data.page_building import PROPENSITY
from trainer.data.prepared import MARKER, Prepared
from trainer.errors import InputError


def is_prepared(path: Path) -> bool:
    """Whether a path is what ``shelfrank prepare`` wrote."""
    return (path / MARKER).is_file()


def prepared_impressions(folder: Path, clicks_only: bool = False) -> tuple[pd.DataFrame, list[str]]:
    """The impressions of the log, of every split, with the columns of their pages.

    Args:
        folder: what ``shelfrank prepare`` wrote.
        clicks_only: whether propensities are not needed.

    Returns:
        The table, an impression a row; and what was left out of it, in words: impressions without a propensity.

    Raises:
        InputError: if the folder is damaged, or its log has no propensities.
    """
    prepared = Prepared.load(folder)
    pages = prepared.pages
    if pages is None:
        raise InputError(f"{folder}: was prepared from judgments alone; a log is needed")
    if pages.propensity is None and not clicks_only:
        raise InputError(
            f"{folder}: its log has no column {PROPENSITY!r}; log the propensities of what was shown, and prepare again"
        )
    of_page = pages.table.iloc[pages.page_of_impression].reset_index(drop=True)
    table = of_page.assign(
        item_id=prepared.items["item_id"].to_numpy(object)[pages.item],
        position=pages.position,
        clicked=pages.clicked,
    )
    if clicks_only:
        return table[pages.position > 0].reset_index(drop=True), []
    table[PROPENSITY] = pages.propensity
    known = np.isfinite(table[PROPENSITY].to_numpy())
    missing = int((~known).sum())
    notes = [f"{missing:,} of {len(table):,} impressions have no propensity and are left out"] if missing else []
    return table[known].reset_index(drop=True), notes
