"""Perturbations of embedded tokens: one for each encoding of a batch, each text on its own.

A perturbation is a dict: by encoding (``query``, ``item``, ``pair``) float32 [B, L, D]. Norms are over the tokens and the width
of one text.
"""

from typing import Any

import tensorflow as tf

from trainer.model.ranker import Ranker
from trainer.text.packing import pack_pair

Perturbation = dict[str, Any]


def token_masks(ranker: Ranker, batch: dict[str, Any]) -> dict[str, Any]:
    """Where the tokens are: by encoding float32 [B, L, 1], 0 at padding."""
    tokens = {"query": batch["query_tokens"], "item": batch["item_tokens"]}
    pad = ranker.encoder.pad
    if ranker.interaction.needs_pairs:
        queries = tf.gather(batch["query_tokens"], batch["pair_query"])
        tokens["pair"], _ = pack_pair(queries, tf.gather(batch["item_tokens"], batch["pair_item"]), pad)
    return {name: tf.cast(ids != pad, tf.float32)[..., tf.newaxis] for name, ids in tokens.items()}


def no_perturbation(masks: dict[str, Any], width: int) -> Perturbation:
    """All zeros.

    Args:
        masks: as `token_masks` gives them.
        width: D.
    """
    return {name: tf.zeros(tf.concat([tf.shape(mask)[:2], [width]], 0)) for name, mask in masks.items()}


def random_direction(masks: dict[str, Any], width: int, seed: int, step) -> Perturbation:
    """Unit vectors of normal noise, the same for the same seed and step: there is no state that a checkpoint would miss.

    Args:
        masks: as `token_masks` gives them.
        width: D.
        seed: of the experiment.
        step: int, the global step.
    """
    noise = {}
    for index, (name, mask) in enumerate(masks.items()):
        shape = tf.concat([tf.shape(mask)[:2], [width]], 0)
        noise[name] = tf.random.stateless_normal(shape, [seed * len(masks) + index, tf.cast(step, tf.int32)])
    return direction(noise, masks)


def direction(gradients: Perturbation, masks: dict[str, Any]) -> Perturbation:
    """Gradients scaled to length 1 for each text; 0 at padding, and for a text that no gradient reaches.

    What is not finite counts as 0: a scaled float16 loss may overflow, and the optimizer leaves such a step out.
    """

    def one(gradient, mask):
        gradient = tf.where(tf.math.is_finite(gradient), gradient, 0.0) * mask
        # Dividing by the largest first keeps the squares of tiny gradients from vanishing.
        gradient = tf.math.divide_no_nan(gradient, tf.reduce_max(tf.abs(gradient), axis=(1, 2), keepdims=True))
        return tf.math.divide_no_nan(gradient, norm(gradient))

    return {name: one(gradient, masks[name]) for name, gradient in gradients.items()}


def norm(values):
    """Length of each text's perturbation, float32 [B, 1, 1]."""
    return tf.sqrt(tf.reduce_sum(tf.square(values), axis=(1, 2), keepdims=True))


def step_within(start: Perturbation, along: Perturbation, length: float, radius: float) -> Perturbation:
    """Step along a direction, then project back into the ball around 0.

    Args:
        start: where the step starts.
        along: unit vectors.
        length: of the step.
        radius: of the ball.
    """
    moved = {name: value + length * along[name] for name, value in start.items()}
    return {
        name: tf.stop_gradient(value * tf.minimum(1.0, tf.math.divide_no_nan(radius, norm(value))))
        for name, value in moved.items()
    }


def mean_norm(perturbation: Perturbation):
    """The mean length over the texts that are perturbed at all, a scalar."""
    lengths = tf.concat([tf.reshape(norm(value), [-1]) for value in perturbation.values()], 0)
    return tf.math.divide_no_nan(tf.reduce_sum(lengths), tf.reduce_sum(tf.cast(lengths > 0.0, tf.float32)))
