"""Training from prepared pages to the best weights."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from trainer.adversarial import build_method
from trainer.calibration.fit import calibrate_after_training, check_rows
from trainer.config import Experiment, dump_experiment
from trainer.data.prepared import Prepared
from trainer.debiasing.examination_curve import EXAMINATION
from trainer.errors import InputError
from trainer.evaluation.continued import CONTINUED, measure_continued
from trainer.evaluation.scorer import RankerScorer
from trainer.evaluation.text_memory import TextMemory
from trainer.model.build import POLICIES, build_ranker
from trainer.text.backbone import load_backbone, save_architecture
from trainer.text.finetuning import limit_training
from trainer.training import run as runs
from trainer.training.augmented_texts import AugmentedTexts
from trainer.training.batches import PageBatches
from trainer.training.checkpoint import load_state, save_state
from trainer.training.continuation import load_base_weights
from trainer.training.encoded_once import can_encode_once, encode_once
from trainer.training.examination import Examination, write_curve
from trainer.training.gates import GateWeights, write_gates
from trainer.training.optimizer import build_optimizer
from trainer.training.parameters import count_parameters
from trainer.training.progress import TrainingProgress
from trainer.training.spelling_report import report_corrections
from trainer.training.step import RankerTraining, objective_of
from trainer.training.tables import build_tables
from trainer.training.tensorboard import TensorBoardLog
from trainer.training.training_pages import sampled_pages
from trainer.training.validation import Validation
from trainer.training.weight_average import averaged_weights

SAMPLED_PAGES = 256
LOWER_IS_BETTER = (".log_loss", ".ece", ".mae")


def train(experiment: Experiment, prepared: Prepared, console: Console | None = None) -> Path:
    """Train the model of an experiment; a killed run goes on from its last checkpoint.

    Args:
        experiment: what to train.
        prepared: the pages.
        console: where progress is shown.

    Returns:
        The run folder, with the config as resolved, the best weights, the history and TensorBoard events.

    Raises:
        InputError: if the run folder holds another run, or there is nothing to train on.
    """
    console = console or Console(stderr=True)
    folder = experiment.run_folder
    check_rows(experiment, prepared)
    session = _Session(experiment, prepared, folder, console)
    if session.finished:
        console.print(f"{folder}: trained already; delete the folder or set another name to train again")
    else:
        session.learn()
    calibrate_after_training(experiment, prepared, folder, console)
    if experiment.incremental.base is not None and not (folder / CONTINUED).is_file():
        measure_continued(folder, prepared, console)
    return folder


class _Session:
    """One process's part of a run."""

    def __init__(self, experiment: Experiment, prepared: Prepared, folder: Path, console: Console) -> None:
        self.experiment, self.prepared, self.folder, self.console = experiment, prepared, folder, console
        self.finished = self._open_folder()
        if self.finished:
            return
        runs.set_seed(experiment.seed)
        config = experiment.optimisation
        pages = sampled_pages(experiment, prepared, console)
        self.examination = Examination(experiment, prepared, folder, console)
        backbone, tokenizer = load_backbone(
            experiment.encoder.backbone, POLICIES[config.precision], experiment.encoder.dropout
        )
        save_architecture(backbone, tokenizer, folder)
        runs.write_text(folder / runs.STATISTICS, json.dumps(prepared.statistics, ensure_ascii=False))
        spelling = runs.learn_spelling(experiment, folder, prepared.items)
        self.packers = runs.build_packers(experiment, tokenizer, spelling)
        if spelling is not None:
            report_corrections(spelling, pages.table["query"], folder / runs.SPELLING, console)
        self.ranker = build_ranker(experiment, prepared.statistics, backbone, tokenizer.pad_token_id, config.precision)
        if experiment.incremental.base is not None:
            load_base_weights(self.ranker, experiment.incremental.base)
        limit_training(self.ranker.encoder, experiment.finetune)
        self.parameters = count_parameters(self.ranker)
        self.scorer = RankerScorer(experiment, self.ranker, self.packers)
        self.tables = build_tables(
            experiment, self.ranker, self.packers, prepared.items, pages, prepared.statistics.get("relevance")
        )
        if can_encode_once(experiment, self.ranker):
            self.tables = encode_once(self.tables, self.scorer, np.unique(pages.item), console)
        if not self.ranker.encoder.drops_units:
            self.scorer.memory = TextMemory()
        self.texts = AugmentedTexts(experiment, self.packers, pages, prepared.items, self.tables)
        self.batches = PageBatches(
            pages,
            self.tables,
            config.pages_per_batch,
            config.group_queries,
            self.ranker.interaction.needs_pairs,
            config.xla,
            experiment.seed,
            self.texts,
        )
        total = math.ceil(config.epochs * self.batches.steps_per_epoch)
        self.interval = max(1, round(total / config.evaluations))
        self.rounds = max(1, round(total / self.interval))
        propensity, rate = self.examination.propensity, config.negative_rate
        objective = objective_of(experiment.loss, self.ranker, propensity, rate)
        total = self.rounds * self.interval
        method = build_method(experiment.adversarial, total, experiment.seed)
        teaching = experiment.augmentation.self_teaching
        self.model = RankerTraining(self.ranker, objective, experiment.loss.l2, method, config.r_drop, teaching)
        optimizer = build_optimizer(config, self.ranker.encoder, self.ranker, total, experiment.finetune)
        self.model.compile(optimizer=optimizer, jit_compile=config.xla)
        optimizer.build(self.ranker.trainable_variables)
        self.validation = Validation(experiment, prepared, self.scorer)
        self.gates = GateWeights(experiment, prepared, self.ranker, self.scorer)

    def _open_folder(self) -> bool:
        """Make the run folder, or check that it belongs to this experiment.

        A configuration of which nothing was learned yet, for one that was refused, makes way for another.
        """
        if (self.folder / runs.CONFIG).exists():
            learned = any((self.folder / name).exists() for name in (runs.CHECKPOINT, runs.BEST, runs.FINISHED))
            same = runs.read_run_config(self.folder) == self.experiment
            if learned and not same:
                raise InputError(
                    f"{self.folder}: holds a run with another configuration; set another name, or delete the folder"
                )
            if learned:
                return (self.folder / runs.FINISHED).exists()
            if not same:
                (self.folder / EXAMINATION).unlink(missing_ok=True)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            runs.write_config(self.folder, self.experiment)
        except OSError as error:
            raise InputError(f"{self.folder}: can't be written ({error.strerror}); set another `runs`") from None
        return False

    @property
    def _state(self) -> list[Any]:
        return [*self.ranker.variables, *self.model.optimizer.variables]

    def learn(self) -> None:
        """Train round by round; each ends with an evaluation and a checkpoint."""
        progress: dict[str, Any] = {"round": 0, "best": None, "waited": 0, "history": [], "validation": []}
        checkpoint = self.folder / runs.CHECKPOINT
        if checkpoint.exists():
            progress = load_state(checkpoint, self._state)
            self.console.print(f"going on after step {progress['round'] * self.interval} of {self.folder}")
        else:
            shutil.rmtree(self.folder / "tensorboard", ignore_errors=True)
            if self.experiment.incremental.base is None:
                self._start_at_base_rates()
                self._validate(0, progress)
            else:
                self._report(0, progress)
        self.console.print(self.parameters.in_words())
        if self.texts.methods:
            self.console.print(self.texts.in_words(), highlight=False)
        history = progress["history"]
        total = self.rounds * self.interval
        board = TensorBoardLog(self.folder / "tensorboard", history, dump_experiment(self.experiment))
        board.set_model(self.model)
        if not history:
            board.graph(self.model, self.batches.batch(np.arange(min(2, len(self.batches.pages)))))
            board.validation(0, progress["validation"][0])
            write_gates(board.writer, 0, self.gates.measure())
        for number in range(progress["round"], self.rounds):
            self._refresh_memory()
            shown = TrainingProgress(total, number * self.interval, history, self.console)
            self.model.fit(
                self.batches.dataset(number * self.interval),
                steps_per_epoch=self.interval,
                initial_epoch=number,
                epochs=number + 1,
                verbose=0,
                shuffle=False,
                callbacks=[shown, board],
            )
            if not all(math.isfinite(point["loss"]) for point in history):
                raise InputError(
                    f"{self.folder}: the loss is no number any more; lower train.learning_rate or use train.precision=float32"
                )
            progress["round"] = number + 1
            with averaged_weights(self.model.optimizer):
                metrics = self._report((number + 1) * self.interval, progress)
                gates = self.gates.measure()
            board.validation((number + 1) * self.interval, metrics)
            write_gates(board.writer, (number + 1) * self.interval, gates)
            write_curve(board.writer, (number + 1) * self.interval, self.examination.measure(self.scorer))
            save_state(checkpoint, self._state, progress)
            if progress["waited"] >= self.experiment.train.patience and number + 1 < self.rounds:
                self.console.print(
                    f"stopped: {self.experiment.train.stop_on} has not improved for {progress['waited']} evaluations"
                )
                break
        runs.write_text(self.folder / runs.HISTORY, json.dumps([*history, *progress["validation"]]))
        self.ranker.load_weights(self.folder / runs.BEST)
        self.examination.finish(self.scorer)
        summary = {
            "steps": progress["round"] * self.interval,
            "best": progress["best"],
            "parameters": self.parameters.as_dict(),
        }
        runs.write_text(self.folder / runs.FINISHED, json.dumps({**summary, "data_hash": self.prepared.data_hash}))
        checkpoint.unlink()

    def _start_at_base_rates(self) -> None:
        """Centre the similarity, so that the heads' biases are the base rates."""
        if not self.experiment.model.residual:
            return
        random = np.random.default_rng(self.experiment.seed)
        count = len(self.batches.pages)
        chosen = np.sort(random.choice(count, min(SAMPLED_PAGES, count), replace=False))
        sample = self.batches.pages.take(chosen)
        vectors = self.scorer.item_vectors(self.tables, np.unique(sample.item))
        query_rows, inverse = np.unique(self.tables.query_of_page[chosen], return_inverse=True)
        queries = self.scorer.vectors(self.tables.query_tokens[query_rows], self.tables.pad)
        cosines = np.einsum("md,md->m", queries[inverse][sample.page_of_impression], vectors[sample.item])
        self.ranker.similarity_centre.assign(float(cosines.mean()))

    def _refresh_memory(self) -> None:
        """Encode the items of the histories with the weights of now."""
        if self.tables.sequences:
            self.tables.memory[:] = self.scorer.item_vectors(self.tables, self.tables.remembered)

    def _validate(self, step: int, progress: dict[str, Any]) -> dict[str, float]:
        """Measure and show the weights of now."""
        metrics = self.validation()
        progress["validation"].append({"step": step, **metrics})
        shown = ", ".join(f"{key.removeprefix('valid.')} {v:.4f}" for key, v in metrics.items())
        self.console.print(f"step {step}/{self.rounds * self.interval}: valid {shown or 'has no pages'}")
        name = self.experiment.train.stop_on
        if name is not None and metrics and name not in metrics:
            raise InputError(
                f"train.stop_on: no metric {name!r} on these validation pages; set it to null or to one of: "
                f"{', '.join(sorted(metrics))}"
            )
        return metrics

    def _report(self, step: int, progress: dict[str, Any]) -> dict[str, float]:
        """Validate, and keep the weights if they are the best so far.

        Pretrained weights are no candidate before training: they may rank well, but their probabilities are not fitted yet.
        Those of a run that is continued are.
        """
        metrics = self._validate(step, progress)
        name = self.experiment.train.stop_on
        value = step if name is None else metrics.get(name, step)
        sign = -1.0 if name is not None and name.endswith(LOWER_IS_BETTER) else 1.0
        better = progress["best"] is None or sign * value > sign * progress["best"]["value"]
        if better:
            progress["best"] = {"step": step, "metric": name, "value": value}
            progress["waited"] = 0
            runs.save_weights(self.ranker, self.folder / runs.BEST)
        else:
            progress["waited"] += 1
        return metrics
