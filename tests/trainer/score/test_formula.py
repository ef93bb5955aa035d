"""Formulas against Python's own arithmetic, and everything that is none."""

import math

import numpy as np
import pytest

import small_shop
from trainer.errors import InputError
from trainer.score.evaluate import evaluate_formula
from trainer.score.formula import Formula

VALUES = {
    "ctr": np.array([[0.1, 0.5], [0.9, 0.02]], np.float32),
    "cvr": np.array([[0.3, 0.01], [0.6, 0.2]], np.float32),
    "ctcvr": np.array([[0.03, 0.005], [0.54, 0.004]], np.float32),
    "price": np.array([[10.0, 99.5], [0.5, 3.0]], np.float32),
    "bid": np.array([[0.2, 1.0], [4.0, 0.0]], np.float32),
}


@pytest.mark.parametrize(
    "text",
    [
        "ctr",
        "ctr^1 * cvr^0.8 * price^0.3",
        "bid * ctr",
        "ctcvr*price + 0.5*ctr - 2",
        "-(ctr + 3) * 2e-3",
        "-ctr^2",
        "+ctr",
        "ctr * (price + 1)^-0.5",
        "2^-1 * ctr",
        "ctr - -1",
        "ctr\t*\tprice^+2",
    ],
)
def test_a_formula_gives_what_python_gives(text):
    expected = [eval(text.replace("^", "**"), {}, {k: float(v.flat[n]) for k, v in VALUES.items()}) for n in range(4)]
    found = np.asarray(evaluate_formula(Formula.read(text), VALUES))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.ravel(), expected, rtol=2e-6)


def test_names_come_in_order_and_columns_are_what_is_not_predicted():
    formula = Formula.read("bid * ctr + price^2 * bid * cvr")
    assert formula.names == ("bid", "ctr", "price", "cvr")
    assert formula.columns == ("bid", "price")


@pytest.mark.parametrize(
    ("text", "price", "expected"),
    [
        ("ctr * price^0.5", -4.0, 0.0),
        ("ctr * price^2", -4.0, 16.0),
        ("ctr * price^3", -4.0, -64.0),
        ("ctr * price^-1", 0.0, 1e6),
        ("ctr * price^-1", -4.0, 1e6),
        ("ctr * price^40", 10.0, 1e30),
        ("ctr * price^40 * price^40 * 0", 10.0, 0.0),
        ("ctr * price^40 - price^40", 10.0, 0.0),
        ("ctr * price^0", 0.0, 1.0),
    ],
)
def test_no_value_makes_a_formula_infinite_or_no_number(text, price, expected):
    values = {"ctr": np.ones((1, 1), np.float32), "price": np.full((1, 1), price, np.float32)}
    found = float(np.asarray(evaluate_formula(Formula.read(text), values))[0, 0])
    assert math.isfinite(found)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no formula"),
        ("ctr *", "is no formula"),
        ("ctr price", "is no formula"),
        ("ctr; import os", "is no formula"),
        ("ctr = 1", "is no formula"),
        ("(" * 150 + "ctr", "is no formula"),
        ("ctr / price", "divides"),
        ("ctr % 2", "has no place"),
        ("ctr // 2", "has no place"),
        ("ctr ^ cvr", "is no number"),
        ("ctr ^ (1 + 1)", "is no number"),
        ("ctr ^ 2 ^ 2", "is no number"),
        ("ctr * 1e400", "is no number"),
        ("ctr * 'a'", "is no number"),
        ("ctr * True", "is no number"),
        ("ctr * 2j", "is no number"),
        ("ctr if 1 else 2", "has no place"),
        ("ctr < 1", "has no place"),
        ("ctr and cvr", "has no place"),
        ("not ctr", "has no place"),
        ("~ctr", "has no place"),
        ("[ctr]", "has no place"),
        ("ctr.real", "has no place"),
        ("ctr[0]", "has no place"),
        ("exp(ctr)", "has no place"),
        ("__import__('os').system('true') * ctr", "has no place"),
        ("(lambda: ctr)()", "has no place"),
        ("f'{ctr}'", "has no place"),
        ("(x := ctr)", "has no place"),
        ("ctr * _x", "is no name"),
        ("ctr * größe", "is no name"),
        ("price * 2", "names none of ctr, cvr, ctcvr, relevance"),
        ("3", "names none of"),
        ("ctr" + " + ctr" * 100, "is too long"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_path(text, said, tmp_path):
    with pytest.raises(InputError, match=r"^small: model\.score: .*" + said) as caught:
        small_shop.experiment(tmp_path, tmp_path, model={"score": text})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ("ctr * brand", r"model\.score: 'brand' is of kind categorical; known: ctr, cvr, ctcvr, price, and"),
        ("ctr * title", r"model\.score: 'title' is text; known: ctr, cvr, ctcvr, price"),
        ("ctr * hour", r"model\.score: 'hour' is no column of the items; known:"),
        ("ctr * position", r"model\.score: 'position' is no number; known:"),
        ("ctr * relevance", r"model: score: ctr \* relevance needs relevance: true"),
    ],
)
def test_a_name_that_can_be_no_number_column_is_refused(score, said, tmp_path):
    with pytest.raises(InputError, match=said):
        small_shop.experiment(tmp_path, tmp_path, model={"score": score})
