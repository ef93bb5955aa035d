"""The Encoder: a BERT backbone taken apart into steps."""

from collections.abc import Sequence

import keras
import keras_nlp
from keras import ops


class Encoder(keras.layers.Layer):
    """Embeds tokens and runs the backbone's transformer layers step by step.

    Calling the backbone as one box would hide the embedded tokens, which per-example perturbation needs, and the states
    between layers, which encoding items once and joining the query later needs.

    Args:
        backbone: a keras-nlp BERT backbone, whose layers are used as they are.
        pad: the id of the padding token.
        pooling: ``mean`` over the tokens that are not padding (Reimers and Gurevych 2019), or ``cls``, the first token.

    Attributes:
        drops_units: whether training drops units; not where nothing of the Encoder is trained, as what learns from its vectors
            would learn from others than are served.
    """

    def __init__(self, backbone: keras_nlp.models.BertBackbone, pad: int = 0, pooling: str = "mean", **kwargs) -> None:
        super().__init__(dtype=backbone.dtype_policy, **kwargs)
        # === Layers ===
        self.token_embedding = backbone.token_embedding
        self.position_embedding = backbone.position_embedding
        self.segment_embedding = backbone.segment_embedding
        self.embedding_norm = backbone.embeddings_layer_norm
        self.embedding_dropout = backbone.embeddings_dropout
        self.transformer_layers = backbone.transformer_layers
        # === Config ===
        self.pad = pad
        self.pooling = pooling
        self.width = backbone.hidden_dim
        self.max_length = backbone.max_sequence_length
        self.drops_units = True
        self.built = True

    def embed(self, token_ids, segment_ids=None, training: bool | None = None):
        """Embed tokens.

        Args:
            token_ids: int [B, L]
            segment_ids: int [B, L], 0 where not given.
            training: whether to drop units.

        Returns:
            float [B, L, D]
        """
        if segment_ids is None:
            segment_ids = ops.zeros_like(token_ids)
        tokens = self.token_embedding(token_ids)
        x = tokens + self.position_embedding(tokens) + self.segment_embedding(segment_ids)
        return self.embedding_dropout(self.embedding_norm(x), training=self.drops_units and training)

    def run(self, x, mask, layers: Sequence[int] | range | None = None, training: bool | None = None):
        """Run transformer layers.

        Args:
            x: float [B, L, D], embedded tokens or the states of a lower layer.
            mask: bool [B, L], false at padding.
            layers: which layers, in order; all of them where not given.
            training: whether to drop units.

        Returns:
            float [B, L, D]
        """
        for index in range(len(self.transformer_layers)) if layers is None else layers:
            x = self.transformer_layers[index](x, padding_mask=mask, training=self.drops_units and training)
        return x

    def pool(self, x, mask):
        """One vector a text, in float32.

        Args:
            x: float [B, L, D]
            mask: bool [B, L]

        Returns:
            float32 [B, D]
        """
        x = ops.cast(x, "float32")
        if self.pooling == "cls":
            return x[:, 0]
        weights = ops.cast(mask, "float32")[..., None]
        return ops.sum(x * weights, axis=1) / ops.maximum(ops.sum(weights, axis=1), 1.0)

    def call(self, token_ids, segment_ids=None, training: bool | None = None, perturbation=None):
        """Encode texts.

        Args:
            token_ids: int [B, L]
            segment_ids: int [B, L], 0 where not given.
            training: whether to drop units.
            perturbation: float [B, L, D], added to the embedded tokens where given.

        Returns:
            float32 [B, D]
        """
        mask = ops.not_equal(token_ids, self.pad)
        x = self.embed(token_ids, segment_ids, training=training)
        if perturbation is not None:
            x = x + ops.cast(perturbation, x.dtype)
        return self.pool(self.run(x, mask, training=training), mask)
