"""Pinned, blocked and boosted items: by lists of the config and of the request."""

from collections.abc import Sequence

import tensorflow as tf

from trainer.config.lists import BoostConfig

NOT_LISTED = tf.int32.max


class IdList(tf.Module):
    """A fixed list of ids.

    Args:
        ids: each once.
        name: of the table in the graph.
    """

    def __init__(self, ids: Sequence[str], name: str) -> None:
        super().__init__(name=name)
        keys = tf.constant(list(ids), tf.string)
        places = tf.range(len(ids), dtype=tf.int32)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, places), default_value=NOT_LISTED
        )

    def places(self, ids: tf.Tensor) -> tf.Tensor:
        """Where ids stand in the list: int32 of the same shape, ``NOT_LISTED`` where they do not."""
        return self.table.lookup(ids)


def places_in(ids: tf.Tensor, listed: tf.Tensor) -> tf.Tensor:
    """Where ids stand in the list of their page.

    Args:
        ids: string [P, N].
        listed: string [P, M]; ``""`` pads and matches nothing.

    Returns:
        The first place of each, int32 [P, N]; ``NOT_LISTED`` where it has none.
    """
    same = (ids[:, :, None] == listed[:, None, :]) & (listed != "")[:, None, :]
    return tf.reduce_min(tf.where(same, tf.range(tf.shape(listed)[1]), NOT_LISTED), axis=2)


def is_blocked(ids: tf.Tensor, requested: tf.Tensor | None, fixed: IdList | None) -> tf.Tensor:
    """Items that are never shown.

    Args:
        ids: string [P, N].
        requested: ids blocked by the request, string [P, M], or None.
        fixed: those of the config, or None.

    Returns:
        bool [P, N].
    """
    return pin_places(ids, requested, fixed) < NOT_LISTED


def pin_places(ids: tf.Tensor, requested: tf.Tensor | None, fixed: IdList | None) -> tf.Tensor:
    """The order of pinned items: those of the request as they are listed, then those of the config.

    Args:
        ids: string [P, N].
        requested: ids pinned by the request, string [P, M], or None.
        fixed: those of the config, or None.

    Returns:
        Numbers that grow with the position, int32 [P, N]; ``NOT_LISTED`` for items that are not pinned.
    """
    found = tf.fill(tf.shape(ids), NOT_LISTED)
    count = 0
    if requested is not None:
        found = places_in(ids, requested)
        count = tf.shape(requested)[1]
    if fixed is not None:
        places = fixed.places(ids)
        found = tf.minimum(found, tf.where(places < NOT_LISTED, places, NOT_LISTED - count) + count)
    return found


def boosted_scores(
    scores: tf.Tensor,
    ids: tf.Tensor,
    requested: tf.Tensor | None,
    factors: tf.Tensor | None,
    rules: Sequence[tuple[IdList, BoostConfig]],
) -> tf.Tensor:
    """Scores after the rules of the config, in their order, and then the factors of the request.

    Args:
        scores: float32 [P, N].
        ids: string [P, N].
        requested: ids boosted by the request, string [P, M], or None.
        factors: their factors, float32 [P, M]; an id listed twice takes the first.
        rules: of the config, each with its ids.

    Returns:
        float32 [P, N].
    """
    for listed, rule in rules:
        scores = tf.where(listed.places(ids) < NOT_LISTED, scores * rule.times + rule.plus, scores)
    if requested is None or factors is None:
        return scores
    places = tf.minimum(places_in(ids, requested), tf.shape(requested)[1])
    padded = tf.pad(factors, [[0, 0], [0, 1]], constant_values=1.0)
    return scores * tf.gather(padded, places, batch_dims=1)
