"""Words dropped, exchanged and replaced."""

from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest

from tools.simulate.catalogue import make_catalogue
from tools.simulate.config import MarketplaceConfig
from tools.simulate.vocabulary import ITEM_TYPES
from trainer.augmentation.attribute_synonyms import AttributeSynonyms, stand_ins
from trainer.augmentation.paraphrases import Paraphrases
from trainer.augmentation.word_drop import WordDrop
from trainer.augmentation.word_swap import WordSwap
from trainer.augmentation.wordnet import WordNetSynonyms
from trainer.errors import InputError

# Database files of things, other nouns and adjectives, as wndb(5) lays them out.
WORDNET = {
    "data.noun": [
        "00000001 06 n 03 sofa 0 couch 0 lounge 1 001 @ 00000009 n 0000 | for sitting",
        "00000002 09 n 03 case 0 instance 0 example 0 000 | an occurrence",
        "00000003 06 n 01 case 2 000 | a container",
        "00000004 06 n 02 mobile_phone 0 cellphone 0 000 | carried about",
        "00000005 10 n 01 phone_tree 0 000 | calls",
        "00000006 06 n 02 phone 0 telephone 0 000 | wired",
    ],
    "index.noun": [
        "sofa n 1 1 @ 1 1 00000001  ",
        "couch n 1 1 @ 1 1 00000001  ",
        "case n 2 1 @ 2 2 00000002 00000003  ",
        "instance n 1 1 @ 1 1 00000002  ",
        "mobile_phone n 1 1 @ 1 0 00000004  ",
        "phone_tree n 1 1 @ 1 0 00000005  ",
        "phone n 1 1 @ 1 1 00000006  ",
    ],
    "data.adj": [
        "00000001 00 a 02 cheap 0 inexpensive(p) 0 000 | low in price",
        "00000002 00 s 02 over 0 complete 0 000 | finished",
    ],
    "index.adj": ["cheap a 1 1 ! 1 1 00000001  ", "over a 1 1 & 1 1 00000002  "],
}


@pytest.fixture
def wordnet(tmp_path) -> Path:
    for name, lines in WORDNET.items():
        (tmp_path / name).write_text("  1 This is a licence.  \n" + "".join(f"{line}  \n" for line in lines))
    return tmp_path


def many(method, text: str, count: int = 60) -> set[str]:
    return {method.rewrite(text, Random(n)) for n in range(count)}


def test_dropping_leaves_the_rest_in_order():
    assert many(WordDrop(), "red  oak chair") == {"red oak", "red chair", "oak chair"}
    assert many(WordDrop(), "chair") == {"chair"}
    assert {len(text.split()) for text in many(WordDrop(), " ".join("abcdefghijklmnopqrst"))} == {18}


def test_swapping_exchanges_neighbours():
    assert many(WordSwap(), "red oak chair") == {"oak red chair", "red chair oak"}
    assert many(WordSwap(), "bye bye") == {"bye bye"}
    assert many(WordSwap(), "红灯泡") == {"红灯泡"}


def test_a_synonym_has_the_sense_of_a_thing_or_else_of_an_adjective(wordnet):
    method = WordNetSynonyms(wordnet)
    assert many(method, "cheap Sofa") == {"inexpensive Sofa", "cheap couch", "cheap lounge"}
    assert many(method, "drill case") == {"drill case"}
    assert many(method, "an instance over") == {"an instance over"}


def test_a_phrase_is_exchanged_as_a_whole_or_not_at_all(wordnet):
    method = WordNetSynonyms(wordnet)
    assert many(method, "Mobile phone case") == {"cellphone case"}
    assert many(method, "phone tree") == {"phone tree"}
    assert many(method, "red phone") == {"red telephone"}


def test_a_folder_without_wordnet_is_the_users_mistake(tmp_path, wordnet):
    with pytest.raises(InputError, match=r"no WordNet \(index\.noun is missing\); `python -m tools\.wordnet`"):
        WordNetSynonyms(tmp_path / "none")


