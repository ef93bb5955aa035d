"""Lists from a bundle, over the local server, by the client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import small_shop
from channels_of_shop import write_channels
from serving.local.flags import ServerFlags
from serving.local.server import serve
from shelfrank_client import AsyncRankingClient, InvalidRequest, ModelNotFound, RankingClient
from small_run import random_run
from trainer.channels.folder import CHANNELS
from trainer.export.export import export_run

USER = {"user_id": "u1", "segment": "new"}


@pytest.fixture(scope="module")
def target(tiny_preset: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a bundle with lists."""
    folder = tmp_path_factory.mktemp("lists")
    experiment = small_shop.experiment(tiny_preset, folder, name="lists", lists={"size": 5})
    run = random_run(folder / "runs" / "lists", experiment)
    write_channels(run.folder / CHANNELS)
    bundle = export_run(run, small_shop.items(), small_shop.pages(), {"data_hash": "x"})
    with serve(ServerFlags(model_base_path=bundle.parent, model_name="lists", port=0)) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture
def client(target: str) -> Iterator[RankingClient]:
    with RankingClient(target, model="lists", deadline=20) as client:
        yield client


def test_each_method_gives_the_list_of_its_name(client: RankingClient) -> None:
    assert [item.item_id for item in client.trending()] == ["i5", "i3"]
    assert [item.item_id for item in client.trending(category="bolt")] == ["i2"]
    near = client.similar_items("i0", user=USER)
    assert {"item_to_item", "text"} <= {channel for item in near for channel in item.channels}
    assert "i0" not in [item.item_id for item in near]
    found = client.search("red lamp", user=USER, context={"hour": 3.0}, history=["i1"])
    assert len(found) == 5
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert found.model_version == 1
    assert {item.item_id for item in client.for_user(history=["i1", "i0"])} == {"i3", "i4", "i5"}
    together = client.recommend("red lamp", history=["i0"], excluded=["i5"], pinned=["i6"], k=3)
    assert together[0].item_id == "i6"
    assert len(together) == 3
    assert all(item.propensity == 1.0 for item in together)


async def test_the_asynchronous_client_gives_the_same(client: RankingClient, target: str) -> None:
    async with AsyncRankingClient(target, model="lists", deadline=20) as other:
        for here, there in (
            (client.search("drill", user=USER), await other.search("drill", user=USER)),
            (client.recommend(history=["i0"]), await other.recommend(history=["i0"])),
            (client.similar_items("i1"), await other.similar_items("i1")),
            (client.for_user(history=["i1"]), await other.for_user(history=["i1"])),
            (client.trending(), await other.trending()),
        ):
            assert list(here) == list(there)


def test_without_an_answer_the_backup_is_shown(client: RankingClient) -> None:
    with RankingClient("127.0.0.1:1", model="lists", deadline=0.3, fallback=True) as lonely:
        shown = lonely.recommend("red lamp", backup=["i2", "i2", "i4"], k=2)
    assert shown.degraded
    assert [item.item_id for item in shown] == ["i2", "i4"]
    assert shown.reason


def test_wrong_arguments_are_named(client: RankingClient) -> None:
    with pytest.raises(InvalidRequest, match="category: expected text, found 3"):
        client.trending(category=3)  # type: ignore[typeddict-item]
    with pytest.raises(InvalidRequest, match="excluded: expected item ids as text"):
        client.search("lamp", excluded=[1])  # type: ignore[list-item]
    with pytest.raises(InvalidRequest, match="unknown argument 'blocked'"):
        client.search("lamp", blocked=["i1"])  # type: ignore[call-arg]
    with pytest.raises(InvalidRequest, match="unknown user or context feature 'colour'"):
        client.search("lamp", user={"colour": "red"})


def test_a_model_without_lists_says_so(tmp_path: Path) -> None:
    from hand_made_ranker import write_version

    write_version(tmp_path / "shop" / "1")
    with (
        serve(ServerFlags(model_base_path=tmp_path / "shop", model_name="shop", port=0)) as server,
        RankingClient(f"127.0.0.1:{server.port}", model="shop", deadline=20) as client,
        pytest.raises(ModelNotFound, match="no signature 'search'"),
    ):
        client.search("lamp")


def test_boosted_items_move_up_and_down(client: RankingClient) -> None:
    assert [item.item_id for item in client.trending(boosted={"i3": 3})] == ["i3", "i5"]
    assert [item.item_id for item in client.trending(boosted={"i5": 0.5, "no item": 2.0})] == ["i3", "i5"]
    assert [item.item_id for item in client.trending(boosted={})] == ["i5", "i3"]


async def test_the_asynchronous_client_sends_them_too(target: str) -> None:
    async with AsyncRankingClient(target, model="lists", deadline=20) as other:
        assert [item.item_id for item in await other.trending(boosted={"i3": 3.0})] == ["i3", "i5"]


@pytest.mark.parametrize(
    ("boosted", "message"),
    [
        (["i3"], r"boosted: expected a mapping of item ids to factors, found \['i3'\]"),
        ({3: 1.0}, "boosted: expected item ids as text, found 3"),
        ({"": 1.0}, "boosted: expected item ids that are not empty"),
        ({"i3": 0.0}, r"boosted: 'i3': expected a factor above 0 \(1e-30 to 1e\+30\), found 0\.0"),
        ({"i3": -1}, "found -1"),
        ({"i3": float("nan")}, "found nan"),
        ({"i3": float("inf")}, "found inf"),
        ({"i3": True}, "found True"),
        ({"i3": "2"}, "found '2'"),
    ],
)
def test_boosts_that_can_not_be_are_named(client: RankingClient, boosted: Any, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        client.trending(boosted=boosted)
