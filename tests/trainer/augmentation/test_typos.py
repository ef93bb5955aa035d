"""Slips are single, near on the keyboard, and touch nothing that they do not know."""

from random import Random

import pytest

from trainer.augmentation.keyboard_typos import NEIGHBOURS, KeyboardTypos

KEYS = {"q": "wa", "a": "qwsz", "g": "tyfhvb", "p": "ol", "m": "njk"}


def many(method, text: str, count: int = 300) -> set[str]:
    return {method.rewrite(text, Random(n)) for n in range(count)}


def edits(word: str, other: str) -> int:
    """Distance of Damerau and Levenshtein (optimal string alignment), by its recurrence."""
    rows = {(i, 0): i for i in range(len(word) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, a in enumerate(word, 1):
        for j, b in enumerate(other, 1):
            rows[i, j] = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and word[i - 2] == b:
                rows[i, j] = min(rows[i, j], rows[i - 2, j - 2] + 1)
    return rows[len(word), len(other)]


@pytest.mark.parametrize(("key", "around"), KEYS.items())
def test_neighbours_are_those_of_the_keyboard(key, around):
    assert set(NEIGHBOURS[key]) == set(around)


def test_a_slip_is_one_edit_in_one_word_and_spares_its_first_letter():
    found = many(KeyboardTypos(), "cordless drill")
    assert len(found) > 50
    for text in found:
        words = text.split()
        assert len(words) == 2
        distances = [edits(a, b) for a, b in zip(("cordless", "drill"), words, strict=True)]
        assert sorted(distances) == [0, 1]
        assert [w[0] for w in words] == ["c", "d"]


def test_each_kind_of_slip_occurs_and_other_letters_are_neighbours():
    found = many(KeyboardTypos(), "lamp")
    assert {"lmp", "lapm", "lsmp", "laqmp"} <= found
    for text in found:
        added = set(text) - set("lamp")
        assert all(any(new in NEIGHBOURS[old] for old in "amp") for new in added)


@pytest.mark.parametrize(
    "text", ["", "tv 18v", "红灯泡", "手机壳 黑", "iphone12pro", "हिन्दी किताब", "ρολόι", "лампа", "_code_name_"]
)
def test_what_holds_no_plain_latin_word_stays(text):
    assert many(KeyboardTypos(), text, 20) == {text}


def test_digits_spaces_and_other_scripts_stay_beside_a_slip():
    for text in many(KeyboardTypos(), "Drill 18v  红色 a/b", 50):
        assert text.endswith(" 18v  红色 a/b")
        assert text.startswith("D")


def test_a_rewriting_depends_on_seed_and_text_only():
    method, texts = KeyboardTypos(), ["red lamp", "oak chair", "steel kettle"]
    both = list(method.rewrite_all(texts, "1 0"))
    assert list(method.rewrite_all(texts[::-1], "1 0")) == both[::-1]
    assert list(method.rewrite_all(texts, "1 1")) != both
