"""Tokens and preprocessed features of items and pages, computed once, as arrays."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.config import Experiment, FeatureConfig
from trainer.data.pages import Pages
from trainer.model.features import FeatureEncoder
from trainer.model.ranker import Ranker
from trainer.score.columns import raw_columns, score_columns
from trainer.text.packing import TextPacker

ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class AskedQueries:
    """Queries that the pages of an epoch are asked with, beside those that were typed.

    Attributes:
        tokens: int32 [R, L], packed.
        of_page: int64 [P], the row in ``tokens``.
    """

    tokens: np.ndarray
    of_page: np.ndarray


@dataclass
class Tables:
    """What batches gather from.

    Attributes:
        pad: the id of the padding token.
        item_tokens: int32 [I, L], packed.
        item_length: tokens an item, int32 [I].
        item_features: preprocessed, by name [I, ...].
        query_tokens: int32 [Q, L], packed, one row a distinct query text.
        query_of_page: int64 [P], the row in ``query_tokens``.
        user_features: preprocessed, by name [P, ...].
        context_features: preprocessed, by name [P, ...].
        sequences: by name, rows of items int32 [P, H], -1 where there is none.
        memory: vectors of the items for sequences, float32 [I, D].
        relevance: ``min`` and ``max`` of the judgments.
        item_columns: columns that the score names, float32 [I], NaN where missing.
        rewritten: queries that learn from those of ``teaching``, or None.
        teaching: queries that ``rewritten`` are made of; None for those of ``query_tokens``.
        query_vectors: unit vectors of ``query_tokens``, float32 [Q, D], which batches hold in place of the tokens; None where
            each step encodes them.
        item_vectors: of the items that the pages show, float32 [I, D], beside ``query_vectors``.
    """

    pad: int
    item_tokens: np.ndarray
    item_length: np.ndarray
    item_features: dict[str, np.ndarray]
    query_tokens: np.ndarray
    query_of_page: np.ndarray
    user_features: dict[str, np.ndarray]
    context_features: dict[str, np.ndarray]
    sequences: dict[str, np.ndarray]
    memory: np.ndarray
    relevance: dict[str, float] = field(default_factory=lambda: {"min": 0.0, "max": 1.0})
    item_columns: dict[str, np.ndarray] = field(default_factory=dict)
    rewritten: AskedQueries | None = None
    teaching: AskedQueries | None = None
    query_vectors: np.ndarray | None = None
    item_vectors: np.ndarray | None = None

    def relevance_share(self, relevance: np.ndarray) -> np.ndarray:
        """Judgments on a scale from 0 to 1."""
        low, high = self.relevance["min"], self.relevance["max"]
        return ((relevance - low) / max(high - low, 1e-9)).astype(np.float32)

    @property
    def remembered(self) -> np.ndarray:
        """Rows of the items that occur in sequences."""
        if not self.sequences:
            return np.zeros(0, np.int64)
        rows = np.unique(np.concatenate([rows.ravel() for rows in self.sequences.values()]))
        return rows[rows >= 0]


def build_tables(
    experiment: Experiment,
    ranker: Ranker,
    packers: dict[str, TextPacker],
    items: pd.DataFrame,
    pages: Pages,
    relevance: dict[str, float] | None = None,
) -> Tables:
    """Tokenise and preprocess with the graph that is exported.

    Args:
        experiment: the experiment.
        ranker: whose feature encoders preprocess.
        packers: ``query`` and ``item``.
        items: ``item_id``, ``text`` and the declared item features.
        pages: the pages.
        relevance: ``min`` and ``max`` of the judgments.
    """
    texts = query_texts(pages.table, experiment)
    codes, distinct = pd.factorize(texts)
    item_tokens = in_chunks(packers["item"], items["text"].fillna("").to_numpy(object))
    rows = pd.Series(np.arange(len(items), dtype=np.int32), index=items["item_id"])
    return Tables(
        pad=packers["item"].pad,
        item_tokens=item_tokens,
        item_length=(item_tokens != packers["item"].pad).sum(axis=1).astype(np.int32),
        item_features=preprocess(ranker.item_features, items),
        query_tokens=in_chunks(packers["query"], np.asarray(distinct, object)),
        query_of_page=codes.astype(np.int64),
        user_features=preprocess(ranker.user_features, pages.table),
        context_features=preprocess(ranker.context_features, pages.table),
        sequences={f.name: sequence_rows(pages.table, f, rows) for f in declared_sequences(experiment)},
        memory=np.zeros((len(items), ranker.encoder.width), np.float32),
        relevance=relevance or {"min": 0.0, "max": 1.0},
        item_columns=raw_columns(score_columns(experiment), items),
    )


def declared_sequences(experiment: Experiment) -> list[FeatureConfig]:
    """The declared sequences of users and context."""
    return [f for f in (*experiment.features.users, *experiment.features.context) if f.kind == "sequence"]


def query_texts(table: pd.DataFrame, experiment: Experiment) -> pd.Series:
    """The text of the query side: the query and the declared text features of user and context."""
    columns = [f.name for f in (*experiment.features.users, *experiment.features.context) if f.kind == "text"]
    texts = table["query"].fillna("").astype(str)
    for column in columns:
        texts = (texts + " " + table[column].fillna("").astype(str)).str.strip()
    return texts


def sequence_rows(table: pd.DataFrame, feature: FeatureConfig, rows: pd.Series) -> np.ndarray:
    """Rows of the items of a sequence, int32 [P, H]; -1 pads and stands for unknown items."""
    out = np.full((len(table), feature.length), -1, np.int32)
    lists = table[feature.name]
    lengths = lists.map(len).to_numpy().clip(max=feature.length)
    if lengths.sum():
        exploded = lists.str[: feature.length].explode().dropna()
        place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        out[np.repeat(np.arange(len(table)), lengths), place] = rows.reindex(exploded).fillna(-1).to_numpy()
    return out


def raw_features(encoder: FeatureEncoder, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The declared features of a table as the signature wants them: text with ``""``, numbers with NaN for missing."""
    raw: dict[str, np.ndarray] = {}
    for feature in encoder.features:
        column = table[feature.name]
        if feature.kind == "categorical":
            raw[feature.name] = column.astype(object).where(column.notna(), "").astype(str).to_numpy(object)
        elif feature.kind == "number":
            raw[feature.name] = pd.to_numeric(column).to_numpy(np.float32, na_value=np.nan)
        else:
            dimension = encoder.statistics[feature.name]["dimension"]
            empty = np.full(dimension, np.nan, np.float32)
            values = [empty if v is None or np.ndim(v) == 0 else v for v in column]
            raw[feature.name] = np.asarray(values, np.float32).reshape(len(table), dimension)
    return raw


def preprocess(encoder: FeatureEncoder, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Preprocessed features of a table, by name [rows, ...]."""
    if not encoder.features:
        return {}
    ready = encoder.preprocess({k: tf.constant(v) for k, v in raw_features(encoder, table).items()})
    return {name: value.numpy() for name, value in ready.items()}


def in_chunks(packer: TextPacker, texts: np.ndarray) -> np.ndarray:
    """Pack many texts."""
    chunks = [packer(tf.constant(texts[i : i + ROWS_AT_ONCE])).numpy() for i in range(0, len(texts), ROWS_AT_ONCE)]
    return np.concatenate(chunks) if chunks else np.zeros((0, packer.length), np.int32)
