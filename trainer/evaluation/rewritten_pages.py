"""Pages asked for in other words, and where the scores of each way are."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainer.augmentation.method import TextMethod
from trainer.data.pages import Pages, concatenate

FIXED_SEED = 0
"""Of the rewritings: runs of every seed are asked the same."""


@dataclass(frozen=True)
class RewrittenPages:
    """Pages whose queries are rewritten, each by several ways and ``draws`` times by each.

    Attributes:
        pages: P pages as they were asked.
        draws: rewritings a query and way.
        queries: by way: objects [draws, P], the new query of each page.
    """

    pages: Pages
    draws: int
    queries: dict[str, np.ndarray]

    @classmethod
    def of(cls, pages: Pages, methods: dict[str, TextMethod], draws: int) -> "RewrittenPages":
        """Rewrite each distinct query.

        Args:
            pages: P pages.
            methods: the ways, by name.
            draws: rewritings a query and way.
        """
        query_of_page, distinct = pd.factorize(pages.table["query"].fillna("").astype(str))
        queries = {
            name: np.stack([method.rewrite_all(distinct, f"{FIXED_SEED} {draw}") for draw in range(draws)])
            for name, method in methods.items()
        }
        return cls(pages, draws, {name: found[:, query_of_page] for name, found in queries.items()})

    @property
    def whole(self) -> Pages:
        """All of them, way after way, draw after draw: scored at once, each item is encoded once."""
        asked = [queries for found in self.queries.values() for queries in found]
        table = self.pages.table
        return concatenate([dataclasses.replace(self.pages, table=table.assign(query=q)) for q in asked])

    @property
    def repeated(self) -> Pages:
        """The pages as they were asked, ``draws`` times."""
        return concatenate([self.pages] * self.draws)

    def part(self, name: str, values: np.ndarray) -> np.ndarray:
        """Of values of all impressions of `whole`, those of one way: of the impressions of `repeated`."""
        size = self.draws * len(self.pages.item)
        start = list(self.queries).index(name) * size
        return values[start : start + size]

    def unchanged(self, name: str) -> tuple[int, int]:
        """Of how many distinct queries a way changes nothing in any draw, and how many there are."""
        asked = self.pages.table["query"].fillna("").astype(str).to_numpy(object)
        same = pd.Series((self.queries[name] == asked).all(axis=0)).groupby(asked).first()
        return int(same.sum()), len(same)

    def rows(self, name: str, items: pd.DataFrame) -> pd.DataFrame:
        """One row an impression of `repeated`: what was asked, and the query that it was made of."""
        page = self.pages.page_of_impression
        return pd.DataFrame(
            {
                "set": name,
                "draw": np.repeat(np.arange(self.draws, dtype=np.int32), len(page)),
                "page": np.tile(page.astype(np.int32), self.draws),
                "query": np.tile(self.pages.table["query"].to_numpy(object)[page], self.draws),
                "rewritten": self.queries[name][:, page].ravel(),
                "item_id": np.tile(items["item_id"].to_numpy(object)[self.pages.item], self.draws),
            }
        )
