"""A whole experiment."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from trainer.config.adversarial import AdversarialConfig
from trainer.config.augmentation import AugmentationConfig
from trainer.config.calibration import QUERY_FREQUENCY, CalibrationConfig
from trainer.config.channels import ChannelsConfig
from trainer.config.collaborative import CollaborativeConfig, check_collaborative
from trainer.config.data import DataConfig
from trainer.config.debias import DebiasConfig
from trainer.config.features import RESERVED_FEATURE_NAMES, FeaturesConfig
from trainer.config.finetune import FinetuneConfig
from trainer.config.incremental import IncrementalConfig
from trainer.config.lists import ListsConfig, check_lists
from trainer.config.loss import Escm2Config, LossConfig
from trainer.config.model import EncoderConfig, ModelConfig
from trainer.config.results import EvaluateConfig, ExportConfig
from trainer.config.retrieval import RetrievalConfig
from trainer.config.section import Section
from trainer.config.slices import check_slices
from trainer.config.tasks import TaskConfig
from trainer.config.train import TrainConfig
from trainer.score.formula import PREDICTED, Formula


class Experiment(Section):
    """A whole experiment. ``simulate`` is validated by the simulator.

    Attributes:
        name: names the run folder and the model: letters, digits, ``_``, ``.`` and ``-``, no sign first.
        seed: of the simulation, the split, the negatives, the initial weights, the order of pages, rewritten texts and
            the bootstrap.
        runs: runs are ``<runs>/<name>``.
        simulate: what ``shelfrank simulate`` makes up.
        data: the tables and what is made of them.
        features: declared features.
        encoder: the text encoder.
        model: the network above it.
        tasks: what is learned beside clicks, purchases and relevance.
        loss: weights of the parts of the loss.
        debias: how clicks are freed from the position at which items were shown.
        train: rates, batches, precision, stopping.
        incremental: how ``shelfrank train --continue`` goes on from a finished run.
        finetune: what of the encoder is trained.
        adversarial: perturbation while training.
        augmentation: rewriting of texts while training.
        calibration: what is fitted to the probabilities after training.
        collaborative: what is learned from who clicked and bought what, for lists without given candidates.
        retrieval: two towers that find candidates among all items.
        channels: what the lists of a bundle are made from.
        lists: the rules of those lists.
        evaluate: what ``shelfrank evaluate`` measures.
        export: where bundles go and how they are checked.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    runs: Path = Path("runs")
    simulate: dict[str, Any] | None = None
    data: DataConfig
    features: FeaturesConfig = FeaturesConfig()
    encoder: EncoderConfig = EncoderConfig()
    model: ModelConfig = ModelConfig()
    tasks: list[TaskConfig] = Field(default=[])
    loss: LossConfig = LossConfig()
    debias: DebiasConfig = DebiasConfig()
    train: TrainConfig = TrainConfig()
    incremental: IncrementalConfig = IncrementalConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    adversarial: AdversarialConfig = AdversarialConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    calibration: CalibrationConfig = CalibrationConfig()
    collaborative: CollaborativeConfig = CollaborativeConfig()
    retrieval: RetrievalConfig = RetrievalConfig()
    channels: ChannelsConfig = ChannelsConfig()
    lists: ListsConfig = ListsConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    export: ExportConfig = ExportConfig()

    @property
    def run_folder(self) -> Path:
        """The folder of this experiment's run."""
        return self.runs / self.name

    @property
    def optimisation(self) -> TrainConfig:
        """What the run is trained with: ``train``, at the rates and epochs of ``incremental`` where it goes on from another."""
        return self.incremental.applied_to(self.train)

    @property
    def data_seed(self) -> int:
        """Seed of the simulation, the split and the negatives."""
        return self.seed if self.data.seed is None else self.data.seed

    @property
    def debias_method(self) -> str:
        """``none``, ``tower`` or ``ipw``."""
        return self.debias.method or ("tower" if self.model.position_bias else "none")

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        if self.model.relevance and self.data.judgments is None:
            raise ValueError("model.relevance: true needs data.judgments")
        has_log = self.data.search_log is not None or self.data.events is not None
        if not has_log and {"ctr", "cvr", "ctcvr"} & set(Formula.read(self.model.score).names):
            raise ValueError("without a log only model.relevance: true with model.score: relevance can be learned")
        if self.train.r_drop and not self.encoder.dropout + self.model.dropout:
            raise ValueError(
                "train.r_drop: its two passes differ by dropout only; raise encoder.dropout or model.dropout"
            )
        text_columns = {f.name for f in self.features.items if f.kind == "text"} & set(self.data.text)
        if text_columns:
            raise ValueError(f"features.items: {sorted(text_columns)} are in data.text already")
        check_conversions(self)
        check_tasks(self)
        check_score_names(self)
        check_calibrated(self)
        check_lists(self.lists, self.features.items)
        check_slices(self.evaluate.slices, self.features.all, has_log)
        check_augmented(self)
        check_collaborative(self.collaborative, self.tasks, self.features.items)
        return self

    @model_validator(mode="after")
    def _clicks_are_logged_with_what_was_shown(self) -> "Experiment":
        has_log = self.data.search_log is not None or self.data.events is not None
        whole = has_log and self.data.log == "impressions"
        if self.debias_method == "ipw" and not whole:
            raise ValueError(
                "debias.method: ipw needs a log of impressions with their positions (data.log: impressions)"
            )
        if self.train.negative_rate < 1.0 and not whole:
            raise ValueError(
                "train.negative_rate: below 1 it needs a log of impressions; with log: clicks lower data.negatives.per_click"
            )
        if self.train.negative_rate < 1.0 and self.debias_method == "ipw":
            raise ValueError(
                "train.negative_rate: below 1 it can't go with debias.method: ipw, whose loss counts on every impression; "
                "use debias.method: tower or none, or train.negative_rate: 1"
            )
        return self


