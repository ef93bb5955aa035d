"""Wrong settings of heads, losses and tasks are refused with their path."""

from pathlib import Path

import pytest

import small_shop
from trainer.config import ExpertsConfig
from trainer.errors import InputError


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"model": {"heads": "moe"}}, r"model\.heads: .*'escm2_dr'.*\(found 'moe'\)"),
        ({"model": {"heads": "esmm", "experts": {"count": 2}}}, r"model: experts: goes with heads: mmoe or heads: ple"),
        ({"model": {"heads": "mmoe", "experts": {"levels": 2}}}, r"model: experts\.levels: goes with heads: ple"),
        (
            {"model": {"heads": "mmoe", "experts": {"task_count": 2}}},
            r"model: experts\.task_count: goes with heads: ple",
        ),
        ({"model": {"heads": "ple", "experts": {"gates": 2}}}, r"unknown key 'model\.experts\.gates'"),
        ({"model": {"heads": "ple", "experts": {"count": 0}}}, r"model\.experts\.count: .*\(found 0\)"),
        ({"model": {"heads": "ple", "experts": {"hidden": []}}}, r"model\.experts\.hidden: .*at least 1"),
        ({"loss": {"escm2": {"clip": 5}}}, r"loss\.escm2: goes with model\.heads: escm2_ips or escm2_dr, found esmm"),
        (
            {"model": {"heads": "escm2_ips"}, "loss": {"escm2": {"imputation": 2}}},
            r"loss\.escm2\.imputation: goes with model\.heads: escm2_dr",
        ),
        ({"loss": {"huber_delta": 2}}, r"loss: huber_delta: goes with conversion: huber"),
        ({"loss": {"escm2": {"clip": 0.5}}}, r"loss\.escm2\.clip: .*\(found 0\.5\)"),
        ({"loss": {"escm2": {"weight": -1}}}, r"loss\.escm2\.weight: .*\(found -1\)"),
        ({"loss": {"softmax": -1}}, r"loss\.softmax: .*\(found -1\)"),
        ({"loss": {"list_mle": -1}}, r"loss\.list_mle: .*\(found -1\)"),
        ({"loss": {"pointwise": 0, "pairwise": 0}}, r"loss: every weight is 0"),
        ({"loss": {"conversion": "mae"}}, r"loss\.conversion: .*'huber'.*\(found 'mae'\)"),
        ({"loss": {"huber_delta": 0}}, r"loss\.huber_delta: .*\(found 0\)"),
        ({"loss": {"weighting": "learned"}}, r"loss\.weighting: .*'uncertainty'.*\(found 'learned'\)"),
        (
            {"loss": {"conversion": "huber"}, "debias": {"method": "ipw", "curve": {"power": 1.0}}},
            r"loss\.conversion: huber can't go with debias\.method: ipw",
        ),
    ],
)
def test_a_wrong_value_is_named(sections, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), **sections)


def test_a_list_loss_alone_is_something_to_learn():
    small_shop.experiment(Path("bert"), Path("shop"), loss={"pointwise": 0, "pairwise": 0, "softmax": 1})


CART = {"name": "add_to_cart", "column": "carted"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Cart"}, r"tasks\.0\.name: .*\(found 'Cart'\)"),
        ({"name": "ctr"}, r"tasks\.0: name: 'ctr' is taken"),
        ({"column": "clicked"}, r"tasks\.0: column: 'clicked' is a column of every search log"),
        (
            {"column": "hour"},
            r"tasks\.0\.column: 'hour' is declared in features\.context too; a label can't be a feature",
        ),
        ({"column": "Brand"}, r"tasks\.0\.column: 'Brand' is declared in features\.items too"),
        ({"loss": "mae"}, r"tasks\.0\.loss: .*\(found 'mae'\)"),
        ({"weight": 0}, r"tasks\.0\.weight: .*\(found 0\)"),
        ({"on": "bought"}, r"tasks\.0\.on: .*\(found 'bought'\)"),
        ({"delta": 2}, r"tasks\.0: delta: goes with loss: huber"),
        ({"clip": 2}, r"unknown key 'tasks\.0\.clip'"),
    ],
)
def test_a_wrong_task_is_named(changes, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), tasks=[{**CART, **changes}])


def test_a_task_without_a_column_is_refused():
    with pytest.raises(InputError, match=r"key 'tasks\.0\.column' is missing"):
        small_shop.experiment(Path("bert"), Path("shop"), tasks=[{"name": "add_to_cart"}])


def test_tasks_that_do_not_fit_the_rest_are_refused():
    with pytest.raises(InputError, match=r"tasks\.1\.name: 'add_to_cart' is declared twice"):
        small_shop.experiment(Path("bert"), Path("shop"), tasks=[CART, CART])
    with pytest.raises(InputError, match=r"tasks\.0\.on: all can't go with train\.negative_rate below 1"):
        small_shop.experiment(Path("bert"), Path("shop"), tasks=[CART], train={"negative_rate": 0.5})
    data = {"search_log": None, "judgments": "judgments.csv"}
    model = {"relevance": True, "score": "relevance"}
    with pytest.raises(InputError, match=r"tasks: their columns are in a search log"):
        small_shop.experiment(Path("bert"), Path("shop"), tasks=[CART], data=data, model=model)


def test_what_null_stands_for():
    settings = ExpertsConfig()
    assert (settings.experts_of_a_task, settings.number_of_levels) == (2, 1)
