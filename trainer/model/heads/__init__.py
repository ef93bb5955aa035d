"""Multitask heads: from one vector a candidate to one output a task."""

from trainer.model.heads.escm2_dr import DoublyRobustHead
from trainer.model.heads.escm2_ips import InversePropensityHead
from trainer.model.heads.esmm import EntireSpaceHead
from trainer.model.heads.head import Head, log_odds
from trainer.model.heads.mmoe import MixtureOfExpertsHead
from trainer.model.heads.ple import ProgressiveExtractionHead
from trainer.model.heads.shared_bottom import SharedBottomHead

HEADS: dict[str, type[Head]] = {
    "shared_bottom": SharedBottomHead,
    "esmm": EntireSpaceHead,
    "mmoe": MixtureOfExpertsHead,
    "ple": ProgressiveExtractionHead,
    "escm2_ips": InversePropensityHead,
    "escm2_dr": DoublyRobustHead,
}

__all__ = [
    "HEADS",
    "DoublyRobustHead",
    "EntireSpaceHead",
    "Head",
    "InversePropensityHead",
    "MixtureOfExpertsHead",
    "ProgressiveExtractionHead",
    "SharedBottomHead",
    "log_odds",
]
