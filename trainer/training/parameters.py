"""How many parameters are trained."""

from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from trainer.model.ranker import Ranker


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of parameters.

    Attributes:
        total: all of the Ranker; low-rank additions, which are merged in the end, are not counted.
        trained: of the Ranker, with low-rank additions.
        backbone: of the backbone, without low-rank additions.
        backbone_trained: of the backbone, with low-rank additions.
    """

    total: int
    trained: int
    backbone: int
    backbone_trained: int

    @property
    def backbone_share(self) -> float:
        """Trained parameters of the backbone over all that it has."""
        return self.backbone_trained / self.backbone

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "backbone_share": self.backbone_share}

    def in_words(self) -> str:
        """One line."""
        return (
            f"training {self.trained:,} of {self.total:,} parameters; of the backbone {self.backbone_trained:,} of "
            f"{self.backbone:,} ({self.backbone_share:.2%})"
        )


def count_parameters(ranker: Ranker) -> ParameterCounts:
    """Count the parameters of a Ranker as it is set up for training."""
    return ParameterCounts(
        total=_count(ranker.weights, merged=True),
        trained=_count(ranker.trainable_weights),
        backbone=_count(ranker.encoder.weights, merged=True),
        backbone_trained=_count(ranker.encoder.trainable_weights),
    )


def _count(variables: list[Any], merged: bool = False) -> int:
    return sum(prod(v.shape) for v in variables if not (merged and v.name.startswith("lora_kernel")))
