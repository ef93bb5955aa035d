"""What of the encoder is trained, and how."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.section import Section

Decay = Annotated[float, Field(gt=0.0, le=1.0)]
Average = Annotated[float, Field(gt=0.0, lt=1.0)]


class FinetuneConfig(Section):
    """What of the encoder is trained, and how; by default all of it.

    Attributes:
        freeze_layers: keep the embeddings and this many lower layers as they are; 0 keeps the embeddings only, null
            nothing. With all layers kept ``encoder.dropout`` has no effect.
        lora_rank: train low-rank additions to the kernels instead of the encoder's own weights; at most the width of an
            attention head. They are merged into the kernels wherever weights are written.
        lora_targets: which kernels get them: of attention queries and values, or of every dense layer.
        layer_decay: the learning rate of each layer is this times that of the layer above it; the embeddings count as
            the lowest.
        ema: validate and keep an exponential moving average of the weights with this decay instead of the weights
            themselves.
    """

    freeze_layers: Annotated[int, Field(ge=0)] | None = None
    lora_rank: Annotated[int, Field(ge=1)] | None = None
    lora_targets: Literal["query_value", "all"] = "query_value"
    layer_decay: Decay = 1.0
    ema: Average | None = None

    @model_validator(mode="after")
    def _targets_of_lora(self) -> "FinetuneConfig":
        if self.lora_targets != "query_value" and self.lora_rank is None:
            raise ValueError("lora_targets: needs lora_rank")
        return self
