"""Flags named as tensorflow_model_server's."""

from pathlib import Path

import pytest

from serving.local.errors import ServerError
from serving.local.flags import ServerFlags, parse_flags


def test_defaults_are_those_of_tensorflow_model_server():
    flags = parse_flags(["--model_base_path=models/shop"])
    assert flags.model_base_path == Path("models/shop")
    assert (flags.port, flags.model_name, flags.file_system_poll_wait_seconds) == (8500, "default", 1.0)
    assert flags.grpc_max_threads % 4 == 0


def test_every_flag_is_read():
    words = "--port=0 --model_name=shop --model_base_path=m --grpc_max_threads=3"
    assert parse_flags([*words.split(), "--file_system_poll_wait_seconds=0"]) == ServerFlags(
        port=0,
        model_name="shop",
        model_base_path=Path("m"),
        grpc_max_threads=3,
        file_system_poll_wait_seconds=0,
    )


@pytest.mark.parametrize("words", [[], ["--model_base_path=m", "--modle_name=x"], ["--model_base_path=m", "--port=x"]])
def test_unknown_missing_and_mistyped_flags_are_one_line(words):
    with pytest.raises(ServerError, match="--help lists the flags") as caught:
        parse_flags(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "flag",
    [
        {"port": -1},
        {"port": 65536},
        {"model_name": ""},
        {"grpc_max_threads": 0},
        {"file_system_poll_wait_seconds": -1},
        {"file_system_poll_wait_seconds": float("nan")},
    ],
)
def test_values_out_of_range_are_named(flag):
    (name,) = flag
    with pytest.raises(ServerError, match=f"--{name}"):
        ServerFlags(model_base_path=Path("m"), **flag)


def test_flags_that_are_true_or_false_are_read_as_tf_serving_reads_them():
    name = "--allow_version_labels_for_unavailable_models"
    for words, value in (([name], True), ([f"{name}=true"], True), ([f"{name}=false"], False), ([], False)):
        assert parse_flags(["--model_base_path=m", *words]).allow_version_labels_for_unavailable_models is value
    with pytest.raises(ServerError, match="neither true nor false"):
        parse_flags(["--model_base_path=m", f"{name}=perhaps"])


def test_channel_arguments_are_names_with_values_of_which_integers_are_such():
    flags = ServerFlags(model_base_path=Path("m"), grpc_channel_arguments="grpc.max_connection_age_ms=2000, a.b=c")
    assert flags.channel_arguments() == [("grpc.max_connection_age_ms", 2000), ("a.b", "c")]
    with pytest.raises(ServerError, match="'x' is no name=value"):
        ServerFlags(model_base_path=Path("m"), grpc_channel_arguments="x")


def test_there_must_be_something_to_serve():
    with pytest.raises(ServerError, match="--model_base_path or --model_config_file"):
        ServerFlags()
