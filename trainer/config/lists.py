"""Lists after ranking: rules, caps, diversity, exploration."""

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trainer.config.features import FeatureConfig
from trainer.config.section import Count, NotNegative, Positive, Section, Share

ItemId = Annotated[str, Field(min_length=1)]


class DiversityConfig(Section):
    """Similar items kept apart in the first positions of a list.

    Attributes:
        method: ``mmr``: each position takes the item with the best ``weight * score - (1 - weight) * similarity to the
            nearest item above`` (Carbonell and Goldstein 1998). ``dpp``: the greedy maximum of a determinantal point
            process, ``weight * scores + (1 - weight) * log det of the similarities`` (Chen, Zhang and Zhou 2018).
        weight: of the scores, which are spread over 0 to 1 within a page; 1 leaves the order of the scores.
        top: positions that are diversified; null for all of ``size``. Those below follow by score.
    """

    method: Literal["none", "mmr", "dpp"] = "none"
    weight: Share = 0.7
    top: Count | None = None


class CapConfig(Section):
    """Items of one brand, category or seller that may stand close together.

    Attributes:
        column: a declared ``categorical`` feature of items; items without a value are not capped.
        most: items of one value.
        within: positions to which ``most`` applies.
        rolling: ``false``: the first ``within`` positions. ``true``: any ``within`` positions in a row.
    """

    column: str
    most: Count
    within: Count
    rolling: bool = False

    @model_validator(mode="after")
    def _caps_something(self) -> "CapConfig":
        if self.most >= self.within:
            raise ValueError(f"most: {self.most} of {self.within} positions caps nothing; take most below within")
        return self


class BoostConfig(Section):
    """Items whose score is raised or lowered before the ranking: ``score * times + plus``.

    Attributes:
        items: ids.
        times: factor; where scores can be negative use ``plus`` instead.
        plus: what is added.
    """

    items: Annotated[list[ItemId], Field(min_length=1)]
    times: Positive = 1.0
    plus: float = 0.0

    @model_validator(mode="after")
    def _changes_something(self) -> "BoostConfig":
        if self.times == 1.0 and self.plus == 0.0:
            raise ValueError("changes no score; give times or plus")
        return self


class ExplorationConfig(Section):
    """Positions lent to new items, with the probability of what is shown.

    Attributes:
        method: which new item takes a position that gives way: any, with equal chances (``epsilon``), or the one with the
            highest draw of its click rate (``thompson``).
        share: probability that a position gives way.
        positions: first and last that may give way, 1-based.
        new_below: items with fewer impressions are new.
        pool: new items that may be drawn: the best by score of those that the list does not show anyhow.
        prior: with ``thompson``: clicks and impressions without a click that every item starts with (a Beta prior).
        draws: with ``thompson``: rounds of draws from which the probabilities are counted.
    """

    method: Literal["none", "epsilon", "thompson"] = "none"
    share: Share = 0.1
    positions: tuple[Count, Count] = (3, 10)
    new_below: Count = 100
    pool: Count = 20
    prior: tuple[Positive, Positive] = (1.0, 20.0)
    draws: Count = 500

    @field_validator("positions")
    @classmethod
    def _in_order(cls, positions: tuple[int, int]) -> tuple[int, int]:
        if positions[0] > positions[1]:
            raise ValueError(f"the first is {positions[0]}, after the last, {positions[1]}; exchange them")
        return positions


class ListsConfig(Section):
    """What becomes of a ranked list before it is shown. All but ``size`` is off by default.

    Attributes:
        size: items that are shown.
        pinned: ids that come first, in this order; those of a request come before them.
        blocked: ids that are never shown.
        boosted: ids whose score is changed.
        channel_weight: what the order in which the channels propose counts beside that by score: items are ranked by the sum of
            the reciprocal ranks ``1 / (20 + rank)`` in both (Cormack, Clarke and Buettcher 2009), that of the channels times
            this weight. 0: by score alone. It pays where channels know what the model was not trained on, such as how often
            an item is clicked for the very query.
        diversity: similar items kept apart.
        caps: all hold at the same time.
        surplus: what becomes of items that would break a cap when no others are left: they stay, further down (``down``),
            or the list ends there (``drop``).
        exploration: positions lent to new items.
    """

    size: Count = 24
    pinned: list[ItemId] = Field(default=[])
    blocked: list[ItemId] = Field(default=[])
    boosted: list[BoostConfig] = Field(default=[])
    channel_weight: NotNegative = 0.0
    diversity: DiversityConfig = DiversityConfig()
    caps: list[CapConfig] = Field(default=[])
    surplus: Literal["down", "drop"] = "down"
    exploration: ExplorationConfig = ExplorationConfig()

    @field_validator("pinned", "blocked")
    @classmethod
    def _once_each(cls, ids: list[str]) -> list[str]:
        twice = [item for item, count in Counter(ids).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} is there twice; leave one out")
        return ids

    @model_validator(mode="after")
    def _consistent(self) -> "ListsConfig":
        both = sorted({*self.pinned} & {*self.blocked})
        if both:
            raise ValueError(f"pinned: {both[0]!r} is in blocked too; leave it out of one")
        if self.surplus == "drop" and not self.caps:
            raise ValueError("surplus: drop goes with caps; leave it out")
        last = self.exploration.positions[1]
        if self.exploration.method != "none" and last > self.size:
            raise ValueError(f"exploration.positions: the last is {last}, beyond size, {self.size}")
        return self


def check_lists(lists: ListsConfig, items: list[FeatureConfig]) -> None:
    """Refuse caps on columns that are no declared categories of items.

    Args:
        lists: the section.
        items: ``features.items``.

    Raises:
        ValueError: naming the key and the columns that are known.
    """
    known = [feature.name for feature in items if feature.kind == "categorical"]
    for place, cap in enumerate(lists.caps):
        if cap.column not in known:
            raise ValueError(
                f"lists.caps.{place}.column: {cap.column!r} is no declared categorical feature of items; known: "
                f"{', '.join(known) or 'none'}"
            )
