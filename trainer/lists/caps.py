"""At most so many items of one brand, category or seller close together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.config.lists import CapConfig
from trainer.lists.greedy import greedy_order


def item_codes(values: pd.Series) -> np.ndarray:
    """Numbers for the values of a column.

    Args:
        values: of any type, [I].

    Returns:
        int32 [I], the same number for the same value, -1 where there is none (missing, or text without a letter).
    """
    texts = values.astype("string").str.strip()
    return pd.factorize(texts.mask(texts == ""), use_na_sentinel=True)[0].astype(np.int32)


def capped_order(
    codes: Sequence[tf.Tensor],
    mask: tf.Tensor,
    caps: Sequence[CapConfig],
    size: int,
    fixed: tf.Tensor | None = None,
    drop: bool = False,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Each position takes the first item left that breaks no cap; the items passed over move down.

    Where every item left breaks a cap the first of them is taken all the same, or, with ``drop``, the list ends.

    Args:
        codes: for each cap the values of its column, int32 [P, N]; negative where missing, which no cap counts. Items are
            ranked, best first.
        mask: bool [P, N], what is an item.
        caps: what must hold.
        size: positions that are shown; rolling caps hold there.
        fixed: int32 [P], items at the head of each page that stay and count, whatever the caps say, or None.
        drop: whether the list ends where every item left breaks a cap.

    Returns:
        Places of the items by position, int32 [P, N], and how many positions of each page are filled, int32 [P].
    """
    top = max((size if cap.rolling else min(cap.within, size)) for cap in caps)

    def keys(step: tf.Tensor, state: Any) -> tf.Tensor:
        allowed = tf.ones_like(mask)
        for cap, code, count in zip(caps, codes, state[1:], strict=True):
            fits = (count < cap.most) | (code < 0)
            allowed &= fits if cap.rolling else fits | (step >= cap.within)
        return tf.cast(allowed, tf.float32)

    def update(step: tf.Tensor, pick: tf.Tensor, chosen: tf.Tensor, best: tf.Tensor, state: Any) -> list[tf.Tensor]:
        filled, *counts = state
        stays = tf.zeros_like(best, tf.bool) if fixed is None else step < fixed
        filled = tf.where((best == 0.0) & ~stays, tf.minimum(filled, step), filled)
        for place, (cap, code) in enumerate(zip(caps, codes, strict=True)):
            counts[place] += _same(code, pick)
            if cap.rolling:
                leaving = step + 1 - cap.within
                left = tf.argmax(chosen == leaving, axis=1, output_type=tf.int32)
                counts[place] -= tf.where(leaving >= 0, _same(code, left), 0)
        return [filled, *counts]

    items = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    state = [items, *(tf.zeros_like(code) for code in codes)]
    order, (filled, *_) = greedy_order(mask, top, fixed, keys, update, state)
    return order, filled if drop else items


def _same(codes: tf.Tensor, pick: tf.Tensor) -> tf.Tensor:
    return tf.cast(codes == tf.gather(codes, pick, batch_dims=1)[:, None], tf.int32)
