"""Metadata, status and health."""

from typing import Any

import pytest

from shelfrank_client import ModelNotFound, RankingError, Unavailable


def test_metadata_name_version_signatures_and_features(client: Any) -> None:
    metadata = client.metadata()
    assert metadata.model_version == 3
    assert sorted(metadata.inputs) == ["encode_item", "encode_query", "rank", "rank_items", "serving_default"]
    assert metadata.features() == ["age", "carts", "region", "taste", "visits"]
    assert metadata.item_inputs() == ["image", "price", "title"]
    assert metadata.inputs["rank"]["taste"].shape == (-1, 2)


def test_status_gives_the_state_of_each_version(client: Any) -> None:
    assert client.status() == {3: "AVAILABLE", 4: "LOADING"}


def test_status_of_an_unknown_model_is_not_found(connect: Any) -> None:
    with pytest.raises(ModelNotFound):
        connect(model="toys").status()


def test_health_is_what_the_server_says(connect: Any) -> None:
    assert connect("serving").healthy()
    assert not connect("not_serving").healthy()


def test_without_a_health_service_a_model_that_is_available_is_healthy(connect: Any) -> None:
    assert connect("no_health").healthy()
    assert not connect("no_health", model="toys").healthy()


def test_a_server_that_is_not_there_is_not_healthy(connect: Any, dead_port: int) -> None:
    client = connect(dead_port)
    assert not client.healthy()
    with pytest.raises(Unavailable):
        client.metadata()
    with pytest.raises(RankingError):
        client.status()
