"""A run folder: everything that one training made, and how to load it again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from trainer.calibration.calibration import Calibration
from trainer.calibration.storage import read_calibration
from trainer.config import Experiment, dump_experiment, load_experiment
from trainer.errors import InputError
from trainer.model.build import build_ranker
from trainer.model.ranker import Ranker
from trainer.score.outputs import PageOutputs
from trainer.text.backbone import build_architecture, load_backbone
from trainer.text.lora import merged_lora
from trainer.text.packing import TextPacker
from trainer.text.spelling import Spelling, write_spelling
from trainer.written import replacing, write_text

CONFIG, STATISTICS, HISTORY = "config.yaml", "statistics.json", "history.json"
CHECKPOINT, BEST, FINISHED = "checkpoint.npz", "best.weights.h5", "finished.json"
SPELLING = "spelling"


@dataclass(frozen=True)
class Run:
    """A trained run, loaded in float32.

    Attributes:
        folder: the run folder.
        experiment: as it was trained.
        statistics: of the training pages.
        ranker: with the best weights.
        packers: ``query`` and ``item``.
        calibration: what was fitted after training, or None.
    """

    folder: Path
    experiment: Experiment
    statistics: dict[str, Any]
    ranker: Ranker
    packers: dict[str, TextPacker]
    calibration: Calibration | None = None

    @property
    def outputs(self) -> PageOutputs:
        """From logits to calibrated probabilities and the score that ranks."""
        return PageOutputs.of(self.experiment, self.statistics["features"]["items"], self.calibration)


def read_run_config(folder: Path, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment of a run folder.

    Args:
        folder: what ``shelfrank train`` wrote.
        overrides: ``key=value``, of sections that do not concern the training.

    Raises:
        InputError: if the folder is no run, or an override is wrong.
    """
    if not (folder / CONFIG).is_file():
        raise InputError(f"{folder}: no run folder ({CONFIG} is missing); give a folder that `shelfrank train` wrote")
    return load_experiment(folder / CONFIG, list(overrides))


def load_run(folder: Path, calibrated: bool = True, overrides: Sequence[str] = ()) -> Run:
    """Load a trained run.

    Args:
        folder: what ``shelfrank train`` wrote.
        calibrated: whether with its calibration; without, to fit one.
        overrides: see `read_run_config`.

    Returns:
        The run in float32.

    Raises:
        InputError: if the folder is no run, is not finished, not calibrated or is damaged.
    """
    experiment = read_run_config(folder, overrides)
    if not (folder / FINISHED).is_file():
        raise InputError(f"{folder}: training has not finished; run `shelfrank train` again, it goes on where it was")
    statistics = read_json(folder / STATISTICS)
    backbone, tokenizer = build_architecture(folder)
    packers = build_packers(experiment, tokenizer, read_spelling(experiment, folder))
    ranker = build_ranker(experiment, statistics, backbone, tokenizer.pad_token_id)
    try:
        ranker.load_weights(folder / BEST)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{folder / BEST}: damaged weights ({' '.join(str(error).split())[:160]}); train again"
        ) from None
    calibration = read_calibration(folder, experiment, statistics) if calibrated else None
    return Run(folder, experiment, statistics, ranker, packers, calibration)


def load_zero_shot(run: Run) -> Ranker:
    """The run's Ranker with the pretrained encoder as it comes, in float32.

    Raises:
        InputError: if the pretrained weights can't be had.
    """
    backbone, tokenizer = load_backbone(run.experiment.encoder.backbone)
    return build_ranker(run.experiment, run.statistics, backbone, tokenizer.pad_token_id)


def build_packers(experiment: Experiment, tokenizer: Any, spelling: Spelling | None = None) -> dict[str, TextPacker]:
    """The packers of queries, with what corrects them, and items."""
    return {
        "query": TextPacker(tokenizer, experiment.encoder.query_length, spelling),
        "item": TextPacker(tokenizer, experiment.encoder.item_length),
    }


def learn_spelling(experiment: Experiment, folder: Path, items: pd.DataFrame) -> Spelling | None:
    """What corrects queries by the words of some items, written to a folder; None where they are taken as typed.

    Args:
        experiment: whether and how queries are corrected.
        folder: in which the folder ``spelling`` is made.
        items: with ``text``.
    """
    if experiment.encoder.spelling == "as_typed":
        return None
    encoder = experiment.encoder
    write_spelling(folder / SPELLING, items["text"].fillna(""), encoder.items_of_a_correction, encoder.spelling_known)
    return Spelling(folder / SPELLING)


def read_spelling(experiment: Experiment, folder: Path) -> Spelling | None:
    """What `learn_spelling` wrote to a folder; None where queries are taken as typed.

    Raises:
        InputError: if it is missing.
    """
    return None if experiment.encoder.spelling == "as_typed" else Spelling(folder / SPELLING)


def spelt_by(run: Run, items: pd.DataFrame, folder: Path) -> Run:
    """The run with its queries corrected by the words of other items than those of the training.

    Args:
        run: a finished run; it is given back as it is where it corrects no queries.
        items: with ``text``.
        folder: where words are written; it must stay until what is made of the run is saved, or no longer used.
    """
    spelling = learn_spelling(run.experiment, folder, items)
    if spelling is None:
        return run
    query = run.packers["query"]
    return replace(run, packers=run.packers | {"query": TextPacker(query.tokenizer, query.length, spelling)})


def save_weights(ranker: Ranker, path: Path) -> None:
    """Write weights as a whole or not at all; low-rank additions as part of their kernels."""
    with replacing(path) as beside, merged_lora(ranker.encoder):
        ranker.save_weights(beside)


def read_json(path: Path) -> Any:
    """Read JSON of a run folder.

    Raises:
        InputError: if it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: missing or damaged ({error}); train again") from None


def write_config(folder: Path, experiment: Experiment) -> None:
    """Write the experiment as resolved."""
    write_text(folder / CONFIG, dump_experiment(experiment))


def set_seed(seed: int) -> None:
    """Seed Keras, NumPy and TensorFlow."""
    keras.utils.set_random_seed(seed)
