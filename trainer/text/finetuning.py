"""Which weights of the Encoder are trained, and how fast."""

from typing import Any

from trainer.config import FinetuneConfig
from trainer.errors import InputError
from trainer.text.encoder import Encoder
from trainer.text.lora import add_lora


def limit_training(encoder: Encoder, config: FinetuneConfig) -> None:
    """Freeze weights and add low-rank ones; an Encoder that is frozen as a whole drops no units either.

    Args:
        encoder: what is fine-tuned.
        config: the section ``finetune``.

    Raises:
        InputError: if there are not as many layers to freeze, or the rank is too high.
    """
    frozen, layers = config.freeze_layers, len(encoder.transformer_layers)
    if frozen is not None and frozen > layers:
        raise InputError(f"finetune.freeze_layers: {frozen} is above the {layers} layers of the backbone")
    if frozen == layers and config.lora_rank is not None:
        raise InputError(f"finetune.lora_rank: finetune.freeze_layers {frozen} leaves no layer to train; lower it")
    if config.lora_rank is not None:
        add_lora(encoder, config.lora_rank, config.lora_targets, frozen or 0)
    elif frozen is not None:
        for group in weights_by_depth(encoder)[: frozen + 1]:
            for variable in group:
                variable.trainable = False
        encoder.drops_units = frozen < layers


def weights_by_depth(encoder: Encoder) -> list[list[Any]]:
    """The Encoder's weights from the embeddings up: one list for the embeddings, one for each transformer layer."""
    embeddings = [
        encoder.token_embedding,
        encoder.position_embedding,
        encoder.segment_embedding,
        encoder.embedding_norm,
    ]
    return [
        [v for layer in embeddings for v in layer.weights],
        *(layer.weights for layer in encoder.transformer_layers),
    ]


def layer_factors(encoder: Encoder, decay: float) -> dict[int, float]:
    """Factors of the learning rate by ``id`` of the variable (discriminative fine-tuning, Howard and Ruder 2018).

    The top layer has 1, each layer below ``decay`` times that of the layer above it.

    Args:
        encoder: what is fine-tuned.
        decay: from one layer to the one below.
    """
    if decay == 1.0:
        return {}
    groups = weights_by_depth(encoder)
    return {id(v): decay ** (len(groups) - 1 - depth) for depth, group in enumerate(groups) for v in group}
