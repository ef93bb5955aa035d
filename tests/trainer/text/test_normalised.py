"""Queries that count as the same, in the graph as in the tables."""

import pandas as pd
import tensorflow as tf

from trainer.data.splits import normalise_query
from trainer.text.normalised import normalised

QUERIES = [
    "Red  LAMP",
    " red lamp\t",
    "red\u00a0lamp",
    "red\u2003\u3000lamp\x85",
    "ÄPFEL\nund  Birnen",
    "a\x1cb\x0bc",
    "",
    "  ",
]


def test_the_graph_normalises_as_the_tables_do() -> None:
    inside = [text.decode() for text in normalised(tf.constant(QUERIES)).numpy()]
    assert inside == normalise_query(pd.Series(QUERIES)).tolist()
