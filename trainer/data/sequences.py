"""The users' earlier clicks, as they were known when each page was shown."""

import dataclasses

import numpy as np
import pandas as pd

from trainer.config import FeatureConfig
from trainer.data.pages import Pages


def add_sequences(pages: Pages, features: list[FeatureConfig], item_ids: np.ndarray, by_query: bool) -> Pages:
    """Fill the declared sequences.

    A sequence whose table has a column is cut to its length; the one named ``history`` is otherwise made from clicks.

    Args:
        pages: P pages of the log with their splits.
        features: the declared sequences.
        item_ids: ids by row of the items table, str [I].
        by_query: whether the split is by query: then only clicks on training pages are used, for anyone.
    """
    table = pages.table
    for feature in features:
        if feature.name in table:
            lists = [list(v)[: feature.length] if isinstance(v, list | np.ndarray) else [] for v in table[feature.name]]
            column = pd.Series(lists, index=table.index, dtype=object)
        else:
            usable = (table["split"] == "train").to_numpy() if by_query else np.ones(len(pages), bool)
            column = click_histories(pages, usable, item_ids, feature.length)
        table = table.assign(**{feature.name: column})
    return dataclasses.replace(pages, table=table)


def click_histories(pages: Pages, usable: np.ndarray, item_ids: np.ndarray, length: int) -> pd.Series:
    """Items that the user of each page clicked strictly before it.

    Args:
        pages: P pages of the log.
        usable: pages whose clicks may be used, bool [P].
        item_ids: ids by row of the items table, str [I].
        length: H, how many at most.

    Returns:
        Lists of ids [P], the most recent first; of one page, the lower on the page first. Empty where there is no user.
    """
    user = pd.factorize(pages.table["user_id"])[0].astype(np.int64)
    moment = pd.factorize(pages.table["timestamp"], sort=True)[0].astype(np.int64)
    moments = moment.max(initial=0) + 1
    page_key = user * moments + moment
    page = pages.page_of_impression
    named = (pages.table["user_id"] != "").to_numpy()
    clicks = np.flatnonzero((pages.clicked == 1) & (usable & named)[page])
    clicks = clicks[np.lexsort((clicks, page_key[page[clicks]]))]
    click_key = page_key[page[clicks]]
    first = np.searchsorted(click_key, user * moments, "left")
    end = np.searchsorted(click_key, page_key, "left")
    count = np.where(named, np.minimum(end - first, length), 0)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    ids = item_ids[pages.item[clicks[np.repeat(end, count) - 1 - place]]].tolist()
    stops = np.cumsum(count).tolist()
    starts = [0, *stops[:-1]]
    lists = [ids[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return pd.Series(lists, index=pages.table.index, dtype=object)
