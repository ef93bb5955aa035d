"""Which letters of a text a slip may touch."""

import re
import unicodedata
from string import ascii_lowercase

LATIN = frozenset(ascii_lowercase)
LETTERS = re.compile(r"[^\W\d_]+")
SHORTEST_WORD = 4


def plain_words(text: str) -> list[tuple[int, int]]:
    """Runs of four letters and more that stand for themselves, as start and end.

    Left out are runs beside a combining mark or a joiner, whose letters are no characters as a reader sees them, and runs
    beside a digit or an underscore, which are parts of model numbers and codes.

    Args:
        text: any text.
    """
    spans = [found.span() for found in LETTERS.finditer(text)]
    return [
        (start, end)
        for start, end in spans
        if end - start >= SHORTEST_WORD and _parts(text[start - 1 : start]) and _parts(text[end : end + 1])
    ]


def latin_words(text: str) -> list[tuple[int, int]]:
    """Those of `plain_words` that are written in the letters a to z."""
    return [(start, end) for start, end in plain_words(text) if LATIN.issuperset(text[start:end].lower())]


def _parts(side: str) -> bool:
    """Whether what stands beside a word parts it from others: nothing, a space, a symbol or punctuation."""
    return not side or (side != "_" and unicodedata.category(side)[0] in "ZPSC" and unicodedata.category(side) != "Cf")
