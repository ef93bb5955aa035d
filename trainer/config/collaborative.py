"""What is learned from who clicked and bought what."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trainer.config.features import FeatureConfig
from trainer.config.section import Count, NotNegative, Positive, Section
from trainer.config.tasks import TaskConfig

CLICK, PURCHASE = "click", "purchase"
NeighbourKind = Literal["cosine", "bm25", "als", "queries"]


class AlsConfig(Section):
    """Alternating least squares over users and items.

    Attributes:
        factors: numbers learned for each user and item.
        iterations: passes over users and items.
        regularization: of the factors.
        alpha: how much surer an interaction of weight 1 is than none.
    """

    factors: Count = 16
    iterations: Count = 15
    regularization: Positive = 0.1
    alpha: Positive = 10.0


class PopularityConfig(Section):
    """Recent popularity.

    Attributes:
        half_life_days: age at which an interaction counts half.
        category: a declared ``categorical`` feature of items, each value of which gets a list of its own; null for one list
            of all items.
    """

    half_life_days: Positive = 14.0
    category: str | None = None


class CollaborativeConfig(Section):
    """What is learned from who clicked and bought what: neighbours of items, popularity, and items clicked for a query.

    Attributes:
        weights: of an interaction by kind: ``click``, ``purchase`` and the names of declared tasks of 0 and 1. What is
            several adds up: with 1 and 3 a bought item counts 4, as it was clicked too. A kind left out counts 0.
        half_life_days: age at which an interaction counts half, for neighbours and for the items of a query; null: age does
            not matter.
        kinds: tables of neighbours. ``cosine``: of the items' users. ``bm25``: the same with weights by BM25, so that
            neither frequent items nor busy users drown the rest. ``als``: cosine of factors by alternating least squares
            over users. ``queries``: by BM25 over the queries for which items were clicked; needs no users.
        neighbours: of an item, at most.
        query_items: of a query, at most.
        als: with ``als`` among the kinds.
        popularity: what is popular of late.
        threads: that work at a time.
    """

    weights: dict[str, NotNegative] = Field(default={CLICK: 1.0, PURCHASE: 3.0})
    half_life_days: Positive | None = 90.0
    kinds: list[NeighbourKind] = Field(default=["bm25", "queries"], min_length=1)
    neighbours: Annotated[int, Field(ge=1, le=1000)] = 50
    query_items: Count = 50
    als: AlsConfig = AlsConfig()
    popularity: PopularityConfig = PopularityConfig()
    threads: Count = 2

    @field_validator("kinds")
    @classmethod
    def _once_each(cls, kinds: list[str]) -> list[str]:
        if len(set(kinds)) < len(kinds):
            raise ValueError(f"each kind once, found {kinds}")
        return kinds

    @model_validator(mode="after")
    def _something_counts(self) -> "CollaborativeConfig":
        if not any(self.weights.values()):
            raise ValueError(f"weights: nothing counts; give {CLICK} a weight above 0")
        return self


def check_collaborative(config: CollaborativeConfig, tasks: list[TaskConfig], items: list[FeatureConfig]) -> None:
    """Refuse weights of what is no task and a category that is no feature.

    Args:
        config: the section.
        tasks: the declared tasks.
        items: the declared features of items.

    Raises:
        ValueError: naming the key and what is known.
    """
    known = [CLICK, PURCHASE, *(task.name for task in tasks if task.is_probability)]
    unknown = [name for name in config.weights if name not in known]
    if unknown:
        raise ValueError(
            f"collaborative.weights: {unknown[0]!r} is no kind of interaction; known: {', '.join(known)} (declared tasks "
            "with loss: bce are kinds)"
        )
    category, columns = config.popularity.category, [f.name for f in items if f.kind == "categorical"]
    if category is not None and category not in columns:
        raise ValueError(
            f"collaborative.popularity.category: {category!r} is no declared categorical feature of items; known: "
            f"{', '.join(columns) or 'none'}"
        )
