"""Vectors of texts that were encoded before."""

from collections.abc import Callable

import numpy as np
import pandas as pd


class TextMemory:
    """Encodes each text once, for as long as the weights of the encoder stay as they are."""

    def __init__(self) -> None:
        self._known: pd.Index = pd.Index([], dtype=object)
        self._vectors: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, tokens: np.ndarray, encode: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Vectors of texts, of which only those are encoded that are new.

        Args:
            tokens: int32 [B, L], packed.
            encode: from tokens int32 [b, L] to vectors float32 [b, D].

        Returns:
            float32 [B, D]
        """
        keys = _keys(tokens)
        fresh = np.flatnonzero(self._known.get_indexer(keys) < 0)
        if len(fresh) or self._vectors is None:
            fresh = fresh[~keys[fresh].duplicated()]
            vectors = encode(tokens[fresh])
            self._vectors = vectors if self._vectors is None else np.concatenate([self._vectors, vectors])
            self._known = self._known.append(keys[fresh])
        return self._vectors[self._known.get_indexer(keys)]


def _keys(tokens: np.ndarray) -> pd.Index:
    """The bytes of each row [B].

    A number that is no token goes last: NumPy cuts zero bytes off the end, and rows of other lengths are other texts.
    """
    whole = np.column_stack([tokens, np.full(len(tokens), -1)]).astype(np.int32)
    return pd.Index(np.ascontiguousarray(whole).view(f"S{whole.itemsize * whole.shape[1]}").ravel(), dtype=object)
