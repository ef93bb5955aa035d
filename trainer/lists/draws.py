"""Random numbers of a page that depend on its request and on nothing else."""

from typing import NamedTuple

import tensorflow as tf

PHILOX = "philox"


class PageDraws(NamedTuple):
    """What chance says for each page.

    Attributes:
        coins: uniform in [0, 1), float32 [P, R], one a position.
        values: float32 [P, T, M], T rounds of one value an item; the first round decides, the others only count.
    """

    coins: tf.Tensor
    values: tf.Tensor


def page_seeds(requests: tf.Tensor | None, pages: tf.Tensor) -> tf.Tensor:
    """Seeds from what names a request.

    Args:
        requests: string [P]; ``""`` takes a new seed every time. None is all ``""``.
        pages: how many there are, P.

    Returns:
        int64 [P], the same for the same text on any machine.
    """
    # The raw op, because tf.random.uniform would take a seed that was set while tracing, and draw alike in all servers.
    fresh = tf.raw_ops.RandomUniformInt(shape=[pages], minval=tf.int64.min, maxval=tf.int64.max, seed=0, seed2=0)
    if requests is None:
        return fresh
    return tf.where(requests == "", fresh, tf.strings.to_hash_bucket_fast(requests, tf.int64.max))


def draw_uniform(seeds: tf.Tensor, positions: int, items: int) -> PageDraws:
    """Coins, and one round of uniform values.

    Args:
        seeds: int64 [P].
        positions: R.
        items: M.
    """

    def page(seed: tf.Tensor) -> PageDraws:
        return PageDraws(_uniform([positions], seed, 0), _uniform([1, items], seed, 1))

    return _by_page(page, seeds, positions, [1, items])


def draw_rates(seeds: tf.Tensor, positions: int, rounds: int, clicks: tf.Tensor, skips: tf.Tensor) -> PageDraws:
    """Coins, and rounds of click rates from Beta(clicks, skips).

    Args:
        seeds: int64 [P].
        positions: R.
        rounds: T.
        clicks: with the prior, above 0: float32 [P, M], M static.
        skips: impressions without a click, likewise.
    """
    items = int(clicks.shape[1])

    def page(given: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> PageDraws:
        seed, alpha, beta = given
        up = tf.random.stateless_gamma([rounds, items], [seed, 1], alpha, dtype=tf.float32)
        down = tf.random.stateless_gamma([rounds, items], [seed, 2], beta, dtype=tf.float32)
        return PageDraws(_uniform([positions], seed, 0), tf.math.divide_no_nan(up, up + down))

    return _by_page(page, (seeds, clicks, skips), positions, [rounds, items])


def _uniform(shape: list[int], seed: tf.Tensor, stream: int) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, [seed, stream], alg=PHILOX)


def _by_page(page: object, given: object, positions: int, values: list[int]) -> PageDraws:
    # Page by page: numbers drawn for the whole batch would depend on the place of the page in it.
    signature = PageDraws(tf.TensorSpec([positions], tf.float32), tf.TensorSpec(values, tf.float32))
    return tf.map_fn(page, given, fn_output_signature=signature)
