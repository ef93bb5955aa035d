"""What diversity costs: lists with more and more weight on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.config.lists import DiversityConfig, ListsConfig
from trainer.data.pages import Pages
from trainer.errors import InputError
from trainer.evaluation.list_figures import ends
from trainer.metrics.bootstrap import Difference, resample, unit_of_page
from trainer.metrics.page_metrics import Statistic

WITHOUT = "none"


@dataclass(frozen=True)
class TradeOff:
    """Lists by weight of the scores against diversity.

    Attributes:
        method: ``mmr`` or ``dpp``.
        ndcg: which metric of order.
        diversity: which metric of diversity.
        plain: both metrics of the lists without diversification.
        ratios: by weight, by metric: that of the diversified lists divided by that of the plain ones, with its interval.
    """

    method: str
    ndcg: str
    diversity: str
    plain: dict[str, float]
    ratios: dict[float, dict[str, Difference]]

    def flat(self, prefix: str) -> dict[str, float]:
        """All figures: ``<prefix>.<method>@<weight>.<metric>.ratio``, and ``<prefix>.none.<metric>``."""
        found = {f"{prefix}.{WITHOUT}.{key}": value for key, value in self.plain.items()}
        for weight, metrics in self.ratios.items():
            for key, given in metrics.items():
                name = f"{prefix}.{self.method}@{weight:g}.{key}.ratio"
                found[name] = given.difference
                if given.low is not None and given.high is not None:
                    found |= {f"{name}.low": given.low, f"{name}.high": given.high}
        return found


def swept_rules(lists: ListsConfig, method: str, weights: Sequence[float]) -> dict[str, ListsConfig]:
    """Sections ``lists`` by name: without diversification, and with each weight.

    Args:
        lists: what is kept otherwise.
        method: ``mmr`` or ``dpp``.
        weights: of the scores, 0 to 1.

    Raises:
        InputError: if a weight is no share.
    """
    for weight in weights:
        if not 0 <= weight <= 1:
            raise InputError(f"--diversity {weight:g}: expected weights of the scores from 0 to 1")
    given = {f"{weight:g}": {"method": method, "weight": weight, "top": lists.diversity.top} for weight in weights}
    rules = {
        name: lists.model_copy(update={"diversity": DiversityConfig.model_validate(d)}) for name, d in given.items()
    }
    # The first diversifies, which the module that holds them all goes by.
    return rules | {WITHOUT: lists.model_copy(update={"diversity": DiversityConfig()})}


def trade_off(
    statistics: Mapping[str, Mapping[str, Statistic]],
    method: str,
    ndcg: str,
    diversity: str,
    pages: Pages,
    bootstrap: int,
    seed: int,
) -> TradeOff:
    """Ratios of the swept lists to the plain ones.

    Args:
        statistics: by the names of `swept_rules`, by metric.
        method: of diversification.
        ndcg: which metric of order.
        diversity: which metric of diversity.
        pages: P pages.
        bootstrap: resamples of queries for the 95 % intervals.
        seed: of the resamples.
    """
    units = unit_of_page(pages, "query")
    keys = (ndcg, diversity)
    chosen = {name: {key: found[key] for key in keys} for name, found in statistics.items()}
    drawn = {name: resample(found, units, bootstrap, seed) for name, found in chosen.items()}
    plain = {key: chosen[WITHOUT][key].value() for key in keys}
    ratios = {}
    for name in chosen:
        if name != WITHOUT:
            ratios[float(name)] = {
                key: Difference(chosen[name][key].value() / plain[key], *_ends(drawn, name, key)) for key in keys
            }
    return TradeOff(method, ndcg, diversity, plain, ratios)


def _ends(drawn: Mapping[str, Mapping[str, np.ndarray]], name: str, key: str) -> tuple[float, float] | tuple[()]:
    if key not in drawn[name]:
        return ()
    return ends(drawn[name][key] / drawn[WITHOUT][key])
