from pathlib import Path

import pytest

from trainer.written import replacing, write_text


def test_a_file_takes_the_place_of_the_old_one_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    write_text(path, "old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
        assert beside.suffix == path.suffix
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    write_text(path, "old")

    def write() -> None:
        with replacing(path) as beside:
            beside.write_text("half")
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_in_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "words.txt", "crème\n")
    assert (tmp_path / "words.txt").read_bytes() == b"cr\xc3\xa8me\n"
