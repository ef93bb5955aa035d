"""Behaviour over real queries and items."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tools.simulate import SimulateConfig, simulate
from trainer.errors import InputError


@pytest.fixture
def judgments(tmp_path: Path) -> Path:
    """30 queries with 20 judged items each and one with a single item; every fifth lacks a description."""
    rng = np.random.default_rng(0)
    rows = [(f"query {q}", f"{q}-{k}", f"title {q} {k}", f"text {k}") for q in range(30) for k in range(20)]
    frame = pd.DataFrame(rows, columns=["term", "product", "title", "description"])
    frame["grade"] = rng.integers(1, 5, len(frame))
    frame.loc[::5, "description"] = None
    alone = {"term": "lonely", "product": "x", "title": "only one", "description": "", "grade": 4}
    frame = pd.concat([frame, pd.DataFrame([alone])])
    path = tmp_path / "judged.csv.gz"
    frame.to_csv(path, index=False)
    return path


def config(path: Path, **changes: object) -> SimulateConfig:
    columns = {"query": "term", "item_id": "product", "relevance": "grade"}
    section = {"path": path, "columns": columns, "text": ["title", "description"]}
    return SimulateConfig.model_validate(
        {"source": "judgments", "judgments": section, "pages": 3_000, "users": 50, **changes}
    )


def test_pages_show_items_judged_for_their_query(judgments: Path, tmp_path: Path) -> None:
    report = simulate(config(judgments), tmp_path / "out", seed=3, progress=False)
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    given = pd.read_parquet(tmp_path / "out/judgments.parquet")
    items = pd.read_parquet(tmp_path / "out/items.parquet").set_index("item_id")
    assert len(log) == 3_000 * 12
    judged = log.merge(given, on=["query", "item_id"], validate="m:1")
    assert len(judged) == len(log)
    assert "lonely" not in set(log["query"])
    assert len(given) == 601
    assert report.facts["queries_with_too_few_items"] == 1
    assert (report.facts["relevance_least"], report.facts["relevance_greatest"]) == (1.0, 4.0)
    assert items.loc["0-1", ["title", "description"]].to_list() == ["title 0 1", "text 1"]
    assert items.loc["0-0", "description"] == ""
    assert (items.price > 0).all()
    rates = judged.groupby("relevance").clicked.mean()
    assert rates.is_monotonic_increasing
    assert rates[4.0] > 3 * rates[1.0]


def test_a_query_with_few_items_gets_short_pages(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "query": ["a"] * 3 + ["b"] * 20,
            "item_id": range(23),
            "title": "t",
            "relevance": [1, 2, 3, *([1] * 20)],
        }
    )
    frame.to_csv(tmp_path / "j.csv", index=False)
    section = {"source": "judgments", "judgments": {"path": tmp_path / "j.csv"}, "pages": 400, "users": 5}
    simulate(SimulateConfig.model_validate(section), tmp_path / "out", seed=1, progress=False)
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    sizes = log.groupby("request_id").agg(query=("query", "first"), size=("item_id", "size"))
    assert set(zip(sizes["query"], sizes["size"], strict=True)) == {("a", 3), ("b", 12)}
    positions = log.groupby("request_id").position.agg(tuple)
    assert all(row == tuple(range(1, len(row) + 1)) for row in positions)


@pytest.mark.parametrize(("policy", "sign"), [("lexical", -1), ("random", 0)])
def test_the_logging_policy_decides_the_order(policy: str, sign: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    fits = rng.random(400) < 0.5
    frame = pd.DataFrame({"query": np.repeat([f"lamp{q}" for q in range(20)], 20), "item_id": range(400)})
    frame["title"] = np.where(fits, frame["query"], "chair")
    frame["relevance"] = np.where(fits, 3, 1)
    frame.to_csv(tmp_path / "j.csv", index=False)
    section = {"path": tmp_path / "j.csv"}
    settings = {"source": "judgments", "judgments": section, "pages": 1_000, "logging": {"policy": policy}}
    simulate(SimulateConfig.model_validate(settings), tmp_path / "out", seed=1, progress=False)
    log = pd.read_parquet(tmp_path / "out/search_log.parquet")
    judged = log.merge(pd.read_parquet(tmp_path / "out/judgments.parquet"), on=["query", "item_id"])
    correlation = np.corrcoef(judged.position, judged.relevance)[0, 1]
    assert correlation < -0.4 if sign else abs(correlation) < 0.05


def test_one_item_with_two_texts_is_an_error_unless_the_first_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "j.csv"
    path.write_text("query,item_id,title,relevance\na,1,Red mug,1\nb,1,Blue mug,2\na,2,Cup,2\nb,2,Cup,1\n")
    section = {"source": "judgments", "pages": 10, "users": 2, "judgments": {"path": path}}
    message = r"item '1' has two texts in column 'title' \('Red mug' and 'Blue mug'\)"
    with pytest.raises(InputError, match=message):
        simulate(SimulateConfig.model_validate(section), tmp_path / "out", seed=1, progress=False)
    assert not (tmp_path / "out").exists()
    section["judgments"] = {"path": path, "conflicting_text": "first"}
    section["behaviour"] = {"click_rate": 0.3}
    report = simulate(SimulateConfig.model_validate(section), tmp_path / "out", seed=1, progress=False)
    items = pd.read_parquet(tmp_path / "out/items.parquet")
    assert items.title.to_list() == ["Red mug", "Cup"]
    assert report.facts["items_with_a_second_text_ignored"] == 1


def test_a_changed_source_table_is_simulated_anew(judgments: Path, tmp_path: Path) -> None:
    settings = config(judgments, pages=20)
    simulate(settings, tmp_path / "out", seed=1, progress=False)
    assert simulate(settings, tmp_path / "out", seed=1, progress=False).reused
    frame = pd.read_csv(judgments)
    frame.iloc[:-1].to_csv(judgments, index=False)
    assert not simulate(settings, tmp_path / "out", seed=1, progress=False).reused


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,1,x,1\na,2,y,1\n", "'relevance' is 1 in every row"),
        ("a,1,x,1\nb,2,y,2\n", "no query has 2 judged items"),
        ("a,1,x,1\na,2,,2\n", r"'title' is empty in 1 rows \(first: row 2\)"),
        ("a,1,x,1\na,2,y,good\n", r"'relevance' is not a number in 1 rows \(first: row 2\)"),
    ],
)
def test_a_faulty_table_is_one_line_that_names_it(rows: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "j.csv"
    path.write_text("query,item_id,title,relevance\n" + rows)
    settings = SimulateConfig.model_validate({"source": "judgments", "judgments": {"path": path}})
    with pytest.raises(InputError, match=message) as caught:
        simulate(settings, tmp_path / "out", seed=1, progress=False)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["j.csv"]
