"""What holds for the repository as a whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_BYTES = 1 << 20


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no git checkout: the tracked files can't be listed")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[Path, str]:
    found = {}
    for path in tracked():
        try:
            found[path.relative_to(ROOT)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def test_packages_depend_on_each_other_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_linter_finds_nothing():
    linter = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [str(linter), "check", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_file_is_large():
    assert not [p for p in tracked() if p.stat().st_size > MOST_BYTES]


def test_no_path_of_one_machine_and_no_registry_is_written_down():
    # Put together here, so that this file does not hold what it forbids.
    forbidden = re.compile(
        "|".join(
            ["/" + "home/", "/" + "root/", "/" + "work/", "(extra-)?index" + "-url", "files.pythonhosted" + ".org"]
        )
    )
    assert not {str(p): m.group() for p, text in texts().items() if (m := forbidden.search(text))}


def test_the_keras_of_tensorflow_is_not_used():
    pattern = re.compile(r"\btf\." + r"keras\b|tensorflow\." + r"keras\b|from tensorflow " + r"import .*\bkeras\b")
    assert not [str(p) for p, text in texts().items() if p.suffix == ".py" and pattern.search(text)]


def test_pinned_versions_name_no_place_to_get_them_from():
    lines = (ROOT / "constraints.txt").read_text().split()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line) for line in lines)