def check_conversions(experiment: Experiment) -> None:
    """Refuse settings of how purchases are learned that the head does not have.

    Raises:
        ValueError: naming the key.
    """
    heads, loss = experiment.model.heads, experiment.loss
    usual = Escm2Config()
    if not heads.startswith("escm2") and loss.escm2 != usual:
        raise ValueError(f"loss.escm2: goes with model.heads: escm2_ips or escm2_dr, found {heads}")
    if heads == "escm2_ips" and loss.escm2.imputation != usual.imputation:
        raise ValueError("loss.escm2.imputation: goes with model.heads: escm2_dr; escm2_ips imputes nothing")
    if experiment.debias_method == "ipw" and loss.conversion == "huber" and heads != "shared_bottom":
        raise ValueError(
            "loss.conversion: huber can't go with debias.method: ipw, whose labels go beyond 1; use bce or mse"
        )


def check_tasks(experiment: Experiment) -> None:
    """Refuse declared tasks that can't be learned.

    Raises:
        ValueError: naming the task by its path.
    """
    if experiment.tasks and experiment.data.search_log is None and experiment.data.events is None:
        raise ValueError("tasks: their columns are in a search log; give data.search_log or data.events")
    features, seen = experiment.features, set()
    for index, task in enumerate(experiment.tasks):
        if task.name in seen:
            raise ValueError(f"tasks.{index}.name: {task.name!r} is declared twice")
        seen.add(task.name)
        for table in ("items", "users", "context"):
            if any(f.name.lower() == task.column.lower() for f in getattr(features, table)):
                raise ValueError(
                    f"tasks.{index}.column: {task.column!r} is declared in features.{table} too; a label can't be a feature"
                )
        if task.on == "all" and experiment.train.negative_rate < 1.0:
            raise ValueError(
                f"tasks.{index}.on: all can't go with train.negative_rate below 1, which leaves impressions out; use "
                "on: clicked or on: purchased, or train.negative_rate: 1"
            )


def check_score_names(experiment: Experiment) -> None:
    """Refuse names in ``model.score`` that can't be number columns of the items.

    Raises:
        ValueError: naming them and those that are known.
    """
    features, data = experiment.features, experiment.data
    numbers = [f.name for f in features.items if f.kind == "number"]
    others = {f.name: f"is of kind {f.kind}" for f in features.items if f.kind != "number"}
    others |= {f.name: "is no column of the items" for f in (*features.users, *features.context)}
    others |= dict.fromkeys(data.text, "is text") | dict.fromkeys(RESERVED_FEATURE_NAMES | {"text"}, "is no number")
    for name in Formula.read(experiment.model.score).columns:
        if name in others:
            known = [*PREDICTED[: None if experiment.model.relevance else -1], *numbers]
            raise ValueError(
                f"model.score: {name!r} {others[name]}; known: {', '.join(known)}, and the other number columns of "
                f"{data.items}"
            )


def check_calibrated(experiment: Experiment) -> None:
    """Refuse a calibration that the data or the features do not allow.

    Raises:
        ValueError: naming the key.
    """
    config, data, features = experiment.calibration, experiment.data, experiment.features
    if config.method == "none":
        return
    if data.search_log is None and data.events is None:
        raise ValueError("calibration.method: needs a log; without clicks there are no rates to agree with")
    if data.log == "clicks":
        raise ValueError("calibration.method: needs data.log: impressions; the rates of sampled negatives mean nothing")
    declared = (*features.items, *features.users, *features.context)
    known = [f.name for f in declared if f.kind == "categorical"]
    if config.segment not in (None, QUERY_FREQUENCY, *known):
        raise ValueError(
            f"calibration.segment: {config.segment!r} is no declared categorical feature; known: "
            f"{', '.join([QUERY_FREQUENCY, *known])}"
        )


def check_augmented(experiment: Experiment) -> None:
    """Refuse columns in ``augmentation`` that are no declared categories of items.

    Raises:
        ValueError: naming the key and what is known.
    """
    known = [f.name for f in experiment.features.items if f.kind == "categorical"]
    for place, method in enumerate(experiment.augmentation.methods):
        if method.column is not None and method.column not in known:
            raise ValueError(
                f"augmentation.methods.{place}.column: {method.column!r} is no declared categorical feature of items; known: "
                f"{', '.join(known) or 'none'}"
            )
