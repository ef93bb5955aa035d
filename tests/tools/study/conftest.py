"""The small study with made-up runs, for all tests of what is written of a study."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from study_job import Job


@pytest.fixture(scope="session")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The study, finished and written."""
    from made_runs import make_job

    made = make_job(tmp_path_factory.mktemp("study"))
    done = made.run()
    assert done.returncode == 0, done.stderr[-2000:]
    assert "4 runs, 4 done" in done.stdout
    return made
