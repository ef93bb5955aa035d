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
        spelling: what becomes of a query's words that no item holds: nothing (``as_typed``), or words of the ``catalogue`` that
            they are a slip of take their place, in training and in the bundle.
        spelling_items: ``catalogue``: a word takes the place of others if so many items hold it; null for 3.
        spelling_known: ``catalogue``: words that are right although no item holds them.
    """

    backbone: str = "weights/minilm-l6-v2"
    query_length: Annotated[int, Field(ge=3, le=512)] = 16
    item_length: Annotated[int, Field(ge=3, le=512)] = 48
    pooling: Literal["mean", "cls"] = "mean"
    dropout: Share = 0.1
    spelling: Literal["as_typed", "catalogue"] = "as_typed"
    spelling_items: Count | None = None
    spelling_known: list[str] = Field(default=[])

    @property
    def items_of_a_correction(self) -> int:
        """``spelling_items``, or what null stands for."""
        return 3 if self.spelling_items is None else self.spelling_items

    @model_validator(mode="after")
    def _corrects(self) -> "EncoderConfig":
        given = [key for key in ("spelling_items", "spelling_known") if getattr(self, key) not in (None, [])]
        if given and self.spelling != "catalogue":
            raise ValueError(f"{given[0]}: goes with spelling: catalogue")
        return self

    @field_validator("spelling_known")
    @classmethod
    def _words(cls, words: list[str]) -> list[str]:
        wrong = [word for word in words if len(word.split()) != 1]
        if wrong:
            raise ValueError(f"give single words, found {wrong[0]!r}")
        return words


class ExpertsConfig(Section):
    """Experts of ``heads: mmoe`` and ``heads: ple``.

    Attributes:
        count: experts that all tasks share.
        hidden: widths of the hidden layers of an expert.
        task_count: ``ple``: experts of each task alone; null for 2.
        levels: ``ple``: levels of experts, one above the other; null for 1.
    """

    count: Count = 4
    hidden: list[Count] = Field(default=[64], min_length=1)
    task_count: Count | None = None
    levels: Count | None = None

    @property
    def experts_of_a_task(self) -> int:
        """``task_count``, or what null stands for."""
        return 2 if self.task_count is None else self.task_count

    @property
    def number_of_levels(self) -> int:
        """``levels``, or what null stands for."""
        return 1 if self.levels is None else self.levels


class ModelConfig(Section):
    """Interaction, heads and the score that ranks.

    Attributes:
        interaction: query and item encoded apart (``bi``), or also in one sequence (``cross``).
        heads: how clicks and purchases are learned together: one tower for all tasks (``shared_bottom``), a tower each
            (``esmm``, ``escm2_ips``, ``escm2_dr``), experts shared by all tasks (``mmoe``), or experts of each task beside
            shared ones (``ple``).
        experts: of ``mmoe`` and ``ple``; null for the defaults.
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
    heads: Literal["shared_bottom", "esmm", "mmoe", "ple", "escm2_ips", "escm2_dr"] = "esmm"
    experts: ExpertsConfig | None = None
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
    def _experts_are_mixed(self) -> "ModelConfig":
        if self.experts is None:
            return self
        if self.heads not in ("mmoe", "ple"):
            raise ValueError(f"experts: goes with heads: mmoe or heads: ple, found heads: {self.heads}")
        for key in ("task_count", "levels"):
            if self.heads == "mmoe" and getattr(self.experts, key) is not None:
                raise ValueError(f"experts.{key}: goes with heads: ple; all experts of heads: mmoe are shared")
        return self

    @model_validator(mode="after")
    def _score_is_learned(self) -> "ModelConfig":
        if "relevance" in Formula.read(self.score).names and not self.relevance:
            raise ValueError(f"score: {self.score} needs relevance: true")
        return self
