"""The state of a run survives, whole or not at all."""

import keras
import numpy as np
import pytest

from trainer.errors import InputError
from trainer.training.checkpoint import load_state, save_state


def variables():
    return [
        keras.Variable(np.arange(3, dtype=np.float32)),
        keras.Variable(np.array([7, 8], np.uint32), trainable=False),
    ]


def test_variables_and_progress_come_back(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, variables(), {"round": 3, "history": [{"loss": 0.5}]})
    others = [keras.Variable(np.zeros(3, np.float32)), keras.Variable(np.zeros(2, np.uint32), trainable=False)]
    assert load_state(path, others) == {"round": 3, "history": [{"loss": 0.5}]}
    assert np.asarray(others[0]).tolist() == [0, 1, 2]
    assert np.asarray(others[1]).tolist() == [7, 8]
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, variables(), {})
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"state\.npz: damaged checkpoint"):
        load_state(path, variables())


def test_the_state_of_another_model_is_refused(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, variables(), {})
    with pytest.raises(InputError, match="another configuration"):
        load_state(path, variables()[:1])
