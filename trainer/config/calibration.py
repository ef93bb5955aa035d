"""Calibration after training."""

from typing import Literal

from pydantic import model_validator

from trainer.config.section import Count, Section

QUERY_FREQUENCY = "query_frequency"


class CalibrationConfig(Section):
    """Probabilities made to agree with the rates that were seen, after training and inside the exported graph.

    ``shelfrank train`` fits it as its last step, with the best weights; ``shelfrank calibrate`` fits it anew.

    Attributes:
        method: a logistic curve over the logit (``platt``), an increasing piecewise linear curve (``isotonic``), or none.
        segment: with ``platt``, a curve for each value of this declared ``categorical`` feature, or for frequent,
            middling and rare queries with ``query_frequency``; ``null`` has one curve for all.
        split: the pages that it is fitted on; ``train`` is for a log too small to spare any, and flatters the fit.
        min_rows: impressions that a fit needs; a segment with fewer takes the curve of all.
    """

    method: Literal["none", "platt", "isotonic"] = "none"
    segment: str | None = None
    split: Literal["valid", "train"] = "valid"
    min_rows: Count = 1000

    @model_validator(mode="after")
    def _segments_are_logistic(self) -> "CalibrationConfig":
        if self.segment is not None and self.method != "platt":
            raise ValueError(f"segment: {self.segment} goes with method: platt")
        return self
