"""The `simulate:` section of an experiment."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BehaviourConfig(Section):
    """How simulated users examine, click and buy.

    Attributes:
        eta: examination at position k is k ** -eta.
        click_rate: clicks per impression to calibrate to.
        purchase_rate: purchases per click to calibrate to.
        click_relevance: how much the logit of attraction rises from the least to the most relevant item.
        purchase_relevance: the same for the logit of buying.
        quality: weight of an item's own quality (standard normal) in both logits.
        taste: weight of brand and department taste in both logits.
        price: weight of price against the user's price sensitivity in both logits.
        noise: standard deviation of what nothing explains, drawn per impression, in both logits.
        random_click: attraction of an item that appeals to nobody.
    """

    eta: float = Field(default=0.7, ge=0.0, le=3.0)
    click_rate: float = Field(default=0.12, gt=0.0, lt=1.0)
    purchase_rate: float = Field(default=0.12, gt=0.0, lt=1.0)
    click_relevance: float = Field(default=3.0, ge=0.0)
    purchase_relevance: float = Field(default=2.0, ge=0.0)
    quality: float = Field(default=0.4, ge=0.0)
    taste: float = Field(default=0.6, ge=0.0)
    price: float = Field(default=0.4, ge=0.0)
    noise: float = Field(default=0.3, ge=0.0)
    random_click: float = Field(default=0.02, ge=0.0, lt=1.0)


class LoggingConfig(Section):
    """The ranker that ordered the logged pages.

    Attributes:
        policy: `lexical` orders by TF-IDF similarity and popularity, `random` by chance.
        popularity: weight of item popularity beside a lexical weight of 1 (both standardised).
        noise: weight of Gumbel noise in the score.
        shuffled_share: share of pages whose items are shuffled after they were chosen.
    """

    policy: Literal["lexical", "random"] = "lexical"
    popularity: float = Field(default=0.3, ge=0.0)
    noise: float = Field(default=0.5, ge=0.0)
    shuffled_share: Share = 0.1


class QueryKinds(Section):
    """Weights of the kinds of made-up query; a kind that runs out of wordings yields to the others.

    Attributes:
        type: queries that name a type of item.
        brand: a brand and a type.
        attribute: an attribute's value and a type.
        use_case: what the item is for.
        synonym: another word for a type.
        typo: one of the other kinds with a misspelling.
    """

    type: float = Field(default=0.15, ge=0.0)
    brand: float = Field(default=0.25, ge=0.0)
    attribute: float = Field(default=0.25, ge=0.0)
    use_case: float = Field(default=0.10, ge=0.0)
    synonym: float = Field(default=0.10, ge=0.0)
    typo: float = Field(default=0.15, ge=0.0)

    @model_validator(mode="after")
    def _some_weight(self) -> "QueryKinds":
        if not any((self.type, self.brand, self.attribute, self.use_case, self.synonym)):
            raise ValueError("at least one kind other than typo needs a weight above 0")
        return self


class MarketplaceConfig(Section):
    """The made-up catalogue and its queries.

    Attributes:
        items: items of the catalogue.
        brands: brands, each at home in one or two departments.
        queries: distinct queries.
        query_kinds: weights of the kinds of query.
        query_zipf: exponent of the query frequencies; 0 is uniform.
        candidates: items that can be shown for a query.
        judged: items judged for a query.
        judgment_errors: chance that a judgment slips by a grade, up or down as likely; the lowest and highest grade stay
            where the slip would leave the scale.
        image_width: length of the column `image_vector`.
        past_items: most items that a user bought before the log starts.
    """

    items: int = Field(default=1500, ge=100)
    brands: int = Field(default=48, ge=8, le=160)
    queries: int = Field(default=600, ge=20)
    query_kinds: QueryKinds = QueryKinds()
    query_zipf: float = Field(default=0.9, ge=0.0)
    candidates: int = Field(default=48, ge=2)
    judged: int = Field(default=30, ge=1)
    judgment_errors: Share = 0.05
    image_width: int = Field(default=8, ge=2)
    past_items: int = Field(default=6, ge=0, le=100)

    @model_validator(mode="after")
    def _sizes_fit(self) -> "MarketplaceConfig":
        if self.candidates > self.items:
            raise ValueError(f"candidates: {self.candidates} is more than items: {self.items}")
        if self.judged > self.candidates:
            raise ValueError(f"judged: {self.judged} is more than candidates: {self.candidates}")
        return self


class JudgmentsConfig(Section):
    """Real queries and items, read from a table of human judgments.

    Attributes:
        path: CSV, CSV.gz or parquet, one row a judged pair.
        columns: names in the file for `query`, `item_id`, `relevance` and the text columns, if others.
        text: text columns kept in `items`, under these names; `title` among them.
        conflicting_text: what an item with two texts does: stop with an `error`, or keep the `first`.
        least_candidates: queries with fewer judged items get no pages.
        query_zipf: exponent of the query frequencies; 0 is uniform.
    """

    path: Path
    columns: dict[str, str] = {}
    text: tuple[str, ...] = ("title",)
    conflicting_text: Literal["error", "first"] = "error"
    least_candidates: int = Field(default=2, ge=1)
    query_zipf: float = Field(default=0.0, ge=0.0)

    @field_validator("text")
    @classmethod
    def _has_title(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "title" not in value:
            raise ValueError("must hold 'title'")
        if len(set(value)) < len(value):
            raise ValueError("names a column twice")
        taken = sorted(set(value) & {"query", "item_id", "relevance", "price"})
        if taken:
            raise ValueError(f"{taken[0]!r} is a column of its own; name text columns only")
        return value

    @model_validator(mode="after")
    def _known_columns(self) -> "JudgmentsConfig":
        known = {"query", "item_id", "relevance", *self.text}
        unknown = sorted(set(self.columns) - known)
        if unknown:
            raise ValueError(f"columns: unknown key {unknown[0]!r}, expected one of {', '.join(sorted(known))}")
        return self


class SimulateConfig(Section):
    """Everything that `shelfrank simulate` needs apart from the seed.

    Attributes:
        source: `marketplace` makes items and queries up, `judgments` reads real ones.
        pages: search pages logged.
        page_size: items of a page, where the query has as many.
        days: days over which the pages spread.
        start: first day (UTC).
        users: users.
        behaviour: how users examine, click and buy.
        logging: the ranker that ordered the logged pages.
        marketplace: settings of that source.
        judgments: settings of that source.
    """

    source: Literal["marketplace", "judgments"] = "marketplace"
    pages: int = Field(default=20_000, ge=1)
    page_size: int = Field(default=12, ge=2)
    days: int = Field(default=28, ge=1)
    start: date = date(2025, 1, 6)
    users: int = Field(default=2_000, ge=1)
    behaviour: BehaviourConfig = BehaviourConfig()
    logging: LoggingConfig = LoggingConfig()
    marketplace: MarketplaceConfig = MarketplaceConfig()
    judgments: JudgmentsConfig | None = None

    @model_validator(mode="after")
    def _source_is_complete(self) -> "SimulateConfig":
        if self.source == "judgments" and self.judgments is None:
            raise ValueError("source: judgments needs the section judgments with its path")
        if self.source == "marketplace" and self.judgments is not None:
            raise ValueError("the section judgments needs source: judgments")
        if self.source == "judgments" and "marketplace" in self.model_fields_set:
            raise ValueError("the section marketplace needs source: marketplace")
        if self.source == "marketplace" and self.page_size > self.marketplace.candidates:
            candidates = self.marketplace.candidates
            raise ValueError(f"page_size: {self.page_size} is more than marketplace.candidates: {candidates}")
        return self
