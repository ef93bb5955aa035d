"""Calibrators against scikit-learn, by segment, and on cases made for them."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import small_shop
from trainer.calibration.calibrator import logit_of
from trainer.calibration.feature_segment import FeatureSegment
from trainer.calibration.isotonic import ORDER_SHARE, IsotonicCalibrator, binned
from trainer.calibration.platt import PlattCalibrator
from trainer.calibration.query_band import QueryBand
from trainer.calibration.segmented import SegmentedCalibrator
from trainer.metrics.ece import ece


def drawn(count: int = 20_000, seed: int = 1, rate_of=lambda x: expit(0.6 * x - 1.5)):
    """Logits of a model that is wrong, and labels drawn from the true rates."""
    random = np.random.default_rng(seed)
    logit = random.normal(0.5, 1.5, count)
    return logit, (random.random(count) < rate_of(logit)).astype(np.int8)


def apply(calibrator, logit, codes=None):
    given = None if codes is None else tf.constant(codes[None], tf.int32)
    return calibrator(tf.constant(logit[None], tf.float32), given).numpy()[0]


def test_platt_is_logistic_regression_on_the_drawn_in_labels():
    logit, label = drawn(3000)
    ones, zeros = label.sum(), (1 - label).sum()
    target = np.where(label == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    reference = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(
        np.tile(logit, 2)[:, None],
        np.repeat([1, 0], len(logit)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    found = PlattCalibrator.fit(logit, label)
    assert found.slope == pytest.approx(reference.coef_[0, 0], abs=1e-4)
    assert found.intercept == pytest.approx(reference.intercept_[0], abs=1e-4)
    np.testing.assert_allclose(apply(found, logit), reference.predict_proba(logit[:, None])[:, 1], atol=1e-4)


def test_platt_stays_finite_and_increasing_on_labels_that_are_parted_or_turned_round():
    logit = np.linspace(-3, 3, 40)
    parted = PlattCalibrator.fit(logit, (logit > 0).astype(np.int8))
    assert 1 < parted.slope < 50
    turned = PlattCalibrator.fit(logit, (logit < 0).astype(np.int8))
    assert turned.slope == pytest.approx(0.01)
    assert (np.diff(apply(turned, logit)) > 0).all()
    alike = PlattCalibrator.fit(np.full(40, -2.0), np.arange(40) % 4 == 0)
    assert apply(alike, np.array([-2.0]))[0] == pytest.approx(0.25, abs=0.02)


def test_the_isotonic_table_in_the_graph_is_what_scikit_learn_predicts():
    logit, label = drawn(rate_of=lambda x: np.where(x > 0, 0.4, 0.05) + 0.02 * expit(x))
    mean, rate, mass = binned(logit, label)
    reference = IsotonicRegression(out_of_bounds="clip").fit(mean, rate, sample_weight=mass)
    found = IsotonicCalibrator.fit(logit, label)
    graph = tf.function(found.curve, input_signature=[tf.TensorSpec([None, None], tf.float32)])
    asked = np.linspace(-8, 8, 5000)
    answered = graph(tf.constant(asked[None], tf.float32)).numpy()[0]
    np.testing.assert_allclose(answered, reference.predict(asked), atol=1e-6)
    top = reference.predict(asked).max()
    blended = (1 - ORDER_SHARE) * reference.predict(asked) + ORDER_SHARE * top * (asked + 21) / 35
    np.testing.assert_allclose(apply(found, asked), blended, atol=1e-6)
    assert np.abs(apply(found, asked) - answered).max() <= ORDER_SHARE * top


def test_bins_cost_the_isotonic_table_little_against_scikit_learn_on_single_impressions():
    logit, label = drawn(rate_of=lambda x: np.where(x > 0, 0.4, 0.05) + 0.02 * expit(x))
    found = IsotonicCalibrator.fit(logit, label)
    answered = found.curve(tf.constant(logit[None], tf.float32)).numpy()[0]
    whole = IsotonicRegression(out_of_bounds="clip").fit(logit, label)
    assert np.abs(answered - whole.predict(logit)).mean() < 0.005


def test_isotonic_keeps_the_order_strict_where_its_curve_is_flat():
    logit, label = drawn(rate_of=lambda x: np.where(x > 0, 0.4, 0.05))
    found = IsotonicCalibrator.fit(logit, label)
    asked = np.arange(-20, 13, 0.01)
    curve = found.curve(tf.constant(asked[None], tf.float32)).numpy()[0]
    assert (np.diff(curve) == 0).sum() > 200
    assert (np.diff(apply(found, asked)) > 0).all()
    assert roc_auc_score(label, apply(found, logit)) == pytest.approx(roc_auc_score(label, logit), abs=1e-4)


def test_isotonic_knots_are_never_closer_than_rounding_can_bear():
    random = np.random.default_rng(3)
    logit = np.concatenate([random.normal(-1, 1e-4, 5000), random.normal(1, 1.0, 5000)])
    found = IsotonicCalibrator.fit(logit, random.random(10_000) < expit(logit))
    assert (np.diff(found.logit) >= 0.05 - 1e-6).all()
    alike = IsotonicCalibrator.fit(np.full(500, -1.0), np.arange(500) % 5 == 0)
    assert apply(alike, np.array([3.0]))[0] == pytest.approx(0.2, abs=2e-3)


@pytest.mark.parametrize("kind", [PlattCalibrator, IsotonicCalibrator])
def test_the_calibration_error_falls_below_a_hundredth_on_other_impressions(kind):
    logit, label = drawn(100_000, seed=1)
    other, seen = drawn(100_000, seed=2)
    before, after = expit(other), apply(kind.fit(logit, label), other)
    assert ece(seen, before) > 0.2
    assert ece(seen, after) < 0.01
    assert roc_auc_score(seen, after) == pytest.approx(roc_auc_score(seen, before), abs=1e-5)


def test_each_large_segment_has_its_curve_and_the_others_that_of_all():
    random = np.random.default_rng(5)
    codes = random.choice([-1, 1, 2, 3, 4], 30_000, p=[0.1, 0.1, 0.39, 0.4, 0.01])
    logit = random.normal(0, 1, 30_000)
    label = (random.random(30_000) < expit(logit + np.where(codes == 2, 1.0, -1.0))).astype(np.int8)
    names = ["", "", "red", "blue", "rare"]
    found = SegmentedCalibrator.fit(logit, label, codes, names, 1000, 10)
    assert set(found.segments) == {"red", "blue"}
    alone = PlattCalibrator.fit(logit[codes == 2], label[codes == 2])
    np.testing.assert_allclose(apply(found, logit, np.full(30_000, 2)), apply(alone, logit), atol=1e-6)
    everywhere = PlattCalibrator.fit(logit, label)
    for code in (-1, 0, 1, 4, 99):
        np.testing.assert_allclose(apply(found, logit, np.full(30_000, code)), apply(everywhere, logit), atol=1e-6)
    of_red = codes == 2
    assert (
        ece(label[of_red], apply(found, logit, codes)[of_red])
        < 0.02
        < ece(label[of_red], apply(everywhere, logit)[of_red])
    )


def test_a_segment_without_events_has_no_curve():
    logit, label = np.zeros(400), np.zeros(400, np.int8)
    label[:50] = 1
    codes = np.repeat([0, 1], 200)
    found = SegmentedCalibrator.fit(logit, label, codes, ["some", "none"], 100, 10)
    assert set(found.segments) == {"some"}


def test_segments_of_a_feature_are_alike_in_tables_and_in_the_graph():
    pages, items = small_shop.pages(), small_shop.items()
    by_brand = FeatureSegment("brand", "items", ["acme", "bolt"])
    codes = by_brand.codes_of(pages, items)
    of_brand = {"acme": 2, "bolt": 3, "": -1, "zeta": -1}
    assert codes.tolist() == [of_brand[b] for b in items["brand"].fillna("").iloc[pages.item]]
    in_graph = by_brand.codes({"item_features": {"brand": tf.constant([[2, 3, 0, 1]])}}).numpy()
    assert [by_brand.names[c] for c in in_graph[0]] == ["acme", "bolt", "", ""]
    by_segment = FeatureSegment("segment", "users", ["new", "loyal"])
    in_graph = by_segment.codes({"user_features": {"segment": tf.constant([2, 0])}}).numpy()
    assert in_graph.tolist() == [[2], [0]]
    assert set(by_segment.codes_of(pages, items)) == {2, 3, -1}


def test_queries_fall_into_bands_by_how_often_they_were_asked():
    pages = small_shop.pages(90)
    asked = ["Red  Lamp"] * 15 + ["red lamp "] * 15 + ["drill"] * 20 + ["кот"] * 10 + [f"q{n}" for n in range(30)]
    pages.table["query"] = asked
    band = QueryBand.of(pages)
    assert band.head == ["red lamp"]
    assert band.torso == ["drill", "кот"]
    queries = tf.constant(["RED lamp", " drill", "КОТ", "q3", "never asked", "", b"\xff"])
    assert band.codes({"query_text": queries}).numpy().tolist() == [[0], [1], [1], [2], [2], [2], [2]]
    codes = band.codes_of(pages, small_shop.items())
    assert codes.tolist() == np.repeat([0] * 30 + [1] * 30 + [2] * 30, pages.sizes).tolist()


def test_logits_are_finite_at_the_ends():
    found = logit_of(tf.constant([0.0, 0.25, 1.0])).numpy()
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx(np.log(1 / 3))