def test_damaged_files_are_the_users_mistake(wordnet):
    (wordnet / "data.noun").write_text("00000001 06 n zz sofa\n")
    with pytest.raises(InputError, match="damaged WordNet"):
        WordNetSynonyms(wordnet)


def catalogue() -> pd.DataFrame:
    """Ten sofas, of which four are called couches; leather occurs with either name; a brand that is an abbreviation."""
    rows = [("sofa", "Leather sofa grey"), ("sofa", "leather sofa"), ("sofa", "oak sofa"), ("sofa", "sofa small")]
    rows += [
        ("sofa", "leather couch"),
        ("sofa", "grey Couch"),
        ("sofa", "leather couch xl"),
        ("sofa", "wide couch, blue"),
    ]
    rows += [("chair", "leather chair"), ("chair", "grey chair"), (None, "couch-blue lamp"), ("chair", "")]
    return pd.DataFrame(rows, columns=["kind", "text"])


def test_a_word_stands_for_the_value_that_texts_say_instead():
    items = catalogue()
    assert stand_ins(items["kind"], items["text"]) == {"couch": {"sofa"}, "sofa": {"couch"}}
    method = AttributeSynonyms(items["kind"], items["text"])
    assert many(method, "grey Sofa") == {"grey couch"}
    assert many(method, "couch 2m") == {"sofa 2m"}
    assert many(method, "leather chair") == {"leather chair"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("chair", "couch chair"),  # four of the nine texts with the word have the value: under four fifths
        ("sofa", "couch sofa"),  # five of the nine texts that say the value hold the word too: over half
    ],
)
def test_a_word_that_fits_other_values_or_stands_beside_the_value_is_none(value, text):
    items = pd.concat([catalogue(), pd.DataFrame([(value, text)] * 5, columns=["kind", "text"])], ignore_index=True)
    assert stand_ins(items["kind"], items["text"]) == {}


def write(folder: Path, **columns: list) -> Path:
    path = folder / "paraphrases.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_paraphrases_come_as_often_as_their_weights(tmp_path):
    path = write(
        tmp_path,
        text=["Red Lamp", "red lamp", "chair"],
        paraphrase=["lamp in red", "crimson lamp", "seat"],
        weight=[3, 1, 1],
    )
    method = Paraphrases(path)
    found = pd.Series([method.rewrite("red  LAMP", Random(n)) for n in range(2000)]).value_counts(normalize=True)
    assert found["lamp in red"] == pytest.approx(0.75, abs=0.04)
    assert found.sum() == pytest.approx(1)
    assert many(method, "blue lamp") == {"blue lamp"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a"]}, r"no column 'paraphrase'"),
        ({"text": ["a", "b"], "paraphrase": ["c", " "]}, r"column 'paraphrase', row 2: is empty"),
        (
            {"text": ["a", "b"], "paraphrase": ["c", "d"], "weight": [1, 0]},
            r"'weight', row 2: expected a number above 0, found '0'",
        ),
        ({"text": ["a"], "paraphrase": ["c"], "weight": ["much"]}, r"'weight', row 1: .*found 'much'"),
        ({"text": ["A  b"], "paraphrase": ["a b"]}, r"every paraphrase repeats its text"),
    ],
)
def test_a_wrong_table_of_paraphrases_is_the_users_mistake(tmp_path, columns, message):
    with pytest.raises(InputError, match=message):
        Paraphrases(write(tmp_path, **columns))


def test_the_names_that_a_made_up_catalogue_uses_are_found_and_little_else():
    items = make_catalogue(MarketplaceConfig(items=1200, queries=20), np.random.default_rng(3)).items
    truth = {kind.name: set(kind.synonyms) for kind in ITEM_TYPES}
    found = stand_ins(items["item_type"], items["title"])
    pairs = [(name, phrase) for name in truth for phrase in found.get(name, ())]
    right = [pair for pair in pairs if pair[1] in truth[pair[0]]]
    assert len(right) >= 0.85 * len(pairs)
    assert len({name for name, _ in right}) >= 0.8 * len(truth)
    for column in ("brand", "department", "colour", "material"):
        assert stand_ins(items[column], items["title"]) == {}, column
