"""What a list is made from, and what comes out."""

from dataclasses import dataclass, field
from typing import NamedTuple

import tensorflow as tf


@dataclass(frozen=True)
class ListPage:
    """Ranked candidates of pages; what no setting of ``lists`` asks for may be left out.

    Attributes:
        ids: string [P, N].
        scores: float32 [P, N].
        mask: what is an item, in any places, bool [P, N].
        vectors: of the items, for diversity, float32 [P, N, W]; of any length.
        codes: by column, for caps, int32 [P, N], negative where missing.
        impressions: of the items in the training log, for exploration, float32 [P, N].
        clicks: likewise.
        request: what names the request, string [P]: the same text gives the same draws; ``""`` new ones every time.
        pinned: ids that come first, string [P, M], ``""`` pads.
        blocked: ids that are never shown, string [P, M], ``""`` pads.
        boosted: ids whose score is multiplied, string [P, M], ``""`` pads.
        boost: their factors, float32 [P, M].
    """

    ids: tf.Tensor
    scores: tf.Tensor
    mask: tf.Tensor
    vectors: tf.Tensor | None = None
    codes: dict[str, tf.Tensor] = field(default_factory=dict)
    impressions: tf.Tensor | None = None
    clicks: tf.Tensor | None = None
    request: tf.Tensor | None = None
    pinned: tf.Tensor | None = None
    blocked: tf.Tensor | None = None
    boosted: tf.Tensor | None = None
    boost: tf.Tensor | None = None


class ShownList(NamedTuple):
    """What pages show: K is ``size``, or N where that is less.

    Attributes:
        index: places of the items in the candidates by position, int32 [P, K]; always below N.
        shown: whether the position has an item, bool [P, K]; the filled ones come first.
        propensity: probability that this item stands at this position, given the page: float32 [P, K], 0 where none is.
        explored: whether exploration brought the item, bool [P, K].
    """

    index: tf.Tensor
    shown: tf.Tensor
    propensity: tf.Tensor
    explored: tf.Tensor
