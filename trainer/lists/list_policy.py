"""From scored candidates to the list that is shown."""

import tensorflow as tf

from trainer.config.lists import ListsConfig
from trainer.lists.caps import capped_order
from trainer.lists.dpp import dpp_order
from trainer.lists.draws import page_seeds
from trainer.lists.exploration import Exploration
from trainer.lists.fusion import fused_with_places
from trainer.lists.mmr import mmr_order
from trainer.lists.page import ListPage, ShownList
from trainer.lists.rules import NOT_LISTED, IdList, boosted_scores, is_blocked, pin_places

LARGEST = 1e30


class ListPolicy(tf.Module):
    """Blocks, boosts, ranks, pins, diversifies, caps and explores, in this order; each only where the config asks for it.

    Pinned items are placed before diversity and caps, so that these count them, and never move again. Caps come after
    diversity, so that they hold for what it gives; an item that exploration brings may break one.

    Args:
        config: the section ``lists``.
    """

    def __init__(self, config: ListsConfig) -> None:
        super().__init__(name="lists")
        self._config = config
        self._blocked = IdList(config.blocked, "blocked") if config.blocked else None
        self._pinned = IdList(config.pinned, "pinned") if config.pinned else None
        self._boosts = [IdList(rule.items, f"boosted_{place}") for place, rule in enumerate(config.boosted)]
        explores = config.exploration.method != "none"
        self._exploration = Exploration(config.exploration, config.size) if explores else None

    def candidates(self, pinned: tf.Tensor | None, pages: tf.Tensor) -> tf.Tensor:
        """All pinned ids, which the caller puts among the candidates of each page; an id may be there twice.

        Args:
            pinned: of the request, string [P, M], or None.
            pages: how many there are, P.

        Returns:
            string [P, M'].
        """
        fixed = tf.tile(tf.constant([self._config.pinned], tf.string), [pages, 1])
        return fixed if pinned is None else tf.concat([pinned, fixed], axis=1)

    def __call__(self, page: ListPage) -> ShownList:
        """The lists of pages.

        Args:
            page: the candidates; each id once a page.

        Raises:
            ValueError: while tracing, if the page lacks what a setting needs.
        """
        self._check(page)
        config = self._config
        mask = page.mask & ~is_blocked(page.ids, page.blocked, self._blocked)
        rules = list(zip(self._boosts, config.boosted, strict=True))
        scores = boosted_scores(_finite(page.scores), page.ids, page.boosted, page.boost, rules)
        scores = tf.clip_by_value(scores, -LARGEST, LARGEST)
        if config.channel_weight:
            scores = fused_with_places(scores, mask, config.channel_weight)
        items = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        order = tf.argsort(tf.where(mask, scores, -float("inf")), axis=1, direction="DESCENDING", stable=True)

        pins = tf.where(mask, pin_places(page.ids, page.pinned, self._pinned), NOT_LISTED)
        order = _then(order, tf.argsort(tf.gather(pins, order, batch_dims=1), axis=1, stable=True))
        fixed = tf.reduce_sum(tf.cast(pins < NOT_LISTED, tf.int32), axis=1)

        if config.diversity.method != "none":
            order = _then(order, self._diversified(page, scores, order, items, fixed))
        if config.caps:
            codes = [tf.gather(page.codes[cap.column], order, batch_dims=1) for cap in config.caps]
            capped, items = capped_order(
                codes, _filled(order, items), config.caps, config.size, fixed, config.surplus == "drop"
            )
            order = _then(order, capped)
        propensity, lent = tf.ones_like(scores), tf.zeros_like(mask)
        if self._exploration is not None:
            explored = self._explored(self._exploration, page, order, items, fixed)
            order, propensity, lent = _then(order, explored.order), explored.propensity, explored.lent
        shown = _filled(order, items)[:, : config.size]
        return ShownList(
            order[:, : config.size],
            shown,
            tf.where(shown, propensity[:, : config.size], 0.0),
            lent[:, : config.size],
        )

    def _diversified(
        self, page: ListPage, scores: tf.Tensor, order: tf.Tensor, items: tf.Tensor, fixed: tf.Tensor
    ) -> tf.Tensor:
        diversity = self._config.diversity
        method = mmr_order if diversity.method == "mmr" else dpp_order
        vectors = tf.gather(page.vectors, order, batch_dims=1)
        ranked = tf.gather(scores, order, batch_dims=1)
        top = min(diversity.top or self._config.size, self._config.size)
        return method(ranked, _filled(order, items), vectors, diversity.weight, top, fixed)

    def _explored(self, exploration: Exploration, page: ListPage, order: tf.Tensor, items: tf.Tensor, fixed: tf.Tensor):
        impressions = tf.gather(page.impressions, order, batch_dims=1)
        clicks = None if page.clicks is None else tf.gather(page.clicks, order, batch_dims=1)
        seeds = page_seeds(page.request, tf.shape(order)[0])
        new = impressions < self._config.exploration.new_below
        return exploration(items, new, seeds, fixed, clicks, impressions)

    def _check(self, page: ListPage) -> None:
        config = self._config
        needs = {
            "diversity.method": page.vectors if config.diversity.method != "none" else True,
            "exploration.method": page.impressions if config.exploration.method != "none" else True,
            "exploration.method: thompson": page.clicks if config.exploration.method == "thompson" else True,
            "caps": None if {cap.column for cap in config.caps} - page.codes.keys() else True,
        }
        missing = [name for name, value in needs.items() if value is None]
        if missing:
            raise ValueError(f"lists.{missing[0]} needs vectors, counts or codes that the page does not hold")


def _finite(scores: tf.Tensor) -> tf.Tensor:
    """Scores that can be compared: what is no number ranks last."""
    return tf.clip_by_value(tf.where(tf.math.is_nan(scores), -LARGEST, scores), -LARGEST, LARGEST)


def _then(order: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    return tf.gather(order, places, batch_dims=1)


def _filled(order: tf.Tensor, items: tf.Tensor) -> tf.Tensor:
    return tf.range(tf.shape(order)[1])[None] < items[:, None]
