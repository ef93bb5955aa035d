"""Training on queries that are corrected by the words of the catalogue."""

import io

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from rich.console import Console

import small_shop
from trainer.errors import InputError
from trainer.training.fit import train
from trainer.training.run import learn_spelling, load_run, spelt_by

ENCODER = {"spelling": "catalogue", "spelling_items": 1}


@pytest.fixture(scope="module")
def trained(tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corrected")
    shop = small_shop.prepared(folder)
    shop.pages.table["query"] = shop.pages.table["query"].replace({"kettle": "kettel"})
    experiment = small_shop.experiment(tiny_preset, folder, encoder=ENCODER)
    said = io.StringIO()
    return train(experiment, shop, Console(file=said, width=300)), said.getvalue()


def test_what_is_corrected_is_said_and_written(trained):
    folder, said = trained
    file = folder / "spelling" / "corrections.csv"
    expected = "spelling: 1 of 5 queries are corrected by words of the catalogue: 'kettel' to 'kettle' (all in "
    assert f"{expected}{file})" in said
    found = pd.read_csv(file).to_dict("list")
    assert found == {"typed": ["kettel"], "corrected": ["kettle"], "pages": [2]}


def test_a_loaded_run_corrects_queries_and_leaves_items_as_they_are(trained):
    folder, _ = trained
    packers = load_run(folder).packers
    for texts in (["kettel"], ["red lmap"]):
        right = tf.constant([texts[0].replace("kettel", "kettle").replace("lmap", "lamp")])
        np.testing.assert_array_equal(packers["query"](tf.constant(texts)), packers["query"](right))
        assert (packers["item"](tf.constant(texts)).numpy() != packers["item"](right).numpy()).any()


def test_over_the_items_of_another_shop_their_words_correct_queries_and_those_of_training_no_longer(trained, tmp_path):
    run = load_run(trained[0])
    query = spelt_by(run, pd.DataFrame({"text": ["green sofa", None]}), tmp_path).packers["query"]
    own = run.packers["query"]

    def alike(one, other, pack):
        return bool((pack(tf.constant([one])).numpy() == pack(tf.constant([other])).numpy()).all())

    assert alike("soaf", "sofa", query)
    assert alike("kettel", "kettle", own)
    assert not alike("soaf", "sofa", own)
    assert not alike("kettel", "kettle", query)


def test_a_run_without_its_words_is_refused(trained, tmp_path):
    folder, _ = trained
    words = folder / "spelling" / "words.txt"
    words.rename(tmp_path / "words.txt")
    try:
        with pytest.raises(InputError, match=r"words\.txt: missing; train again"):
            load_run(folder)
    finally:
        (tmp_path / "words.txt").rename(words)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"spelling_items": 2}, "encoder: spelling_items: goes with spelling: catalogue"),
        ({"spelling_known": ["led"]}, "encoder: spelling_known: goes with spelling: catalogue"),
        (
            {"spelling": "catalogue", "spelling_known": ["led light"]},
            r"spelling_known: .*single words, found 'led light'",
        ),
        ({"spelling": "catalogue", "spelling_items": 0}, r"encoder\.spelling_items: .*\(found 0\)"),
        ({"spelling": "dictionary"}, r"encoder\.spelling: .*'catalogue'.*\(found 'dictionary'\)"),
    ],
)
def test_wrong_settings_are_refused(keys, message, tmp_path):
    with pytest.raises(InputError, match=message):
        small_shop.experiment(tmp_path, tmp_path, encoder=keys)


def test_words_declared_right_are_taken_as_typed(tiny_preset, tmp_path):
    shop = small_shop.prepared(tmp_path)
    found = []
    for known in ([], ["kettel"]):
        experiment = small_shop.experiment(tiny_preset, tmp_path, encoder={**ENCODER, "spelling_known": known})
        spelling = learn_spelling(experiment, tmp_path, shop.items)
        found.append(spelling(tf.constant(["kettel"])).numpy()[0].decode())
    assert found == ["kettle", "kettel"]
