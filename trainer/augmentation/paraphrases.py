"""Paraphrases that were made elsewhere."""

from pathlib import Path
from random import Random

import numpy as np
import pandas as pd

from trainer.augmentation.method import TextMethod
from trainer.data.splits import normalise_query
from trainer.data.tables import read_table
from trainer.errors import InputError


class Paraphrases(TextMethod):
    """A whole text replaced by one of its paraphrases, each as likely as its weight; for back-translation made elsewhere.

    Texts are compared in lower case with single spaces.

    Args:
        path: CSV or Parquet with the columns ``text``, ``paraphrase`` and, if wanted, ``weight`` (above 0, 1 where absent).

    Raises:
        InputError: if the table can't be read or holds an empty field or a weight that is no number above 0.
    """

    def __init__(self, path: Path) -> None:
        table = read_paraphrases(path)
        parts = table.groupby("key", sort=False)
        self._known = {str(key): (part["paraphrase"].tolist(), part["weight"].tolist()) for key, part in parts}

    def rewrite(self, text: str, random: Random) -> str:
        """See `TextMethod.rewrite`."""
        found = self._known.get(" ".join(text.lower().split()))
        return text if found is None else random.choices(*found)[0]


def read_paraphrases(path: Path) -> pd.DataFrame:
    """Read and check a table of paraphrases.

    Returns:
        ``key`` (the text as it is compared), ``paraphrase`` and ``weight``; paraphrases that only repeat their text are left
        out.

    Raises:
        InputError: see `Paraphrases`.
    """
    table = read_table(path, ("text", "paraphrase"))
    for column in ("text", "paraphrase"):
        values = table[column]
        empty = values.isna() | (values.astype(str).str.strip() == "")
        if empty.any():
            raise InputError(
                f"{path}: column {column!r}, row {int(empty.argmax()) + 1}: is empty; fill it or drop the row"
            )
    weight = table["weight"] if "weight" in table else pd.Series(1.0, index=table.index)
    number = pd.to_numeric(weight, errors="coerce").astype(np.float64)
    wrong = ~(number > 0) | np.isinf(number)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{path}: column 'weight', row {row + 1}: expected a number above 0, found {weight.iloc[row]!r}"
        )
    key, paraphrase = normalise_query(table["text"].astype(str)), table["paraphrase"].astype(str).str.strip()
    kept = pd.DataFrame({"key": key, "paraphrase": paraphrase, "weight": number})
    kept = kept[kept["key"] != normalise_query(paraphrase)]
    if kept.empty:
        raise InputError(f"{path}: every paraphrase repeats its text; give other words in column 'paraphrase'")
    return kept
