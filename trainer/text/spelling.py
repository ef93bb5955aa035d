"""Misspelt words of queries, put right by the words of the catalogue, in the graph."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf

from trainer.errors import InputError
from trainer.written import write_text

WORDS, SLIPS = "words.txt", "slips.txt"
EDGE = "\x1f"
RUN = r"([\pL\pM\pN_]+)"
SHORTEST, LONGEST = 4, 30
WORD = rf"\p{{Latin}}{{{SHORTEST},{LONGEST}}}"
NOTHING = tf.int64.max
NO_WORD = "\ue000"
"""A private-use character: the line of a file that would else be empty, which TensorFlow refuses."""
TEXTS_AT_ONCE = 8192


class Spelling(tf.Module):
    """Puts words of the catalogue in the place of misspelt ones.

    A word of 4 to 30 Latin letters that no item holds is taken for a slip where a word of the catalogue comes to the same
    when one letter is left out of either or of both: it then has a letter too many or too few, another letter, or one in
    another place. The first letter has to be right, which people seldom miss (Yannakoudakis and Fawthrop 1983). Of several
    such words that of most items is taken. Looking words up without a letter, in place of comparing them with every
    word, is the symmetric delete algorithm (Garbe 2012). All else of a text stays as it is: words that the catalogue has,
    numbers, words with digits, other scripts.

    Args:
        folder: what `write_spelling` wrote; it must stay until what holds this is saved, or no longer used.

    Raises:
        InputError: if a file is missing.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(name="spelling")
        for name in (WORDS, SLIPS):
            if not (folder / name).is_file():
                raise InputError(f"{folder / name}: missing; train again")
        self._words, self._slips = (tf.saved_model.Asset(str(folder / name)) for name in (WORDS, SLIPS))
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        rows = tf.lookup.TextFileInitializer(self._words, tf.string, line, tf.int64, number)
        words = tf.lookup.TextFileInitializer(self._words, tf.int64, number, tf.string, line)
        slips = tf.lookup.TextFileInitializer(self._slips, tf.string, 0, tf.int64, 1)
        self.rows = tf.lookup.StaticHashTable(rows, default_value=-1)
        self.words = tf.lookup.StaticHashTable(words, default_value="")
        self.slips = tf.lookup.StaticHashTable(slips, default_value=NOTHING)

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Texts with their slips put right, in lower case where they are.

        Args:
            texts: string [B], valid UTF-8.

        Returns:
            string [B]
        """
        pieces = split(texts)
        lower = tf.strings.lower(pieces.flat_values, encoding="utf-8")
        unknown = tf.where(is_word(lower) & (self.rows.lookup(lower) < 0))
        nearest = self._nearest(tf.gather_nd(lower, unknown))
        found = nearest < NOTHING
        put = self.words.lookup(tf.boolean_mask(nearest, found))
        corrected = tf.tensor_scatter_nd_update(pieces.flat_values, tf.boolean_mask(unknown, found), put)
        return tf.strings.reduce_join(pieces.with_flat_values(corrected), axis=-1)

    def _nearest(self, words: tf.Tensor) -> tf.Tensor:
        """The row of the word that each of [W] is a slip of, int64 [W]; `NOTHING` where there is none."""
        left_out = tf.ragged.range(tf.ones_like(words, tf.int32), tf.strings.length(words, "UTF8_CHAR"))
        of, place = left_out.value_rowids(), left_out.flat_values
        whole = tf.gather(words, of)
        before = tf.strings.substr(whole, tf.zeros_like(place), place, "UTF8_CHAR")
        behind = tf.strings.substr(whole, place + 1, tf.fill(tf.shape(place), LONGEST), "UTF8_CHAR")
        shorter = self.slips.lookup(tf.strings.join([before, behind]))
        best = tf.math.unsorted_segment_min(shorter, of, tf.size(words))
        return tf.minimum(best, self.slips.lookup(words))

    def corrections(self, typed: np.ndarray) -> pd.DataFrame:
        """Those of some texts, str [B], that are changed: ``typed`` and ``corrected``."""
        corrected: list[str] = []
        for start in range(0, len(typed), TEXTS_AT_ONCE):
            found = self(tf.constant(typed[start : start + TEXTS_AT_ONCE])).numpy()
            corrected += [text.decode() for text in found]
        table = pd.DataFrame({"typed": typed, "corrected": corrected}, dtype=object)
        return table[table["typed"] != table["corrected"]].reset_index(drop=True)


def split(texts: tf.Tensor) -> tf.RaggedTensor:
    """Texts in runs of letters, digits and marks, and what stands between; string [B, (pieces)]."""
    plain = tf.strings.regex_replace(texts, EDGE, " ")
    return tf.strings.split(tf.strings.regex_replace(plain, RUN, f"{EDGE}\\1{EDGE}"), EDGE)


def is_word(pieces: tf.Tensor) -> tf.Tensor:
    """Whether pieces are words that can be misspelt, bool of the same shape."""
    return tf.strings.regex_full_match(pieces, WORD)


def count_words(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each word is, in lower case."""
    counts: Counter[str] = Counter()
    every = np.asarray(list(texts), object)
    for start in range(0, len(every), TEXTS_AT_ONCE):
        pieces = split(tf.constant(every[start : start + TEXTS_AT_ONCE]))
        lower = tf.strings.lower(pieces.flat_values, encoding="utf-8")
        words = pd.DataFrame({"text": pieces.value_rowids(), "word": lower})[is_word(lower).numpy()]
        found = words.drop_duplicates()["word"].str.decode("utf-8").value_counts()
        counts.update(found.to_dict())
    return counts


def write_spelling(folder: Path, texts: Iterable[str], least: int, known: Iterable[str] = ()) -> None:
    """Write what `Spelling` reads, each file as a whole or not at all.

    Args:
        folder: made where it is missing.
        texts: of the items.
        least: a word is put in the place of others if so many texts hold it. All words of the texts are known.
        known: words that are right although no text may hold them.
    """
    counts = count_words(texts)
    counts.update(dict.fromkeys(count_words(known), 0))
    words = sorted(counts, key=lambda word: (-counts[word], word))
    slips: dict[str, int] = {}
    for row, word in enumerate(words):
        if counts[word] < least:
            break
        for slip in (word, *(word[:place] + word[place + 1 :] for place in range(1, len(word)))):
            slips.setdefault(slip, row)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / WORDS, "".join(f"{word}\n" for word in words or [NO_WORD]))
    write_text(folder / SLIPS, "".join(f"{slip}\t{row}\n" for slip, row in (slips or {NO_WORD: 0}).items()))
