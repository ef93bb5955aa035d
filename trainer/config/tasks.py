"""Tasks beside clicks, purchases and relevance."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.section import Positive, Section

TAKEN = {"ctr", "cvr", "ctcvr", "relevance", "score", "imputation", "shared", "gauc", "mrr", "judged", "truth"}
LABELS_AND_KEYS = {
    "request_id",
    "timestamp",
    "user_id",
    "query",
    "item_id",
    "position",
    "clicked",
    "purchased",
}


class TaskConfig(Section):
    """A task that is learned from a column of the search log, with a tower of its own in the heads.

    It is trained and measured beside clicks and purchases, whose predictions it may better; serving does not answer it.

    Attributes:
        name: names its metrics and its part of the loss.
        column: of ``data.search_log`` (of ``data.events.impressions``). Empty where nothing is known.
        loss: ``bce``: cross-entropy of 0 and 1; ``mse``, ``huber``: squared or Huber's error of a number, which is
            standardised by the training pages.
        weight: of the task in the loss.
        on: the impressions on which it counts: all with a label, the clicked or the purchased ones.
        delta: ``huber``: standard deviations beyond which the error grows linearly; null for 1.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    column: Annotated[str, Field(min_length=1)]
    loss: Literal["bce", "mse", "huber"] = "bce"
    weight: Positive = 1.0
    on: Literal["all", "clicked", "purchased"] = "all"
    delta: Positive | None = None

    @property
    def is_probability(self) -> bool:
        """Whether the label is 0 or 1."""
        return self.loss == "bce"

    @model_validator(mode="after")
    def _usable(self) -> "TaskConfig":
        if self.name in TAKEN:
            raise ValueError(f"name: {self.name!r} is taken; choose another")
        if self.column in LABELS_AND_KEYS:
            raise ValueError(
                f"column: {self.column!r} is a column of every search log; name the one that holds the label"
            )
        if self.delta is not None and self.loss != "huber":
            raise ValueError(f"delta: goes with loss: huber, found loss: {self.loss}")
        return self
