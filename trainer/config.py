"""The YAML experiment as typed, validated objects.

A value may name an environment variable as ``${NAME}`` or ``${NAME:-default}``. Relative paths are taken from the folder
in which the command runs.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from trainer.errors import InputError

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Count = Annotated[int, Field(ge=1)]

RESERVED_FEATURE_NAMES = {
    "query",
    "item_id",
    "history",
    "user_id",
    "request_id",
    "timestamp",
    "position",
    "clicked",
    "purchased",
}


class Section(BaseModel):
    """A part of an experiment; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EventsConfig(Section):
    """Raw logs to be joined into ``search_log``.

    ``impressions`` has the columns of ``search_log`` without the labels; ``clicks`` and ``orders`` have ``request_id`` or
    ``user_id``, ``item_id`` and ``timestamp``.

    Attributes:
        impressions: table of impressions: the columns of ``search_log`` without the labels.
        clicks: table of clicks.
        orders: table of orders; without one nothing counts as purchased.
        click_window_minutes: a click without ``request_id`` belongs to an impression at most this long before it.
        attribution_days: an order belongs to a click at most this long before it.
    """

    impressions: Path
    clicks: Path
    orders: Path | None = None
    click_window_minutes: Positive = 60.0
    attribution_days: Positive = 7.0


class NegativesConfig(Section):
    """Negatives for a log that holds clicks only: sampled from the items, by the share of training clicks ** ``power``.

    Attributes:
        per_click: items drawn for each click; never one that is on the page.
        power: 0 draws training negatives uniformly, 1 in proportion to the training clicks plus 1.
    """

    per_click: Count = 15
    power: Share = 0.0


class SplitConfig(Section):
    """How pages are parted: by ``time`` (the latest pages are the test) or by ``query`` (test queries unseen in training).

    Attributes:
        by: what parts the pages. Judgments are always parted by query.
        valid: share of the pages (of the distinct queries with ``by: query``) for validation.
        test: share of the pages (of the distinct queries with ``by: query``) for the test.
    """

    by: Literal["time", "query"] = "time"
    valid: Share = 0.1
    test: Share = 0.1

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "SplitConfig":
        if self.valid + self.test >= 1.0:
            raise ValueError(f"valid + test is {self.valid + self.test:g}, which leaves nothing to train on")
        return self


class DataConfig(Section):
    """The tables and what is made of them.

    Attributes:
        prepared: folder that ``shelfrank prepare`` writes.
        items: table of items.
        search_log: table of impressions with labels.
        events: raw logs in place of ``search_log``.
        users: table of users.
        judgments: table of human judgments.
        text: columns of the items that make up the encoded text, in this order; the first may not be empty.
        log: whether the log holds all items that were shown, or the clicked ones only.
        negatives: used with ``log: clicks``.
        split: how pages are parted.
        max_page_items: longer pages lose their last items.
        max_rejected_share: more rejected rows of a table than this stop the run.
    """

    prepared: Path
    items: Path
    search_log: Path | None = None
    events: EventsConfig | None = None
    users: Path | None = None
    judgments: Path | None = None
    text: list[str] = Field(default=["title"], min_length=1)
    log: Literal["impressions", "clicks"] = "impressions"
    negatives: NegativesConfig = NegativesConfig()
    split: SplitConfig = SplitConfig()
    max_page_items: Count = 50
    max_rejected_share: Share = 0.01

    @model_validator(mode="after")
    def _one_source_of_labels(self) -> "DataConfig":
        given = [n for n in ("search_log", "events", "judgments") if getattr(self, n) is not None]
        if "search_log" in given and "events" in given:
            raise ValueError("give search_log or events, not both")
        if not given:
            raise ValueError("needs search_log, events or judgments")
        return self


