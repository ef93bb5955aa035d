"""How purchases are learned, against plain arithmetic."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import Escm2Config
from trainer.losses.conversions import ClickedConversions, Conversions, EntireSpaceConversions
from trainer.losses.errors import HuberError, SquaredError
from trainer.losses.escm2 import DoublyRobustConversions, InversePropensityConversions

CTR = np.array([[0.5, -1.0, 2.0, 9.0], [1.0, -4.0, -3.0, 9.0]], np.float32)
CVR = np.array([[-2.0, 0.3, 1.0, 9.0], [0.5, -0.5, 0.1, 9.0]], np.float32)
GUESS = np.array([[-1.0, 0.4, 0.2, 9.0], [0.3, -2.0, 1.1, 9.0]], np.float32)
CLICKED = np.array([[1, 0, 1, -1], [0, 1, 1, -1]], np.float32)
BOUGHT = np.array([[1, 0, 0, -1], [0, 1, -1, -1]], np.float32)
WEIGHT = np.array([[0.5, 1.0, 2.0, 1.0], [0.5, 1.0, 2.0, 1.0]], np.float32)
# The last candidate of the second page was clicked, but its purchase may still come.
KNOWN = BOUGHT >= 0
CLIP = 20.0


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def cross_entropy(label, logit):
    p = sigmoid(logit)
    return -(label * np.log(p) + (1 - label) * np.log(1 - p))


def conversions(**changes) -> Conversions:
    values = {
        "clicked": CLICKED,
        "purchased": BOUGHT,
        "mask": KNOWN,
        "ctr": CTR,
        "cvr": CVR,
        "imputation": GUESS,
        **changes,
    }
    return Conversions(
        **{name: value if value is None else tf.convert_to_tensor(value) for name, value in values.items()}
    )


def inverse_propensity(clip: float = CLIP, weight=1.0) -> np.ndarray:
    return np.where(KNOWN & (CLICKED == 1), np.minimum(weight / sigmoid(CTR), clip), 0.0)


def entire_space() -> float:
    p = sigmoid(CTR) * sigmoid(CVR)
    return float(np.mean(-(BOUGHT * np.log(p) + (1 - BOUGHT) * np.log(1 - p))[KNOWN]))


def test_on_clicks_only_known_purchases_of_clicks_count():
    chosen = KNOWN & (CLICKED == 1)
    found = ClickedConversions()(conversions(weight=WEIGHT))
    assert set(found) == {"cvr"}
    assert float(found["cvr"]) == pytest.approx(np.mean(cross_entropy(BOUGHT[chosen], CVR[chosen])), rel=1e-5)


@pytest.mark.parametrize("clip", [CLIP, 2.0])
def test_inverse_propensity_is_the_mean_over_all_impressions_of_weighted_errors(clip):
    settings = Escm2Config(weight=0.5, clip=clip)
    found = InversePropensityConversions(escm2=settings)(conversions())
    risk = np.sum(inverse_propensity(clip)[KNOWN] * cross_entropy(BOUGHT, CVR)[KNOWN]) / KNOWN.sum()
    assert set(found) == {"ctcvr", "cvr_ips"}
    assert float(found["cvr_ips"]) == pytest.approx(0.5 * risk, rel=1e-5)
    assert float(found["ctcvr"]) == pytest.approx(entire_space(), rel=1e-5)


def test_propensity_weights_of_positions_give_the_click_probability_at_the_position():
    found = InversePropensityConversions(escm2=Escm2Config(weight=1.0, clip=CLIP))(conversions(weight=WEIGHT))
    errors = inverse_propensity(weight=WEIGHT)[KNOWN] * cross_entropy(BOUGHT, CVR)[KNOWN]
    assert float(found["cvr_ips"]) == pytest.approx(errors.sum() / KNOWN.sum(), rel=1e-5)


def test_doubly_robust_adds_the_imputed_error_where_nothing_was_clicked():
    settings = Escm2Config(weight=0.5, clip=CLIP, imputation=3.0)
    found = DoublyRobustConversions(escm2=settings)(conversions())
    error, imputed = cross_entropy(BOUGHT, CVR), cross_entropy(sigmoid(GUESS), CVR)
    risk = np.mean((imputed + inverse_propensity() * (error - imputed))[KNOWN])
    learned = np.sum((inverse_propensity() * (error - imputed) ** 2)[KNOWN]) / KNOWN.sum()
    assert set(found) == {"ctcvr", "cvr_dr", "imputation"}
    assert float(found["cvr_dr"]) == pytest.approx(0.5 * risk, rel=1e-5)
    assert float(found["imputation"]) == pytest.approx(0.5 * 3.0 * learned, rel=1e-5)


def gradients(loss, part: str) -> list:
    logits = [tf.Variable(value) for value in (CTR, CVR, GUESS)]
    with tf.GradientTape() as tape:
        value = loss(conversions(ctr=logits[0], cvr=logits[1], imputation=logits[2]))[part]
    return tape.gradient(value, logits)


def test_no_gradient_runs_through_the_propensity():
    for loss, part in ((InversePropensityConversions(), "cvr_ips"), (DoublyRobustConversions(), "cvr_dr")):
        ctr, cvr, _ = gradients(loss, part)
        assert ctr is None
        assert np.abs(cvr).max() > 0


def test_prediction_and_imputation_are_learned_apart():
    _, cvr, guess = gradients(DoublyRobustConversions(), "cvr_dr")
    assert guess is None
    # Where nothing was clicked the gradient is that of the imputed error: it is what differs from inverse propensity.
    unclicked = KNOWN & (CLICKED == 0)
    expected = 0.1 * (sigmoid(CVR) - sigmoid(GUESS))[unclicked] / KNOWN.sum()
    np.testing.assert_allclose(np.asarray(cvr)[unclicked], expected, rtol=1e-4)
    ctr, cvr, guess = gradients(DoublyRobustConversions(), "imputation")
    assert ctr is None
    assert cvr is None
    assert np.abs(guess).max() > 0


def test_with_true_propensities_the_risks_are_unbiased():
    random = np.random.default_rng(4)
    shape = (400, 250)
    cvr, guess = (random.normal(mean, 0.7, shape).astype(np.float32) for mean in (-1.0, 0.5))
    ctr = (cvr + random.normal(0.5, 0.3, shape)).astype(np.float32)
    bought = random.random(shape) < sigmoid(cvr + 0.4)
    clicked = (random.random(shape) < sigmoid(ctr)).astype(np.float32)
    values = {"ctr": ctr, "cvr": cvr, "imputation": guess, "clicked": clicked, "mask": np.ones(shape, bool)}
    seen = conversions(purchased=(bought * clicked).astype(np.float32), **values)
    truth = np.mean(cross_entropy(bought, cvr))
    naive = np.mean(cross_entropy(bought, cvr)[clicked == 1])
    settings = Escm2Config(weight=1.0, clip=1e6)
    ips = float(InversePropensityConversions(escm2=settings)(seen)["cvr_ips"])
    robust = float(DoublyRobustConversions(escm2=settings)(seen)["cvr_dr"])
    assert ips == pytest.approx(truth, abs=0.01)
    assert robust == pytest.approx(truth, abs=0.01)
    assert abs(naive - truth) > 0.02


@pytest.mark.parametrize(
    "kind", [ClickedConversions, EntireSpaceConversions, InversePropensityConversions, DoublyRobustConversions]
)
def test_padding_changes_nothing_and_nothing_known_gives_zero(kind):
    plain = kind()(conversions())
    moved = {name: np.where(KNOWN, value, 50.0).astype(np.float32) for name, value in (("ctr", CTR), ("cvr", CVR))}
    for name, value in kind()(
        conversions(imputation=np.where(KNOWN, GUESS, -50.0).astype(np.float32), **moved)
    ).items():
        assert float(value) == pytest.approx(float(plain[name]), rel=1e-6)
    assert all(float(value) == 0.0 for value in kind()(conversions(mask=np.zeros_like(KNOWN))).values())


@pytest.mark.parametrize(
    ("error", "by_hand"),
    [
        (SquaredError(), lambda label, p: (label - p) ** 2),
        (
            HuberError(0.3),
            lambda label, p: np.where(
                np.abs(label - p) <= 0.3, 0.5 * (label - p) ** 2, 0.3 * (np.abs(label - p) - 0.15)
            ),
        ),
    ],
)
def test_other_errors_are_those_of_the_probability(error, by_hand):
    p = sigmoid(CTR) * sigmoid(CVR)
    found = EntireSpaceConversions(error)(conversions())["ctcvr"]
    assert float(found) == pytest.approx(np.mean(by_hand(BOUGHT, p)[KNOWN]), rel=1e-5)
    clicks = KNOWN & (CLICKED == 1)
    found = ClickedConversions(error)(conversions())["cvr"]
    assert float(found) == pytest.approx(np.mean(by_hand(BOUGHT[clicks], sigmoid(CVR[clicks]))), rel=1e-5)
