"""A model with the signature of a bundle whose scores can be worked out by hand."""

from pathlib import Path

import tensorflow as tf

PAGES, LISTS = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, None], tf.string)


class HandMadeRanker(tf.Module):
    """score = factor * number of the item / 1000 + offset + 1 if the region is ``north``; half of it is the CTR.

    An item that is no number has the number 0 and is unknown.
    """

    def __init__(self, factor: float, offset: float) -> None:
        super().__init__()
        self.factor = tf.Variable(factor)
        self.offset = tf.Variable(offset)

    @tf.function(input_signature=[PAGES, LISTS, PAGES, LISTS, PAGES])
    def rank(
        self, query: tf.Tensor, item_id: tf.Tensor, user_id: tf.Tensor, history: tf.Tensor, region: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        known = tf.strings.regex_full_match(item_id, "[0-9]+")
        number = tf.strings.to_number(tf.where(known, item_id, "0"))
        north = tf.cast(region == "north", tf.float32)[:, tf.newaxis]
        score = self.factor * number / 1000.0 + self.offset + north
        there = item_id != ""
        order = tf.argsort(tf.where(there, score, -1e9), direction="DESCENDING", stable=True)

        def sorted_by_score(values: tf.Tensor) -> tf.Tensor:
            return tf.gather(values, order, batch_dims=1)

        score = tf.where(there, score, 0.0)
        outputs = {"score": score, "ctr": score / 2, "cvr": score / 4, "ctcvr": score * score / 8}
        outputs = {name: sorted_by_score(values) for name, values in outputs.items()}
        return outputs | {"item_id": sorted_by_score(item_id), "known": sorted_by_score(known)}


def write_version(folder: Path, factor: float = 1.0, offset: float = 0.0) -> Path:
    """Write a version folder.

    Args:
        folder: ``models/<name>/<version>``
        factor: of the items' numbers; below 0 it turns the order round.
        offset: of all scores.
    """
    ranker = HandMadeRanker(factor, offset)
    tf.saved_model.save(ranker, str(folder), signatures={"serving_default": ranker.rank, "rank": ranker.rank})
    return folder
