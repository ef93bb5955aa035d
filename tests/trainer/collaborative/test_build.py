import dataclasses
import io
import json

import pandas as pd
import pytest
from rich.console import Console

import small_shop
from trainer.collaborative.build import build_collaborative
from trainer.data.pages import concatenate
from trainer.data.prepared import Prepared
from trainer.errors import InputError


@pytest.fixture
def build(tmp_path, pages, items):
    """Build the tables of the nine pages and one more of the test; gives the tables, the facts and what was printed."""

    def built(changed=lambda pages: pages, **section):
        later = dataclasses.replace(
            pages.take([3]), table=pages.take([3]).table.assign(split="test", query="only in the test")
        )
        experiment = small_shop.experiment(tmp_path / "bert", tmp_path, collaborative=section)
        log = concatenate([changed(pages), later])
        prepared = Prepared(tmp_path, items, None, log, None, {}, {}, "hash")
        printed = io.StringIO()
        facts = build_collaborative(experiment, prepared, tmp_path, Console(file=printed, width=200))
        names = ("neighbours", "popularity", "query_memory")
        return {n: pd.read_parquet(tmp_path / f"{n}.parquet") for n in names}, facts, printed.getvalue()

    return built


def test_the_three_tables_have_the_columns_of_their_contract(build):
    tables, _, _ = build(kinds=["cosine", "als", "queries"], popularity={"category": "brand"})
    assert list(tables["neighbours"].columns) == ["item_id", "neighbour_id", "score", "rank", "kind"]
    assert list(tables["popularity"].columns) == ["item_id", "score", "category"]
    assert list(tables["query_memory"].columns) == ["query", "item_id", "score", "rank"]
    assert set(tables["neighbours"]["kind"]) == {"cosine", "als", "queries"}


def test_only_training_pages_are_read(build):
    tables, _, _ = build()
    assert "only in the test" not in set(tables["query_memory"]["query"])
    assert tables["popularity"].set_index("item_id")["score"]["saw"] == pytest.approx(2)


def test_facts_count_what_was_read_and_written_and_go_into_json(build):
    _, facts, _ = build(kinds=["cosine", "queries"], popularity={"category": "brand"})
    json.dumps(facts)
    assert facts["settings"]["kinds"] == ["cosine", "queries"]
    assert facts["interactions"] == {
        "without_user": 1,
        "users": {"rows": 4, "with_two_items": 4, "pairs": 9},
        "queries": {"rows": 3, "with_two_items": 2, "pairs": 5},
    }
    assert facts["popularity"] == {"rows": 5, "items": 5, "categories": 2}
    assert facts["query_memory"] == {"rows": 5, "queries": 3}


def test_what_has_no_user_is_said(build):
    _, facts, printed = build(kinds=["cosine"])
    assert facts["notes"] == ["1 interactions have no user_id: cosine leave them out"]
    assert facts["notes"][0] in printed


def test_a_log_that_can_make_no_neighbours_gives_a_line_and_the_other_tables(build):
    def one_click_a_page_and_no_users(pages):
        clicked = pages.clicked.copy()
        clicked[[1, 6, 10]] = 0
        return dataclasses.replace(pages, table=pages.table.assign(user_id=""), clicked=clicked)

    tables, facts, printed = build(one_click_a_page_and_no_users, kinds=["cosine", "als"])
    assert tables["neighbours"].empty
    assert len(tables["query_memory"]) == 4
    assert facts["notes"] == [
        "the log names no user: cosine, als take the items clicked on one page as a user's",
        "no neighbours of items (cosine, als): no page has two items clicked or bought",
    ]
    assert all(note in printed for note in facts["notes"])


def test_two_builds_give_the_same_tables(build):
    first, again = (build(kinds=["cosine", "bm25", "als", "queries"])[0] for _ in range(2))
    assert all(first[name].equals(again[name]) for name in first)


def test_judgments_alone_are_refused(tmp_path, items):
    prepared = Prepared(tmp_path, items, None, None, None, {}, {}, "hash")
    experiment = small_shop.experiment(tmp_path / "bert", tmp_path)
    with pytest.raises(InputError, match=r"judgments only, channels need clicks; give data\.search_log"):
        build_collaborative(experiment, prepared, tmp_path, Console(file=io.StringIO()))
