"""Parting pages."""

import numpy as np
import pandas as pd
import pytest

from trainer.config import SplitConfig
from trainer.data.splits import assign_queries, normalise_query, split_by_query, split_by_time
from trainer.errors import InputError


def seconds(*values: int) -> pd.Series:
    return pd.Series(pd.to_datetime(sorted(values), unit="s", utc=True))


def test_the_latest_pages_are_the_test() -> None:
    split = split_by_time(seconds(*range(100)), SplitConfig(valid=0.1, test=0.2))
    assert split.tolist() == ["train"] * 70 + ["valid"] * 10 + ["test"] * 20


def test_pages_of_one_moment_stay_on_one_side() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        times = seconds(*random.integers(0, 12, 60))
        table = pd.DataFrame({"time": times, "split": split_by_time(times, SplitConfig(valid=0.2, test=0.2))})
        spans = table.groupby("split")["time"].agg(["min", "max"])
        assert spans["max"]["train"] < spans["min"]["valid"]
        assert spans["max"]["valid"] < spans["min"]["test"]


def test_a_split_without_pages_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match=r"valid split by time gets none of the 5 pages; raise data.split.valid"):
        split_by_time(seconds(1, 1, 1, 1, 1), SplitConfig())
    assert set(split_by_time(seconds(1, 1, 1), SplitConfig(valid=0, test=0))) == {"train"}


def test_queries_that_differ_in_case_or_spaces_are_one() -> None:
    assert normalise_query(pd.Series(["Red  Shoe ", "red shoe", None])).tolist() == ["red shoe", "red shoe", ""]


def test_each_query_is_in_one_split_and_shares_hold() -> None:
    queries = pd.Series([f"Query {n % 200}" if n % 3 else f"query  {n % 200}" for n in range(2000)])
    assignment = assign_queries(queries, SplitConfig(by="query", valid=0.1, test=0.3), seed=4)
    assert assignment.value_counts().to_dict() == {"train": 120, "test": 60, "valid": 20}
    table = pd.DataFrame({"query": normalise_query(queries), "split": split_by_query(queries, assignment)})
    assert len(table.drop_duplicates()) == 200


def test_the_order_of_the_log_does_not_matter_and_the_seed_does() -> None:
    queries, config = pd.Series([f"q{n}" for n in range(50)]), SplitConfig(by="query", valid=0.2, test=0.2)
    first = assign_queries(queries, config, seed=1)
    pd.testing.assert_series_equal(first, assign_queries(queries.sample(frac=1, random_state=0), config, seed=1))
    assert (first != assign_queries(queries, config, seed=2)).any()
