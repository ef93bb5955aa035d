"""The rules of each table as pandera schemas; the message of a check is the reason that a rejected row gets."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa

from trainer.config import FeatureConfig, TaskConfig
from trainer.data.declared_tasks import PREFIX
from trainer.data.page_building import PROPENSITY

DEEPEST_POSITION = 10_000
UNREADABLE = "!"
"""Suffix of the bool column that says where a feature holds something that could not be read."""

Rule = Callable[[pd.Series], pd.Series]


def items_schema(text: str, features: list[FeatureConfig]) -> pa.DataFrameSchema:
    """Rules of ``items``.

    Args:
        text: the text column that must not be empty.
        features: the declared features.
    """
    return pa.DataFrameSchema(
        {
            **_id("item_id"),
            text: _column(_rule(_is_filled, f"{text} is empty")),
            **_features(features),
        },
        checks=[
            _rule(lambda f: ~_repeats(f, ["item_id"]) | ~_same_as_first(f, "item_id"), "duplicate"),
            _rule(
                lambda f: ~_repeats(f, ["item_id"]) | _same_as_first(f, "item_id"),
                "item_id is there before with other values",
            ),
        ],
    )


def users_schema(features: list[FeatureConfig]) -> pa.DataFrameSchema:
    """Rules of ``users``."""
    return pa.DataFrameSchema(
        {**_id("user_id"), **_features(features)},
        checks=[
            _rule(lambda f: ~_repeats(f, ["user_id"]) | ~_same_as_first(f, "user_id"), "duplicate"),
            _rule(
                lambda f: ~_repeats(f, ["user_id"]) | _same_as_first(f, "user_id"),
                "user_id is there before with other values",
            ),
        ],
    )


def search_log_schema(
    items: pd.Series,
    listed: pd.Series,
    positions_needed: bool,
    context: list[FeatureConfig],
    tasks: list[TaskConfig] | None = None,
    propensities: bool = False,
) -> pa.DataFrameSchema:
    """Rules of ``search_log``.

    Args:
        items: the ids that there are.
        listed: the ids that the items table names, those of rejected rows too.
        positions_needed: whether every row must have a position.
        context: the declared context features; each holds for a whole request.
        tasks: the declared tasks.
        propensities: whether the log has the column ``propensity``.
    """
    position = f"position is no whole number from 1 to {DEEPEST_POSITION:,}"
    held = [f.name for f in context]
    return pa.DataFrameSchema(
        {
            **_id("request_id"),
            **_item_id(items, listed),
            "timestamp": _column(_rule(pd.Series.notna, "timestamp is no time between 1970 and 2200")),
            "position": _column(_rule(lambda s: _is_position(s) | (s.isna() & (not positions_needed)), position)),
            "position" + UNREADABLE: _column(_rule(lambda s: ~s, position)),
            "clicked": _column(_rule(pd.Series.notna, "clicked is not 0 or 1")),
            "purchased": _column(_rule(pd.Series.notna, "purchased is not 0 or 1")),
            **_features(context),
            **(_propensity() if propensities else {}),
            **{
                PREFIX + task.name + UNREADABLE: _column(
                    _rule(lambda s: ~s, f"{task.column} is {'not 0 or 1' if task.is_probability else 'no number'}")
                )
                for task in tasks or []
            },
        },
        checks=[
            _rule(lambda f: ~((f["purchased"] == 1) & (f["clicked"] == 0)), "purchased without a click"),
            _rule(lambda f: ~_repeats(f, ["request_id", "item_id"]), "item_id is in this request before"),
            _rule(lambda f: ~_repeats(f, ["request_id", "position"]), "position is in this request before"),
            *(_one_a_request(column) for column in ("timestamp", "user_id", "query", *held)),
        ],
    )


def judgments_schema(items: pd.Series, listed: pd.Series) -> pa.DataFrameSchema:
    """Rules of ``judgments``.

    Args:
        items: the ids that there are.
        listed: the ids that the items table names, those of rejected rows too.
    """
    return pa.DataFrameSchema(
        {
            "query": _column(_rule(_is_filled, "query is empty")),
            **_item_id(items, listed),
            "relevance": _column(_rule(pd.Series.notna, "relevance is no number")),
        },
        checks=[_rule(lambda f: ~_repeats(f, ["query", "item_id"]), "the query and item_id are judged before")],
    )


def _rule(holds: Callable[..., pd.Series], reason: str) -> pa.Check:
    """A rule that also looks at missing values."""
    return pa.Check(holds, error=reason, ignore_na=False)


def _column(*rules: pa.Check) -> pa.Column:
    return pa.Column(None, list(rules), nullable=True)


def _id(name: str, *rules: pa.Check) -> dict[str, pa.Column]:
    # Ids become lines of a text file in the model bundle.
    plain = _rule(lambda s: ~s.fillna("").astype(str).str.contains(r"[\x00-\x1f]"), f"{name} holds a line break")
    return {name: _column(_rule(_is_filled, f"{name} is empty"), plain, *rules)}


def _item_id(items: pd.Series, listed: pd.Series) -> dict[str, pa.Column]:
    known, lost = pd.Index(items), pd.Index(listed.dropna()).difference(pd.Index(items))
    return _id(
        "item_id",
        _rule(lambda s: s.isin(known) | s.isin(lost) | s.isna(), "item_id is not in items"),
        _rule(lambda s: ~s.isin(lost), "the row of this item_id in items was rejected"),
    )


def _propensity() -> dict[str, pa.Column]:
    reason = f"{PROPENSITY} is no number above 0 and up to 1"
    return {
        PROPENSITY: _column(_rule(lambda s: s.isna() | ((s > 0) & (s <= 1)), reason)),
        PROPENSITY + UNREADABLE: _column(_rule(lambda s: ~s, reason)),
    }


def _features(features: list[FeatureConfig]) -> dict[str, pa.Column]:
    kinds = {"number": "no number", "embedding": "no list of numbers", "sequence": "no list of ids"}
    columns = {
        f.name + UNREADABLE: _column(_rule(lambda s: ~s, f"{f.name} is {kinds[f.kind]}"))
        for f in features
        if f.kind in kinds
    }
    for f in features:
        if f.kind == "embedding":
            columns[f.name] = _column(_rule(_has_the_usual_width, f"{f.name} is not as wide as the others"))
    return columns


def _is_filled(values: pd.Series) -> pd.Series:
    return values.fillna("").astype(str).str.strip() != ""


def _is_position(values: pd.Series) -> pd.Series:
    return values.between(1, DEEPEST_POSITION) & (values % 1 == 0)


def _has_the_usual_width(vectors: pd.Series) -> pd.Series:
    widths = vectors.map(lambda v: np.nan if v is None else float(len(v))).astype("float64")
    return widths.isna() | (widths == widths.mode().reindex([0]).iloc[0])


def _repeats(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    return frame.duplicated(key) & frame[key].notna().all(axis=1)


def _same_as_first(frame: pd.DataFrame, key: str) -> pd.Series:
    """Whether a row equals the first one with its id in every column."""
    if not frame[key].duplicated().any():
        return pd.Series(True, index=frame.index)
    codes = pd.DataFrame({column: _codes(frame[column]) for column in frame.columns}, index=frame.index)
    first = codes.groupby(key).transform("first")
    return (codes[first.columns] == first).all(axis=1)


def _one_a_request(column: str) -> pa.Check:
    def holds(frame: pd.DataFrame) -> pd.Series:
        codes = _codes(frame[column]).where(frame[column].notna())
        groups = codes.groupby(frame["request_id"])
        return (groups.transform("min") == groups.transform("max")) | codes.isna() | frame["request_id"].isna()

    return _rule(holds, f"the request has more than one {column}")


def _codes(values: pd.Series) -> pd.Series:
    """Equal values as equal numbers, missing ones as -1."""
    known = values.dropna()
    if len(known) and isinstance(known.iloc[0], list | np.ndarray):
        values = values.map(lambda v: None if v is None else tuple(v))
    return pd.Series(pd.factorize(values)[0], index=values.index)