class FeatureConfig(Section):
    """One declared feature.

    ``text`` is joined to the encoded text of its side (item text, or query for users and context). ``sequence`` is a list of
    item ids; the one named ``history`` is filled from the user's earlier clicks when its table has no such column.

    Attributes:
        name: column of the table, and name of the input in the serving signatures.
        kind: what the values are.
        scale: ``number`` without buckets: standardised as it is, or after log(1 + x).
        buckets: ``number``: cut into so many parts of equal mass, each with an embedding; 0 leaves it a number.
        min_count: ``categorical``: rarer values on the training pages count as unknown.
        max_vocabulary: ``categorical``: the most frequent values that are kept.
        width: ``categorical``, ``embedding``, bucketed ``number``: width of what is learned of it.
        length: ``sequence``: items that are used (H), the most recent ones.
    """

    name: str
    kind: Literal["text", "categorical", "number", "embedding", "sequence"]
    scale: Literal["standard", "log"] = "standard"
    buckets: Annotated[int, Field(ge=0, le=1000)] = 0
    min_count: Count = 2
    max_vocabulary: Count = 100_000
    width: Count = 16
    length: Count = 10

    @field_validator("name")
    @classmethod
    def _usable_as_tensor_name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is no feature name: letters, digits and _ only, a letter first")
        return name


class FeaturesConfig(Section):
    """Declared features by table.

    Attributes:
        items: features of the items table.
        users: features of the users table.
        context: features of the search log, one value a page.
    """

    items: list[FeatureConfig] = []
    users: list[FeatureConfig] = []
    context: list[FeatureConfig] = []

    @model_validator(mode="after")
    def _names_are_unique(self) -> "FeaturesConfig":
        seen: set[str] = set()
        for table in ("items", "users", "context"):
            for feature in getattr(self, table):
                if feature.name in seen:
                    raise ValueError(f"feature {feature.name!r} is declared twice")
                learned_id = table == "items" and feature.kind == "categorical" and feature.name == "item_id"
                if feature.name in RESERVED_FEATURE_NAMES and feature.kind != "sequence" and not learned_id:
                    raise ValueError(f"feature name {feature.name!r} is reserved")
                if feature.kind == "sequence" and table == "items":
                    raise ValueError(f"feature {feature.name!r}: a sequence belongs to users or context")
                seen.add(feature.name)
        return self


class EncoderConfig(Section):
    """The text encoder: a keras-nlp BERT preset name, ``hf://...``, a Hugging Face folder or a Keras preset folder.

    Attributes:
        backbone: preset name, ``hf://...`` or folder.
        query_length: tokens of a query at most, the two special ones included.
        item_length: tokens of an item text at most, the two special ones included.
        pooling: what stands for a text: the mean of its tokens' states, or the state of the first token.
        dropout: share of units dropped in the backbone while training.
    """

    backbone: str = "weights/minilm-l6-v2"
    query_length: Annotated[int, Field(ge=3, le=512)] = 16
    item_length: Annotated[int, Field(ge=3, le=512)] = 48
    pooling: Literal["mean", "cls"] = "mean"
    dropout: Share = 0.1


class ModelConfig(Section):
    """Interaction, heads and the score that ranks.

    Attributes:
        interaction: query and item encoded apart (``bi``), or also in one sequence (``cross``).
        heads: how clicks and purchases are learned together.
        hidden: widths of the hidden layers of a tower; an empty list makes it linear.
        dropout: share of units dropped in the towers while training.
        residual: add the cosine of query and item, times a learned weight, to every logit.
        position_bias: learn a click logit for each position while training; it is not exported.
        relevance: learn a third task from ``data.judgments``.
        score: what pages are sorted by.
    """

    interaction: Literal["bi", "cross"] = "bi"
    heads: Literal["esmm", "shared_bottom"] = "esmm"
    hidden: list[Count] = [128, 64]
    dropout: Share = 0.1
    residual: bool = True
    position_bias: bool = True
    relevance: bool = False
    score: Literal["ctcvr", "ctr", "relevance"] = "ctcvr"

    @model_validator(mode="after")
    def _score_is_learned(self) -> "ModelConfig":
        if self.score == "relevance" and not self.relevance:
            raise ValueError("score: relevance needs relevance: true")
        return self


