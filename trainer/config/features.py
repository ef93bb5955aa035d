"""Declared features."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trainer.config.section import Count, Section

RESERVED_FEATURE_NAMES = {
    "query",
    "item_id",
    "history",
    "user_id",
    "request_id",
    "timestamp",
    "position",
    "clicked",
    "purchased",
}


class FeatureConfig(Section):
    """One declared feature.

    ``text`` is joined to the encoded text of its side (item text, or query for users and context). ``sequence`` is a list of
    item ids; the one named ``history`` is filled from the user's earlier clicks when its table has no such column.

    Attributes:
        name: column of the table, and name of the input in the serving signatures.
        kind: what the values are.
        scale: ``number`` without buckets: standardised as it is, or after log(1 + x).
        buckets: ``number``: cut into so many parts of equal mass, each with an embedding; 0 leaves it a number.
        min_count: ``categorical``: rarer values on the training pages count as unknown.
        max_vocabulary: ``categorical``: the most frequent values that are kept.
        width: ``categorical``, ``embedding``, bucketed ``number``: width of what is learned of it.
        length: ``sequence``: items that are used (H), the most recent ones.
    """

    name: str
    kind: Literal["text", "categorical", "number", "embedding", "sequence"]
    scale: Literal["standard", "log"] = "standard"
    buckets: Annotated[int, Field(ge=0, le=1000)] = 0
    min_count: Count = 2
    max_vocabulary: Count = 100_000
    width: Count = 16
    length: Count = 10

    @field_validator("name")
    @classmethod
    def _usable_as_tensor_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is no feature name: letters, digits and _ only, a letter first")
        return name


class FeaturesConfig(Section):
    """Declared features by table.

    Attributes:
        items: features of the items table.
        users: features of the users table.
        context: features of the search log, one value a page.
    """

    items: list[FeatureConfig] = Field(default=[])
    users: list[FeatureConfig] = Field(default=[])
    context: list[FeatureConfig] = Field(default=[])

    @property
    def all(self) -> list[FeatureConfig]:
        """The features of every table."""
        return [*self.items, *self.users, *self.context]

    @model_validator(mode="after")
    def _names_are_unique(self) -> "FeaturesConfig":
        seen: set[str] = set()
        for table in ("items", "users", "context"):
            for feature in getattr(self, table):
                if feature.name in seen:
                    raise ValueError(f"feature {feature.name!r} is declared twice")
                learned_id = table == "items" and feature.kind == "categorical" and feature.name == "item_id"
                if feature.name in RESERVED_FEATURE_NAMES and feature.kind != "sequence" and not learned_id:
                    raise ValueError(f"feature name {feature.name!r} is reserved")
                if feature.kind == "sequence" and table == "items":
                    raise ValueError(f"feature {feature.name!r}: a sequence belongs to users or context")
                seen.add(feature.name)
        return self
