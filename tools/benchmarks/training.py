"""What encoding each text of a batch once saves in training."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from tools.benchmarks.figures import Figure, Result
from tools.benchmarks.simulated_data import moved, simulated_data
from trainer.config import Experiment, load_experiment
from trainer.data.prepared import Prepared
from trainer.model.build import POLICIES, build_ranker
from trainer.text.backbone import load_backbone
from trainer.training.batches import PageBatches
from trainer.training.optimizer import build_optimizer
from trainer.training.run import build_packers, set_seed
from trainer.training.step import RankerTraining, objective_of
from trainer.training.tables import build_tables
from trainer.training.training_pages import training_pages

STEPS = 5
WAYS = ("plain", "once", "grouped")


def benchmark_training(config: Path, steps: int = STEPS) -> Result:
    """Train a few steps of a simulated experiment, with data of its own.

    Args:
        config: an experiment with a section ``simulate``.
        steps: timed each way.

    Returns:
        Candidates a second, and ratios to encoding every candidate's text.

    Raises:
        NotHere: if the backbone's weights are not here.
        InputError: if the experiment is wrong or simulates nothing.
    """
    with tempfile.TemporaryDirectory(prefix="shelfrank-benchmark-") as name:
        experiment = moved(load_experiment(config), Path(name))
        prepared = simulated_data(config, experiment)
        speeds, encoded = measure_training(experiment, prepared, steps)
    pages = f"{experiment.train.pages_per_batch} pages a batch"
    return Result("training", f"{config}, {experiment.model.interaction}, {pages}", training_figures(speeds, encoded))


def measure_training(
    experiment: Experiment, prepared: Prepared, steps: int
) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
    """Time training steps in three ways, in turns: ``plain``, each candidate's text and each page's query encoded on its
    own; ``once``, each distinct text of a batch of chance pages encoded once; ``grouped``, the same with the pages of a
    query together.

    Args:
        experiment: the experiment; ``group_queries`` is set by the way.
        prepared: its pages.
        steps: timed each way, after one that is not.

    Returns:
        By way, for each step: candidates a second, and texts and pairs encoded. Making the batch is not part of a step: in
        training it happens beside the steps.
    """
    set_seed(experiment.seed)
    config = experiment.train
    pages = training_pages(experiment, prepared)
    backbone, tokenizer = load_backbone(
        experiment.encoder.backbone, POLICIES[config.precision], experiment.encoder.dropout
    )
    packers = build_packers(experiment, tokenizer)
    ranker = build_ranker(experiment, prepared.statistics, backbone, tokenizer.pad_token_id, config.precision)
    tables = build_tables(experiment, ranker, packers, prepared.items, pages, prepared.statistics.get("relevance"))
    pairs = ranker.interaction.needs_pairs
    ungrouped, grouped = (
        PageBatches(pages, tables, config.pages_per_batch, group, pairs, False, experiment.seed)
        for group in (False, True)
    )
    model = RankerTraining(ranker, objective_of(experiment.loss, ranker))
    optimizer = build_optimizer(config, ranker.encoder, ranker, (steps + 1) * len(WAYS))
    model.compile(optimizer=optimizer)
    optimizer.build(ranker.trainable_variables)
    step = tf.function(model.train_step, input_signature=[ungrouped.dataset(0).element_spec])
    speeds: dict[str, list[float]] = {way: [] for way in WAYS}
    encoded: dict[str, list[int]] = {way: [] for way in WAYS}
    for number, (chance, together) in enumerate(zip(ungrouped.from_step(0), grouped.from_step(0), strict=False)):
        if number > steps:
            break
        for way, batch in zip(WAYS, (unshared(chance), chance, together), strict=True):
            tensors = {name: tf.constant(value) for name, value in batch.items()}
            began = time.perf_counter()
            found = step(tensors)
            # Reading it waits for the gradients, on a GPU too.
            float(found["gradient_norm"])
            seconds = time.perf_counter() - began
            if number:
                speeds[way].append(float(found["candidates"]) / seconds)
                encoded[way].append(texts_of(batch))
    return speeds, encoded


def unshared(batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same batch with a text of its own for each candidate and each page's query.

    Args:
        batch: as `trainer.training.batches.PageBatches` makes it.
    """
    mask = batch["mask"]
    rows = batch["item_row"][mask]
    out = dict(batch)
    out["query_tokens"] = batch["query_tokens"][batch["query_row"]]
    out["query_row"] = np.arange(len(batch["query_row"]), dtype=np.int32)
    for name in ("item_tokens", *(name for name in batch if name.startswith("item."))):
        out[name] = batch[name][rows]
    own = np.zeros(mask.shape, np.int32)
    own[mask] = np.arange(len(rows), dtype=np.int32)
    out["item_row"] = own
    if "pair_row" in batch:
        out["pair_query"] = np.repeat(out["query_row"], mask.sum(axis=1)).astype(np.int32)
        out["pair_item"] = np.arange(len(rows), dtype=np.int32)
        out["pair_row"] = own
    return out


def texts_of(batch: dict[str, np.ndarray]) -> int:
    """Texts, and pairs of texts, that a batch has encoded."""
    return sum(len(batch[name]) for name in ("query_tokens", "item_tokens", "pair_query") if name in batch)


def training_figures(speeds: dict[str, list[float]], encoded: dict[str, list[int]]) -> list[Figure]:
    """Medians of each way, and of its ratios to the plain step just before it, which a busy machine slowed alike."""
    meanings = {
        "plain": "each text of each candidate",
        "once": "each text of a batch once",
        "grouped": "the same, pages grouped by query",
    }
    figures: list[Figure] = []
    for way in WAYS:
        figures += [
            Figure(f"{way}.candidates_per_second", meanings[way], statistics.median(speeds[way]), "candidates/s"),
            Figure(f"{way}.texts_per_step", "  texts encoded a step", statistics.median(encoded[way])),
        ]
    for way in WAYS[1:]:
        ratios = [fast / plain for fast, plain in zip(speeds[way], speeds["plain"], strict=True)]
        figures.append(Figure(f"{way}.speed_up", f"{meanings[way]}: speed-up", statistics.median(ratios), "times"))
    return figures
