"""Which pages, or which of their items, belong to which slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from trainer.calibration.query_band import QueryBand
from trainer.config import FeaturesConfig, SliceConfig
from trainer.config.slices import BANDS, NEW_ITEMS, POSITION, QUERY_FREQUENCY, TOP
from trainer.data.pages import Pages
from trainer.data.splits import normalise_query

UNSEEN = "unseen"


@dataclass(frozen=True)
class Slicing:
    """One way to part pages or impressions.

    Attributes:
        by: what it goes by.
        names: V names of the slices, as keys of metrics have them.
        labels: V names for people.
        code: int64 [P] or [M], which of the names; V for what is in no slice.
        of_items: whether ``code`` is that of impressions, not of pages.
    """

    by: str
    names: list[str]
    labels: list[str]
    code: np.ndarray
    of_items: bool


def slicings(
    slices: Sequence[SliceConfig], features: FeaturesConfig, pages: Pages, items: pd.DataFrame, training: Pages
) -> list[Slicing]:
    """Part pages and their impressions.

    Args:
        slices: by what.
        features: the declared features.
        pages: P pages of M impressions.
        items: the items table that they point into.
        training: the pages that the model has learned from.

    Returns:
        A slicing for each of ``slices``; values that no page has are left out.
    """
    return [_used(_slicing(part, features, pages, items, training)) for part in slices]


def _slicing(
    part: SliceConfig, features: FeaturesConfig, pages: Pages, items: pd.DataFrame, training: Pages
) -> Slicing:
    if part.by == QUERY_FREQUENCY:
        return _query_frequency(pages, training)
    if part.by == NEW_ITEMS:
        known = np.bincount(training.item, minlength=len(items)) > 0
        return Slicing(part.by, ["new"], ["new items"], known[pages.item].astype(np.int64), True)
    if part.by == POSITION:
        return _positions(pages)
    feature = next(f for f in features.all if f.name == part.by)
    of_items = feature in features.items
    column = items[part.by] if of_items else pages.table[part.by]
    if feature.kind == "number":
        return _bands(part, column.astype("float64"), pages if of_items else None)
    values = column.iloc[pages.item] if of_items else column
    return _most_frequent(part, values, of_items)


def _query_frequency(pages: Pages, training: Pages) -> Slicing:
    """Bands of the training pages, and queries that these do not have."""
    band = QueryBand.of(training)
    found = band.codes_of(pages, pd.DataFrame())[pages.offset[:-1][pages.sizes > 0]]
    code = np.full(len(pages), len(band.names), np.int64)
    code[pages.sizes > 0] = found
    seen = normalise_query(pages.table["query"]).isin(set(normalise_query(training.table["query"]))).to_numpy()
    names = [*band.names, UNSEEN]
    return Slicing(
        QUERY_FREQUENCY, names, [f"{name} queries" for name in names], np.where(seen, code, len(names) - 1), False
    )


def _positions(pages: Pages) -> Slicing:
    """Positions 1, 2 to 3, 4 to 7 and so on, each band twice as long as the one before."""
    deepest = int(pages.position.max(initial=0))
    count = deepest.bit_length()
    code = np.where(pages.position > 0, np.frexp(np.maximum(pages.position, 1))[1] - 1, count).astype(np.int64)
    names = ["1", *(f"{2**n}-{2 ** (n + 1) - 1}" for n in range(1, count))][:count]
    return Slicing(POSITION, names, [f"shown at {name}" for name in names], code, True)


def _bands(part: SliceConfig, column: pd.Series, of_items: Pages | None) -> Slicing:
    """Quantiles of a column; equal ends make fewer bands."""
    number = column.to_numpy(np.float64)
    known = number[~np.isnan(number)]
    shares = np.arange(1, part.bands or BANDS) / (part.bands or BANDS)
    cuts = np.unique(np.quantile(known, shares)) if len(known) else np.zeros(0)
    cuts = cuts[cuts > known.min()] if len(known) else cuts
    values = [f"q{n + 1}" for n in range(len(cuts) + 1)]
    ends = [f"{cut:.4g}" for cut in cuts]
    labels = [f"{part.by} below {ends[0]}"] if ends else [f"{part.by} known"]
    labels += [f"{part.by} {low} to {high}" for low, high in pairwise(ends)]
    labels += [f"{part.by} {ends[-1]} or more"] if ends else []
    code = np.where(np.isnan(number), len(values), np.searchsorted(cuts, number, "right")).astype(np.int64)
    return Slicing(part.by, values, labels, code if of_items is None else code[of_items.item], of_items is not None)


def _most_frequent(part: SliceConfig, column: pd.Series, of_items: bool) -> Slicing:
    counts = column.dropna().astype(str).value_counts().rename_axis("value").reset_index(name="count")
    counts = counts.sort_values(["count", "value"], ascending=[False, True])
    values = counts["value"].head(part.top or TOP).tolist()
    text = column.where(column.notna(), None).map(str, na_action="ignore")
    code = pd.Index(values).get_indexer(pd.Index(text)) if values else np.full(len(column), -1)
    code = np.where(code < 0, len(values), code).astype(np.int64)
    return Slicing(part.by, values, [f"{part.by} {value}" for value in values], code, of_items)


def _used(slicing: Slicing) -> Slicing:
    """Without the values that nothing has."""
    count = len(slicing.names)
    present = np.flatnonzero(np.bincount(slicing.code, minlength=count + 1)[:count])
    place = np.full(count + 1, len(present), np.int64)
    place[present] = np.arange(len(present))
    return Slicing(
        slicing.by,
        [slicing.names[n] for n in present],
        [slicing.labels[n] for n in present],
        place[slicing.code],
        slicing.of_items,
    )
