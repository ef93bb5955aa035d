"""The Ranker as a whole."""

import numpy as np
import pytest
import tensorflow as tf

import small_shop
from trainer.evaluation.scorer import RankerScorer
from trainer.model.build import build_ranker
from trainer.model.ranker import probabilities
from trainer.text.backbone import load_backbone
from trainer.training.batches import PageBatches
from trainer.training.run import build_packers
from trainer.training.tables import build_tables


def make(preset, folder, **sections):
    experiment = small_shop.experiment(preset, folder, **sections)
    backbone, tokenizer = load_backbone(experiment.encoder.backbone)
    ranker = build_ranker(experiment, small_shop.statistics(), backbone, tokenizer.pad_token_id)
    return experiment, ranker, build_packers(experiment, tokenizer)


def shake(ranker):
    """Weights away from their start, so that every part counts."""
    random = np.random.default_rng(1)
    for variable in ranker.trainable_variables:
        if "encoder" not in variable.path and "transformer" not in variable.path:
            variable.assign_add(random.normal(0, 0.2, variable.shape))


def batch_of(experiment, ranker, packers, pages, scorer):
    tables = build_tables(experiment, ranker, packers, small_shop.items(), pages)
    tables.memory[:] = scorer.item_vectors(tables, np.arange(8))
    batches = PageBatches(pages, tables, 4, True, ranker.interaction.needs_pairs, False, 1)
    return batches.batch(np.arange(len(pages)))


@pytest.mark.parametrize("interaction", ["bi", "cross"])
def test_before_training_a_page_is_ordered_as_the_pretrained_encoder_does(interaction, tiny_preset, tmp_path):
    experiment, ranker, packers = make(tiny_preset, tmp_path, model={"interaction": interaction})
    pages, items = small_shop.pages(), small_shop.items()
    model = RankerScorer(experiment, ranker, packers)(pages, items)
    zero_shot = RankerScorer(experiment, ranker, packers, zero_shot=True)(pages, items)
    for page in range(len(pages)):
        part = slice(pages.offset[page], pages.offset[page + 1])
        texts = pages.item[part] != 6
        expected = np.argsort(-zero_shot.score[part][texts], kind="stable")
        np.testing.assert_array_equal(np.argsort(-model.score[part][texts], kind="stable"), expected)


@pytest.mark.parametrize("interaction", ["bi", "cross"])
def test_the_training_batch_and_the_scorer_give_the_same_probabilities(interaction, tiny_preset, tmp_path):
    experiment, ranker, packers = make(tiny_preset, tmp_path, model={"interaction": interaction})
    shake(ranker)
    pages = small_shop.pages()
    scorer = RankerScorer(experiment, ranker, packers)
    batch = batch_of(experiment, ranker, packers, pages, scorer)
    found = probabilities(ranker({k: tf.constant(v) for k, v in batch.items()}, training=False))
    scores = scorer(pages, small_shop.items())
    for name in ("ctr", "cvr", "ctcvr"):
        np.testing.assert_allclose(np.asarray(found[name])[batch["mask"]], getattr(scores, name), atol=1e-5)


@pytest.mark.parametrize("interaction", ["bi", "cross"])
def test_a_page_scores_alike_alone_and_among_others(interaction, tiny_preset, tmp_path):
    experiment, ranker, packers = make(tiny_preset, tmp_path, model={"interaction": interaction})
    shake(ranker)
    pages, items = small_shop.pages(), small_shop.items()
    scorer = RankerScorer(experiment, ranker, packers)
    together = scorer(pages, items).score
    alone = np.concatenate([scorer(pages.take(np.array([p])), items).score for p in range(len(pages))])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_each_feature_and_the_history_count(tiny_preset, tmp_path):
    experiment, ranker, packers = make(tiny_preset, tmp_path)
    shake(ranker)
    pages, items = small_shop.pages(), small_shop.items()
    scorer = RankerScorer(experiment, ranker, packers)
    before = scorer(pages, items).score
    changed = {"segment": "loyal", "hour": 23.0, "history": [["i5", "i2"]] * len(pages)}
    for name, value in changed.items():
        table = pages.table.assign(**{name: value})
        assert np.abs(scorer(type(pages)(**{**vars(pages), "table": table}), items).score - before).max() > 1e-6, name
    for name, value in {"brand": "zeta", "price": 1000.0, "vector": [np.ones(3, np.float32)] * 8}.items():
        assert np.abs(scorer(pages, items.assign(**{name: value})).score - before).max() > 1e-6, name


def test_ctcvr_is_the_product_of_its_factors():
    logits = {"ctr": tf.constant([[-1.0, 2.0]]), "cvr": tf.constant([[0.5, -30.0]])}
    out = probabilities(logits)
    np.testing.assert_allclose(out["ctcvr"], out["ctr"] * out["cvr"], rtol=1e-5)
    assert float(out["ctcvr"][0, 1]) > 0.0


def test_an_item_without_text_gets_no_similarity(tiny_preset, tmp_path):
    _experiment, ranker, packers = make(tiny_preset, tmp_path)
    tokens = packers["item"](tf.constant(["", "red lamp"]))
    vectors = np.asarray(ranker.encode(tokens))
    assert not vectors[0].any()
    assert np.linalg.norm(vectors[1]) == pytest.approx(1.0, rel=1e-5)
