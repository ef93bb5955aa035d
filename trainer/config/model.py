"""The text encoder and the network above it."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trainer.config.section import Count, Section, Share
from trainer.score.formula import Formula


class EncoderConfig(Section):
    """The text encoder: a keras-nlp BERT preset name, ``hf://...``, a Hugging Face folder or a Keras preset folder.

    Attributes:
        backbone: preset name, ``hf://...`` or folder.
        query_length: tokens of a query at most, the two special ones included.
        item_length: tokens of an item text at most, the two special ones included.
        pooling: what stands for a text: the mean of its tokens' states, or the state of the first token.
        dropout: share of units dropped in the backbone while training.
    """

    backbone: str = "weights/minilm-l6-v2"
    query_length: Annotated[int, Field(ge=3, le=512)] = 16
    item_length: Annotated[int, Field(ge=3, le=512)] = 48
    pooling: Literal["mean", "cls"] = "mean"
    dropout: Share = 0.1


class ModelConfig(Section):
    """Interaction, heads and the score that ranks.

    Attributes:
        interaction: query and item encoded apart (``bi``), or also in one sequence (``cross``).
        heads: how clicks and purchases are learned together.
        hidden: widths of the hidden layers of a tower; an empty list makes it linear.
        dropout: share of units dropped in the towers while training.
        residual: add the cosine of query and item, times a learned weight, to every logit.
        position_bias: learn a click logit for each position while training; it is not exported. ``debias.method``, where
            given, decides in its place.
        relevance: learn a third task from ``data.judgments``.
        score: what pages are sorted by: ``ctcvr``, ``ctr``, ``relevance``, or a formula of these, ``cvr`` and number
            columns of the items, with ``+ - * ^`` and parentheses, for instance ``ctr * cvr^0.8 * price^0.3``.
    """

    interaction: Literal["bi", "cross"] = "bi"
    heads: Literal["esmm", "shared_bottom"] = "esmm"
    hidden: list[Count] = Field(default=[128, 64])
    dropout: Share = 0.1
    residual: bool = True
    position_bias: bool = True
    relevance: bool = False
    score: str = "ctcvr"

    @field_validator("score")
    @classmethod
    def _score_is_a_formula(cls, score: str) -> str:
        Formula.read(score)
        return score

    @model_validator(mode="after")
    def _score_is_learned(self) -> "ModelConfig":
        if "relevance" in Formula.read(self.score).names and not self.relevance:
            raise ValueError(f"score: {self.score} needs relevance: true")
        return self
