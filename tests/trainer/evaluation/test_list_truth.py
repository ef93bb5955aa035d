from math import log2

import numpy as np
import pytest

import small_shop
from trainer.config.lists import ListsConfig
from trainer.errors import InputError
from trainer.evaluation.list_pictures import draw_trade_off
from trainer.evaluation.list_sweep import WITHOUT, swept_rules, trade_off
from trainer.evaluation.list_truth import true_list_ndcg
from trainer.metrics.ratio import Ratio

ATTRACTION = np.array([0.5, 0.1, 0.9, 0.0, 0.2, 0.3, 0.1, 0.8])


def test_lists_are_judged_against_the_best_of_the_whole_catalogue():
    pages = small_shop.pages(3)
    lists = {"some": np.array([[2, 7, -1], [0, 0, 2], [-1, -1, -1]])}
    found = true_list_ndcg(lists, pages, lambda asked: np.tile(ATTRACTION, (len(asked), 1)), 2)
    ideal = 0.9 + 0.8 / log2(3)
    assert found["some"]["truth.ndcg@2"].numerator.tolist() == pytest.approx([1, 0.5 / ideal, 0])
    assert found["some"]["truth.ndcg@2"].denominator.tolist() == [1, 1, 1]


def test_each_page_is_judged_by_its_own_attraction_however_many_there_are():
    pages = small_shop.pages(600)
    lists = {"first": np.tile([0, 1], (600, 1))}
    number = pages.table["request_id"].str.removeprefix("train").astype(int).to_numpy()
    seen = []

    def attraction(asked):
        own = asked.table["request_id"].str.removeprefix("train").astype(int).to_numpy()
        seen.extend(own.tolist())
        given = np.zeros((len(asked), 8))
        given[np.arange(len(asked)), own % 8] = 1.0
        return given

    found = true_list_ndcg(lists, pages, attraction, 2)["first"]["truth.ndcg@2"]
    expected = np.choose(np.minimum(number % 8, 2), [1, 1 / log2(3), 0])
    assert found.numerator.tolist() == pytest.approx(expected.tolist())
    assert seen == number.tolist()


def test_the_rules_that_are_swept_differ_in_diversity_alone():
    lists = ListsConfig.model_validate({"size": 9, "diversity": {"method": "dpp", "weight": 0.3, "top": 5}})
    rules = swept_rules(lists, "mmr", [1.0, 0.75])
    assert list(rules) == ["1", "0.75", WITHOUT]
    assert rules["0.75"].diversity.model_dump() == {"method": "mmr", "weight": 0.75, "top": 5}
    assert rules[WITHOUT].diversity.method == "none"
    assert {rule.size for rule in rules.values()} == {9}
    with pytest.raises(InputError, match=r"--diversity 1.5: expected weights of the scores from 0 to 1"):
        swept_rules(lists, "mmr", [1.5])


def test_the_trade_off_is_the_ratio_to_lists_without_diversification(tmp_path):
    pages = small_shop.pages(20)
    one = np.ones(20)
    given = {WITHOUT: (0.5, 0.4), "0.9": (0.49, 0.5)}
    statistics = {
        name: {"ndcg@10": Ratio(one * ndcg, one), "diversity@10": Ratio(one * diversity, one)}
        for name, (ndcg, diversity) in given.items()
    }
    found = trade_off(statistics, "mmr", "ndcg@10", "diversity@10", pages, 20, 1)
    assert found.ratios[0.9]["ndcg@10"] == pytest.approx((0.98, 0.98, 0.98))
    assert found.ratios[0.9]["diversity@10"].difference == pytest.approx(1.25)
    flat = found.flat("test.diversity")
    assert flat["test.diversity.mmr@0.9.ndcg@10.ratio"] == pytest.approx(0.98)
    assert flat["test.diversity.none.diversity@10"] == pytest.approx(0.4)
    svg = draw_trade_off(found, tmp_path / "test.diversity.svg").read_text()
    assert "diversity@10, ratio" in svg
    assert "0.9" in svg
