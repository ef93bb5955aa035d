"""Pages from files, from an experiment and from a table of items; lists cut and filled up to a mix."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest

import small_shop
from shelfrank_client import PageQuery
from tools.loadtest.mix import in_order, parse_mix
from tools.pages_to_send import PagesToSend, Source, read_pages
from tools.pages_to_send.prepared import page_queries
from trainer.errors import InputError


def failure(source):
    with pytest.raises(InputError) as caught:
        read_pages(source, 1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_recorded_pages_come_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "pages.jsonl"
    full = {
        "query": "bohrer für stahl",
        "candidates": ["b", "a"],
        "user": {"user_id": "u1"},
        "context": {"hour": 7},
        "history": ["c"],
    }
    path.write_text(
        f"{json.dumps(full, ensure_ascii=False)}\n\n" + '{"query": "", "candidates": ["d"]}\n', encoding="utf-8"
    )
    found = read_pages(Source(pages=path), 1)
    assert found.pages[0] == PageQuery("bohrer für stahl", ["b", "a"], {"user_id": "u1"}, {"hour": 7}, ["c"])
    assert found.pages[1] == PageQuery("", ["d"], {}, {}, [])
    assert found.pool == ["b", "a", "d"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON"),
        ("[1]", "expected an object with query and candidates, found [1]"),
        ('{"query": "a"}', "lacks 'candidates'"),
        ('{"query": 1, "candidates": ["a"]}', "query: expected text, found 1"),
        ('{"query": "a", "candidates": []}', "candidates: expected item ids, each once and not empty, found []"),
        ('{"query": "a", "candidates": ["b", "b"]}', "each once"),
        ('{"query": "a", "candidates": [1]}', "candidates: expected a list of item ids as text, found [1]"),
        ('{"query": "a", "candidates": ["b"], "user": "u1"}', 'user: expected an object of features, found "u1"'),
        ('{"query": "a", "candidates": ["b"], "k": 3}', "unknown key 'k'; a page has query, candidates"),
        ('{"query": "a", "candidates": ["b"], "user": {"x": 1}, "context": {"x": 1}}', "feature 'x' is in both"),
    ],
)
def test_a_line_that_is_no_page_is_named_by_its_number(tmp_path, line, said):
    path = tmp_path / "pages.jsonl"
    path.write_text('{"query": "a", "candidates": ["b"]}\n' + line + "\n")
    found = failure(Source(pages=path))
    assert found.startswith(f"{path}: line 2: ")
    assert said in found


def test_files_without_a_page_are_named(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    assert failure(Source(pages=empty)).startswith(f"{empty}: holds no page")
    assert failure(Source(pages=tmp_path / "none.jsonl")).startswith(f"{tmp_path / 'none.jsonl'}: no such file")
    (tmp_path / "latin.jsonl").write_bytes(b'{"query": "caf\xe9", "candidates": ["a"]}')
    assert "is not UTF-8" in failure(Source(pages=tmp_path / "latin.jsonl"))


def test_one_source_is_asked_for(tmp_path):
    assert "found none" in failure(Source())
    assert "found --pages and --items" in failure(Source(pages=tmp_path, items=tmp_path))
    assert failure(Source(pages=tmp_path, queries=tmp_path)).startswith("--queries: goes with --items")
    assert failure(Source(pages=tmp_path, overrides=["seed=2"])).startswith("seed=2: overrides go with --config")


def test_the_pages_of_an_experiment_are_those_that_a_frontend_asks(tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    pages, ids = small_shop.pages(), small_shop.items()["item_id"].to_numpy(object)
    found = page_queries(experiment, pages, ids)
    assert len(found) == len(pages)
    for row, page in enumerate(found):
        table = pages.table.iloc[row]
        part = slice(pages.offset[row], pages.offset[row + 1])
        assert (page.query, list(page.candidates)) == (table["query"], [f"i{item}" for item in pages.item[part]])
        assert page.user == {"user_id": table["user_id"], "segment": ("new", "loyal", "")[row % 3]}
        assert page.context == {"hour": table["hour"]}
        assert page.history == table["history"]


def test_what_a_page_of_an_experiment_lacks_is_left_out(tiny_preset, tmp_path):
    experiment = small_shop.experiment(tiny_preset, tmp_path)
    pages = small_shop.pages(2)
    pages.table.loc[0, "hour"] = np.nan
    pages.table["history"] = [None, ["i3"]]
    first, second = page_queries(experiment, pages, small_shop.items()["item_id"].to_numpy(object))
    assert (first.context, first.history) == ({}, [])
    assert (second.context, second.history) == ({"hour": 1.0}, ["i3"])


def test_made_pages_draw_items_of_the_table_and_words_of_its_titles(tmp_path):
    items = small_shop.items()[["item_id", "title"]]
    items.to_csv(tmp_path / "items.csv", index=False)
    found = read_pages(Source(items=tmp_path / "items.csv"), 1, candidates=5)
    assert set(found.pool) == set(items["item_id"])
    assert {page.query for page in found.pages} <= {" ".join(title.split()[:3]) for title in items["title"] if title}
    for page in found.pages:
        assert len(set(page.candidates)) == 5
        assert set(page.candidates) <= set(found.pool)
    assert found.pages == read_pages(Source(items=tmp_path / "items.csv"), 1, candidates=5).pages
    assert found.pages != read_pages(Source(items=tmp_path / "items.csv"), 2, candidates=5).pages


@pytest.mark.parametrize("name", ["queries.txt", "queries.csv"])
def test_made_pages_take_the_queries_of_a_file(tmp_path, name):
    pd.DataFrame({"item_id": ["a", "b"]}).to_csv(tmp_path / "items.csv", index=False)
    header = "query\n" if name.endswith("csv") else ""
    (tmp_path / name).write_text(f"{header}drill\nsaw\n")
    found = read_pages(Source(items=tmp_path / "items.csv", queries=tmp_path / name), 1)
    assert {page.query for page in found.pages} == {"drill", "saw"}
    assert {len(list(page.candidates)) for page in found.pages} == {2}


def test_a_mix_cuts_long_lists_and_fills_up_short_ones_in_its_shares():
    pages = [PageQuery("a", ["1", "2", "3"], {"user_id": "u"}), PageQuery("b", ["4"], history=["9"])]
    source = PagesToSend(pages, [str(number) for number in range(1, 30)], "pages")
    sent = in_order(source, parse_mix("2:3,20:1"), 4000, seed=1)
    sizes = Counter(len(list(page.candidates)) for page in sent)
    assert set(sizes) == {2, 20}
    assert sizes[2] / 4000 == pytest.approx(0.75, abs=0.03)
    for page in sent[:100]:
        ids = list(page.candidates)
        assert len(set(ids)) == len(ids)
        assert ids[: min(2, len(ids))] == ["1", "2"] if page.query == "a" else ids[0] == "4"
        assert (page.user, page.history) == (({"user_id": "u"}, ()) if page.query == "a" else ({}, ["9"]))


def test_without_a_mix_pages_go_round_as_they_are():
    pages = [PageQuery("a", ["1", "2", "3"]), PageQuery("b", ["4"])]
    assert in_order(PagesToSend.of(pages, "pages"), None, 5, 1) == [*pages, *pages, pages[0]]
