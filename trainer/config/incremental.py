"""Going on from a finished run with the days that came since."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from trainer.config.section import Positive, Section
from trainer.config.train import TrainConfig

Replay = Annotated[float, Field(ge=0.0, lt=1.0)]
Factor = Annotated[float, Field(gt=0.0, le=1.0)]


class IncrementalConfig(Section):
    """How ``shelfrank train --continue`` goes on from a finished run; experience replay (Rolnick et al. 2019) keeps what
    the run has learned from being forgotten.

    Attributes:
        base: the run folder that is continued; set by ``--continue``, null for a training from the pretrained weights.
        base_data: hash of the data that ``base`` was trained on; set by ``--continue``.
        replay: share of the pages trained on that are old ones, drawn by the seed from the training pages of ``base``.
        learning_rate_factor: both rates of ``train`` times this.
        epochs: passes over new and replayed pages, in place of ``train.epochs``; may be a fraction.
    """

    base: Path | None = None
    base_data: str | None = None
    replay: Replay = 0.5
    learning_rate_factor: Factor = 0.3
    epochs: Positive = 1.0

    @model_validator(mode="after")
    def _base_and_its_data(self) -> "IncrementalConfig":
        if (self.base is None) != (self.base_data is None):
            raise ValueError("base and base_data: go together; use `shelfrank train --continue RUN`, which sets both")
        return self

    def applied_to(self, train: TrainConfig) -> TrainConfig:
        """What a run is trained with: ``train`` itself, or its lower rates and other epochs where a run is continued."""
        if self.base is None:
            return train
        rates = {
            name: getattr(train, name) * self.learning_rate_factor for name in ("learning_rate", "head_learning_rate")
        }
        return train.model_copy(update={**rates, "epochs": self.epochs})
