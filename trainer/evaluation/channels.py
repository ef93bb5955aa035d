"""What each channel finds, what their union finds, and what it takes to beat."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.list_statistics import ItemFacts, list_statistics
from trainer.evaluation.union_lists import union_lists
from trainer.metrics.bootstrap import Difference, intervals, paired_difference, unit_of_page
from trainer.metrics.catalogue_coverage import catalogue_coverage
from trainer.metrics.page_metrics import values

UNION = "union"


@dataclass(frozen=True)
class ChannelFigures:
    """What lists reached on the same pages.

    Attributes:
        lists: metrics by list: the channels, ``union`` and the baselines, in this order; see `list_statistics`, beside each
            ``.low`` and ``.high``, and ``coverage@k`` with facts of the items.
        differences: the union's metrics minus another list's, by that list.
        quotas: of the channels in the union, in its order.
        baselines: the lists that are no channels.
        k: places that count.
        pages: with a click.
        queries: different ones among them.
    """

    lists: dict[str, dict[str, float]]
    differences: dict[str, dict[str, Difference]]
    quotas: dict[str, int]
    baselines: tuple[str, ...]
    k: int
    pages: int
    queries: int


def evaluate_channels(
    channels: Mapping[str, np.ndarray],
    pages: Pages,
    quotas: Mapping[str, int],
    k: int,
    bootstrap: int,
    seed: int,
    baselines: Mapping[str, np.ndarray] | None = None,
    facts: ItemFacts | None = None,
) -> ChannelFigures:
    """Measure lists on the pages of a split that have a click.

    Args:
        channels: item rows of each page by channel, int [P, C] each, best first, -1 pads.
        pages: P pages; the clicked items are the relevant ones.
        quotas: items of each channel in the union, in its order; see `union_lists`.
        k: places that count, of the union too.
        bootstrap: resamples of queries for the 95 % intervals; 0 leaves them out.
        seed: of the resamples.
        baselines: lists to compare with, which are in no union.
        facts: of the items, for coverage, novelty, new items and diversity.

    Raises:
        InputError: if no page has a click, or a quota names no channel.
        ValueError: if a channel has not one list for each page.
    """
    baselines = baselines or {}
    for name, listed in {**channels, **baselines}.items():
        if listed.ndim != 2 or len(listed) != len(pages):
            raise ValueError(f"channel {name!r}: lists of shape {listed.shape} for {len(pages)} pages")
    with_click = np.bincount(pages.page_of_impression, weights=pages.clicked == 1, minlength=len(pages)) > 0
    if not with_click.any():
        raise InputError("no page of the split has a click; choose another split")
    part = pages.take(with_click)
    union = union_lists(channels, quotas, k) if quotas else None
    every = {**channels, **({UNION: union} if union is not None else {}), **baselines}
    units = unit_of_page(part, "query")
    statistics = {name: list_statistics(listed[with_click], part, k, facts) for name, listed in every.items()}
    lists, differences = {}, {}
    for name, found in statistics.items():
        metrics = values(found)
        for key, (low, high) in intervals(found, units, bootstrap, seed).items():
            metrics |= {f"{key}.low": low, f"{key}.high": high}
        if facts is not None:
            metrics[f"coverage@{k}"] = catalogue_coverage(every[name][with_click], len(facts.new), k)
        lists[name] = metrics
        if union is not None and name != UNION:
            differences[name] = paired_difference(statistics[UNION], found, units, bootstrap, seed)
    return ChannelFigures(
        lists, differences, dict(quotas), tuple(baselines), k, len(part), int(part.table["query"].nunique())
    )
