"""From an experiment and its statistics to a Ranker."""

from typing import Any

import keras
import keras_nlp

from trainer.config import Experiment
from trainer.data.declared_tasks import declared_tasks
from trainer.errors import InputError
from trainer.losses.build import build_weighting
from trainer.model.features import FeatureEncoder
from trainer.model.heads import HEADS, log_odds
from trainer.model.interaction import INTERACTIONS
from trainer.model.position_bias import PositionBias
from trainer.model.ranker import Ranker
from trainer.text.encoder import Encoder

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def build_ranker(
    experiment: Experiment,
    statistics: dict[str, Any],
    backbone: keras_nlp.models.BertBackbone,
    pad: int,
    precision: str = "float32",
) -> Ranker:
    """Build the Ranker of an experiment.

    Args:
        experiment: the experiment.
        statistics: of the training pages, as `trainer.data.statistics` gives them.
        backbone: the BERT backbone, made with the same precision.
        pad: the id of the padding token.
        precision: ``float32``, ``bfloat16`` or ``float16`` (mixed: weights stay float32).

    Returns:
        The Ranker, with its heads at the base rates.

    Raises:
        InputError: if texts are longer than the backbone's positions.
    """
    policy = keras.DTypePolicy(POLICIES[precision])
    check_lengths(experiment, backbone.max_sequence_length)
    features = {
        table: FeatureEncoder(declared, statistics["features"].get(table, {}), name=f"{table}_features", dtype=policy)
        for table, declared in (
            ("items", experiment.features.items),
            ("users", experiment.features.users),
            ("context", experiment.features.context),
        )
    }
    sequences = [f.name for f in (*experiment.features.users, *experiment.features.context) if f.kind == "sequence"]
    rates = statistics["base_rates"]
    starts = {task: log_odds(rates[task]) for task in ("ctr", "cvr")}
    if experiment.model.relevance:
        starts["relevance"] = log_odds(relevance_rate(statistics["relevance"]))
    declared = declared_tasks(experiment.tasks, statistics)
    # Values start at their mean, which is 0 once they are standardised.
    starts |= {task.name: log_odds(task.mean) if task.config.is_probability else 0.0 for task in declared}
    model = experiment.model
    head = HEADS[model.heads](starts, model.hidden, model.dropout, model.experts, name="head", dtype=policy)
    tower = experiment.debias_method == "tower"
    bias = PositionBias(statistics["position_shares"], name="position_bias") if tower else None
    return Ranker(
        Encoder(backbone, pad, experiment.encoder.pooling, name="encoder"),
        INTERACTIONS[experiment.model.interaction](name="interaction", dtype=policy),
        head,
        features,
        sequences,
        bias,
        experiment.model.residual,
        declared,
        build_weighting(experiment.loss, head.tasks, declared),
        name="ranker",
        dtype=policy,
    )


def relevance_rate(relevance: dict[str, float]) -> float:
    """The mean judgment on a scale from 0 to 1."""
    return (relevance["mean"] - relevance["min"]) / max(relevance["max"] - relevance["min"], 1e-9)


def check_lengths(experiment: Experiment, longest: int) -> None:
    """Refuse texts longer than the backbone's positions."""
    lengths = experiment.encoder
    needed = max(lengths.query_length, lengths.item_length)
    if experiment.model.interaction == "cross":
        needed = lengths.query_length + lengths.item_length - 1
    if needed > longest:
        raise InputError(
            f"encoder.query_length {lengths.query_length} and encoder.item_length {lengths.item_length} need {needed} "
            f"positions, the backbone has {longest}; make them shorter"
        )
