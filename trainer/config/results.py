"""What is measured of a trained model, and where its bundles go."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from trainer.config.section import Count, Positive, Section


class EvaluateConfig(Section):
    """What ``shelfrank evaluate`` measures. ``candidates: all`` ranks every item of the table for each test page.

    Attributes:
        k: cut of NDCG.
        bootstrap: resamples of queries for the intervals; 0 leaves them out.
        candidates: what a page of the log is ranked from: its own items, or every item.
    """

    k: Count = 10
    bootstrap: Annotated[int, Field(ge=0)] = 500
    candidates: Literal["page", "all"] = "page"


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
