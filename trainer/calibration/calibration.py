"""Everything that was fitted after training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from trainer.calibration.calibrator import Calibrator, logit_of
from trainer.calibration.feature_segment import FeatureSegment
from trainer.calibration.isotonic import IsotonicCalibrator
from trainer.calibration.platt import PlattCalibrator
from trainer.calibration.query_band import HEAD, TORSO, QueryBand
from trainer.calibration.segment import Segment
from trainer.calibration.segmented import SegmentedCalibrator
from trainer.config import Experiment
from trainer.config.calibration import QUERY_FREQUENCY, CalibrationConfig

TABLES = ("items", "users", "context")


@dataclass(frozen=True)
class Calibration:
    """Calibrated CTR and CTCVR, both of all impressions; CVR is their quotient.

    CTR and CTCVR are calibrated, and not CVR, because their labels are known of every impression, while a purchase after a
    click is known of clicked ones only; and because an increasing map of CTCVR itself leaves its order as it was.
    CTCVR is capped at CTR, so CVR is within 0 and 1.

    A calibrated CTR is the click rate at the positions where the log showed such candidates, averaged over them: the clicks
    it is fitted on were made at those positions, and no position is known when a page is ranked. It is not the rate at
    position 1, nor that of a candidate whatever its position: where a log shows good candidates higher up, part of their
    rate comes from the place.

    Attributes:
        config: how it was fitted.
        ctr: the map of CTR.
        ctcvr: the map of CTCVR, or None where there were too few purchases; then CVR stays and CTCVR is CTR * CVR.
        segment: what parts candidates into segments, or None.
        fitted: what it was fitted on: ``rows``, ``clicks``, ``purchases``, and by target the calibration error on these
            same pages, before and after.
        notes: what a reader should know.
    """

    config: CalibrationConfig
    ctr: Calibrator
    ctcvr: Calibrator | None = None
    segment: Segment | None = None
    fitted: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def resources(self) -> list[Any]:
        """Look-up tables, which a saved module must hold."""
        return [] if self.segment is None else self.segment.resources

    def __call__(self, values: Mapping[str, tf.Tensor], page: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """Calibrate pages.

        Args:
            values: ``ctr``, ``cvr``, ``ctcvr`` and others, float32 [P, N].
            page: what segments are read from; see `trainer.score.outputs.PageOutputs`.

        Returns:
            The values with the calibrated ones, and ``ctr_uncalibrated``, ``ctcvr_uncalibrated``.
        """
        codes = None if self.segment is None else self.segment.codes(page)
        ctr = self.ctr(logit_of(values["ctr"]), codes)
        if self.ctcvr is None:
            cvr = values["cvr"]
            ctcvr = ctr * cvr
        else:
            ctcvr = tf.minimum(self.ctcvr(logit_of(values["ctcvr"]), codes), ctr)
            cvr = tf.clip_by_value(ctcvr / tf.maximum(ctr, np.float32(1e-30)), 0.0, 1.0)
        before = {f"{name}_uncalibrated": values[name] for name in ("ctr", "ctcvr")}
        return {**values, "ctr": ctr, "cvr": cvr, "ctcvr": ctcvr, **before}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "config": self.config.model_dump(mode="json"),
            "ctr": self.ctr.as_dict(),
            "ctcvr": None if self.ctcvr is None else self.ctcvr.as_dict(),
            "segment": None if self.segment is None else self.segment.as_dict(),
            "fitted": self.fitted,
            "notes": self.notes,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any], experiment: Experiment, statistics: Mapping[str, Any]) -> "Calibration":
        """Read what `as_dict` gave.

        Args:
            raw: what JSON gave.
            experiment: which declares the features.
            statistics: of the training pages.
        """
        config = CalibrationConfig.model_validate(raw["config"])
        segment: Segment | None = None
        if config.segment == QUERY_FREQUENCY:
            segment = QueryBand(raw["segment"][HEAD], raw["segment"][TORSO])
        elif config.segment is not None:
            segment = feature_segment(config.segment, experiment, statistics)
        names = [] if segment is None else segment.names
        ctcvr = None if raw["ctcvr"] is None else _calibrator(raw["ctcvr"], names)
        return cls(config, _calibrator(raw["ctr"], names), ctcvr, segment, raw["fitted"], raw["notes"])


def feature_segment(name: str, experiment: Experiment, statistics: Mapping[str, Any]) -> FeatureSegment:
    """The segments of a declared categorical feature.

    Args:
        name: of the feature.
        experiment: which declares it.
        statistics: of the training pages, with its vocabulary.
    """
    table = next(t for t in TABLES if any(f.name == name for f in getattr(experiment.features, t)))
    return FeatureSegment(name, table, statistics["features"][table][name]["vocabulary"])


def _calibrator(raw: dict[str, Any], names: list[str]) -> Calibrator:
    if raw["kind"] == IsotonicCalibrator.kind:
        return IsotonicCalibrator(raw["logit"], raw["probability"])
    if raw["kind"] == SegmentedCalibrator.kind:
        segments = {name: _platt(curve) for name, curve in raw["segments"].items()}
        return SegmentedCalibrator(_platt(raw["everywhere"]), segments, names)
    return _platt(raw)


def _platt(raw: dict[str, Any]) -> PlattCalibrator:
    return PlattCalibrator(raw["slope"], raw["intercept"])
