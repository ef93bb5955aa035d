"""The tables and what is made of them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.section import Count, Positive, Section, Share


class EventsConfig(Section):
    """Raw logs to be joined into ``search_log``.

    ``impressions`` has the columns of ``search_log`` without the labels; ``clicks`` and ``orders`` have ``request_id`` or
    ``user_id``, ``item_id`` and ``timestamp``.

    Attributes:
        impressions: table of impressions: the columns of ``search_log`` without the labels.
        clicks: table of clicks.
        orders: table of orders; without one nothing counts as purchased.
        click_window_minutes: a click without ``request_id`` belongs to an impression at most this long before it.
        attribution_days: an order belongs to a click at most this long before it.
    """

    impressions: Path
    clicks: Path
    orders: Path | None = None
    click_window_minutes: Positive = 60.0
    attribution_days: Positive = 7.0


class NegativesConfig(Section):
    """Negatives for a log that holds clicks only: sampled from the items, by the share of training clicks ** ``power``.

    Attributes:
        per_click: items drawn for each click; never one that is on the page.
        power: 0 draws training negatives uniformly, 1 in proportion to the training clicks plus 1.
        hard: items added for each click on training pages, besides: the best matches of the query by BM25 that no
            training page of the query holds.
    """

    per_click: Count = 15
    power: Share = 0.0
    hard: Annotated[int, Field(ge=0)] = 0


class AttributionConfig(Section):
    """Purchases that may still come: labels of clicks whose attribution window was open when the log ended.

    Attributes:
        days: a purchase counts if it comes at most this long after the impression.
        early_purchases: ``keep``: clicks not yet followed by a purchase become unknown, nothing else; every known purchase
            is learned from, and purchase rates come out a little high. ``drop``: all impressions of the open time become
            unknown, whatever they show so far; rates are unbiased.
    """

    days: Positive
    early_purchases: Literal["keep", "drop"] = "keep"


class SplitConfig(Section):
    """How pages are parted: by ``time`` (the latest pages are the test) or by ``query`` (test queries unseen in training).

    Attributes:
        by: what parts the pages. Judgments are always parted by query.
        valid: share of the pages (of the distinct queries with ``by: query``) for validation.
        test: share of the pages (of the distinct queries with ``by: query``) for the test.
    """

    by: Literal["time", "query"] = "time"
    valid: Share = 0.1
    test: Share = 0.1

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "SplitConfig":
        if self.valid + self.test >= 1.0:
            raise ValueError(f"valid + test is {self.valid + self.test:g}, which leaves nothing to train on")
        return self


class DataConfig(Section):
    """The tables and what is made of them.

    Attributes:
        prepared: folder that ``shelfrank prepare`` writes.
        items: table of items.
        search_log: table of impressions with labels.
        events: raw logs in place of ``search_log``.
        users: table of users.
        judgments: table of human judgments.
        text: columns of the items that make up the encoded text, in this order; the first may not be empty.
        log: whether the log holds all items that were shown, or the clicked ones only.
        negatives: used with ``log: clicks``.
        attribution: how long purchases may come after an impression; null: all labels are final.
        split: how pages are parted.
        max_page_items: longer pages lose their last items.
        max_rejected_share: more rejected rows of a table than this stop the run.
        seed: of the simulation, the split and the negatives, where runs of several seeds share them; null for the
            experiment's.
    """

    prepared: Path
    items: Path
    search_log: Path | None = None
    events: EventsConfig | None = None
    users: Path | None = None
    judgments: Path | None = None
    text: list[str] = Field(default=["title"], min_length=1)
    log: Literal["impressions", "clicks"] = "impressions"
    negatives: NegativesConfig = NegativesConfig()
    attribution: AttributionConfig | None = None
    split: SplitConfig = SplitConfig()
    max_page_items: Count = 50
    max_rejected_share: Share = 0.01
    seed: int | None = None

    @model_validator(mode="after")
    def _one_source_of_labels(self) -> "DataConfig":
        given = [n for n in ("search_log", "events", "judgments") if getattr(self, n) is not None]
        if "search_log" in given and "events" in given:
            raise ValueError("give search_log or events, not both")
        if not given:
            raise ValueError("needs search_log, events or judgments")
        return self

    @model_validator(mode="after")
    def _windows_agree(self) -> "DataConfig":
        if self.attribution is not None and self.events is not None:
            joined = self.events.attribution_days
            if self.attribution.days < joined:
                raise ValueError(
                    f"attribution.days is {self.attribution.days:g}, but events.attribution_days joins orders up to "
                    f"{joined:g} days later; give attribution.days: {joined:g} or more"
                )
        return self
