"""What many tests share."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Layers start alike whichever tests ran before."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(7)


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT as a Keras preset folder."""
    from tiny_bert import write_preset

    return write_preset(tmp_path_factory.mktemp("bert") / "tiny")


@pytest.fixture(scope="session")
def tiny_hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model as a Hugging Face folder."""
    from tiny_bert import write_hugging_face

    return write_hugging_face(tmp_path_factory.mktemp("bert") / "hugging_face")


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The pretrained MiniLM weights."""
    folder = ROOT / "weights" / "minilm-l6-v2"
    if not (folder / "model.safetensors").exists():
        pytest.skip("the MiniLM weights are not here; `python -m tools.weights` fetches them")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data."""
    folder = Path(os.environ.get("SHELFRANK_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}; set SHELFRANK_DATA")
    return folder
