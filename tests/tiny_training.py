"""The training model of the small shop, without the rest of a run."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import small_shop
from trainer.adversarial import build_method
from trainer.config import Experiment
from trainer.model.build import POLICIES, build_ranker
from trainer.text.backbone import load_backbone
from trainer.text.finetuning import limit_training
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.batches import PageBatches
from trainer.training.optimizer import build_optimizer
from trainer.training.run import build_packers
from trainer.training.step import RankerTraining, objective_of
from trainer.training.tables import build_tables

STEPS = 20


def training_model(experiment: Experiment, shaken: bool = True) -> RankerTraining:
    """A training model, seeded; ``shaken`` moves the heads from their start at 0, so that every part has a gradient."""
    keras.utils.set_random_seed(experiment.seed)
    config = experiment.train
    backbone, tokenizer = load_backbone(
        experiment.encoder.backbone, POLICIES[config.precision], experiment.encoder.dropout
    )
    ranker = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id, config.precision)
    limit_training(ranker.encoder, experiment.finetune)
    if shaken:
        random = np.random.default_rng(1)
        for variable in ranker.head.trainable_variables:
            variable.assign_add(random.normal(0, 0.3, variable.shape))
    objective = objective_of(experiment.loss, ranker)
    method = build_method(experiment.adversarial, STEPS, experiment.seed)
    teaching = experiment.augmentation.self_teaching
    model = RankerTraining(ranker, objective, experiment.loss.l2, method, config.r_drop, teaching)
    optimizer = build_optimizer(config, ranker.encoder, ranker, STEPS, experiment.finetune)
    model.compile(optimizer=optimizer, jit_compile=config.xla)
    optimizer.build(ranker.trainable_variables)
    return model


def batch_of(experiment: Experiment, model: RankerTraining, count: int = 4) -> dict[str, Any]:
    """The first pages of the shop as tensors, their texts as the first epoch has them."""
    pages, items = small_shop.pages(), small_shop.items()
    packers = build_packers(experiment, load_backbone(experiment.encoder.backbone)[1])
    tables = build_tables(experiment, model.ranker, packers, items, pages)
    tables.memory[:] = np.random.default_rng(2).normal(size=tables.memory.shape)
    pairs = model.ranker.interaction.needs_pairs
    batches = PageBatches(pages, tables, count, True, pairs, experiment.train.xla, experiment.seed)
    texts = AugmentedTexts(experiment, packers, pages, items, tables)
    return {name: tf.constant(value) for name, value in batches.batch(np.arange(count), texts.epoch(0)).items()}


def made(preset: Path, folder: Path, shaken: bool = True, **sections: Any) -> tuple[RankerTraining, dict[str, Any]]:
    """A training model and a batch for it."""
    experiment = small_shop.experiment(preset, folder, **sections)
    model = training_model(experiment, shaken)
    return model, batch_of(experiment, model)
