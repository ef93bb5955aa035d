"""What a user can get wrong: one clear line, exit code 2, nothing half-written."""

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.datasets.__main__ import app
from tools.datasets.judgments import import_judgments
from tools.datasets.publish import publish_folder
from trainer.errors import InputError

DATA = Path(__file__).parent / "data"
HEADER = b"query,item_id,title,relevance\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, expected a header line and rows"),
        (HEADER, "has a header but no rows"),
        (HEADER + b"a,1,caf\xe9,1\n", "is not UTF-8"),
        (HEADER + b"a,1,x,1\nb,2,y,2,3,4\n", "cannot be read"),
        (b"query,item_id,title\na,1,x\n", "has no column 'relevance'; it has query, item_id, title"),
        (HEADER + b"a,1,x,high\n", "no usable row for the table 'items'"),
    ],
)
def test_a_faulty_file_is_one_line_that_names_it(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        import_judgments(path, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv.gz"
    path.write_bytes(gzip.compress(HEADER + b"a,1,x,1\n" * 1000)[:-20])
    with pytest.raises(InputError, match=r"pairs.csv.gz: cannot be read"):
        import_judgments(path, tmp_path / "out")


def test_an_unknown_column_name_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown name 'titel'"):
        import_judgments(DATA / "judgments/judgments.csv", tmp_path / "out", {"titel": "name"})


def test_an_import_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    path, out = tmp_path / "pairs.csv", tmp_path / "out"
    path.write_bytes(HEADER + b"a,1,x,1\n")
    import_judgments(path, out)
    (out / "left-over.txt").write_text("old")
    import_judgments(path, out)
    names = {"items.parquet", "judgments.parquet", "rejected.csv", "import.json"}
    assert {p.name for p in out.iterdir()} == names
    assert {p.name for p in tmp_path.iterdir()} == {"pairs.csv", "out"}


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    error = pytest.raises(InputError, match=r"no import\.json, so it was not written by this command")
    with error, publish_folder(tmp_path, "import.json"):
        pass
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_nothing_appears_when_writing_fails(tmp_path: Path) -> None:
    def write_half(folder: Path) -> None:
        (folder / "items.parquet").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), publish_folder(tmp_path / "out", "import.json") as folder:
        write_half(folder)
    assert list(tmp_path.iterdir()) == []


def test_the_command_imports_and_reports(tmp_path: Path) -> None:
    source, out = str(DATA / "judgments/judgments.csv"), str(tmp_path / "out")
    columns = ["query=search", "item_id=product", "relevance=grade", "title=name"]
    options = [part for column in columns for part in ("--column", column)]
    result = CliRunner().invoke(app, ["judgments", "--source", source, "--out", out, *options])
    assert result.exit_code == 0, result.output
    assert "judgments: 3 rows" in result.output
    assert "rejected: 5 rows" in result.output


@pytest.mark.parametrize("name", ["esci", "wands", "open_bandit", "ubi", "judgments", "click_log"])
def test_a_missing_source_is_one_line_and_exit_code_2(name: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    result = CliRunner().invoke(app, [name, "--source", str(missing), "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert str(missing) in result.output
    assert result.output.startswith("error: ")
    assert len(result.output.splitlines()) == 1
