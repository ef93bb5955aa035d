"""What each way of training costs, as a multiple of a plain step."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np
import tensorflow as tf
from rich.console import Console

from tools.benchmarks.figures import Figure, Result
from tools.benchmarks.simulated_data import moved, simulated_data
from trainer.adversarial import build_method
from trainer.config import Experiment, load_experiment, validate_section
from trainer.data.prepared import Prepared
from trainer.evaluation.scorer import RankerScorer
from trainer.model.build import POLICIES, build_ranker
from trainer.text.backbone import load_backbone
from trainer.text.finetuning import limit_training
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.batches import PageBatches
from trainer.training.encoded_once import can_encode_once, encode_once
from trainer.training.optimizer import build_optimizer
from trainer.training.run import build_packers, set_seed
from trainer.training.step import RankerTraining, objective_of
from trainer.training.tables import build_tables
from trainer.training.training_pages import training_pages

STEPS = 5
PAGES = 200
PLAIN = "plain"
Sections = Mapping[str, Mapping[str, Any]]
WAYS: dict[str, Sections] = {
    PLAIN: {},
    "fgm": {"adversarial": {"method": "fgm", "epsilon": 1.0}},
    "pgd_2": {"adversarial": {"method": "pgd", "epsilon": 1.0, "steps": 2}},
    "freelb_2": {"adversarial": {"method": "freelb", "epsilon": 1.0, "steps": 2}},
    "vat_1": {"adversarial": {"method": "vat", "epsilon": 1.0}},
    "awp": {"adversarial": {"method": "awp", "epsilon": 0.01}},
    "r_drop": {"train": {"r_drop": 1.0}},
    "self_teaching": {
        "augmentation": {
            "methods": [{"method": "keyboard_typos", "queries": 1.0}],
            "self_teaching": 1.0,
            "rewritings": 20,
        }
    },
    "lora_8": {"finetune": {"lora_rank": 8}},
    "freeze_half": {},
    "freeze_all": {},
    "ema": {"finetune": {"ema": 0.999}},
    "mmoe": {"model": {"heads": "mmoe"}},
    "ple": {"model": {"heads": "ple"}},
    "escm2_dr": {"model": {"heads": "escm2_dr"}},
}
MEANINGS = {
    PLAIN: "plain step",
    "fgm": "FGM",
    "pgd_2": "PGD, 2 steps",
    "freelb_2": "FreeLB, 2 steps",
    "vat_1": "VAT, 1 power iteration",
    "awp": "AWP",
    "r_drop": "R-Drop",
    "self_teaching": "self-teaching on misspelt queries",
    "lora_8": "LoRA of rank 8",
    "freeze_half": "embeddings and lower half frozen",
    "freeze_all": "all of the encoder frozen, texts encoded once",
    "ema": "weight average",
    "mmoe": "head MMoE",
    "ple": "head PLE",
    "escm2_dr": "head ESCM2-DR",
}
FROZEN = {"freeze_half": 0.5, "freeze_all": 1.0}
"""Share of the layers that a way freezes, with the embeddings."""
SMALL = {"num_layers": 2, "num_heads": 4, "hidden_dim": 64, "intermediate_dim": 128, "max_sequence_length": 128}

Step = Callable[[dict[str, tf.Tensor]], dict[str, tf.Tensor]]


def benchmark_steps(config: Path, steps: int = STEPS, small: bool = False) -> Result:
    """Time a training step of each way on the same batches of a simulated experiment.

    Args:
        config: an experiment with a section ``simulate``.
        steps: timed for each way.
        small: whether to take a small random backbone instead of the experiment's.

    Returns:
        Medians, and their multiples of the plain step.

    Raises:
        NotHere: if the backbone's weights are not here.
        InputError: if the experiment is wrong or simulates nothing.
    """
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as name:
        experiment = moved(load_experiment(config), Path(name))
        if small:
            backbone = small_backbone(Path(name) / "backbone")
            experiment = with_sections(experiment, {"encoder": {"backbone": str(backbone)}})
        prepared = simulated_data(config, experiment, ", or give --small", pages=PAGES)
        seconds = measure_steps(experiment, prepared, steps)
    size = "a small random backbone" if small else experiment.encoder.backbone
    return Result("steps", f"{config}, {size}, {experiment.train.pages_per_batch} pages a batch", step_figures(seconds))


def small_backbone(folder: Path) -> Path:
    """Write a random backbone of two layers, whose vocabulary is the letters and digits, as a Keras preset."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    backbone = keras_nlp.models.BertBackbone(vocabulary_size=len(vocabulary), **SMALL)
    backbone.save_to_preset(str(folder))
    keras_nlp.models.BertTokenizer(vocabulary=vocabulary, lowercase=True).save_to_preset(str(folder))
    return folder


