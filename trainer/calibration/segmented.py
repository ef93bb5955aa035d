"""Logistic calibration by segment."""

from typing import Any

import numpy as np
import tensorflow as tf

from trainer.calibration.calibrator import Calibrator
from trainer.calibration.platt import PlattCalibrator


class SegmentedCalibrator(Calibrator):
    """A logistic curve for each segment that had enough impressions; the curve of all for the others.

    Within a segment the order stays; between segments it may change, which is what segments are for.

    Args:
        everywhere: the curve of all.
        segments: curves by name of the segment.
        names: names of the segments by code.
    """

    kind = "segmented"

    def __init__(self, everywhere: PlattCalibrator, segments: dict[str, PlattCalibrator], names: list[str]) -> None:
        self.everywhere, self.segments, self.names = everywhere, segments, names

    @classmethod
    def fit(
        cls,
        logit: np.ndarray,
        label: np.ndarray,
        codes: np.ndarray,
        names: list[str],
        min_rows: int,
        least_events: int,
    ) -> "SegmentedCalibrator":
        """Fit all, then each segment that is large enough.

        Args:
            logit: float [M].
            label: [M], 0 or 1, both of them there.
            codes: the segment of each, int [M]; below 0 for none.
            names: names of the segments by code; an empty one has no curve of its own.
            min_rows: impressions that a segment needs.
            least_events: ones, and zeros, that a segment needs.
        """
        known = codes >= 0
        rows = np.bincount(codes[known], minlength=len(names))
        ones = np.bincount(codes[known], weights=label[known], minlength=len(names))
        enough = (rows >= min_rows) & (ones >= least_events) & (rows - ones >= least_events)
        fitted = {
            names[code]: PlattCalibrator.fit(logit[codes == code], label[codes == code])
            for code in np.flatnonzero(enough)
            if names[code]
        }
        return cls(PlattCalibrator.fit(logit, label), fitted, names)

    def __call__(self, logit: tf.Tensor, codes: tf.Tensor | None = None) -> tf.Tensor:
        """See `Calibrator`."""
        if codes is None:
            return self.everywhere(logit)
        curves = [self.segments.get(name, self.everywhere) for name in self.names]
        table = tf.constant([[c.slope, c.intercept] for c in [*curves, self.everywhere]], tf.float32)
        known = (codes >= 0) & (codes < len(curves))
        chosen = tf.gather(table, tf.where(known, codes, len(curves)))
        return tf.sigmoid(chosen[..., 0] * logit + chosen[..., 1])

    def as_dict(self) -> dict[str, Any]:
        """The curve of all, and the others by name."""
        return {
            "kind": self.kind,
            "everywhere": self.everywhere.as_dict(),
            "segments": {name: curve.as_dict() for name, curve in self.segments.items()},
        }
