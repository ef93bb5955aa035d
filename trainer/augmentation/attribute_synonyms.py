"""Words that the catalogue itself uses in place of its attribute values."""

import re

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from trainer.augmentation.phrases import LONGEST_PHRASE, PhraseExchange

MOST_SHARE = 0.8
"""Of the items whose text holds the phrase: at least so many have the value."""
LEAST_SHARE = 0.2
"""Of the items with the value: at least so many say it; of those that do not, at least so many hold the phrase."""
FEWEST = 3
"""Items that say the value, and items that hold the phrase instead."""
LONGEST_STAND_IN = 3
WORD = r"\w+"


class AttributeSynonyms(PhraseExchange):
    """One value of a categorical column replaced by a phrase that item texts use in its place, or the phrase by the value.

    A phrase of one to three words stands for a value if

    - texts do say the value: a fifth and three at least of the items that have it;
    - the others use the phrase: a fifth and three at least of the items that have the value and do not say it;
    - the phrase means nothing else: four fifths of all items that hold it have the value;
    - it comes in place of the value, not beside it: where the value is said it is at most half as frequent.

    So `couch` is found where items of the type `sofa` are called one or the other, while `leather`, which stands beside both, is
    not. Of phrases within each other the shorter counts, unless four fifths of its items hold the longer.

    Args:
        values: of the column, one an item, missing where unknown.
        texts: of the items.
    """

    def __init__(self, values: pd.Series, texts: pd.Series) -> None:
        self._others = {phrase: sorted(found) for phrase, found in stand_ins(values, texts).items()}

    def others(self, phrase: str) -> list[str] | None:
        """See `PhraseExchange.others`."""
        return self._others.get(phrase)

    def __len__(self) -> int:
        return len(self._others)


def stand_ins(values: pd.Series, texts: pd.Series) -> dict[str, set[str]]:
    """By value and by phrase what it is exchanged for; see `AttributeSynonyms`.

    Args:
        values: one an item.
        texts: of the items.
    """
    value = values.astype(object).where(values.notna(), "").astype(str).str.lower().str.split().str.join(" ")
    words = texts.fillna("").astype(str).str.lower().str.findall(WORD)
    named = (value.str.contains(r"\w") & (value.str.count(" ") < LONGEST_PHRASE)).to_numpy()
    spelt = value.str.findall(WORD).str.join(" ")
    said = np.array([f" {v} " in f" {' '.join(w)} " for v, w in zip(spelt, words, strict=True)], bool)
    phrases = pd.Series([_phrases(found) for found in words]).explode().dropna()
    item = phrases.index.to_numpy()
    held = pd.DataFrame({"phrase": phrases.to_numpy(object), "value": value.to_numpy(object)[item], "said": said[item]})
    of_phrase = held.groupby("phrase").size()
    pairs = held[named[item]].groupby(["phrase", "value"])["said"].agg(["size", "sum"]).reset_index()
    of_value = pd.DataFrame({"value": value.to_numpy(object), "said": said})[named].groupby("value")["said"]
    whole = of_value.agg(["size", "sum"]).reindex(pairs["value"]).reset_index(drop=True)
    silent, silent_items = pairs["size"] - pairs["sum"], (whole["size"] - whole["sum"]).clip(lower=1)
    stands = (
        (whole["sum"] >= FEWEST)
        & (whole["sum"] >= LEAST_SHARE * whole["size"])
        & (silent >= FEWEST)
        & (silent >= LEAST_SHARE * silent_items)
        & (pairs["size"] >= MOST_SHARE * of_phrase.reindex(pairs["phrase"]).to_numpy())
        & (pairs["sum"] / whole["sum"].clip(lower=1) <= 0.5 * silent / silent_items)
    )
    found: dict[str, set[str]] = {}
    for of, candidates in pairs[stands].groupby("value"):
        for phrase in _outermost(dict(zip(candidates["phrase"], candidates["size"], strict=True)), str(of)):
            found.setdefault(phrase, set()).add(str(of))
            found.setdefault(str(of), set()).add(phrase)
    return found


def _phrases(words: list[str]) -> list[str]:
    """The distinct phrases of a text that may stand for a value: words of letters only, no stop word at either end."""
    found: dict[str, None] = {}
    for length in range(1, LONGEST_STAND_IN + 1):
        for start in range(len(words) - length + 1):
            part = words[start : start + length]
            ends = {part[0], part[-1]}
            if all(map(str.isalpha, part)) and not ends & ENGLISH_STOP_WORDS and len("".join(part)) > 2:
                found[" ".join(part)] = None
    return list(found)


def _outermost(counts: dict[str, int], value: str) -> list[str]:
    """Of phrases within each other the one that texts mean; see `AttributeSynonyms`."""
    spelt = f" {' '.join(re.findall(WORD, value))} "
    candidates = [phrase for phrase in counts if f" {phrase} " not in spelt and spelt not in f" {phrase} "]
    meant = [
        phrase
        for phrase in candidates
        if not any(_within(phrase, other) and counts[other] >= MOST_SHARE * counts[phrase] for other in candidates)
    ]
    return [phrase for phrase in meant if not any(_within(other, phrase) for other in meant)]


def _within(phrase: str, other: str) -> bool:
    """Whether a phrase is a part of a longer one."""
    return phrase != other and f" {phrase} " in f" {other} "
