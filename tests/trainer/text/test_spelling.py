"""Slips in queries, put right by the words of items."""

import re
from random import Random

import numpy as np
import pytest
import tensorflow as tf

from trainer.augmentation.keyboard_typos import KeyboardTypos
from trainer.errors import InputError
from trainer.text.spelling import Spelling, count_words, write_spelling

ITEMS = [
    "Refrigerator with freezer, 500GB",
    "Refrigerator shelf",
    "Diamond earrings (gold)",
    "Lampshade for a lamp",
    "lamps, LAMP and more lamps",
    "Crème café straße",
    "clamp",
]


def spelling(folder, texts=ITEMS, least=1, known=()):
    write_spelling(folder, texts, least, known)
    return Spelling(folder)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return spelling(tmp_path_factory.mktemp("spelling"))


def corrected(spelling, *texts):
    return [text.decode() for text in spelling(tf.constant(list(texts), tf.string)).numpy()]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("refrigrator", "refrigerator"),
        ("refrigeratorr", "refrigerator"),
        ("reffrigerator", "refrigerator"),
        ("refrigirator", "refrigerator"),
        ("rerfigerator", "refrigerator"),
        ("earings", "earrings"),
        ("REFRIGIRATOR", "refrigerator"),
        ("cafe", "café"),
        ("creme", "crème"),
        ("strase", "straße"),
    ],
)
def test_one_slip_of_each_kind_is_put_right(typed, expected, shop):
    assert corrected(shop, typed) == [expected]


@pytest.mark.parametrize(
    "typed",
    [
        "refrigerator lamp",
        "efrigerator",
        "terrigerator",
        "refigrater",
        "earr",
        "gld lmp",
        "diamond2",
        "x_diamont",
        "lámpe\u0301x",
        "カメラ 冷蔵庫 шкаф",
        "televisions",
        "",
        "d" + "x" * 40,
    ],
)
def test_all_else_is_left_as_typed(typed, shop):
    assert corrected(shop, typed) == [typed]


def test_what_stands_around_a_word_is_kept(shop):
    assert corrected(shop, "  Gold-earings,\tDaimond (500GB)  ") == ["  Gold-earrings,\tdiamond (500GB)  "]


def test_the_word_of_most_items_is_taken_and_the_first_of_as_many(tmp_path):
    # 'lamp' is in two items, 'lame' and 'lamb' in one each: how often an item repeats a word does not count.
    few = spelling(tmp_path / "few", ["lamb lamb lamb", "lamp", "a lamp", "lame"])
    assert corrected(few, "lamx") == ["lamp"]
    assert corrected(spelling(tmp_path / "as_many", ["lamp", "lame", "lamb"]), "lamx") == ["lamb"]


def test_words_of_few_items_are_known_but_replace_nothing(tmp_path):
    often = spelling(tmp_path, ["lamp", "lamp", "lamb"], least=2)
    assert corrected(often, "lamb", "lampe", "lambb") == ["lamb", "lamp", "lambb"]


def test_words_that_are_declared_right_are_left_and_replace_nothing(tmp_path):
    declared = spelling(tmp_path, ["clamp", "lame"], known=["Lamps", "lame"])
    assert corrected(declared, "LAMPS", "lampss", "clamps", "lamee") == ["LAMPS", "lampss", "clamp", "lame"]


def test_no_texts_and_no_words_correct_nothing(shop, tmp_path):
    assert shop(tf.constant([], tf.string)).shape == (0,)
    assert corrected(spelling(tmp_path, ["12", ""]), "lamp") == ["lamp"]


def without_a_letter(word):
    return {word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))}


def nearest(word, counts, least):
    """Compares a word with every other, as no look-up does."""
    found = [
        (-count, other)
        for other, count in counts.items()
        if count >= least and without_a_letter(word) & without_a_letter(other)
    ]
    return min(found)[1] if found and word not in counts else word


def test_typos_are_corrected_as_by_comparing_with_every_word(tmp_path):
    random = Random(7)
    letters = "abcdelnorst"
    words = ["".join(random.choices(letters, k=random.randint(5, 8))) for _ in range(400)]
    texts = [" ".join(random.choices(words, weights=range(1, 401), k=6)) for _ in range(300)]
    counts = count_words(texts)
    assert counts == {w: sum(w in t.split() for t in texts) for w in {w for t in texts for w in t.split()}}
    typed = [KeyboardTypos().rewrite(random.choice(words), random) for _ in range(500)]
    expected = [nearest(word, counts, 2) for word in typed]
    assert sum(a != b for a, b in zip(typed, expected, strict=True)) > 300
    assert corrected(spelling(tmp_path, texts, 2), *typed) == expected


def test_corrections_name_what_is_changed(shop):
    found = shop.corrections(np.array(["gold lamp", "gold lampp", "Crème x"], object))
    assert found.to_dict("list") == {"typed": ["gold lampp"], "corrected": ["gold lamp"]}
    assert shop.corrections(np.array([], object)).empty


def test_a_missing_file_is_named(tmp_path):
    spelling(tmp_path)
    (tmp_path / "slips.txt").unlink()
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'slips.txt'}: missing; train again")):
        Spelling(tmp_path)
