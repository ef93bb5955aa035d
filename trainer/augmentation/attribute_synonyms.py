"""Words that the catalogue itself uses in place of its attribute values."""

import numpy as np
import pandas as pd

from trainer.augmentation.phrases import LONGEST_PHRASE, PhraseExchange

MOST_SHARE = 0.8
"""Of the items whose text holds the word: at least so many have the value."""
SILENT_SHARE = 0.2
"""Of the items with the value whose text does not say it: at least so many hold the word."""
FEWEST = 3
"""Items without the value in their text that hold the word."""
WORD = r"[^\W\d_]{3,}"


class AttributeSynonyms(PhraseExchange):
    """One value of a categorical column replaced by a word that item texts use for it, or the word by the value.

    A word stands for a value if texts use it in place of the value. Of the items that have the value and do not say it in
    their text, a fifth and three at least hold the word; of all items that hold the word, four fifths have the value; and
    the word is at most half as frequent where the text says the value. So `couch` is found where items of the type `sofa` are
    called one or the other, while `leather`, which stands beside `sofa` as often as beside `couch`, is not. Words of
    three letters and more without digits count; values have up to four words.

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
    """By value and by word what it is exchanged for; see `AttributeSynonyms`.

    Args:
        values: one an item.
        texts: of the items.
    """
    value = values.astype(object).where(values.notna(), "").astype(str).str.lower().str.split().str.join(" ")
    text = texts.fillna("").astype(str).str.lower()
    item = pd.DataFrame({"value": value.to_numpy(object), "text": text.to_numpy(object)})
    named = item["value"].str.contains(r"\w") & (item["value"].str.count(" ") < LONGEST_PHRASE)
    padded = " " + item["text"].str.findall(r"\w+").str.join(" ") + " "
    item["said"] = [f" {v} " in t for v, t in zip(item["value"], padded, strict=True)]
    words = item["text"].str.findall(WORD).map(lambda found: list(dict.fromkeys(found))).explode().dropna()
    held = item.loc[words.index, ["value", "said"]].assign(word=words.to_numpy(object), named=named.loc[words.index])
    of_word = held.groupby("word").size()
    pairs = held[held["named"]].groupby(["word", "value"])["said"].agg(["size", "sum"]).reset_index()
    of_value = item[named].groupby("value")["said"].agg(["size", "sum"]).loc[pairs["value"]].reset_index(drop=True)
    silent = pairs["size"] - pairs["sum"]
    share_silent = silent / (of_value["size"] - of_value["sum"]).clip(lower=1)
    share_said = pairs["sum"] / of_value["sum"].clip(lower=1)
    part = np.array([w in v.split() for w, v in zip(pairs["word"], pairs["value"], strict=True)], bool)
    stands = (
        (silent >= FEWEST)
        & (share_silent >= SILENT_SHARE)
        & (pairs["size"].to_numpy() / of_word.loc[pairs["word"]].to_numpy() >= MOST_SHARE)
        & (share_said <= 0.5 * share_silent)
        & ~part
    )
    found: dict[str, set[str]] = {}
    for word, of in pairs.loc[stands, ["word", "value"]].itertuples(index=False):
        found.setdefault(word, set()).add(of)
        found.setdefault(of, set()).add(word)
    return found
