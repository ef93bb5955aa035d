"""The deployment files against bundles that are otherwise than they say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.deploy.check import check
from trainer.errors import InputError

Make = Callable[..., Path]


def found(model: Path, kit: Path) -> list[str]:
    return [str(finding) for finding in check(model, kit).findings]


def test_a_bundle_of_another_name_is_told_apart(make_version: Make, kit: Path):
    lines = found(make_version(1, name="shop").parent, kit)
    assert len(lines) == 1
    assert (
        "models.config: name: no model 'shop', as the bundle is named; there is 'quickstart'; name it 'shop'"
        in lines[0]
    )


def test_versions_of_two_models_in_one_folder_are_told_apart(make_version: Make, kit: Path):
    make_version(1, name="shop")
    lines = found(make_version(2).parent, kit)
    assert any("1/manifest.json: name: is 'shop', that of version 2 is 'quickstart'" in line for line in lines)


def test_a_bundle_that_is_not_among_the_served_versions_is_found(make_version: Make, kit: Path):
    make_version(1)
    assert any("versions: version 2, the bundle, is not served" in line for line in found(make_version(2), kit))


def test_the_folder_of_the_model_may_have_versions_that_are_not_served(make_version: Make, kit: Path):
    make_version(2, sizes=(1,))
    assert found(make_version(1).parent, kit) == []


def test_a_canary_beside_stable_is_fine(make_version: Make, kit: Path, change: Callable[..., None]):
    make_version(1)
    change("models.config", "versions: 1", "versions: 1 versions: 2")
    change("models.config", 'key: "canary" value: 1', 'key: "canary" value: 2')
    assert found(make_version(2), kit) == []


def test_a_warm_up_record_above_the_largest_batch_is_found(make_version: Make, kit: Path):
    lines = found(make_version(1, sizes=(1, 2, 4, 8, 16)).parent, kit)
    assert len(lines) == 1
    assert "a warm-up record of version 1 has 16 rows and would fail the load" in lines[0]


def test_sizes_without_a_warm_up_record_are_named_together(make_version: Make, kit: Path):
    lines = found(make_version(1, sizes=(1, 8)).parent, kit)
    assert len(lines) == 1
    assert "has no warm-up record of 2 and 4 pages but of 1 and 8 pages" in lines[0]


def test_more_warm_up_records_than_tf_serving_takes_are_found(make_version: Make, kit: Path):
    lines = found(make_version(1, sizes=(1, 2, 4, 8) * 251).parent, kit)
    assert len(lines) == 1
    assert "has 1005 records, above 1000" in lines[0]


def test_a_damaged_warm_up_file_is_found(make_version: Make, kit: Path):
    version = make_version(1)
    file = version / "assets.extra" / "tf_serving_warmup_requests"
    file.write_bytes(file.read_bytes()[:-3])
    lines = found(version, kit)
    assert len(lines) == 1
    assert f"{file}: record 5: is no PredictionLog in a TFRecord" in lines[0]


def test_a_missing_warm_up_file_is_found(make_version: Make, kit: Path):
    version = make_version(1)
    (version / "assets.extra" / "tf_serving_warmup_requests").unlink()
    assert any("tf_serving_warmup_requests: file: is missing" in line for line in found(version, kit))


def test_a_damaged_manifest_is_found(make_version: Make, kit: Path):
    version = make_version(1)
    (version / "manifest.json").write_text("{")
    assert any("manifest.json: file: cannot be read: Expecting property name" in line for line in found(version, kit))


def test_an_image_older_than_any_served_version_is_found(make_version: Make, kit: Path):
    lines = found(make_version(1, tensorflow="2.30.0").parent, kit)
    assert lines
    assert all("is older than the bundle's TensorFlow 2.30.0" in line for line in lines)


def test_a_bundle_that_the_servers_user_cannot_read_is_found(make_version: Make, kit: Path):
    version = make_version(1)
    version.chmod(0o700)
    lines = found(version, kit)
    assert len(lines) == 1
    assert "permissions: only its owner may read it" in lines[0]


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_a_folder_without_a_version_is_wrong_usage(kind: str, tmp_path: Path, kit: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=kind):
        check(tmp_path / kind, kit)


def test_a_folder_of_files_that_is_not_there_is_wrong_usage(model: Path, tmp_path: Path):
    with pytest.raises(InputError, match="--files"):
        check(model, tmp_path / "nothing")
