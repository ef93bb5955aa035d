"""The signatures that find the items themselves: channels, ranking, rules and diversity in one call."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.candidates import Candidates
from trainer.channels.list_channels import LISTS, ListChannels
from trainer.channels.union import Union, with_pinned
from trainer.config import Experiment
from trainer.errors import InputError
from trainer.export.signatures import OUTPUTS, RankingModule, concrete
from trainer.lists.caps import item_codes
from trainer.lists.list_policy import ListPolicy
from trainer.lists.page import ListPage
from trainer.text.normalised import normalised

IN_CHANNEL_ORDER = ("similar_items", "trending")
"""Lists that are ordered by their channels; the others by the score of the model."""
RESERVED = frozenset({"request_id", "excluded", "pinned", "boosted", "boost", "similar_to"})
"""Inputs that no feature may be called."""


class ListModule(tf.Module):
    """Lists of items for a query, a user, both, an item, or nobody.

    Args:
        experiment: the rules of its lists.
        ranking: ranks what the channels propose.
        channels: propose.
        items: the items table, in the order of the ranking's.
        counts: of the training log by row: ``impressions`` and ``clicks``, float32 [I] each.
    """

    def __init__(
        self,
        experiment: Experiment,
        ranking: RankingModule,
        channels: ListChannels,
        items: pd.DataFrame,
        counts: dict[str, np.ndarray],
    ) -> None:
        super().__init__(name="lists")
        self.ranking, self.channels = ranking, channels
        self.policy = ListPolicy(experiment.lists)
        table = ranking.table
        number, line = tf.lookup.TextFileIndex.LINE_NUMBER, tf.lookup.TextFileIndex.WHOLE_LINE
        reading = tf.lookup.TextFileInitializer(table.ids, tf.int64, number, tf.string, line)
        self.ids = tf.lookup.StaticHashTable(reading, default_value="")
        self.codes = {
            column: _held(np.append(item_codes(items[column]), np.int32(-1)), f"codes_{column}")
            for column in {cap.column for cap in experiment.lists.caps}
        }
        explores = experiment.lists.exploration.method != "none"
        self.counts = {
            name: _held(np.append(values, np.float32(0)), name) for name, values in counts.items() if explores
        }
        self._diversifies = experiment.lists.diversity.method != "none"
        tower = channels.tower
        self._tower_features = [] if tower is None else _features_of(tower)

    def functions(self) -> dict[str, Any]:
        """The concrete functions by signature name.

        Raises:
            InputError: if a feature has the name of an input of lists. A text called ``category`` is both.
        """
        pages, lists = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, None], tf.string)
        page = self.ranking.page_inputs()
        category = page.get("category", pages)
        taken = sorted(page.keys() & RESERVED)
        if category.dtype != tf.string or category.shape.rank != 1:
            taken.append("category")
        if taken:
            raise InputError(
                f"features: {taken[0]!r} is the name of an input of lists; rename the feature, or export the run without "
                "its channels"
            )
        inputs = page | {
            "category": pages,
            "request_id": pages,
            "excluded": lists,
            "pinned": lists,
            "boosted": lists,
            "boost": tf.TensorSpec([None, None], tf.float32),
        }

        def function(kind: str) -> Any:
            given = inputs | ({"similar_to": pages} if kind == "similar_items" else {})
            return concrete(lambda values: self(kind, values), given)

        return {kind: function(kind) for kind in LISTS}

    def __call__(self, kind: str, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Make lists.

        Args:
            kind: one of `LISTS`.
            inputs: of the signature.

        Returns:
            ``item_id``, ``channels`` string [P, K], ``""`` where a list ends; ``score``, ``ctr``, ``cvr``, ``ctcvr``,
            ``propensity`` float32 [P, K].
        """
        ranking, table = self.ranking, self.ranking.table
        if kind == "similar_items":
            inputs = inputs | {"history": inputs["similar_to"][:, None], "query": tf.zeros_like(inputs["query"])}
        tokens = ranking.query_tokens(inputs)
        queries = ranking.encode(tokens)
        found = self._found(kind, inputs, queries)
        mask = found.rows != table.unknown_row
        items, item_tokens = ranking.at(found.rows)
        values = dict(ranking.valued(inputs, tokens, queries, items, item_tokens, mask))
        if kind in IN_CHANNEL_ORDER:
            values["score"] = found.fused
        ids = self.ids.lookup(tf.cast(found.rows, tf.int64))
        shown = self.policy(
            ListPage(
                ids=ids,
                scores=values["score"],
                mask=mask,
                vectors=items["items"] if self._diversifies else None,
                codes={column: tf.gather(codes, found.rows) for column, codes in self.codes.items()},
                request=inputs["request_id"],
                pinned=inputs["pinned"],
                blocked=inputs["excluded"],
                boosted=inputs["boosted"],
                boost=_factors(inputs),
                **{name: tf.gather(counts, found.rows) for name, counts in self.counts.items()},
            )
        )
        out = {name: _taken(tf.cast(values[name], tf.float32), shown, 0.0) for name in OUTPUTS}
        out["item_id"] = _taken(ids, shown, "")
        out["channels"] = _taken(self.channels.named(found.channels), shown, "")
        out["propensity"] = shown.propensity
        return out

    def _found(self, kind: str, inputs: dict[str, tf.Tensor], queries: tf.Tensor) -> Union:
        find = self.ranking.table.find
        asked = Asked(
            query=normalised(inputs["query"]),
            query_vectors=queries,
            tower_vectors=self._tower(inputs, queries),
            user_vectors=self._tower(inputs, tf.zeros_like(queries)),
            history=tf.cast(find(inputs["history"]), tf.int32),
            category=normalised(inputs["category"]),
        )
        if kind == "similar_items":
            asked = self._of_item(asked, inputs)
        excluded = tf.cast(find(inputs["excluded"]), tf.int32)
        if kind == "similar_items":
            excluded = tf.concat([excluded, asked.history], axis=1)
        found = self.channels.union(kind, asked, excluded)
        pins = self.policy.candidates(inputs["pinned"], tf.shape(queries)[0])
        rows = tf.cast(find(pins), tf.int32)
        return with_pinned(Candidates(rows, tf.zeros_like(rows, tf.float32)), found, self.channels.padding)

    def _of_item(self, asked: Asked, inputs: dict[str, tf.Tensor]) -> Asked:
        """Asks with an item in place of a query: its text, its place in the retrieval's space."""
        row = asked.history[:, 0]
        return dataclasses.replace(
            asked,
            query=inputs["similar_to"],
            query_vectors=tf.gather(self.ranking.table.vectors, row),
            tower_vectors=self.channels.item_vectors(row),
        )

    def _tower(self, inputs: dict[str, tf.Tensor], queries: tf.Tensor) -> tf.Tensor | None:
        if self.channels.tower is None:
            return None
        features = {name: inputs[name] for name in self._tower_features}
        return self.channels.tower.vectors(
            query_vector=queries, user_id=inputs["user_id"], history=inputs["history"], **features
        )


def _features_of(tower: Any) -> list[str]:
    """User features that a query tower takes."""
    _, named = tower.vectors.concrete_functions[0].structured_input_signature
    return sorted(set(named) - {"query_vector", "user_id", "history"})


def _factors(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
    """The factors of boosted items; what is no finite number above 0 changes nothing.

    It is no error, as a server that batches would give the error to the other requests of the batch too.
    """
    boost, boosted = inputs["boost"], inputs["boosted"]
    tf.debugging.assert_equal(tf.shape(boost), tf.shape(boosted), "the inputs boosted and boost differ in their shape")
    return tf.where(tf.math.is_finite(boost) & (boost > 0.0), boost, 1.0)


def _taken(values: tf.Tensor, shown: Any, none: Any) -> tf.Tensor:
    return tf.where(shown.shown, tf.gather(values, shown.index, batch_dims=1), none)


def _held(values: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(values, trainable=False, name=name)
