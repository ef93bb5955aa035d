"""The four signatures of a bundle."""

from typing import Any

import numpy as np
import tensorflow as tf

from trainer.config import Experiment
from trainer.export.item_table import ItemTable
from trainer.model.ranker import Ranker
from trainer.score.outputs import PageOutputs
from trainer.text.packing import TextPacker, trim

OUTPUTS = ("score", "ctr", "cvr", "ctcvr")


class RankingModule(tf.Module):
    """What TF Serving runs: strings in, ranked items out. Position is nowhere in it.

    Args:
        experiment: names of columns and features, and the score that ranks.
        ranker: the trained Ranker in float32; its variables are held, not the Keras objects.
        packers: ``query`` and ``item``.
        table: the items.
        outputs: from logits to calibrated probabilities and the score that ranks.
    """

    def __init__(
        self,
        experiment: Experiment,
        ranker: Ranker,
        packers: dict[str, TextPacker],
        table: ItemTable,
        outputs: PageOutputs,
    ) -> None:
        super().__init__(name="shelfrank")
        self.table = table
        unused = {id(v) for v in ranker.variables if "seed_generator" in v.path}
        unused |= {id(v) for v in ranker.training_variables}
        self.weights = [v.value for v in ranker.variables if id(v) not in unused]
        encoders = (ranker.item_features, ranker.user_features, ranker.context_features)
        self.lookups = [layer.lookup_table for encoder in encoders for layer in encoder.lookups.values()]
        self.resources = outputs.resources
        self.spelling = packers["query"].spelling
        features = experiment.features
        page_features = (*features.users, *features.context)
        self._text = [f.name for f in page_features if f.kind == "text"]
        self._sequences = {f.name: f.length for f in page_features if f.kind == "sequence"}
        self._item_text = [*experiment.data.text, *(f.name for f in features.items if f.kind == "text")]
        self._columns = list(outputs.fill)
        # Behind a function, because what is only read while tracing must not be tracked and saved.
        self._tools = lambda: (ranker, packers, outputs)

    @property
    def _ranker(self) -> Ranker:
        return self._tools()[0]

    @property
    def _packers(self) -> dict[str, TextPacker]:
        return self._tools()[1]

    @property
    def _outputs(self) -> PageOutputs:
        return self._tools()[2]

    def functions(self) -> dict[str, Any]:
        """The concrete functions by signature name."""
        page = self.page_inputs()
        pages = tf.TensorSpec([None], tf.string)
        lists = tf.TensorSpec([None, None], tf.string)
        rank = page | {"item_id": lists}
        items = self._ranker.item_features.signature([None, None])
        items |= {name: tf.TensorSpec([None, None], tf.float32) for name in self._columns}
        rank_items = rank | items | dict.fromkeys(self._item_text, lists)
        encode_query = {"query": pages} | dict.fromkeys(self._text, pages)
        encode_item = dict.fromkeys(self._item_text, pages)
        ranked = concrete(self.rank, rank)
        return {
            "serving_default": ranked,
            "rank": ranked,
            "rank_items": concrete(self.rank_items, rank_items),
            "encode_query": concrete(self.encode_query, encode_query),
            "encode_item": concrete(self.encode_item, encode_item),
        }

    def page_inputs(self) -> dict[str, tf.TensorSpec]:
        inputs = {
            "query": tf.TensorSpec([None], tf.string),
            "user_id": tf.TensorSpec([None], tf.string),
            "history": tf.TensorSpec([None, None], tf.string),
        }
        inputs |= {name: tf.TensorSpec([None, None], tf.string) for name in self._sequences}
        inputs |= {name: tf.TensorSpec([None], tf.string) for name in self._text}
        return inputs | self._ranker.user_features.signature([None]) | self._ranker.context_features.signature([None])

    def rank(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Rank items of the table by id."""
        rows = self.table.find(inputs["item_id"])
        return self._ranked(inputs, *self.at(rows), rows < self.table.unknown_row)

    def at(self, rows: tf.Tensor) -> tuple[dict[str, Any], tf.Tensor | None]:
        """What the ranker reads of items of the table, [P, N] and more, and their tokens."""
        items = {
            "items": tf.gather(self.table.vectors, rows),
            "item_features": {name: tf.gather(values, rows) for name, values in self.table.features.items()},
            "columns": {name: tf.gather(values, rows) for name, values in self.table.columns.items()},
        }
        return items, None if self.table.tokens is None else tf.gather(self.table.tokens, rows)

    def rank_items(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Rank items whose text and features the request brings."""
        ids = inputs["item_id"]
        tokens = self._packers["item"](tf.reshape(self._joined(inputs, self._item_text), [-1]))
        shape = tf.shape(ids)
        vectors = self._ranker.encode(trim(tokens, self._packers["item"].pad), training=False)
        encoder = self._ranker.item_features
        items = {
            "items": tf.reshape(vectors, [shape[0], shape[1], self._ranker.encoder.width]),
            "item_features": encoder.preprocess(inputs) if encoder.features else {},
            "columns": {name: inputs[name] for name in self._columns},
        }
        tokens = tf.reshape(tokens, [shape[0], shape[1], self._packers["item"].length])
        return self._ranked(inputs, items, tokens, ids != "")

    def encode_query(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Unit vectors of queries."""
        return {"vector": self.encode(self.query_tokens(inputs))}

    def encode_item(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Unit vectors of item texts."""
        packer = self._packers["item"]
        tokens = trim(packer(self._joined(inputs, self._item_text)), packer.pad)
        return {"vector": self._ranker.encode(tokens, training=False)}

    def _joined(self, inputs: dict[str, tf.Tensor], columns: list[str]) -> tf.Tensor:
        return tf.strings.strip(tf.strings.join([inputs[name] for name in columns], " "))

    def encode(self, tokens: tf.Tensor) -> tf.Tensor:
        """Unit vectors of packed texts, float32 [P, D]."""
        return self._ranker.encode(tokens, training=False)

    def query_tokens(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        packer = self._packers["query"]
        return trim(packer(self._joined(inputs, ["query", *self._text])), packer.pad)

    def _ranked(
        self, inputs: dict[str, tf.Tensor], items: dict[str, Any], item_tokens: tf.Tensor | None, known: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        ids = inputs["item_id"]
        mask = ids != ""
        tokens = self.query_tokens(inputs)
        queries = self.encode(tokens)
        values = self.valued(inputs, tokens, queries, items, item_tokens, mask)
        # A formula may be negative: padding comes after the lowest score that there can be.
        order = tf.argsort(tf.where(mask, values["score"], -np.inf), axis=1, direction="DESCENDING", stable=True)
        ranked = {name: tf.gather(tf.where(mask, values[name], 0.0), order, batch_dims=1) for name in OUTPUTS}
        ranked["item_id"] = tf.gather(ids, order, batch_dims=1)
        ranked["known"] = tf.gather(known & mask, order, batch_dims=1)
        return ranked

    def valued(
        self,
        inputs: dict[str, tf.Tensor],
        tokens: tf.Tensor,
        queries: tf.Tensor,
        items: dict[str, Any],
        item_tokens: tf.Tensor | None,
        mask: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Score and probabilities of items as they come, float32 [P, N]; whatever for padding."""
        page = items | {
            "query": queries,
            "query_text": inputs["query"],
            "user_features": self._preprocessed(self._ranker.user_features, inputs),
            "context_features": self._preprocessed(self._ranker.context_features, inputs),
            "sequences": {name: self._sequence(inputs[name][:, :length]) for name, length in self._sequences.items()},
        }
        if item_tokens is not None and self._ranker.interaction.needs_pairs:
            page["pairs"] = self._pairs(tokens, item_tokens, mask)
        return self._outputs(self._ranker.page_logits(page, training=False), page)

    def _preprocessed(self, encoder: Any, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return encoder.preprocess(inputs) if encoder.features else {}

    def _sequence(self, ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = self.table.find(ids)
        return tf.gather(self.table.vectors, rows), rows < self.table.unknown_row

    def _pairs(self, query_tokens: tf.Tensor, item_tokens: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Encode the pairs that are no padding."""
        places = tf.where(mask)
        queries = tf.gather(query_tokens, places[:, 0])
        texts = trim(tf.gather_nd(item_tokens, places), self._packers["item"].pad)
        pairs = self._ranker.encode_pairs(queries, texts, training=False)
        shape = tf.concat([tf.shape(mask, tf.int64), [self._ranker.encoder.width]], 0)
        return tf.scatter_nd(places, pairs, shape)


def concrete(function: Any, inputs: dict[str, tf.TensorSpec]) -> Any:
    """Trace with one keyword argument an input, which become the names of the signature.

    TF Serving compares no shapes with the signature, and the tokenizer's ops crash the process on a scalar: so the graph
    itself refuses other ranks. It refuses inputs that disagree in the number of pages too, as one page would be taken for all.
    """
    named = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in inputs.items()}

    def checked(**given: tf.Tensor) -> dict[str, tf.Tensor]:
        values = {name: tf.ensure_shape(value, inputs[name].shape) for name, value in given.items()}
        names = sorted(values)
        counts = tf.stack([tf.shape(values[name])[0] for name in names])
        fault = f"the inputs {', '.join(names)} disagree in their first dimension, the pages:"
        with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(counts == counts[0]), [fault, counts], 64)]):
            return function({name: tf.identity(value) for name, value in values.items()})

    # Nothing here branches in Python on a tensor; reading the source for that would take longer than the tracing.
    return tf.function(checked, autograph=False).get_concrete_function(**named)
