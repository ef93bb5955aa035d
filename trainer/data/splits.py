"""Parting pages into train, valid and test."""

import numpy as np
import pandas as pd

from trainer.config import SplitConfig
from trainer.errors import InputError

SPLITS = ("train", "valid", "test")


def normalise_query(queries: pd.Series) -> pd.Series:
    """Queries in lower case with single spaces: what counts as the same query."""
    text = queries.fillna("").astype(object).astype("str")
    return text.str.lower().str.split().str.join(" ")


def split_by_time(timestamps: pd.Series, config: SplitConfig) -> np.ndarray:
    """Part pages by time; pages of one moment stay together.

    Args:
        timestamps: of the pages [P], in order of time.
        config: the shares.

    Returns:
        ``train``, ``valid`` or ``test`` [P]; each strictly before the next.

    Raises:
        InputError: if a split with a share above 0 would be empty.
    """
    times = timestamps.dt.as_unit("us").astype("int64").to_numpy()
    test = _boundary(times, len(times), config.test)
    valid = _boundary(times, test, config.valid * len(times) / max(test, 1))
    split = np.full(len(times), "train", object)
    split[valid:] = "valid"
    split[test:] = "test"
    check_splits(pd.Series(split), config, "pages", "more pages at different times are needed")
    return split


def _boundary(times: np.ndarray, stop: int, share: float) -> int:
    """Where the last share of the first ``stop`` pages begins, moved so that no moment is parted."""
    if share <= 0 or stop == 0:
        return stop
    wanted = min(max(round(stop * (1 - share)), 0), stop - 1)
    before = int(np.searchsorted(times, times[wanted], "left"))
    after = int(np.searchsorted(times, times[wanted], "right"))
    usable = [edge for edge in (before, after) if 0 < edge < stop]
    return min(usable, key=lambda edge: abs(edge - wanted)) if usable else stop


def assign_queries(queries: pd.Series, config: SplitConfig, seed: int) -> pd.Series:
    """Give each distinct query a split.

    Args:
        queries: any number of queries.
        config: the shares, of distinct queries.
        seed: of the permutation.

    Returns:
        The split by normalised query.
    """
    distinct = np.sort(normalise_query(queries).unique().astype(str))
    order = np.random.default_rng(seed).permutation(len(distinct))
    test = _count(config.test, len(distinct))
    valid = min(_count(config.valid, len(distinct)), len(distinct) - test)
    split = np.full(len(distinct), "train", object)
    split[order[:test]] = "test"
    split[order[test : test + valid]] = "valid"
    return pd.Series(split, index=distinct, dtype=object)


def _count(share: float, total: int) -> int:
    return min(max(round(share * total), 1), total) if share > 0 else 0


def split_by_query(queries: pd.Series, assignment: pd.Series) -> np.ndarray:
    """The split of each query.

    Args:
        queries: [P]
        assignment: as `assign_queries` gives it, over these queries at least.

    Returns:
        ``train``, ``valid`` or ``test`` [P]
    """
    return assignment.reindex(normalise_query(queries)).to_numpy(object)


def check_splits(split: pd.Series, config: SplitConfig, what: str, advice: str) -> None:
    """Refuse an empty split that was to have a share.

    Args:
        split: of each page or judgment.
        config: the shares.
        what: is parted, for the error.
        advice: what may help beside another share.

    Raises:
        InputError: naming the split and its key.
    """
    for name, share in (("train", 1.0), ("valid", config.valid), ("test", config.test)):
        if share > 0 and not (split == name).any():
            key = (
                "lower data.split.valid and data.split.test"
                if name == "train"
                else f"raise data.split.{name} ({share:g})"
            )
            raise InputError(
                f"data.split: the {name} split by {config.by} gets none of the {len(split):,} {what}; {key}, "
                f"or {advice}"
            )
