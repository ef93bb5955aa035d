"""From checked tables to split and filled pages, before they are written."""

import dataclasses
from dataclasses import dataclass

import pandas as pd

from trainer.config import DataConfig, Experiment, FeatureConfig
from trainer.data.continued_log import (
    BaseData,
    Continued,
    click_history,
    known_splits,
    later_pages,
    marked,
    with_base,
)
from trainer.data.frozen_statistics import unseen_values
from trainer.data.judged_pages import build_judged_pages, missing_features
from trainer.data.negatives import Shortfall, add_negatives
from trainer.data.page_building import Cut, add_user_features, build_pages, cut_pages
from trainer.data.pages import Pages
from trainer.data.sequences import add_sequences
from trainer.data.sources import Sources
from trainer.data.splits import assign_queries, check_splits, split_by_query, split_by_time


@dataclass(frozen=True)
class MadePages:
    """Pages of an experiment.

    Attributes:
        pages: of the log, or None.
        judged: of the judgments, or None.
        judgments: with their ``split``, or None.
        cut: what was cut off.
        clicks: the pages of the log before they were cut, if ``history`` was made from their clicks, or None.
        negatives: what was sampled, for a log of clicks only.
        continued: what the new days brought, where a run is continued.
    """

    pages: Pages | None
    judged: Pages | None
    judgments: pd.DataFrame | None
    cut: Cut
    clicks: Pages | None
    negatives: Shortfall | None
    continued: Continued | None = None

    @classmethod
    def of(cls, experiment: Experiment, sources: Sources, base: BaseData | None = None) -> "MadePages":
        """Build, split and fill the pages of the log and of the judgments.

        Args:
            experiment: features, split, negatives.
            sources: the checked tables.
            base: the data of the run that is continued, whose pages come before those of the log.
        """
        data, item_ids = experiment.data, sources.items["item_id"]
        declared = [*experiment.features.users, *experiment.features.context]
        queries = [f["query"] for f in (sources.log, sources.judgments) if f is not None]
        if data.split.by == "time" and sources.judgments is not None:
            queries = [sources.judgments["query"]]
        assignment = assign_queries(pd.concat(queries), data.split, experiment.data_seed)
        pages, cut, clicks, negatives, continued = None, Cut(0, 0, 0), None, None, None
        if sources.log is not None:
            pages = build_pages(sources.log, item_ids, experiment.features.context)
            if base is not None:
                pages, continued = later_pages(pages, base, sources.items)
            pages = _split_log(pages, assignment, data)
            pages = add_user_features(pages, sources.users, experiment.features.users)
            pages = _fill_missing(pages, declared)
            sequences = [f for f in declared if f.kind == "sequence"]
            from_clicks = any(f.name == "history" and f.name not in pages.table for f in sequences)
            if base is not None and from_clicks:
                length = next(f.length for f in sequences if f.name == "history")
                pages, clicks = click_history(pages, base, item_ids, length)
            pages = add_sequences(pages, sequences, item_ids.to_numpy(object), data.split.by == "query")
            clicks = clicks or (pages if from_clicks else None)
            pages, cut = cut_pages(pages, data.max_page_items)
            if data.log == "clicks":
                clicked = pages
                texts, longest = sources.items["text"], data.max_page_items
                pages = add_negatives(clicked, len(item_ids), data.negatives, longest, experiment.data_seed, texts)
                negatives = Shortfall.of(clicked, pages, data.negatives)
            if base is not None and continued is not None:
                unseen = unseen_values(pages, sources.items, base.statistics)
                continued = dataclasses.replace(continued, unseen=unseen)
                pages = with_base(pages, base, item_ids)
        judged, judgments = None, sources.judgments
        if judgments is not None:
            if base is not None:
                assignment = known_splits(judgments["query"], base, data.split, experiment.data_seed)
            judgments = judgments.assign(split=split_by_query(judgments["query"], assignment))
            check_splits(judgments["split"], data.split, "judgments", "give judgments of more queries")
            judged = build_judged_pages(judgments, item_ids, declared, data.max_page_items, experiment.data_seed)
            judged = judged if base is None else marked(judged, base)
        return cls(pages, judged, judgments, cut, clicks, negatives, continued)


def _split_log(pages: Pages, assignment: pd.Series, data: DataConfig) -> Pages:
    if data.split.by == "time":
        split = split_by_time(pages.table["timestamp"], data.split)
    else:
        split = split_by_query(pages.table["query"], assignment)
        check_splits(pd.Series(split), data.split, "pages of the log", "a log of more queries is needed")
    return dataclasses.replace(pages, table=pages.table.assign(split=split))


def _fill_missing(pages: Pages, features: list[FeatureConfig]) -> Pages:
    """Missing columns for declared features of users where there is no users table."""
    absent = [f for f in features if f.name not in pages.table and f.kind != "sequence"]
    return dataclasses.replace(pages, table=pages.table.assign(**missing_features(absent, len(pages))))
