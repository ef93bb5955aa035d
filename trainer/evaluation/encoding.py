"""Encoding of many texts, with a bar."""

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trainer.evaluation.scorer import RankerScorer

TEXTS_AT_ONCE = 1024


def encode_texts(scorer: RankerScorer, tokens: np.ndarray, pad: int, what: str, console: Console) -> np.ndarray:
    """Encode packed texts.

    Args:
        scorer: whose model encodes.
        tokens: int32 [B, L], packed.
        pad: the id of the padding token.
        what: their name beside the bar.
        console: where it is drawn.

    Returns:
        Unit vectors, float32 [B, D].
    """
    out = np.zeros((len(tokens), scorer.ranker.encoder.width), np.float32)
    with count_bar(console) as progress:
        task = progress.add_task(f"encoding {what}", total=len(tokens))
        for start in range(0, len(tokens), TEXTS_AT_ONCE):
            part = tokens[start : start + TEXTS_AT_ONCE]
            out[start : start + len(part)] = scorer.vectors(part, pad)
            progress.advance(task, len(part))
    return out


def count_bar(console: Console) -> Progress:
    """A bar with how many of how many, which goes away when it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
