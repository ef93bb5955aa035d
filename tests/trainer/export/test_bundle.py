"""The bundle: its signatures against the trainer, and how it is published."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import small_shop
from trainer.data.pages import concatenate
from trainer.errors import InputError
from trainer.evaluation.scorer import RankerScorer
from trainer.export.export import export_run, parity_pages
from trainer.export.parity import ParityError, batches_of, check_parity
from trainer.training.tables import raw_features


def test_a_bundle_is_a_version_folder_with_a_manifest(exported):
    _run, target = exported
    assert target.name == "1"
    assert [p.name for p in target.parent.iterdir()] == ["1"]
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["parity"]["pages"] == 12
    assert manifest["parity"]["max_difference"] <= 1e-5
    assert manifest["parity"]["order_differences"] == 0
    assert manifest["parity"]["model_code_loaded"] == []
    assert set(manifest["signatures"]) == {"serving_default", "rank", "rank_items", "encode_query", "encode_item"}
    assert "position" not in manifest["signatures"]["rank"]["inputs"]
    assert manifest["data"]["data_hash"] == "x"


def saved_variables(target) -> list[str]:
    names = [name for name, _ in tf.train.list_variables(str(target / "variables" / "variables"))]
    return [n for n in names if not n.startswith("_CHECKPOINTABLE") and "save_counter" not in n]


def test_no_optimizer_state_no_seed_and_no_position_is_saved(exported):
    run, target = exported
    weights = [v for v in run.ranker.variables if "seed_generator" not in v.path and "position_bias" not in v.path]
    assert len(weights) == len([v for v in run.ranker.variables if "seed_generator" not in v.path]) - 1
    tables = 1 + 3 + (1 if run.ranker.interaction.needs_pairs else 0)
    assert len(saved_variables(target)) == len(weights) + tables


@pytest.mark.parametrize("heads", ["ple", "escm2_dr"])
def test_bundles_of_other_heads_score_as_the_trainer_and_hold_no_imputation(heads, tiny_preset, tmp_path, make_run):
    run = make_run(tiny_preset, tmp_path, "bi", heads)
    target = export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})
    manifest = json.loads((target / "manifest.json").read_text())
    assert manifest["parity"]["max_difference"] <= 1e-5
    assert set(manifest["signatures"]["rank"]["outputs"]) == {"item_id", "score", "ctr", "cvr", "ctcvr", "known"}
    hidden = ("seed_generator", "position_bias", "imputation")
    weights = [v for v in run.ranker.variables if not any(name in v.path for name in hidden)]
    assert len(saved_variables(target)) == len(weights) + 1 + 3


def test_pages_come_back_best_first_with_the_trainers_scores(exported, model, rank, request_of):
    run, _ = exported
    pages, items = small_shop.pages(), small_shop.items()
    answer = rank(model, request_of(run, pages))
    expected = RankerScorer(run.experiment, run.ranker, run.packers)(pages, items)
    for page in range(len(pages)):
        part = slice(pages.offset[page], pages.offset[page + 1])
        size = pages.sizes[page]
        by_id = dict(zip(items["item_id"].to_numpy()[pages.item[part]], expected.score[part], strict=True))
        found = answer["item_id"][page].astype(str)
        assert set(found[:size]) == set(by_id)
        np.testing.assert_allclose(answer["score"][page, :size], [by_id[i] for i in found[:size]], atol=1e-5)
        assert (np.diff(answer["score"][page, :size]) <= 0).all()
        assert (found[size:] == "").all()
        assert not answer["score"][page, size:].any()
        assert not answer["known"][page, size:].any()


def test_a_page_is_ranked_alike_alone_and_padded_among_others(exported, model, rank, request_of):
    run, _ = exported
    pages = small_shop.pages()
    together = rank(model, request_of(run, pages))
    for page in (0, 7):
        alone = rank(model, request_of(run, pages.take(np.array([page]))))
        size = pages.sizes[page]
        assert alone["item_id"][0, :size].tolist() == together["item_id"][page, :size].tolist()
        for name in ("score", "ctr", "cvr", "ctcvr"):
            np.testing.assert_allclose(alone[name][0, :size], together[name][page, :size], atol=1e-5)


def test_inputs_that_disagree_in_pages_are_refused_by_name(exported, model, rank, request_of):
    run, _ = exported
    request = request_of(run, small_shop.pages().take(np.array([0, 1])))
    for name in ("query", "user_id"):
        fewer = {**request, name: request[name][:1]}
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"history, .*query.* disagree in their first dimension"
        ):
            rank(model, fewer)


def test_pages_of_another_split_are_compared_where_the_test_has_none(tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    shop = small_shop.prepared(tmp_path)
    items = shop.items
    assert set(parity_pages(experiment, shop, items).table["split"]) == {"test"}
    without_test = dataclasses.replace(shop, pages=concatenate([shop.pages.split("train"), shop.pages.split("valid")]))
    assert set(parity_pages(experiment, without_test, items).table["split"]) == {"valid"}
    training = dataclasses.replace(shop, pages=shop.pages.split("train"))
    assert set(parity_pages(experiment, training, items).table["split"]) == {"train"}
    with pytest.raises(InputError, match="no page has all its items in the new table"):
        parity_pages(experiment, shop, items.assign(item_id=[f"other{n}" for n in range(len(items))]))


def test_unknown_items_are_scored_and_flagged(exported, model, rank, request_of):
    run, _ = exported
    request = request_of(run, small_shop.pages().take(np.array([0])))
    request["item_id"] = np.array([["i1", "new", "i2"]])
    answer = rank(model, request)
    known = dict(zip(answer["item_id"][0].astype(str), answer["known"][0], strict=True))
    assert known == {"i1": True, "new": False, "i2": True}
    assert (answer["ctr"] > 0).all()


def test_items_that_bring_their_features_are_scored_as_those_of_the_table(exported, model, rank, request_of):
    run, _ = exported
    items = small_shop.items()
    request = request_of(run, small_shop.pages().take(np.array([1])))
    request["item_id"] = items["item_id"].to_numpy().astype(str)[None]
    by_id = rank(model, request)
    features = {name: value[None] for name, value in raw_features(run.ranker.item_features, items).items()}
    features["brand"] = features["brand"].astype(str)
    features["title"] = items["title"].to_numpy().astype(str)[None]
    by_feature = rank(model, request | features, "rank_items")
    assert by_feature["item_id"].tolist() == by_id["item_id"].tolist()
    np.testing.assert_allclose(by_feature["score"], by_id["score"], atol=1e-5)


def test_vectors_are_the_trainers(exported, model):
    run, _ = exported
    texts = ["red lamp", "", "LED light"]
    query = model.signatures["encode_query"](query=tf.constant(texts))["vector"].numpy()
    item = model.signatures["encode_item"](title=tf.constant(texts))["vector"].numpy()
    np.testing.assert_allclose(query, run.ranker.encode(run.packers["query"](tf.constant(texts))), atol=1e-5)
    np.testing.assert_allclose(query, item, atol=1e-5)
    assert not query[1].any()


def test_strange_queries_and_long_lists_are_answered(exported, model, request_of):
    run, _ = exported
    request = request_of(run, small_shop.pages().take(np.array([2])))
    request["item_id"] = np.array([["i1", "i2"]])
    for query in (b"", b"\xff\xfe", b"lamp " * 20_000, "灯泡".encode()):
        inputs = {k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v) for k, v in request.items()}
        answer = model.signatures["rank"](**inputs | {"query": tf.constant([query])})
        assert np.isfinite(answer["score"]).all()


@pytest.mark.parametrize("name", ["query", "item_id", "history"])
def test_an_input_of_another_rank_is_an_error_and_no_crash(exported, model, name, request_of):
    run, _ = exported
    inputs = {
        k: tf.constant(v.astype(object) if v.dtype.kind == "U" else v)
        for k, v in request_of(run, small_shop.pages().take(np.array([2]))).items()
    }
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError, TypeError)):
        model.signatures["rank"](**inputs | {name: tf.constant("lamp")})


def test_versions_grow_and_nothing_half_written_is_left(tiny_preset, tmp_path, make_run):
    run = make_run(tiny_preset, tmp_path, "bi")
    items, pages = small_shop.items(), small_shop.pages()
    home = tmp_path / "models" / "bi"
    (home / "41").mkdir(parents=True)
    target = export_run(run, items, pages, {})
    assert target.name == "42"
    assert sorted(p.name for p in home.iterdir()) == ["41", "42"]


def test_a_bundle_that_scores_differently_is_refused(exported, tmp_path, request_of):
    run, target = exported
    bundle = tmp_path / "bundle"
    shutil.copytree(target, bundle)
    pages, items = small_shop.pages(), small_shop.items()
    scores = RankerScorer(run.experiment, run.ranker, run.packers)(pages, items)
    requests = [request_of(run, pages.take(group)) for group in batches_of(pages)]
    wrong = dataclasses.replace(scores, ctr=scores.ctr + np.float32(1e-3))
    ids = items["item_id"].to_numpy(object)
    with pytest.raises(ParityError, match=r"differ .* by up to 0\.001"):
        check_parity(bundle, pages, wrong, ids, requests, 1e-5)
    turned = dataclasses.replace(scores, score=1 - scores.score)
    with pytest.raises(ParityError, match="neighbours are in another order"):
        check_parity(bundle, pages, turned, ids, requests, 1e-5)
    assert [p.name for p in tmp_path.iterdir()] == ["bundle"]


def test_a_damaged_bundle_is_refused(exported, tmp_path, request_of):
    run, target = exported
    bundle = tmp_path / "bundle"
    shutil.copytree(target, bundle)
    (bundle / "saved_model.pb").write_bytes(b"damaged")
    pages = small_shop.pages().take(np.array([0]))
    scores = RankerScorer(run.experiment, run.ranker, run.packers)(pages, small_shop.items())
    with pytest.raises(ParityError, match="can't be run in a fresh process"):
        check_parity(
            bundle, pages, scores, small_shop.items()["item_id"].to_numpy(object), [request_of(run, pages)], 1e-5
        )
