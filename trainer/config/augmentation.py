"""Rewriting of texts while training."""

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from trainer.config.section import Count, NotNegative, Section, Share

WORDNET = Path("weights/wordnet")


class TextMethodConfig(Section):
    """One way of rewriting and how many texts it touches.

    Attributes:
        method: ``keyboard_typos``: one slip of the fingers in one word. ``phonetic_typos``: one word spelt otherwise with
            the same sound. ``character_noise``: a tenth of the letters astray, in any script. ``word_drop``,
            ``word_swap``: a tenth of the words left out or exchanged with the next, one at least. ``wordnet``: one word
            or phrase replaced by a synonym. ``attribute_values``: one value of a column replaced by a word that item
            texts use in its place, or the word by the value. ``paraphrases``: the whole text replaced by one of a table.
        queries: share of the queries that it rewrites, drawn anew each epoch; see ``rewritings``.
        items: share of the items whose text it rewrites, drawn anew each epoch.
        folder: of WordNet's database files, with ``wordnet``; null for ``weights/wordnet``.
        column: a declared ``categorical`` feature of items that names what they are, with ``attribute_values``.
        table: CSV or Parquet with the columns ``text``, ``paraphrase`` and, if wanted, ``weight``, with ``paraphrases``.
    """

    method: Literal[
        "keyboard_typos",
        "phonetic_typos",
        "character_noise",
        "word_drop",
        "word_swap",
        "wordnet",
        "attribute_values",
        "paraphrases",
    ]
    queries: Share = 0.0
    items: Share = 0.0
    folder: Path | None = None
    column: str | None = None
    table: Path | None = None

    @model_validator(mode="after")
    def _of_the_method(self) -> "TextMethodConfig":
        if not self.queries + self.items:
            raise ValueError(f"method: {self.method} touches nothing; give queries or items a share above 0")
        owners = {"folder": "wordnet", "column": "attribute_values", "table": "paraphrases"}
        for key, owner in owners.items():
            if getattr(self, key) is not None and self.method != owner:
                raise ValueError(f"{key}: goes with method: {owner}, found {self.method}; leave it out")
        if self.method == "attribute_values" and self.column is None:
            raise ValueError("method: attribute_values needs column, a categorical feature of items")
        if self.method == "paraphrases" and self.table is None:
            raise ValueError("method: paraphrases needs table, a CSV or Parquet file")
        return self


class AugmentationConfig(Section):
    """Rewriting of texts while training; validation, evaluation and the bundle never see a rewritten text.

    Attributes:
        methods: applied in this order, each to shares of its own; a text may meet several.
        rewritings: how many versions of a query an epoch holds; each of its pages asks one of them. More teach more
            misspellings where a log asks few distinct queries often, and are encoded each.
        self_teaching: weight of what the order for a rewritten query diverges from that for the query as it was typed, which
            teaches and is not moved by it (Zhuang and Zuccon 2022). The rest of the loss then sees queries as typed. 0:
            rewritten queries take the place of the typed ones.
        item_queries: share of the pages, drawn anew each epoch, where what teaches and what is rewritten is not the page's
            query but one to three words in a row of the text of one of its items: a log asks few distinct queries, a
            catalogue has many words. With ``self_teaching``.
    """

    methods: tuple[TextMethodConfig, ...] = ()
    rewritings: Count = 1
    self_teaching: NotNegative = 0.0
    item_queries: Share = 0.0

    @model_validator(mode="after")
    def _rewrites_queries(self) -> "AugmentationConfig":
        rewritten = any(method.queries for method in self.methods)
        for key, given in (("rewritings", self.rewritings > 1), ("self_teaching", self.self_teaching > 0)):
            if given and not rewritten:
                raise ValueError(
                    f"{key}: none of methods rewrites queries; give one of them a share of queries above 0"
                )
        if self.item_queries and not self.self_teaching:
            raise ValueError("item_queries: only self-teaching learns from them; give self_teaching a weight above 0")
        return self
