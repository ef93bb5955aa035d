"""Low-rank additions to the kernels of the Encoder."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from trainer.errors import InputError
from trainer.text.encoder import Encoder


def dense_layers(transformer_layer: keras.layers.Layer, targets: str) -> list[keras.layers.Layer]:
    """The dense layers of a transformer layer.

    Args:
        transformer_layer: of a keras-nlp BERT backbone.
        targets: ``query_value``, or ``all``.
    """
    attention = transformer_layer._self_attention_layer
    chosen = [attention.query_dense, attention.value_dense]
    if targets == "all":
        chosen += [attention.key_dense, attention.output_dense]
        chosen += [transformer_layer._feedforward_intermediate_dense, transformer_layer._feedforward_output_dense]
    return chosen


def add_lora(encoder: Encoder, rank: int, targets: str, lowest: int = 0) -> None:
    """Freeze the Encoder, and add trainable products of two thin matrices to kernels (Hu et al. 2022), with Keras's own LoRA.

    The products start at 0, so the Encoder computes what it did.

    Args:
        encoder: what is fine-tuned.
        rank: columns of the thin matrices.
        targets: ``query_value``, or ``all``.
        lowest: the lowest transformer layer that gets them.

    Raises:
        InputError: if the rank is above what a kernel's last axis, the width of an attention head, can hold.
    """
    layers = [dense for layer in encoder.transformer_layers[lowest:] for dense in dense_layers(layer, targets)]
    most = min((dense.kernel.shape[-1] for dense in layers), default=rank)
    if rank > most:
        raise InputError(
            f"finetune.lora_rank: {rank} is above {most}, the width of an attention head of the backbone (of "
            f"{encoder.width} in all); give 1 to {most}"
        )
    for variable in encoder.weights:
        variable.trainable = False
    for dense in layers:
        dense.enable_lora(rank)


@contextmanager
def merged_lora(encoder: Encoder) -> Iterator[None]:
    """While it lasts, the additions are part of the kernels, in float32; then all is bit for bit as before.

    Keras merges them too when it saves weights, but in the precision that the layer computes in.
    """
    layers = [
        dense
        for layer in encoder.transformer_layers
        for dense in dense_layers(layer, "all")
        if getattr(dense, "lora_enabled", False)
    ]
    kernels = [np.array(dense._kernel) for dense in layers]
    try:
        for dense, kernel in zip(layers, kernels, strict=True):
            product = np.array(dense.lora_kernel_a) @ np.array(dense.lora_kernel_b)
            dense._kernel.assign(kernel + dense.lora_alpha / dense.lora_rank * product)
            dense.lora_enabled = False
        yield
    finally:
        for dense, kernel in zip(layers, kernels, strict=True):
            dense._kernel.assign(kernel)
            dense.lora_enabled = True
