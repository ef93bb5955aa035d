"""Weights of clicks by the examination of their position."""

import numpy as np
from keras import ops

from trainer.debiasing.examination_curve import ExaminationCurve


class PropensityWeights:
    """Weights mean examination / examination of the position (Joachims et al. 2017), clipped and stabilised.

    A click at position k, where a share e(k) of the users looks, stands for 1 / e(k) of them. Examination below 1 / clip
    counts as 1 / clip, which bounds the variance at the price of some bias (Joachims et al. 2017, section 4.2; Strehl et
    al. 2010). The factor, mean examination over the training impressions, is the same for all clicks (stabilised weights:
    Robins, Hernán and Brumback 2000): it changes no order, leaves the loss at the scale of the unweighted one, and makes
    the learned CTR that of an item at an average position, as leaving out a position tower does.

    Args:
        curve: examination by position.
        clip: 1 or more.
    """

    def __init__(self, curve: ExaminationCurve, clip: float) -> None:
        clipped = np.maximum(curve.examination, 1.0 / clip)
        shown = curve.impressions.sum()
        self.mean = float((clipped * curve.impressions).sum() / shown) if shown else 1.0
        self.table = np.concatenate([[1.0], self.mean / clipped]).astype(np.float32)

    def __call__(self, position):
        """The weights of impressions.

        Args:
            position: int [P, N], 1-based, 0 where unknown (weight 1); deeper than the curve reads as its last.

        Returns:
            float32 [P, N]
        """
        return ops.take(self.table, ops.clip(position, 0, len(self.table) - 1), axis=0)
