"""A run of the small shop whose weights are random: what training would have made of them does not matter."""

from pathlib import Path

import numpy as np

import small_shop
from trainer.config import Experiment
from trainer.model.build import build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.run import Run, build_packers


def random_run(folder: Path, experiment: Experiment) -> Run:
    """A run with its heads moved from their start at 0, so that items differ."""
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    statistics = small_shop.statistics()
    ranker = build_ranker(experiment, statistics, backbone, tokenizer.pad_token_id)
    random = np.random.default_rng(1)
    for variable in ranker.head.trainable_variables:
        variable.assign_add(random.normal(0, 0.3, variable.shape))
    return Run(folder, experiment, statistics, ranker, build_packers(experiment, tokenizer))
