"""Slips are single, near on the keyboard or alike in sound, and touch nothing that they do not know."""

from random import Random

import pytest
from jellyfish import damerau_levenshtein_distance as edits
from jellyfish import metaphone

from trainer.augmentation.character_noise import CharacterNoise
from trainer.augmentation.keyboard_typos import NEIGHBOURS, KeyboardTypos
from trainer.augmentation.phonetic_typos import PhoneticTypos, sound_alikes

KEYS = {"q": "wa", "a": "qwsz", "g": "tyfhvb", "p": "ol", "m": "njk"}


def many(method, text: str, count: int = 300) -> set[str]:
    return {method.rewrite(text, Random(n)) for n in range(count)}


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
@pytest.mark.parametrize("method", [KeyboardTypos(), PhoneticTypos()])
def test_what_holds_no_plain_latin_word_stays(method, text):
    assert many(method, text, 20) == {text}


def test_digits_spaces_and_other_scripts_stay_beside_a_slip():
    for text in many(KeyboardTypos(), "Drill 18v  红色 a/b", 50):
        assert text.endswith(" 18v  红色 a/b")
        assert text.startswith("D")


def test_a_rewriting_depends_on_seed_and_text_only():
    method, texts = KeyboardTypos(), ["red lamp", "oak chair", "steel kettle"]
    both = list(method.rewrite_all(texts, "1 0"))
    assert list(method.rewrite_all(texts[::-1], "1 0")) == both[::-1]
    assert list(method.rewrite_all(texts, "1 1")) != both


@pytest.mark.parametrize(
    ("word", "other"),
    [("phone", "fone"), ("kettle", "ketle"), ("receiver", "reciever"), ("cordless", "kordless"), ("wrench", "rench")],
)
def test_spellings_that_people_take_for_each_other_are_found(word, other):
    assert other in sound_alikes(word)


def test_a_phonetic_typo_has_the_sound_of_its_word():
    for text in many(PhoneticTypos(), "Vacuum cleaner"):
        words = text.split()
        assert text != "Vacuum cleaner"
        assert [metaphone(word) for word in words] == [metaphone("Vacuum"), metaphone("cleaner")]
        assert ("Vacuum" in words) + ("cleaner" in words) == 1


def test_noise_touches_a_tenth_of_the_letters_in_any_script():
    assert all(edits("лампа", text) == 1 for text in many(CharacterNoise(), "лампа"))
    long = "stainless steel vegetable garden kettle"
    assert sum(c.isalpha() for c in long) == 35
    found = many(CharacterNoise(), long)
    assert max(edits(long, text) for text in found) == 4
    chinese = many(CharacterNoise(), "红色手机壳")
    assert len(chinese) > 10
    assert set("".join(chinese)) == set("红色手机壳")


@pytest.mark.parametrize("text", ["", "tv 18v", "iphone12pro", "हिन्दी किताब", "手机"])
def test_noise_leaves_codes_short_words_and_combined_letters(text):
    assert many(CharacterNoise(), text, 20) == {text}