class LossConfig(Section):
    """Weights of the parts of the loss.

    ``pointwise`` and ``pairwise`` multiply the two parts of each task; ``ctr``, ``cvr`` and ``relevance`` weigh the tasks.

    Attributes:
        pointwise: weight of the cross-entropy of each candidate.
        pairwise: weight of the logistic loss of pairs within a page.
        ctr: weight of clicks.
        cvr: weight of purchases. Pointwise: of pCTCVR on all impressions with ``heads: esmm``, of pCVR on clicks
            with ``shared_bottom``. Pairwise: of pCTCVR.
        relevance: weight of human judgments, where ``model.relevance`` is set.
        l2: weight of the squared kernels of the heads.
    """

    pointwise: NotNegative = 0.2
    pairwise: NotNegative = 1.0
    ctr: NotNegative = 1.0
    cvr: NotNegative = 0.5
    relevance: NotNegative = 1.0
    l2: NotNegative = 0.0

    @model_validator(mode="after")
    def _something_to_learn(self) -> "LossConfig":
        if self.pointwise + self.pairwise == 0 or self.ctr + self.cvr + self.relevance == 0:
            raise ValueError("every weight is 0: nothing would be learned")
        return self


class TrainConfig(Section):
    """Optimisation. Rates are peaks of a linear warm-up followed by a linear decay to 0.

    Attributes:
        epochs: passes over the training pages; may be a fraction.
        pages_per_batch: P, pages a step.
        group_queries: put pages of one query into one batch, so that the texts that they share are encoded once.
        learning_rate: peak rate of the encoder.
        head_learning_rate: peak rate of everything else.
        warmup_share: share of the steps in which the rate rises.
        weight_decay: decoupled from the gradient: each step takes rate * ``weight_decay`` off the matrices.
        clip_norm: gradients of a larger norm, over all variables, are scaled down to it.
        precision: what the step computes in; weights and exports are float32.
        xla: compile the training step; sizes are rounded up, so that batches have few shapes.
        evaluations: validations while training, spread evenly, each followed by a checkpoint; one more comes before
            the first step.
        stop_on: metric on validation pages that picks the best weights; ``null`` keeps the last
            ones.
        patience: validations without a rise after which training stops.
        validation_pages: pages of the log that a validation scores, a fixed sample.
    """

    epochs: Positive = 1.0
    pages_per_batch: Count = 16
    group_queries: bool = True
    learning_rate: Positive = 2e-5
    head_learning_rate: Positive = 1e-3
    warmup_share: Share = 0.1
    weight_decay: NotNegative = 0.01
    clip_norm: Positive = 1.0
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    xla: bool = False
    evaluations: Count = 4
    stop_on: str | None = "valid.gauc"
    patience: Count = 3
    validation_pages: Count = 500


class EvaluateConfig(Section):
    """What ``shelfrank evaluate`` measures. ``candidates: all`` ranks every item of the table for each test page.

    Attributes:
        k: cut of NDCG.
        bootstrap: resamples of queries for the intervals; 0 leaves them out.
        candidates: what a page of the log is ranked from: its own items, or every item.
    """

    k: Count = 10
    bootstrap: Annotated[int, Field(ge=0)] = 500
    candidates: Literal["page", "all"] = "page"


class ExportConfig(Section):
    """Where bundles go and how they are checked.

    Attributes:
        models: bundles are ``<models>/<name>/<version>``.
        parity_pages: test pages, at most, on which bundle and trainer are compared.
        tolerance: largest difference allowed in score, ctr, cvr and ctcvr.
    """

    models: Path = Path("models")
    parity_pages: Count = 200
    tolerance: Positive = 1e-5


