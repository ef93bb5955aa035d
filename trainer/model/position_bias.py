"""The position bias tower, used in training only."""

import keras
import numpy as np
from keras import ops

RATE = 30.0
"""The logits are this times the weights: examination spans several logits, which the rate of the head would not reach."""


class PositionBias(keras.layers.Layer):
    """A logit for each position, added to the click logit in training (Guo et al. 2019, PAL, in additive form).

    The logits are centred over the positions of the training impressions, so that leaving the tower out at serving gives the
    click rate at an average position. Position 0, unknown, has none.

    Args:
        shares: share of the training impressions at each position, float [positions + 1], index 0 for unknown.
    """

    def __init__(self, shares: list[float], **kwargs) -> None:
        super().__init__(**kwargs, dtype="float32")
        self.shares = [float(s) for s in shares]
        known = np.array([0.0, *self.shares[1:]], np.float32)
        self.centre = known / max(known.sum(), 1e-9)
        self.logits = self.add_weight(shape=(len(self.shares),), initializer="zeros", name="logits")
        self.built = True

    def curve(self):
        """The centred logit of each position, float32 [positions + 1]."""
        logits = RATE * self.logits
        centred = logits - ops.sum(logits * self.centre)
        return centred * np.array([0.0] + [1.0] * (len(self.shares) - 1), np.float32)

    def call(self, position):
        """The logits of positions.

        Args:
            position: int [P, N], 1-based, 0 where unknown; deeper than any seen in training reads as the deepest.

        Returns:
            float32 [P, N]
        """
        return ops.take(self.curve(), ops.clip(position, 0, len(self.shares) - 1), axis=0)
