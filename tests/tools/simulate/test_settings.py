"""What each setting of the simulation changes, where no other test does."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tools.simulate import SimulateConfig, simulate

SMALL = {"items": 120, "queries": 40, "brands": 12, "candidates": 24, "judged": 24}
NOTHING_ELSE = {"quality": 0, "taste": 0, "price": 0, "noise": 0}


def made(folder: Path, behaviour: dict[str, Any] | None = None, **marketplace: Any) -> dict[str, pd.DataFrame]:
    """The tables of 400 pages."""
    sections = {"pages": 400, "users": 40, "behaviour": behaviour or {}, "marketplace": {**SMALL, **marketplace}}
    simulate(SimulateConfig.model_validate(sections), folder, seed=4, progress=False)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("items", "users", "judgments", "truth")}


def test_purchases_a_click_are_calibrated_to_the_rate(tmp_path: Path) -> None:
    truth = made(tmp_path / "out", {"purchase_rate": 0.3})["truth"]
    bought = (truth.click_probability * truth.conversion_probability).sum() / truth.click_probability.sum()
    assert bought == pytest.approx(0.3, abs=1e-6)


def test_buying_depends_on_relevance_by_its_weight_and_else_on_the_device_alone(tmp_path: Path) -> None:
    spread = {}
    for weight in (0, 4):
        truth = made(tmp_path / f"{weight}", {**NOTHING_ELSE, "purchase_relevance": weight})["truth"]
        logit = np.log(truth.conversion_probability / (1 - truth.conversion_probability))
        spread[weight] = np.ptp(logit)
        assert logit.round(9).nunique() == 3 * (1 if weight == 0 else 4), "three devices, four grades"
    assert spread[4] - spread[0] == pytest.approx(4, rel=1e-6)


def test_what_appeals_to_nobody_is_clicked_by_chance(tmp_path: Path) -> None:
    attraction = made(tmp_path / "out", {"random_click": 0.1, "click_rate": 0.06})["truth"].attraction
    assert 0.1 < attraction.min() < 0.11


def test_only_the_kinds_of_query_with_a_weight_are_made(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("type", "use_case", "synonym", "typo"), 0)
    judgments = made(tmp_path / "out", query_kinds={**nothing, "brand": 1, "attribute": 1})["judgments"]
    assert set(judgments.query_kind) == {"brand", "attribute"}


def test_judgments_slip_by_a_grade_with_the_chance_that_is_set_and_stay_within_the_grades(tmp_path: Path) -> None:
    right, wrong = (made(tmp_path / f"{share}", judgment_errors=share)["judgments"] for share in (0, 1))
    both = right.merge(wrong, on=["query", "item_id"], suffixes=("_right", "_wrong"))
    assert len(both) == len(right)
    slip = both.relevance_wrong - both.relevance_right
    assert set(slip[both.relevance_right.isin([1, 2])]) == {-1, 1}
    assert set(slip[both.relevance_right == 0]) == {0, 1}
    assert set(slip[both.relevance_right == 3]) == {-1, 0}


def test_image_vectors_are_as_wide_and_histories_as_long_as_set(tmp_path: Path) -> None:
    tables = made(tmp_path / "out", image_width=3, past_items=2)
    assert set(tables["items"].image_vector.map(len)) == {3}
    assert tables["users"].past_items.map(len).max() == 2


@pytest.mark.parametrize(("least", "shown"), [(1, {"many", "lonely"}), (2, {"many"})])
def test_queries_with_fewer_judged_items_than_set_get_no_pages(tmp_path: Path, least: int, shown: set[str]) -> None:
    frame = pd.DataFrame({"query": ["many"] * 6 + ["lonely"], "item_id": range(7), "relevance": [1, 2, 3, 1, 2, 3, 3]})
    frame.assign(title="lamp").to_csv(tmp_path / "j.csv", index=False)
    section = {"path": tmp_path / "j.csv", "least_candidates": least}
    settings = {"source": "judgments", "judgments": section, "pages": 60, "users": 5}
    simulate(SimulateConfig.model_validate(settings), tmp_path / "out", seed=1, progress=False)
    assert set(pd.read_parquet(tmp_path / "out" / "search_log.parquet")["query"]) == shown
