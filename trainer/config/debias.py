"""How clicks are freed from the position at which items were shown."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.section import Positive, Section

Examination = Annotated[float, Field(gt=0.0, le=1.0)]


class CurveConfig(Section):
    """Where the examination curve comes from; one of the four keys.

    Attributes:
        power: examination at position k is 1 / k ** ``power``.
        examination: examination at positions 1, 2, 3, ...; deeper ones are as the last.
        table: CSV or Parquet with the columns ``position`` (1, 2, 3, ...) and ``examination``.
        estimate: learned from the training pages before training starts. ``regression_em``: relevance is a table of query
            and item, for logs that show the same pairs at several positions. ``boosted_regression_em``: relevance is
            boosted trees over text similarity and numbers of the item, for logs whose pairs hardly repeat.
    """

    power: Positive | None = None
    examination: list[Examination] | None = Field(default=None, min_length=1)
    table: Path | None = None
    estimate: Literal["regression_em", "boosted_regression_em"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "CurveConfig":
        names = ("power", "examination", "table", "estimate")
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"found {', '.join(given)}" if given else "found none of them"
            raise ValueError(f"give one of {', '.join(names)} ({found})")
        return self


class DebiasConfig(Section):
    """How clicks are freed from the position at which items were shown.

    Attributes:
        method: ``tower`` learns a click logit for each position, ``ipw`` weighs clicks by 1 / examination of their
            position, ``none`` does neither; without a method ``model.position_bias`` picks ``tower`` or ``none``.
        curve: of examination, which ``ipw`` needs.
        clip: examination below 1 / ``clip`` of that of the first position counts as 1 / ``clip``.
    """

    method: Literal["none", "tower", "ipw"] | None = None
    curve: CurveConfig | None = None
    clip: Annotated[float, Field(ge=1.0)] = 10.0

    @model_validator(mode="after")
    def _curve_is_there(self) -> "DebiasConfig":
        if self.method == "ipw" and self.curve is None:
            raise ValueError("method: ipw needs curve, for instance curve: {estimate: regression_em}")
        return self
