"""The steps together, and pages that know nothing of each other."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.config import ListsConfig
from trainer.lists.list_policy import ListPolicy
from trainer.lists.page import ListPage

ALL = {
    "size": 6,
    "pinned": ["p3"],
    "blocked": ["p5"],
    "boosted": [{"items": ["p7", "p1"], "plus": 1.0}],
    "caps": [{"column": "brand", "most": 1, "within": 3}, {"column": "brand", "most": 1, "within": 2, "rolling": True}],
    "exploration": {"method": "thompson", "share": 0.5, "positions": (2, 5), "pool": 4, "draws": 20},
}
MOST = 11


@pytest.fixture(scope="module")
def everything():
    """Policies with every step, by method; made once."""
    made = {}

    def policy(policy_of, method):
        if method not in made:
            made[method] = policy_of(**ALL, diversity={"method": method, "weight": 0.6, "top": 4})
        return made[method]

    return policy


def one_page(seed, items):
    """A page with ties, copies and missing values, by the names of the inputs."""
    generator = np.random.default_rng(seed)
    kinds = np.array([[1.0, 0, 0], [0.3, 0.7, 0.2], [0, 0, 0], [-1, 0.5, 0.1], [0.3, 0.7, 0.2]])
    return {
        "ids": [f"p{place}" for place in generator.permutation(MOST)[:items]],
        "scores": generator.integers(0, 4, items) / 3.0,
        "mask": generator.random(items) < 0.9,
        "vectors": kinds[generator.integers(0, 5, items)] * generator.choice([1.0, 2.0, 0.7], (items, 1)),
        "brand": generator.integers(-1, 3, items),
        "impressions": generator.choice([0.0, 40.0, 1000.0], items),
        "clicks": generator.integers(0, 10, items).astype(float),
    }


def batch(pages, items):
    """Pages padded to ``items`` with values that would matter if they were read."""
    padding = {"ids": "p3", "scores": 9.0, "mask": False, "vectors": 1.0, "brand": 0, "impressions": 0.0, "clicks": 5.0}
    padded = {}
    for name, value in padding.items():
        rows = []
        for page in pages:
            values = np.asarray(page[name], object if name == "ids" else None)
            missing = [(0, items - len(values))] + [(0, 0)] * (values.ndim - 1)
            rows.append(np.pad(values, missing, constant_values=value))
        padded[name] = np.stack(rows)
    return padded


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, MOST)), min_size=1, max_size=5), st.integers(0, 40))
@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_a_page_gets_the_same_list_in_any_company(policy_of, show, everything, method, made, wider):
    module = everything(policy_of, method)
    pages = [one_page(seed, items) for seed, items in made]
    names = [f"request {seed}" for seed, _ in made]
    together = show(module.shown, **batch(pages, MOST + wider), request=names)
    for place, page in enumerate(pages):
        alone = show(module.shown, **batch([page], len(page["ids"])), request=[names[place]])
        filled = alone["shown"].sum()
        assert together["shown"][place].sum() == filled
        assert together["ids"][place][:filled] == alone["ids"][0][:filled]
        for name in ("propensity", "explored"):
            assert together[name][place, :filled].tolist() == alone[name][0, :filled].tolist(), name


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_padding_may_stand_anywhere(policy_of, show, everything, method):
    module = everything(policy_of, method)
    page = batch([one_page(3, MOST) | {"mask": np.ones(MOST, bool)}], MOST)
    places = np.array([0, 2, 3, 7, 8, 9, 10, 13, 14, 18, 19])
    spread = batch([one_page(4, 0)], 20)
    for name, values in page.items():
        spread[name] = spread[name].astype(values.dtype)
        spread[name][:, places] = values
    dense, sparse = (show(module.shown, **given, request=["q"]) for given in (page, spread))
    assert sparse["ids"] == dense["ids"]
    assert sparse["propensity"].tolist() == dense["propensity"].tolist()


@pytest.mark.parametrize("shape", [(0, 5), (2, 0), (0, 0), (3, 2)])
def test_no_pages_no_items_and_few_items_are_no_fault(policy_of, show, everything, shape):
    for method in ("mmr", "dpp"):
        given = {"ids": np.full(shape, "p2", object), "vectors": np.zeros((*shape, 3))}
        found = show(everything(policy_of, method).shown, **given)
        assert found["index"].shape == found["propensity"].shape == (shape[0], min(shape[1], ALL["size"]))


@pytest.mark.parametrize("method", ["none", "mmr", "dpp"])
def test_caps_hold_for_what_diversity_gives(policy_of, show, method):
    generator = np.random.default_rng(8)
    brands = generator.integers(0, 10, (30, 40))
    caps = [{"column": "brand", "most": 2, "within": 8}, {"column": "brand", "most": 1, "within": 3, "rolling": True}]
    module = policy_of(size=12, diversity={"method": method, "weight": 0.5}, caps=caps)
    ids = np.tile([f"i{place}" for place in range(40)], (30, 1)).astype(object)
    found = show(module.shown, ids=ids, vectors=generator.normal(size=(30, 40, 2)), brand=brands)
    shown = np.take_along_axis(brands, found["index"], 1)
    assert (np.sort(shown[:, :8])[:, 2:] != np.sort(shown[:, :8])[:, :-2]).all()
    assert (shown[:, 1:] != shown[:, :-1]).all()
    assert (shown[:, 2:] != shown[:, :-2]).all()


def test_pinned_items_count_for_diversity_and_caps(policy_of, show):
    page = {
        "ids": [["a", "b", "c", "d"]],
        "vectors": [[[1.0, 0], [0, 1], [0, 1], [1, 0]]],
        "brand": [[1, 2, 3, 1]],
    }
    diverse = policy_of(pinned=["d"], diversity={"method": "mmr", "weight": 0.3}).shown
    assert show(diverse, **page)["ids"] == [["d", "b", "a", "c"]]
    capped = policy_of(pinned=["d"], caps=[{"column": "brand", "most": 1, "within": 3}]).shown
    assert show(capped, **page)["ids"] == [["d", "b", "c", "a"]]


def test_a_list_ends_where_only_surplus_is_left(policy_of, show):
    caps = [{"column": "brand", "most": 1, "within": 3}]
    page = {"ids": [["a", "b", "c"]], "brand": [[1, 1, 2]]}
    assert show(policy_of(caps=caps, surplus="drop").shown, **page)["ids"] == [["a", "c", ""]]
    assert show(policy_of(caps=caps).shown, **page)["ids"] == [["a", "c", "b"]]


def test_by_default_the_best_are_shown_by_score_with_propensity_one(policy_of, show):
    scores = [[0.5, np.nan, np.inf, -np.inf, 0.5, -3.0]]
    found = show(policy_of(size=5).shown, ids=[list("abcdef")], scores=scores)
    assert found["ids"][0][:4] == ["c", "a", "e", "f"]
    assert found["propensity"].tolist() == [[1.0] * 5]
    assert not found["explored"].any()


def test_a_page_that_lacks_what_a_setting_needs_is_refused_while_tracing():
    page = ListPage(tf.constant([["a"]]), tf.constant([[1.0]]), tf.constant([[True]]))
    for section, key in (
        ({"diversity": {"method": "mmr"}}, "diversity.method"),
        ({"exploration": {"method": "epsilon"}}, "exploration.method"),
        ({"caps": [{"column": "brand", "most": 1, "within": 2}]}, "caps"),
    ):
        with pytest.raises(ValueError, match=f"lists.{key} needs"):
            ListPolicy(ListsConfig(**section))(page)


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_a_reloaded_policy_gives_the_same_lists(policy_of, show, everything, method, tmp_path):
    module = everything(policy_of, method)
    tf.saved_model.save(module, str(tmp_path / "1"), signatures={"shown": module.shown})
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    outer = tf.Module()
    outer.inner = loaded
    tf.saved_model.save(outer, str(tmp_path / "2"), signatures={"shown": loaded.signatures["shown"]})
    again = tf.saved_model.load(str(tmp_path / "2"))
    pages = batch([one_page(seed, MOST) for seed in range(20)], MOST)
    requests = [f"request {seed}" for seed in range(20)]
    first = show(module.shown, **pages, request=requests)
    for other in (loaded.signatures["shown"], again.signatures["shown"]):
        found = show(other, **pages, request=requests)
        assert found["ids"] == first["ids"]
        assert found["propensity"].tolist() == first["propensity"].tolist()
