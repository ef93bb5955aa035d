"""Multitask heads: from one vector a candidate to one logit a task."""

from trainer.model.heads.esmm import EntireSpaceHead
from trainer.model.heads.head import Head
from trainer.model.heads.shared_bottom import SharedBottomHead

HEADS: dict[str, type[Head]] = {"esmm": EntireSpaceHead, "shared_bottom": SharedBottomHead}

__all__ = ["HEADS", "EntireSpaceHead", "Head", "SharedBottomHead"]
