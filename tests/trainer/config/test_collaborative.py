"""Wrong settings of what is learned from who clicked what are refused with their path."""

from pathlib import Path

import pytest

import small_shop
from trainer.errors import InputError


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"weights": {"click": -1}}, r"collaborative\.weights\.click: .*\(found -1\)"),
        ({"weights": {"click": 0}}, r"collaborative: weights: nothing counts; give click a weight above 0"),
        ({"weights": {"view": 1}}, r"collaborative\.weights: 'view' is no kind of interaction; known: click, purchase"),
        ({"half_life_days": 0}, r"collaborative\.half_life_days: .*\(found 0\)"),
        ({"kinds": []}, r"collaborative\.kinds: .*\(found \[\]\)"),
        ({"kinds": ["als", "als"]}, r"collaborative\.kinds: each kind once"),
        ({"kinds": ["knn"]}, r"collaborative\.kinds\.0: .*'cosine'.*\(found 'knn'\)"),
        ({"neighbours": 0}, r"collaborative\.neighbours: .*\(found 0\)"),
        ({"als": {"factors": 0}}, r"collaborative\.als\.factors: .*\(found 0\)"),
        ({"popularity": {"category": "colour"}}, r"category: 'colour' is no declared categorical .*; known: brand"),
        ({"popularity": {"category": "price"}}, r"category: 'price' is no declared categorical .*; known: brand"),
    ],
)
def test_a_wrong_value_is_named(keys, message):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(Path("bert"), Path("shop"), collaborative=keys)


def test_a_declared_task_of_0_and_1_is_a_kind_and_a_number_is_none():
    cart = {"name": "cart", "column": "in_cart", "loss": "bce"}
    dwell = {"name": "dwell", "column": "seconds", "loss": "mse"}
    weights = {"click": 1, "cart": 2}
    small_shop.experiment(Path("bert"), Path("shop"), tasks=[cart, dwell], collaborative={"weights": weights})
    with pytest.raises(InputError, match=r"'dwell' is no kind of interaction; known: click, purchase, cart \("):
        small_shop.experiment(
            Path("bert"), Path("shop"), tasks=[cart, dwell], collaborative={"weights": {"click": 1, "dwell": 2}}
        )