class Experiment(Section):
    """A whole experiment. ``simulate`` is validated by the simulator.

    Attributes:
        name: names the run folder and the model: letters, digits, ``_``, ``.`` and ``-``, no sign first.
        seed: of the simulation, the split, the negatives, the initial weights, the order of pages and the
            bootstrap.
        runs: runs are ``<runs>/<name>``.
        simulate: what ``shelfrank simulate`` makes up.
        data: the tables and what is made of them.
        features: declared features.
        encoder: the text encoder.
        model: the network above it.
        loss: weights of the parts of the loss.
        train: rates, batches, precision, stopping.
        evaluate: what ``shelfrank evaluate`` measures.
        export: where bundles go and how they are checked.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    seed: int = 1
    runs: Path = Path("runs")
    simulate: dict[str, Any] | None = None
    data: DataConfig
    features: FeaturesConfig = FeaturesConfig()
    encoder: EncoderConfig = EncoderConfig()
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    export: ExportConfig = ExportConfig()

    @property
    def run_folder(self) -> Path:
        """The folder of this experiment's run."""
        return self.runs / self.name

    @model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        if self.model.relevance and self.data.judgments is None:
            raise ValueError("model.relevance: true needs data.judgments")
        has_log = self.data.search_log is not None or self.data.events is not None
        if not has_log and self.model.score != "relevance":
            raise ValueError("without a log only model.relevance: true with model.score: relevance can be learned")
        text_columns = {f.name for f in self.features.items if f.kind == "text"} & set(self.data.text)
        if text_columns:
            raise ValueError(f"features.items: {sorted(text_columns)} are in data.text already")
        return self


SectionT = TypeVar("SectionT", bound=BaseModel)


def validate_section(kind: type[SectionT], raw: Any, where: str) -> SectionT:
    """Validate a mapping as a section.

    Args:
        kind: the pydantic model.
        raw: what YAML gave.
        where: what an error names: a file, or a file and a key.

    Returns:
        The validated section.

    Raises:
        InputError: naming every key at fault with its path and value, in one line.
    """
    if not isinstance(raw, dict):
        raise InputError(f"{where}: expected a mapping of keys to values, found {type(raw).__name__}")
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{where}: " + "; ".join(map(_describe, error.errors()))) from None


def _describe(fault: Any) -> str:
    path = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"unknown key {path!r}"
    if fault["type"] == "missing":
        return f"key {path!r} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return f"{path}: {message}" if path else message
    return f"{path}: {message[0].lower()}{message[1:]} (found {fault['input']!r})"


def load_experiment(path: Path, overrides: list[str] | None = None) -> Experiment:
    """Read an experiment from YAML.

    Args:
        path: the file.
        overrides: ``key=value`` with dots in the key; the value is read as YAML.

    Returns:
        The experiment.

    Raises:
        InputError: if the file can't be read, or a key or value is wrong.
    """
    raw = read_yaml(path)
    for override in overrides or []:
        _override(raw, override)
    return validate_section(Experiment, _expand(raw), str(path))


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; see `load_experiment` for the errors."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read as UTF-8 text ({error})") from None
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path}: expected a mapping of keys to values, found {type(raw).__name__}")
    return raw


def dump_experiment(experiment: Experiment) -> str:
    """The experiment as YAML with every default written out."""
    return yaml.safe_dump(experiment.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _override(raw: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key:
        raise InputError(f"override {override!r}: expected key=value, for instance train.learning_rate=3e-5")
    *parents, last = key.split(".")
    node = raw
    for parent in parents:
        child = node.get(parent)
        if child is None:
            child = node[parent] = {}
        if not isinstance(child, dict):
            raise InputError(f"override {override!r}: {parent!r} holds a value, not keys")
        node = child
    try:
        node[last] = _number(yaml.safe_load(value))
    except yaml.YAMLError:
        raise InputError(f"override {override!r}: the value is not YAML") from None


def _number(value: Any) -> Any:
    """YAML 1.1 reads 3e-5 as text; people mean the number."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", value):
        return float(value)
    return value


def _expand(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _expand(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_expand(v) for v in value]
    if isinstance(value, str):
        return _number(re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", _environment, value))
    return value


def _environment(match: re.Match[str]) -> str:
    name, default = match.groups()
    value = os.environ.get(name, default)
    if value is None:
        raise InputError(f"environment variable {name} is not set and has no default")
    return value
