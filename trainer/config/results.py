"""What is measured of a trained model, and where its bundles go."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trainer.config.augmentation import WORDNET
from trainer.config.section import Count, Positive, Section
from trainer.config.slices import NEW_ITEMS, QUERY_FREQUENCY, SliceConfig

MOST_WARMUP_REQUESTS = 1000
OTHER_WARMUP_REQUESTS = 9
"""One each of ``rank``, ``rank_items``, ``encode_query`` and ``encode_item``, and of the five lists where a bundle has them."""


class EvaluateConfig(Section):
    """What ``shelfrank evaluate`` measures. ``candidates: all`` ranks every item of the table for each test page.

    Attributes:
        k: cut of NDCG.
        bootstrap: resamples of queries for the intervals; 0 leaves them out.
        candidates: what a page of the log is ranked from: its own items, or every item.
        slices: parts of the pages whose metrics are compared with those of the rest.
        robustness: whether the queries are also rewritten, with slips and in other words, and ranked again.
        robustness_draws: rewritings of a query by each way; several make the figures of few queries steadier.
        wordnet: folder of WordNet's database files, for the synonyms of the rewritten queries.
    """

    k: Count = 10
    bootstrap: Annotated[int, Field(ge=0)] = 500
    candidates: Literal["page", "all"] = "page"
    slices: list[SliceConfig] = Field(default=[SliceConfig(by=QUERY_FREQUENCY), SliceConfig(by=NEW_ITEMS)])
    robustness: bool = False
    robustness_draws: Count = 1
    wordnet: Path = WORDNET


class WarmupConfig(Section):
    """Requests that a server runs before it lets a version answer: one for each batch size and list size.

    They are pages of the validation, or of the test or the training where it has none. A longer page is cut, a shorter one
    filled with candidates of other pages.

    Attributes:
        batch_sizes: pages of a request: the `allowed_batch_sizes` of TF Serving's batching parameters. A server whose
            `max_batch_size` is below the last one does not load the version.
        list_sizes: candidates of a page: the `list_sizes` of the clients. Name those of your traffic: lists are longer than the
            pages of a log where more is ranked than shown.
    """

    batch_sizes: list[Count] = Field(default=[1, 2, 4, 8], min_length=1)
    list_sizes: list[Count] = Field(default=[12, 24, 48, 100], min_length=1)

    @model_validator(mode="after")
    def _few_and_growing(self) -> "WarmupConfig":
        for name in ("batch_sizes", "list_sizes"):
            sizes = getattr(self, name)
            if sizes != sorted(set(sizes)):
                raise ValueError(f"{name}: expected sizes that grow, found {sizes}")
        count = len(self.batch_sizes) * len(self.list_sizes) + OTHER_WARMUP_REQUESTS
        if count > MOST_WARMUP_REQUESTS:
            raise ValueError(
                f"batch_sizes: {len(self.batch_sizes)} of them with {len(self.list_sizes)} list_sizes and "
                f"{OTHER_WARMUP_REQUESTS} other signatures make {count} requests, TF Serving takes at most "
                f"{MOST_WARMUP_REQUESTS}; name fewer"
            )
        return self


class ExportConfig(Section):
    """Where bundles go and how they are checked.

    Attributes:
        models: bundles are ``<models>/<name>/<version>``.
        parity_pages: pages, at most, of the test where there are any, on which bundle and trainer are compared; the lists of a
            bundle are asked for them too, with ``interaction: cross`` for the first nine.
        tolerance: largest difference allowed in score, ctr, cvr and ctcvr, and in the propensity of a list's item.
        warmup: what a server is warmed up with.
    """

    models: Path = Path("models")
    parity_pages: Count = 200
    tolerance: Positive = 1e-5
    warmup: WarmupConfig = WarmupConfig()
