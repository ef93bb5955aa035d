"""How far two sides agree on the same pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from shelfrank_client import PageQuery, RankedPage
from tools.shadow.asking import Answers
from trainer.errors import InputError

OUTPUTS = ("score", "ctr", "cvr", "ctcvr")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
COLUMNS = ("page", "item", "place", "known", *OUTPUTS)


@dataclass(frozen=True)
class Agreement:
    """What the comparison of P' pages found that both sides answered.

    Attributes:
        pages: one row a page, index the page's number: ``query``, ``candidates``, ``tau`` (Kendall's, NaN with fewer than two
            candidates), ``overlap`` (share of the first k that both have), ``drift`` and ``max_drift`` (mean and largest
            absolute difference of the scores), ``first_a`` and ``first_b`` (the best items), ``place_b`` of the first and
            ``place_a`` of the second, 1-based.
        k: of the overlap.
        drift: mean and largest absolute difference over all candidates, by output.
        quantiles: of the scores, by quantile: of A and of B.
        known_apart: candidates that only one side's item table has.
    """

    pages: pd.DataFrame
    k: int
    drift: dict[str, tuple[float, float]]
    quantiles: dict[float, tuple[float, float]]
    known_apart: int

    @property
    def tau(self) -> float:
        """Mean over the pages with two candidates or more; NaN without any."""
        return float(self.pages["tau"].mean())

    @property
    def overlap(self) -> float:
        """Mean over the pages."""
        return float(self.pages["overlap"].mean())

    def most_different(self, count: int) -> pd.DataFrame:
        """The pages with the lowest tau, those whose scores differ most first among equals."""
        return self.pages.sort_values(["tau", "max_drift"], ascending=[True, False], kind="stable").head(count)


def compare(asked: Sequence[PageQuery], a: Answers, b: Answers, k: int) -> Agreement:
    """Compare what two sides answered.

    Args:
        asked: P pages.
        a: the answers of A.
        b: the answers of B.
        k: how many of the first items count for the overlap.

    Raises:
        InputError: if no page was answered by both.
    """
    numbers = [n for n in range(len(asked)) if a.pages[n] is not None and b.pages[n] is not None]
    if not numbers:
        first = "; ".join(
            f"{side}: {next(iter(found.errors.values()))}" for side, found in (("A", a), ("B", b)) if found.errors
        )
        raise InputError(f"no page was answered by both sides: {first}")
    both = ranked_items(a, numbers).merge(ranked_items(b, numbers), on=["page", "item"], suffixes=("_a", "_b"))
    differences = {name: (both[f"{name}_a"] - both[f"{name}_b"]).abs() for name in OUTPUTS}
    both = both.assign(difference=differences["score"], shared=(both["place_a"] <= k) & (both["place_b"] <= k))
    by_page = both.groupby("page", sort=True)
    size = by_page.size()
    pages = pd.DataFrame(
        {
            "query": [asked[n].query for n in numbers],
            "candidates": size,
            "tau": [kendall(page["place_a"].to_numpy(), page["place_b"].to_numpy()) for _, page in by_page],
            "overlap": by_page["shared"].sum() / size.clip(upper=k),
            "drift": by_page["difference"].mean(),
            "max_drift": by_page["difference"].max(),
        }
    )
    for side, other in (("a", "b"), ("b", "a")):
        best = both[both[f"place_{side}"] == 1].set_index("page")
        pages = pages.assign(**{f"first_{side}": best["item"], f"place_{other}": best[f"place_{other}"]})
    scores = [both[f"score_{side}"].quantile(list(QUANTILES)).tolist() for side in ("a", "b")]
    return Agreement(
        pages=pages,
        k=k,
        drift={name: (_mean(found), _max(found)) for name, found in differences.items()},
        quantiles=dict(zip(QUANTILES, zip(*scores, strict=True), strict=True)),
        known_apart=int((both["known_a"] != both["known_b"]).sum()),
    )


def ranked_items(answers: Answers, numbers: Sequence[int]) -> pd.DataFrame:
    """One row an item of some pages: ``page``, ``item``, ``place`` (1-based), ``known`` and each output."""

    def rows(number: int, page: RankedPage | None) -> list[tuple[object, ...]]:
        assert page is not None
        return [
            (number, item.item_id, place, item.known, item.score, item.ctr, item.cvr, item.ctcvr)
            for place, item in enumerate(page, start=1)
        ]

    found = [row for number in numbers for row in rows(number, answers.pages[number])]
    return pd.DataFrame(found, columns=list(COLUMNS))


def kendall(place_a: np.ndarray, place_b: np.ndarray) -> float:
    """Kendall's tau of two orders of the same items (Kendall, 1938); NaN for fewer than two."""
    if len(place_a) < 2:
        return float("nan")
    # Of equal orders it comes out a rounding below 1.
    return round(float(stats.kendalltau(place_a, place_b).statistic), 12)


def _mean(values: pd.Series) -> float:
    """With NaN where one is: a score that is no number must not go unseen."""
    return float(values.mean(skipna=False))


def _max(values: pd.Series) -> float:
    return float(values.max(skipna=False))
