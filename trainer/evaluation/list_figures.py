"""What lists of items reach on the pages of a log, and by how much some are ahead of others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trainer.data.pages import Pages
from trainer.evaluation.list_statistics import ItemFacts, list_statistics
from trainer.metrics.bootstrap import HIGH, LOW, Difference, resample, unit_of_page
from trainer.metrics.catalogue_coverage import catalogue_coverage
from trainer.metrics.page_metrics import Statistic, values


@dataclass(frozen=True)
class ListFigures:
    """What lists reached on the same pages.

    Attributes:
        lists: metrics by list, beside each ``.low`` and ``.high``; see `list_statistics`.
        differences: by list that is compared, by other list, by metric: the first minus the other.
        k: places that count.
        pages: how many.
        queries: different ones among them.
        notes: what a reader should know.
    """

    lists: dict[str, dict[str, float]]
    differences: dict[str, dict[str, dict[str, Difference]]]
    k: int
    pages: int
    queries: int
    notes: list[str] = field(default_factory=list)

    def flat(self, prefix: str) -> dict[str, float]:
        """All figures by a name with dots: ``<prefix>.<list>.<metric>``, ``<prefix>.<list>_minus_<other>.<metric>``."""
        found = {f"{prefix}.{name}.{key}": v for name, metrics in self.lists.items() for key, v in metrics.items()}
        for name, others in self.differences.items():
            for other, metrics in others.items():
                for key, given in metrics.items():
                    found |= flat_difference(f"{prefix}.{name}_minus_{other}.{key}", given)
        return found


def flat_difference(key: str, given: Difference) -> dict[str, float]:
    """A difference with its ends as figures of their own."""
    ends = {} if given.low is None or given.high is None else {f"{key}.low": given.low, f"{key}.high": given.high}
    return {key: given.difference, **ends}


def measure_lists(
    lists: Mapping[str, np.ndarray],
    pages: Pages,
    compared: Sequence[str],
    k: int,
    bootstrap: int,
    seed: int,
    facts: ItemFacts,
    more: Mapping[str, Mapping[str, Statistic]] | None = None,
) -> ListFigures:
    """Measure lists on pages with a click.

    Args:
        lists: item rows of each page by list, int [P, C] each, best first, -1 pads.
        pages: P pages; the clicked items are the relevant ones.
        compared: lists from whose metrics those of each other list are subtracted.
        k: places that count.
        bootstrap: resamples of queries for the 95 % intervals; 0 leaves them out.
        seed: of the resamples.
        facts: of the items.
        more: other statistics of the pages, by list.
    """
    units = unit_of_page(pages, "query")
    statistics = {
        name: list_statistics(listed, pages, k, facts) | dict((more or {}).get(name, {}))
        for name, listed in lists.items()
    }
    drawn = {name: resample(found, units, bootstrap, seed) for name, found in statistics.items()}
    reached = {}
    for name, found in statistics.items():
        metrics = values(found)
        for key in list(metrics):
            if key in drawn[name]:
                metrics[f"{key}.low"], metrics[f"{key}.high"] = ends(drawn[name][key])
        metrics[f"coverage@{k}"] = catalogue_coverage(lists[name], len(facts.new), k)
        reached[name] = metrics
    differences = {
        one: {other: _difference(statistics, drawn, one, other) for other in lists if other != one}
        for one in compared
        if one in lists
    }
    return ListFigures(reached, differences, k, len(pages), int(units.max(initial=-1)) + 1)


def ends(values: np.ndarray) -> tuple[float, float]:
    """The ends of the 95 % percentile interval of resampled values."""
    low, high = np.nanpercentile(values, [LOW, HIGH])
    return float(low), float(high)


def _difference(
    statistics: Mapping[str, Mapping[str, Statistic]],
    drawn: Mapping[str, Mapping[str, np.ndarray]],
    one: str,
    other: str,
) -> dict[str, Difference]:
    """Differences over the same resamples."""
    found = {}
    for key in statistics[one]:
        if key not in statistics[other]:
            continue
        difference = statistics[one][key].value() - statistics[other][key].value()
        if np.isnan(difference):
            continue
        both = drawn[one][key] - drawn[other][key] if key in drawn[one] else np.full(1, np.nan)
        found[key] = Difference(difference, *(() if np.isnan(both).all() else ends(both)))
    return found