def with_sections(experiment: Experiment, sections: Sections) -> Experiment:
    """The experiment with other values in some sections, validated."""
    raw = experiment.model_dump()
    changed = {name: {**raw[name], **values} for name, values in sections.items()}
    return validate_section(Experiment, {**raw, **changed}, "benchmark")


def measure_steps(
    experiment: Experiment, prepared: Prepared, steps: int, ways: Mapping[str, Sections] = WAYS
) -> dict[str, list[float]]:
    """Time the ways in turns, so that a busy machine slows all alike.

    Args:
        experiment: the experiment.
        prepared: its pages.
        steps: timed for each way, after one that is not.
        ways: sections to change, by way.

    Returns:
        By way: seconds of each step, without the making of the batch.
    """
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    made: dict[str, tuple[Step, Iterator[dict[str, np.ndarray]]]] = {}
    for way, sections in ways.items():
        varied = with_sections(experiment, sections)
        step, batches = training_step(varied, prepared, FROZEN.get(way))
        made[way] = step, batches.from_step(0)
    for number in range(steps + 1):
        for way, (step, stream) in made.items():
            tensors = {name: tf.constant(value) for name, value in next(stream).items()}
            began = time.perf_counter()
            # Reading it waits for the gradients, on a GPU too.
            float(step(tensors)["gradient_norm"])
            if number:
                seconds[way].append(time.perf_counter() - began)
    return seconds


def training_step(experiment: Experiment, prepared: Prepared, frozen: float | None = None) -> tuple[Step, PageBatches]:
    """A traced training step of an experiment, and the batches for it.

    Args:
        experiment: the experiment.
        prepared: its pages.
        frozen: share of the layers to freeze from the lowest up, with the embeddings; None for what the experiment says.
    """
    set_seed(experiment.seed)
    config = experiment.train
    pages = training_pages(experiment, prepared)
    backbone, tokenizer = load_backbone(
        experiment.encoder.backbone, POLICIES[config.precision], experiment.encoder.dropout
    )
    ranker = build_ranker(experiment, prepared.statistics, backbone, tokenizer.pad_token_id, config.precision)
    finetune = experiment.finetune
    if frozen is not None:
        finetune = finetune.model_copy(update={"freeze_layers": int(frozen * len(ranker.encoder.transformer_layers))})
    limit_training(ranker.encoder, finetune)
    packers = build_packers(experiment, tokenizer)
    tables = build_tables(experiment, ranker, packers, prepared.items, pages, prepared.statistics.get("relevance"))
    if can_encode_once(experiment, ranker):
        scorer = RankerScorer(experiment, ranker, packers)
        tables = encode_once(tables, scorer, np.unique(pages.item), Console(quiet=True))
    batches = PageBatches(
        pages,
        tables,
        config.pages_per_batch,
        config.group_queries,
        ranker.interaction.needs_pairs,
        config.xla,
        experiment.seed,
        AugmentedTexts(experiment, packers, pages, prepared.items, tables),
    )
    objective = objective_of(experiment.loss, ranker)
    method = build_method(experiment.adversarial, batches.steps_per_epoch, experiment.seed)
    model = RankerTraining(
        ranker, objective, experiment.loss.l2, method, config.r_drop, experiment.augmentation.self_teaching
    )
    optimizer = build_optimizer(config, ranker.encoder, ranker, batches.steps_per_epoch, finetune)
    model.compile(optimizer=optimizer)
    optimizer.build(ranker.trainable_variables)
    step = tf.function(
        model.train_step, input_signature=[batches.dataset(0).element_spec], jit_compile=config.xla or None
    )
    return step, batches


def step_figures(seconds: dict[str, list[float]]) -> list[Figure]:
    """The median of each way, and of its ratios to the plain step on the same batch."""
    figures = [Figure(f"{way}.seconds", MEANINGS[way], statistics.median(found), "s") for way, found in seconds.items()]
    for way, found in seconds.items():
        if way != PLAIN:
            ratios = [own / plain for own, plain in zip(found, seconds[PLAIN], strict=True)]
            figures.append(
                Figure(f"{way}.times_plain", f"{MEANINGS[way]} over a plain step", statistics.median(ratios))
            )
    return figures
