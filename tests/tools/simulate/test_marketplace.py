"""The made-up marketplace: what its tables hold and how its users behave."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.simulate import SimulateConfig, SimulateReport, simulate
from tools.simulate.vocabulary import ITEM_TYPES

TABLES = ("items", "users", "search_log", "judgments", "truth")
CONFIG = SimulateConfig.model_validate(
    {
        "pages": 6_000,
        "users": 300,
        "days": 14,
        "marketplace": {"items": 400, "queries": 200, "brands": 24, "candidates": 36, "judged": 36},
    }
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SimulateReport:
    return simulate(CONFIG, tmp_path_factory.mktemp("simulate") / "out", seed=11, progress=False)


@pytest.fixture(scope="module")
def tables(report: SimulateReport) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(report.out / f"{name}.parquet") for name in TABLES}


def test_the_tables_keep_the_contract(tables: dict[str, pd.DataFrame]) -> None:
    log, items, users = tables["search_log"], tables["items"], tables["users"]
    columns = ["request_id", "timestamp", "user_id", "query", "item_id", "position", "clicked", "purchased"]
    assert list(log.columns[:8]) == columns
    assert len(log) == 6_000 * 12
    assert items.item_id.is_unique
    assert users.user_id.is_unique
    assert set(log.item_id) <= set(items.item_id)
    assert set(log.user_id) <= set(users.user_id)
    assert not log.duplicated(["request_id", "item_id"]).any()
    assert (log.groupby("request_id").position.agg(tuple) == tuple(range(1, 13))).all()
    assert (log.clicked >= log.purchased).all()
    assert set(log.device) == {"mobile", "desktop", "tablet"}
    for column in ("request_id", "user_id", "item_id", "query"):
        assert log[column].map(type).eq(str).all()


def test_timestamps_are_sorted_utc_and_spread_over_the_days(tables: dict[str, pd.DataFrame]) -> None:
    time = tables["search_log"].timestamp
    assert str(time.dt.tz) == "UTC"
    assert time.is_monotonic_increasing
    assert time.min() >= pd.Timestamp("2025-01-06", tz="UTC")
    assert time.max() < pd.Timestamp("2025-01-20", tz="UTC")
    assert time.dt.date.nunique() == 14
    assert (time == time.groupby(tables["search_log"].request_id).transform("first")).all()


def test_clicks_by_position_follow_the_examination_curve(
    report: SimulateReport, tables: dict[str, pd.DataFrame]
) -> None:
    merged = tables["search_log"].merge(tables["truth"], on=["request_id", "item_id", "position"])
    assert np.allclose(merged.examination, merged.position**-0.7)
    assert report.facts["examination"][3] == pytest.approx(4**-0.7, abs=1e-6)
    by_position = merged.groupby("position")[["clicked", "attraction"]].agg(["mean", "count"])
    seen = by_position["clicked", "mean"] / by_position["attraction", "mean"]
    error = np.sqrt(by_position["clicked", "mean"] / by_position["clicked", "count"])
    tolerance = 4 * error / by_position["attraction", "mean"]
    assert (np.abs(seen - np.arange(1, 13) ** -0.7) < tolerance).all()


def test_clicks_and_purchases_rise_with_relevance(tables: dict[str, pd.DataFrame]) -> None:
    judged = tables["search_log"].merge(tables["judgments"], on=["query", "item_id"])
    assert len(judged) == len(tables["search_log"]), "every shown item is judged in this configuration"
    rates = judged.groupby("relevance")[["clicked", "purchased"]].mean()
    assert list(rates.index) == [0.0, 1.0, 2.0, 3.0]
    assert rates.clicked.is_monotonic_increasing
    assert rates.purchased.is_monotonic_increasing
    assert rates.clicked[3.0] > 4 * rates.clicked[0.0]


def test_the_truth_reproduces_the_observed_rates(report: SimulateReport, tables: dict[str, pd.DataFrame]) -> None:
    log, truth = tables["search_log"], tables["truth"]
    assert list(truth.columns) == [
        "request_id",
        "item_id",
        "position",
        "attraction",
        "examination",
        "click_probability",
        "conversion_probability",
    ]
    key = ["request_id", "item_id", "position"]
    pd.testing.assert_frame_equal(truth[key], log[key])
    assert np.allclose(truth.click_probability, truth.attraction * truth.examination)
    assert truth.click_probability.mean() == pytest.approx(0.12, abs=1e-6)
    assert report.rates["click_rate"] == pytest.approx(0.12, abs=0.005)
    assert report.rates["purchases_per_click"] == pytest.approx(0.12, abs=0.015)
    for chance, happened in (
        (truth.click_probability, log.clicked),
        (truth.conversion_probability[log.clicked == 1], log.purchased[log.clicked == 1]),
    ):
        tenth = pd.qcut(chance, 10, labels=False)
        expected, observed = chance.groupby(tenth).mean(), happened.groupby(tenth).mean()
        spread = np.sqrt(expected * (1 - expected) / happened.groupby(tenth).size())
        assert (np.abs(expected - observed) < 4 * spread).all()


def test_queries_are_of_several_kinds_and_typos_are_no_words(tables: dict[str, pd.DataFrame]) -> None:
    judgments = tables["judgments"].drop_duplicates("query")
    kinds = judgments.query_kind.value_counts()
    assert kinds.to_dict() == {
        "brand": 50,
        "attribute": 50,
        "type": 30,
        "typo": 30,
        "use_case": 20,
        "synonym": 20,
    }
    typos = set(judgments["query"][judgments.query_kind == "typo"])
    words = set(" ".join(judgments["query"][judgments.query_kind != "typo"]).split())
    words |= set(" ".join(kind.name for kind in ITEM_TYPES).split())
    assert all(set(typo.split()) - words for typo in typos)
    assert tables["search_log"]["query"].isin(typos).any()


def test_few_queries_make_most_of_the_traffic(tables: dict[str, pd.DataFrame]) -> None:
    share = tables["search_log"]["query"].value_counts(normalize=True)
    assert share.iloc[:20].sum() > 0.35
    assert share.iloc[100:].sum() < 0.25


def test_image_vectors_are_nearer_within_a_type(tables: dict[str, pd.DataFrame]) -> None:
    items = tables["items"]
    vectors = np.stack(items.image_vector)
    assert vectors.shape == (400, 8)
    similar = vectors @ vectors.T
    same = items.item_type.to_numpy()[:, None] == items.item_type.to_numpy()
    np.fill_diagonal(same, False)
    assert similar[same].mean() > similar[~same].mean() + 0.4


def test_users_buy_what_they_liked_before(tables: dict[str, pd.DataFrame]) -> None:
    past = tables["users"].set_index("user_id").past_items.explode().dropna().rename("item_id").reset_index()
    brand = tables["items"].set_index("item_id").brand
    liked = pd.MultiIndex.from_arrays([past.user_id, past.item_id.map(brand)])
    log = tables["search_log"]
    shown = pd.MultiIndex.from_arrays([log.user_id, log.item_id.map(brand)])
    truth = tables["truth"].attraction.to_numpy()
    fits = shown.isin(liked)
    assert truth[fits].mean() > 1.1 * truth[~fits].mean()


def test_shuffled_pages_carry_no_order(tmp_path: Path) -> None:
    changes = {"pages": 2_000, "logging": CONFIG.logging.model_copy(update={"shuffled_share": 1.0})}
    simulate(CONFIG.model_copy(update=changes), tmp_path / "out", seed=2, progress=False)
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    judged = log.merge(pd.read_parquet(tmp_path / "out/judgments.parquet"), on=["query", "item_id"])
    assert abs(np.corrcoef(judged.position, judged.relevance)[0, 1]) < 0.03


def test_logged_order_puts_relevant_items_first_but_not_always(tables: dict[str, pd.DataFrame]) -> None:
    judged = tables["search_log"].merge(tables["judgments"], on=["query", "item_id"])
    correlation = np.corrcoef(judged.position, judged.relevance)[0, 1]
    assert -0.6 < correlation < -0.05


def test_one_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"pages": 300})
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(config, tmp_path / name, seed=seed, progress=False)
    for table in TABLES:
        first, second, other = ((tmp_path / name / f"{table}.parquet").read_bytes() for name in "abc")
        assert first == second, table
        assert first != other, table


def test_a_complete_folder_is_reused_and_other_settings_replace_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = CONFIG.model_copy(update={"pages": 50})
    assert not simulate(config, out, seed=1, progress=False).reused
    before = (out / "search_log.parquet").stat().st_mtime_ns
    again = simulate(config, out, seed=1, progress=False)
    assert again.reused
    assert again.rows["search_log"] == 600
    assert (out / "search_log.parquet").stat().st_mtime_ns == before
    assert not simulate(config, out, seed=2, progress=False).reused
    assert json.loads((out / "simulate.json").read_text())["settings"]["seed"] == 2
    (out / "truth.parquet").unlink()
    assert not simulate(config, out, seed=2, progress=False).reused, "an incomplete folder is made anew"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
