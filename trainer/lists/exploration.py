"""Positions lent to new items, and the probability of what is shown."""

from math import comb
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from trainer.config.lists import ExplorationConfig
from trainer.lists.draws import PageDraws, draw_rates, draw_uniform


class Explored(NamedTuple):
    """A list after exploration.

    Attributes:
        order: places of the items by position, int32 [P, N].
        propensity: probability that this item stands at this position, float32 [P, N]: 1 outside ``positions``.
        lent: whether the position was lent to a new item, bool [P, N].
    """

    order: tf.Tensor
    propensity: tf.Tensor
    lent: tf.Tensor


class Exploration:
    """Lends positions of a list to new items that it does not show.

    Each of ``positions`` gives way with probability ``share``, independently, as long as an item of the pool is left; the
    pool holds the best new items below the list. The item that gave way takes the place of the one that came: all other
    positions stay as they are.

    The propensity is that of the pair (item, position) over all draws, given the page. The item of the list at a position
    with i others before it that may give way stays with ``1 - share * P(B(i, share) < m)``, B binomial, m the size of the
    pool. An item of the pool comes there with ``share * sum over s of P(B(i, share) = s) * Q(s)``, Q(s) its probability of
    being the pool's number s: ``1 / m`` with ``epsilon``, so that all is exact. With ``thompson`` Q(s) is the share of
    ``draws + 1`` rounds in which it came to number s, the round that decided among them: never 0 for an item that is
    shown, and on average at most ``1 / (draws + 1)`` too high.

    Args:
        config: the section ``lists.exploration``, with a method.
        size: positions that are shown.
    """

    def __init__(self, config: ExplorationConfig, size: int) -> None:
        self.config, self.size = config, size
        first, last = config.positions
        self._positions = np.arange(first - 1, last, dtype=np.int32)
        # Numbers of the pool that can be asked for.
        self._ranks = min(len(self._positions), config.pool)
        self._before = _binomial(len(self._positions), self._ranks, config.share)

    def __call__(
        self,
        items: tf.Tensor,
        new: tf.Tensor,
        seeds: tf.Tensor,
        fixed: tf.Tensor,
        clicks: tf.Tensor | None = None,
        impressions: tf.Tensor | None = None,
    ) -> Explored:
        """Explore.

        Args:
            items: how many items each page has, int32 [P]; they are ranked, best first, and fill the first places of N.
            new: bool [P, N].
            seeds: of the pages, int64 [P].
            fixed: int32 [P], items at the head of each page that stay.
            clicks: of the items, with ``thompson``, float32 [P, N].
            impressions: of the items, with ``thompson``, float32 [P, N].
        """
        pool, in_pool = self._pool(items, new)
        draws = self._draws(seeds, pool, clicks, impressions)
        # The pool from the highest value to the lowest; what is no item comes after all others.
        values = tf.where(in_pool[:, None], draws.values, -1.0)
        numbered = tf.argsort(values, axis=2, direction="DESCENDING", stable=True)[:, :, : self._ranks]
        chance = self._chance_of_number(numbered, in_pool)

        shown = tf.minimum(items, self.size)
        start = tf.maximum(fixed, int(self._positions[0]))[:, None]
        may = (self._positions >= start) & (self._positions < shown[:, None])
        members = tf.reduce_sum(tf.cast(in_pool, tf.int32), axis=1)[:, None]
        coins = may & (draws.coins < self.config.share)
        number = tf.cumsum(tf.cast(coins, tf.int32), axis=1, exclusive=True)
        lent = coins & (number < members)
        slot = tf.gather(numbered[:, 0], tf.minimum(number, self._ranks - 1), batch_dims=1)

        before = tf.gather(self._before, tf.maximum(self._positions - start, 0))
        before *= tf.cast(tf.range(self._ranks) < members[:, :, None], tf.float32)
        stays = 1.0 - self.config.share * tf.reduce_sum(before, axis=2)
        comes = self.config.share * tf.reduce_sum(before * tf.gather(chance, slot, batch_dims=1), axis=2)
        propensity = tf.where(lent, comes, tf.where(may, stays, 1.0))
        return self._placed(lent, tf.gather(pool, slot, batch_dims=1), propensity, tf.shape(new)[1])

    def _pool(self, items: tf.Tensor, new: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Places of the pool int32 [P, M], and which of them are items."""
        places = tf.range(tf.shape(new)[1])[None]
        candidates = new & (places >= self.size) & (places < items[:, None])
        first = tf.argsort(tf.cast(~candidates, tf.int32), axis=1, stable=True)[:, : self.config.pool]
        in_pool = tf.gather(candidates, first, batch_dims=1)
        missing = [[0, 0], [0, self.config.pool - tf.shape(first)[1]]]
        shape = [None, self.config.pool]
        return tf.ensure_shape(tf.pad(first, missing), shape), tf.ensure_shape(tf.pad(in_pool, missing), shape)

    def _draws(
        self, seeds: tf.Tensor, pool: tf.Tensor, clicks: tf.Tensor | None, impressions: tf.Tensor | None
    ) -> PageDraws:
        if self.config.method == "epsilon":
            return draw_uniform(seeds, len(self._positions), self.config.pool)
        assert clicks is not None
        assert impressions is not None
        counted = []
        for counts, prior in zip((clicks, tf.maximum(impressions - clicks, 0.0)), self.config.prior, strict=True):
            # A column of zeros, so that there is something to gather on pages without items.
            padded = tf.pad(counts, [[0, 0], [0, 1]])
            counted.append(tf.gather(padded, pool, batch_dims=1) + prior)
        return draw_rates(seeds, len(self._positions), self.config.draws + 1, *counted)

    def _chance_of_number(self, numbered: tf.Tensor, in_pool: tf.Tensor) -> tf.Tensor:
        """Probabilities Q of being the pool's number s, float32 [P, M, ranks]."""
        if self.config.method == "epsilon":
            members = tf.reduce_sum(tf.cast(in_pool, tf.float32), axis=1)
            even = tf.math.divide_no_nan(1.0, members)[:, None, None]
            return tf.broadcast_to(even, [tf.shape(in_pool)[0], self.config.pool, self._ranks])
        times = tf.reduce_sum(tf.one_hot(numbered, self.config.pool, axis=2), axis=1)
        return times / float(self.config.draws + 1)

    def _placed(self, lent: tf.Tensor, comer: tf.Tensor, propensity: tf.Tensor, size: tf.Tensor) -> Explored:
        """Exchange the items of lent positions with those that come."""
        pages = tf.shape(lent)[0]
        taken = tf.where(lent)
        page = tf.cast(taken[:, 0], tf.int32)
        position = tf.gather(tf.constant(self._positions), taken[:, 1])
        place = tf.gather_nd(comer, taken)
        here, there = tf.stack([page, position], axis=1), tf.stack([page, place], axis=1)
        order = tf.tile(tf.range(size)[None], [pages, 1])
        order = tf.tensor_scatter_nd_update(
            order, tf.concat([here, there], axis=0), tf.concat([place, position], axis=0)
        )
        before = int(self._positions[0])
        after = tf.maximum(size - before - len(self._positions), 0)
        sides = [[0, 0], [before, after]]
        return Explored(order, tf.pad(propensity, sides, constant_values=1.0)[:, :size], tf.pad(lent, sides)[:, :size])


def _binomial(trials: int, ranks: int, share: float) -> np.ndarray:
    """P(B(i, share) = s) for i below ``trials``, s below ``ranks``: float32 [trials, ranks]."""
    rows = [[comb(i, s) * share**s * (1.0 - share) ** max(i - s, 0) for s in range(ranks)] for i in range(trials)]
    return np.array(rows, np.float32)
