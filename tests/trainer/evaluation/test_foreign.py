import numpy as np
import pandas as pd
import pytest

import small_shop
from trainer.errors import InputError
from trainer.evaluation.foreign import judged_pages_of

JUDGMENTS = pd.DataFrame(
    {
        "query": ["red lamp", "drill", "red lamp", "drill"],
        "item_id": ["007", "b", "a", "a"],
        "relevance": [3, 2.5, 1, 1],
    }
)
ITEMS = pd.DataFrame({"item_id": ["a", "b", "007"], "title": ["blue lamp", "cordless drill", "red lamp"]})


@pytest.fixture
def experiment(tmp_path):
    return small_shop.experiment(tmp_path / "preset", tmp_path)


@pytest.fixture
def write(tmp_path):
    def as_file(frame, name):
        path = tmp_path / name
        frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(path, index=False)
        return path

    return as_file


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_each_query_is_a_page_of_its_judged_items(kind, experiment, write):
    pages, items = judged_pages_of(write(JUDGMENTS, f"j.{kind}"), write(ITEMS, f"i.{kind}"), experiment)
    assert pages.table["query"].tolist() == ["drill", "red lamp"]
    assert set(pages.table["split"]) == {"test"}
    named = dict(zip(items["item_id"].iloc[pages.item], pages.relevance, strict=False))
    assert pages.sizes.tolist() == [2, 2]
    assert named["007"] == 3
    assert items["text"].tolist() == ITEMS["title"].tolist()


def test_declared_features_that_the_files_lack_are_missing_and_noted(experiment, write):
    pages, items = judged_pages_of(write(JUDGMENTS, "j.csv"), write(ITEMS.assign(price=[1, 2, 3]), "i.csv"), experiment)
    assert items["price"].tolist() == [1, 2, 3]
    assert items["brand"].isna().all()
    assert items["vector"].isna().all()
    assert pages.table["hour"].isna().all()
    assert pages.table["history"].tolist() == [[], []]
    notes = items.attrs["notes"]
    assert "i.csv has no 'brand', 'vector'; the model takes these features as missing" in notes
    assert any("'segment', 'hour', 'history'" in note for note in notes)


def test_the_judgments_may_hold_the_texts_themselves(experiment, write):
    frame = JUDGMENTS.merge(ITEMS)
    pages, items = judged_pages_of(write(frame, "j.csv"), None, experiment)
    assert sorted(items["item_id"]) == ["007", "a", "b"]
    assert len(pages.item) == 4
    assert not [note for note in items.attrs["notes"] if "left out" in note]


def test_rows_that_can_not_be_used_are_left_out_with_a_note_while_they_are_few(experiment, write):
    many = pd.DataFrame({"query": [f"q{n}" for n in range(200)], "item_id": "a", "relevance": np.arange(200.0)})
    stray = pd.DataFrame({"query": ["q1"], "item_id": ["nowhere"], "relevance": [1.0]})
    path = write(pd.concat([many, stray]), "j.csv")
    pages, items = judged_pages_of(path, write(ITEMS, "i.csv"), experiment)
    assert len(pages) == 200
    assert (
        "j.csv: 1 of 201 judgments can't be used (item_id is not in items: 1) and are left out" in items.attrs["notes"]
    )


@pytest.mark.parametrize(
    ("judgments", "items", "message"),
    [
        (JUDGMENTS.drop(columns="relevance"), ITEMS, "j.csv: no column 'relevance'"),
        (JUDGMENTS, ITEMS.drop(columns="title"), "i.csv: no column 'title'"),
        (JUDGMENTS.assign(relevance="good"), ITEMS, "j.csv: column 'relevance' holds no numbers"),
        (JUDGMENTS.assign(item_id="x"), ITEMS, "j.csv: 4 of 4 judgments can't be used"),
        (JUDGMENTS, ITEMS.assign(item_id="a"), "i.csv: 2 of 3 items can't be used .*other values"),
        (JUDGMENTS.merge(ITEMS).assign(title=list("abcd")), None, "j.csv: 1 of .* items can't be used .*other values"),
        (JUDGMENTS, None, "j.csv: no column 'title'"),
        (JUDGMENTS.iloc[:0], ITEMS, "j.csv: has column names but no rows"),
    ],
)
def test_a_fault_of_a_file_is_one_line_that_names_it(judgments, items, message, experiment, write):
    item_file = None if items is None else write(items, "i.csv")
    with pytest.raises(InputError, match=message) as error:
        judged_pages_of(write(judgments, "j.csv"), item_file, experiment)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_named(experiment, write, tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv: no such file"):
        judged_pages_of(tmp_path / "nothing.csv", write(ITEMS, "i.csv"), experiment)
