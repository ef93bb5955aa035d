"""Wrong settings of augmentation are refused with their path, before anything is trained."""

from pathlib import Path

import pytest

import small_shop
from trainer.augmentation.build import build_text_methods
from trainer.config import AugmentationConfig, TextMethodConfig
from trainer.errors import InputError


def shop(*methods):
    return small_shop.experiment(Path("bert"), Path("shop"), augmentation={"methods": list(methods)})


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            {"method": "typos", "queries": 0.1},
            r"augmentation\.methods\.0\.method: .*'keyboard_typos'.*\(found 'typos'\)",
        ),
        ({"method": "word_drop", "queries": 1.5}, r"augmentation\.methods\.0\.queries: .*\(found 1\.5\)"),
        (
            {"method": "word_drop"},
            r"augmentation\.methods\.0: method: word_drop touches nothing; give queries or items",
        ),
        ({"method": "word_drop", "items": 0.1, "table": "x.csv"}, r"methods\.0: table: goes with method: paraphrases"),
        (
            {"method": "wordnet", "items": 0.1, "column": "brand"},
            r"methods\.0: column: goes with method: attribute_values",
        ),
        ({"method": "attribute_values", "queries": 0.1}, r"methods\.0: method: attribute_values needs column"),
        ({"method": "paraphrases", "queries": 0.1}, r"methods\.0: method: paraphrases needs table"),
        (
            {"method": "attribute_values", "queries": 0.1, "column": "price"},
            r"augmentation\.methods\.0\.column: 'price' is no declared categorical feature of items; known: brand",
        ),
    ],
)
def test_a_wrong_value_is_named(method, message):
    with pytest.raises(InputError, match=message):
        shop(method)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ({"method": "paraphrases", "table": "none.csv"}, r"augmentation\.methods\.1: none\.csv: no such file"),
        ({"method": "wordnet", "folder": "none"}, r"augmentation\.methods\.1: none: no WordNet"),
        (
            {"method": "attribute_values", "column": "brand"},
            r"augmentation\.methods\.1: column: no value of 'brand' has a word",
        ),
    ],
)
def test_what_a_method_lacks_is_said_with_its_place(method, message):
    given = [TextMethodConfig(method="word_swap", queries=0.1), TextMethodConfig(queries=0.1, **method)]
    with pytest.raises(InputError, match=message):
        build_text_methods(AugmentationConfig(methods=tuple(given)), small_shop.items())


@pytest.mark.parametrize("key", ["rewritings", "self_teaching"])
def test_versions_of_queries_need_a_method_that_rewrites_queries(key):
    with pytest.raises(InputError, match=rf"augmentation: {key}: none of methods rewrites queries"):
        small_shop.experiment(
            Path("bert"), Path("shop"), augmentation={"methods": [{"method": "word_drop", "items": 0.1}], key: 2}
        )


def test_queries_of_items_need_self_teaching():
    methods = [{"method": "keyboard_typos", "queries": 0.5}]
    with pytest.raises(InputError, match=r"augmentation: item_queries: only self-teaching learns from them"):
        small_shop.experiment(Path("bert"), Path("shop"), augmentation={"methods": methods, "item_queries": 0.5})


@pytest.mark.parametrize(("key", "value"), [("rewritings", 0), ("self_teaching", -1.0), ("item_queries", 1.5)])
def test_versions_and_weight_have_limits(key, value):
    with pytest.raises(InputError, match=rf"augmentation\.{key}: .*\(found {value}\)"):
        small_shop.experiment(
            Path("bert"), Path("shop"), augmentation={"methods": [{"method": "word_swap", "queries": 0.1}], key: value}
        )
