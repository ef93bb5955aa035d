"""Optimisation."""

from typing import Annotated, Literal

from pydantic import Field

from trainer.config.section import Count, NotNegative, Positive, Section, Share


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
        r_drop: weight of the divergence between two passes over a batch with different dropout.
        precision: what the step computes in; weights and exports are float32.
        xla: compile the training step; sizes are rounded up, so that batches have few shapes.
        evaluations: validations while training, spread evenly, each followed by a checkpoint; one more comes before
            the first step.
        stop_on: metric on validation pages that picks the best weights; ``null`` keeps the last
            ones.
        patience: validations without a rise after which training stops.
        validation_pages: pages of the log that a validation scores, a fixed sample.
        negative_rate: share of the impressions without a click, drawn by chance, that is trained on; the click logit is
            corrected for it in training, so that probabilities are those of the whole log.
    """

    epochs: Positive = 1.0
    pages_per_batch: Count = 16
    group_queries: bool = True
    learning_rate: Positive = 2e-5
    head_learning_rate: Positive = 1e-3
    warmup_share: Share = 0.1
    weight_decay: NotNegative = 0.01
    clip_norm: Positive = 1.0
    r_drop: NotNegative = 0.0
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    xla: bool = False
    evaluations: Count = 4
    stop_on: str | None = "valid.gauc"
    patience: Count = 3
    validation_pages: Count = 500
    negative_rate: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
