"""The Ranker: one page of candidates in, one logit a task and candidate out."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from trainer.data.declared_tasks import DeclaredTask
from trainer.losses.uncertainty import UncertaintyWeights
from trainer.model.features import FeatureEncoder
from trainer.model.heads import Head
from trainer.model.history import HistoryAttention
from trainer.model.interaction import unit
from trainer.model.position_bias import PositionBias
from trainer.text.encoder import Encoder
from trainer.text.packing import pack_pair

REWRITTEN = "rewritten."
"""Before the names of a batch's rewritten queries, and of the logits for them."""
TEACHING = "teaching."
"""Before those of the queries that the rewritten ones are made of, where some of them are not the pages' own."""
SIMILARITY_SCALE = {"ctr": 8.0, "cvr": 2.0, "relevance": 8.0}
DECLARED_SCALE = 2.0
"""Of declared tasks of 0 and 1; a value has no reason to grow with the similarity."""


class Ranker(keras.Model):
    """Encoder, interaction, features, history and heads.

    The pretrained similarity is a residual term of every logit, ``scale * (cosine - centre)``, and the last layers of the
    heads start at 0: before training the Ranker orders a page as the pretrained encoder does.

    Args:
        encoder: the text encoder.
        interaction: a layer of `trainer.model.interaction`.
        head: a layer of `trainer.model.heads`.
        features: the feature encoders of ``items``, ``users`` and ``context``.
        sequences: names of the declared sequences.
        position_bias: the position tower, or None.
        residual: whether the similarity is added to the logits.
        declared: the tasks of the head that the experiment declares.
        task_weights: learned weights of the tasks in the loss, or None.
    """

    def __init__(
        self,
        encoder: Encoder,
        interaction: keras.layers.Layer,
        head: Head,
        features: dict[str, FeatureEncoder],
        sequences: list[str],
        position_bias: PositionBias | None,
        residual: bool = True,
        declared: Sequence[DeclaredTask] = (),
        task_weights: UncertaintyWeights | None = None,
        **kwargs,
    ) -> None:
        # Unit vectors and labels keep their precision; each layer casts what it computes on.
        super().__init__(autocast=False, **kwargs)
        # === Layers ===
        self.encoder = encoder
        self.interaction = interaction
        self.item_features = features["items"]
        self.user_features = features["users"]
        self.context_features = features["context"]
        self.histories = {name: HistoryAttention(name=f"{name}_attention") for name in sequences}
        self.head = head
        self.position_bias = position_bias
        self.task_weights = task_weights
        self.declared = tuple(declared)
        # === Residual similarity ===
        self.residual = residual
        self.tasks = head.tasks
        self.similarity_scale = SIMILARITY_SCALE | {
            task.name: DECLARED_SCALE if task.config.is_probability else 0.0 for task in declared
        }
        self.similarity_weight = self.add_weight(
            shape=(len(self.tasks),), initializer="ones", trainable=residual, autocast=False, name="similarity_weight"
        )
        self.similarity_centre = self.add_weight(
            shape=(), initializer="zeros", trainable=False, autocast=False, name="similarity_centre"
        )
        self._build_layers()

    def _build_layers(self) -> None:
        width = self.encoder.width
        shapes = ((None, width), (None, None, width), (None, None, width))
        if self.interaction.needs_pairs:
            self.interaction.build(*shapes)
        else:
            self.interaction.build(shapes[0])
        total = width * (2 if self.interaction.needs_pairs else 1)
        for history in self.histories.values():
            history.build((None, None, width))
            total += history.width
        total += sum(f.width for f in (self.item_features, self.user_features, self.context_features))
        self.head.build((None, None, total))
        self.built = True

    def encode(self, tokens, training: bool | None = None, perturbation=None):
        """Encode packed texts.

        Args:
            tokens: int32 [B, L]
            training: whether to drop units.
            perturbation: float32 [B, L, D], added to the embedded tokens where given.

        Returns:
            Unit vectors, float32 [B, D]; zeros for texts of no token.
        """
        filled = ops.sum(ops.cast(ops.not_equal(tokens, self.encoder.pad), "int32"), axis=1, keepdims=True) > 2
        return unit(self.encoder(tokens, training=training, perturbation=perturbation)) * ops.cast(filled, "float32")

    def encode_pairs(self, query_tokens, item_tokens, training: bool | None = None, perturbation=None):
        """Encode queries and items in one sequence each.

        Args:
            query_tokens: int32 [B, L1], packed.
            item_tokens: int32 [B, L2], packed.
            training: whether to drop units.
            perturbation: float32 [B, L1 + L2 - 1, D], added to the embedded tokens where given.

        Returns:
            Pooled states, float32 [B, D].
        """
        tokens, segments = pack_pair(query_tokens, item_tokens, self.encoder.pad)
        return self.encoder(tokens, segments, training=training, perturbation=perturbation)

    def candidate_vectors(self, page: dict[str, Any]):
        """What the head reads of encoded pages.

        Args:
            page: as `page_logits` takes it.

        Returns:
            float [P, N, F]
        """
        query, items = page["query"], page["items"]
        shape = ops.shape(items)[:2]
        parts = [self.interaction(query, items, page.get("pairs"))]
        if self.item_features.width:
            parts.append(self.item_features(page["item_features"]))
        for encoder, key in ((self.user_features, "user_features"), (self.context_features, "context_features")):
            if encoder.width:
                tiled = encoder(page[key])[:, None, :]
                parts.append(ops.broadcast_to(tiled, (*shape, encoder.width)))
        for name, attention in self.histories.items():
            vectors, mask = page["sequences"][name]
            parts.append(attention(items, vectors, mask))
        return ops.concatenate([ops.cast(part, self.compute_dtype) for part in parts], axis=-1)

    def page_logits(self, page: dict[str, Any], training: bool | None = None) -> dict[str, Any]:
        """Logits of encoded pages.

        Args:
            page: ``query`` float32 [P, D] and ``items`` float32 [P, N, D] (unit vectors; zeros where an item has no text),
                ``pairs`` float32 [P, N, D] where the interaction needs them, ``item_features``, ``user_features``,
                ``context_features`` (preprocessed, [P, N, ...] or [P, ...]), ``sequences`` by name: vectors float32 [P, H, D]
                and mask bool [P, H].
            training: whether to drop units.

        Returns:
            By task: float32 [P, N].
        """
        return self._with_similarity(self.head(self.candidate_vectors(page), training=training), page)

    def _with_similarity(self, logits: dict[str, Any], page: dict[str, Any]) -> dict[str, Any]:
        if not self.residual:
            return logits
        query, items = page["query"], page["items"]
        similarity = ops.sum(query[:, None, :] * items, axis=-1) - self.similarity_centre
        similarity = ops.where(ops.any(ops.not_equal(items, 0.0), axis=-1), similarity, 0.0)
        return {
            task: logits[task] + self.similarity_scale[task] * self.similarity_weight[index] * similarity
            for index, task in enumerate(self.tasks)
        }

    def call(
        self, batch: dict[str, Any], training: bool | None = None, perturbation: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Outputs of a training batch, in which each distinct text is encoded once.

        Args:
            batch: as `trainer.training.batches.PageBatches` makes it.
            training: whether to drop units.
            perturbation: by encoding (``query``, ``item``, ``pair``): what is added to the embedded tokens.

        Returns:
            By task: float32 [P, N], without the position bias; and what the head gives for the loss alone, by name. Of a batch
            with rewritten queries also their logits, as ``rewritten.<task>``, and with queries that teach them theirs, as
            ``teaching.<task>``; no perturbation is added to these queries.
        """
        page = self.page_of(batch, training=training, perturbation=perturbation)
        x = self.candidate_vectors(page)
        found = self._with_similarity(self.head(x, training=training), page) | self.head.auxiliary(x, training)
        for prefix in (REWRITTEN, TEACHING):
            if f"{prefix}query_tokens" in batch:
                asked = self._asked_with(prefix, batch, page, training)
                found |= {f"{prefix}{task}": logits for task, logits in self.page_logits(asked, training).items()}
        return found

    def _asked_with(
        self, prefix: str, batch: dict[str, Any], page: dict[str, Any], training: bool | None
    ) -> dict[str, Any]:
        """The pages of a batch with other queries in the place of the typed ones; items are not encoded again."""
        asked = batch | select(batch, prefix)
        queries = self.encode(asked["query_tokens"], training=training)
        page = page | {"query": tf.gather(queries, asked["query_row"])}
        return page | {"pairs": self._pairs(asked, training)} if self.interaction.needs_pairs else page

    def page_of(
        self, batch: dict[str, Any], training: bool | None = None, perturbation: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The encoded pages of a training batch, as `page_logits` takes them; the arguments are those of `call`."""
        moved = perturbation or {}
        queries, items = (self._encoded(batch, kind, training, moved.get(kind)) for kind in ("query", "item"))
        rows = batch["item_row"]
        page = {
            "query": tf.gather(queries, batch["query_row"]),
            "items": tf.gather(items, rows),
            "user_features": select(batch, "user."),
            "context_features": select(batch, "context."),
            "item_features": {k: tf.gather(v, rows) for k, v in select(batch, "item.").items()},
            "sequences": {name: (batch[f"sequence.{name}"], batch[f"sequence_mask.{name}"]) for name in self.histories},
        }
        if self.interaction.needs_pairs:
            page["pairs"] = self._pairs(batch, training, moved.get("pair"))
        return page

    def _encoded(self, batch: dict[str, Any], kind: str, training: bool | None, perturbation=None):
        """Vectors of the queries or items of a batch; those that it brings along, where nothing of the Encoder is trained."""
        if f"{kind}_vectors" in batch:
            return tf.ensure_shape(batch[f"{kind}_vectors"], [None, self.encoder.width])
        return self.encode(batch[f"{kind}_tokens"], training=training, perturbation=perturbation)

    def _pairs(self, batch: dict[str, Any], training: bool | None, perturbation=None):
        pairs = self.encode_pairs(
            tf.gather(batch["query_tokens"], batch["pair_query"]),
            tf.gather(batch["item_tokens"], batch["pair_item"]),
            training=training,
            perturbation=perturbation,
        )
        return tf.gather(pairs, batch["pair_row"])

    @property
    def training_variables(self) -> list[Any]:
        """The variables that nothing at serving reads."""
        layers = [layer for layer in (self.position_bias, self.task_weights) if layer is not None]
        return [*(v for layer in layers for v in layer.variables), *self.head.auxiliary_variables]

    def declared_predictions(self, logits: dict[str, Any]) -> dict[str, Any]:
        """What the outputs of declared tasks stand for.

        Args:
            logits: by task, float32 [P, N].

        Returns:
            By declared task: a probability, or a value in the units of its column, float32 [P, N].
        """
        return {
            task.name: ops.sigmoid(logits[task.name])
            if task.config.is_probability
            else task.mean + task.std * logits[task.name]
            for task in self.declared
        }


def select(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The entries whose key starts with ``prefix``, without it."""
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def probabilities(logits: dict[str, Any]) -> dict[str, Any]:
    """Probabilities of logits.

    Args:
        logits: by task, float32 [P, N].

    Returns:
        ``ctr``, ``cvr``, ``ctcvr`` (formed in log space) and ``relevance`` where it is a task, float32 [P, N].
    """
    out = {}
    if "ctr" in logits:
        ctr, cvr = ops.log_sigmoid(logits["ctr"]), ops.log_sigmoid(logits["cvr"])
        out = {"ctr": ops.exp(ctr), "cvr": ops.exp(cvr), "ctcvr": ops.exp(ctr + cvr)}
    if "relevance" in logits:
        out["relevance"] = ops.sigmoid(logits["relevance"])
    return out
