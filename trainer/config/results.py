"""What is measured of a trained model, and where its bundles go."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from trainer.config.augmentation import WORDNET
from trainer.config.section import Count, Positive, Section
from trainer.config.slices import NEW_ITEMS, QUERY_FREQUENCY, SliceConfig


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


class ExportConfig(Section):
    """Where bundles go and how they are checked.

    Attributes:
        models: bundles are ``<models>/<name>/<version>``.
        parity_pages: pages, at most, of the test where there are any, on which bundle and trainer are compared.
        tolerance: largest difference allowed in score, ctr, cvr and ctcvr.
    """

    models: Path = Path("models")
    parity_pages: Count = 200
    tolerance: Positive = 1e-5
