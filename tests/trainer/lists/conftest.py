"""What the tests of lists share."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from trainer.config import ListsConfig
from trainer.lists.list_policy import ListPolicy
from trainer.lists.page import ListPage

TEXTS, NUMBERS = (tf.string, 2), (tf.float32, 2)
INPUTS = {
    "ids": TEXTS,
    "scores": NUMBERS,
    "mask": (tf.bool, 2),
    "vectors": (tf.float32, 3),
    "brand": (tf.int32, 2),
    "impressions": NUMBERS,
    "clicks": NUMBERS,
    "request": (tf.string, 1),
    "pinned": TEXTS,
    "blocked": TEXTS,
    "boosted": TEXTS,
    "boost": NUMBERS,
}


class PolicyModule(tf.Module):
    """A policy as a bundle holds it: shapes are known only when it is called."""

    def __init__(self, config: ListsConfig) -> None:
        super().__init__()
        self.policy = ListPolicy(config)
        signature = {name: tf.TensorSpec([None] * rank, kind, name) for name, (kind, rank) in INPUTS.items()}
        self.shown = tf.function(self._shown).get_concrete_function(**signature)

    def _shown(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        codes = {"brand": inputs.pop("brand")}
        return self.policy(ListPage(**inputs, codes=codes))._asdict()


@pytest.fixture
def policy_of() -> Callable[..., PolicyModule]:
    """Makes a policy from the section ``lists``."""
    return lambda **section: PolicyModule(ListsConfig(**section))


@pytest.fixture
def show() -> Callable[..., dict[str, Any]]:
    """Asks a policy for lists; what is not given is empty or zero."""

    def shown(function: Callable[..., Any], **given: Any) -> dict[str, Any]:
        ids = np.asarray(given["ids"])
        pages, items = ids.shape
        usual = {
            "scores": np.tile(-np.arange(items, dtype=np.float32), (pages, 1)),
            "mask": np.ones((pages, items), bool),
            "vectors": np.zeros((pages, items, 2)),
            "brand": np.full((pages, items), -1),
            "impressions": np.zeros((pages, items)),
            "clicks": np.zeros((pages, items)),
            "request": [""] * pages,
            **{name: np.empty((pages, 0), object) for name in ("pinned", "blocked", "boosted")},
            "boost": np.ones((pages, 0)),
        }
        kinds = {name: kind for name, (kind, _) in INPUTS.items()}
        values = {name: tf.constant(value, kinds[name]) for name, value in (usual | given).items()}
        found = {name: value.numpy() for name, value in function(**values).items()}
        texts = np.where(found["shown"], np.take_along_axis(ids, found["index"], 1), "")
        return found | {"ids": texts.tolist()}

    return shown
