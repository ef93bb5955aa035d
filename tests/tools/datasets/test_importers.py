"""Importers on small hand-made files of each published form."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tools.datasets.click_log import import_click_log
from tools.datasets.esci import EXAMPLES, PRODUCTS, import_esci
from tools.datasets.judgments import import_judgments
from tools.datasets.open_bandit import import_open_bandit
from tools.datasets.wands import import_wands
from trainer.errors import InputError

DATA = Path(__file__).parent / "data"


def table(out: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(out / f"{name}.parquet")


def rejected(out: Path) -> set[tuple[str, int, str]]:
    frame = pd.read_csv(out / "rejected.csv")
    return {(file, int(row), reason) for file, row, reason in zip(frame.file, frame.row, frame.reason, strict=True)}


@pytest.fixture
def esci(tmp_path: Path) -> Path:
    """The two published parquet files, with their column types."""
    source = tmp_path / "esci"
    source.mkdir()
    pd.read_csv(DATA / "esci/examples.csv").to_parquet(source / EXAMPLES)
    products = pd.read_csv(DATA / "esci/products.csv")
    products.astype(object).where(products.notna(), None).to_parquet(source / PRODUCTS)
    return source


def test_esci_labels_become_gains_and_unusable_examples_are_rejected(esci: Path, tmp_path: Path) -> None:
    report = import_esci(esci, tmp_path / "out")
    judgments = table(tmp_path / "out", "judgments")
    pairs = zip(judgments["query"], judgments.item_id, judgments.relevance, judgments.split, strict=True)
    assert list(pairs) == [
        ("tent for two", "B000A1", 3.0, "train"),
        ("tent for two", "B000A2", 2.0, "train"),
        ("tent for two", "B000A3", 1.0, "train"),
        ("tent for two", "B000A4", 0.0, "train"),
        ("camp stove", "B000A3", 3.0, "test"),
    ]
    items = table(tmp_path / "out", "items").set_index("item_id")
    assert list(items.index) == ["B000A1", "B000A2", "B000A3", "B000A4"]
    assert items.loc["B000A1", "title"] == "Dome tent for 2 people"
    assert items.loc["B000A1", "description"] == ""
    assert items.loc["B000A2", "colour"] == "Blue"
    assert rejected(tmp_path / "out") == {
        (EXAMPLES, 6, f"product is not in {PRODUCTS} or has no title there"),
        (EXAMPLES, 7, "esci_label is not one of E, S, C, I"),
        (EXAMPLES, 9, "contradicts an earlier judgment of the same query and item"),
    }
    assert report.rejected == 3
    assert report.notes == {"examples outside of the filters": 1, "products without a judgment": 1}


def test_esci_filters_by_version_and_split_and_keeps_locales_apart(esci: Path, tmp_path: Path) -> None:
    import_esci(esci, tmp_path / "small", version="small", split="train")
    assert list(table(tmp_path / "small", "judgments").item_id) == ["B000A1", "B000A2", "B000A3"]
    import_esci(esci, tmp_path / "both", locales=("us", "es"))
    items = table(tmp_path / "both", "items").set_index("item_id")["title"]
    assert items["us:B000A1"] == "Dome tent for 2 people"
    assert items["es:B000A1"] == "Tienda de campaña para 2 personas"
    with pytest.raises(InputError, match="no row has the locale 'fr'; it has es, us"):
        import_esci(esci, tmp_path / "none", locales=("fr",))


def test_wands_reads_the_tab_separated_files(tmp_path: Path) -> None:
    import_wands(DATA / "wands", tmp_path / "out")
    judgments = table(tmp_path / "out", "judgments")
    assert list(zip(judgments["query"], judgments.item_id, judgments.relevance, strict=True)) == [
        ("green velvet couch", "007", 2.0),
        ("green velvet couch", "8", 0.0),
        ("nursery lamp", "8", 1.0),
    ]
    items = table(tmp_path / "out", "items").set_index("item_id")
    assert items.loc["007", "description"] == 'a "deep" seat,\nin moss velvet'
    assert items.loc["007", "category"] == "Furniture / Living Room / Sofas"
    assert items.loc["007", "rating_count"] == 12.0
    assert pd.isna(items.loc["8", "average_rating"])
    assert items.loc["8", "title"] == "hopping rabbit lamp"
    missing = "product_id is not in product.csv or has no name there"
    assert rejected(tmp_path / "out") == {
        ("query.csv", 2, "query is empty"),
        ("product.csv", 3, "product_name is empty"),
        ("product.csv", 4, "repeats a product_id"),
        ("label.csv", 4, "repeats an earlier judgment"),
        ("label.csv", 5, "contradicts an earlier judgment of the same query and item"),
        ("label.csv", 6, "query_id is not in query.csv"),
        ("label.csv", 7, missing),
        ("label.csv", 8, "label is not one of Exact, Partial, Irrelevant"),
    }


def test_open_bandit_rows_are_single_impressions_with_propensities(tmp_path: Path) -> None:
    import_open_bandit(DATA / "open_bandit", tmp_path / "out")
    log = table(tmp_path / "out", "search_log")
    assert list(log.item_id) == ["0", "1", "2"], "sorted by time"
    assert list(log.clicked) == [0, 1, 0]
    assert list(log.purchased) == [0, 0, 0]
    assert list(log.position) == [1, 2, 3]
    assert list(log.propensity) == [0.5, 0.25, 0.1]
    assert list(log.user_item_affinity) == [1.0, 3.0, 2.0]
    assert list(log["query"]) == ["", "", ""]
    assert log.request_id.is_unique
    assert log.user_id.is_unique
    assert log.timestamp.iloc[0] == pd.Timestamp("2020-02-03 08:00:01.25", tz="UTC")
    items = table(tmp_path / "out", "items")
    assert list(items.item_feature_0) == [-0.5, 0.25, 1.5]
    assert list(items.item_feature_1) == ["aa11", "bb22", "aa11"]
    assert rejected(tmp_path / "out") == {
        ("all.csv", 4, "item is not in the items table"),
        ("all.csv", 5, "position is not a whole number from 1"),
        ("all.csv", 6, "propensity is not above 0 and at most 1"),
        ("all.csv", 7, "timestamp is not a time"),
        ("all.csv", 8, "click is not 0 or 1"),
    }


def test_open_bandit_asks_which_log_where_there_are_several(tmp_path: Path) -> None:
    for name in ("item_context.csv", "all.csv"):
        (tmp_path / name).write_bytes((DATA / "open_bandit" / name).read_bytes())
    (tmp_path / "men.csv").write_bytes((DATA / "open_bandit/all.csv").read_bytes())
    with pytest.raises(InputError, match=r"several logs \(all.csv, men.csv\); choose one with --log"):
        import_open_bandit(tmp_path, tmp_path / "out")
    assert import_open_bandit(tmp_path, tmp_path / "out", log="men.csv").rows["search_log"] == 3


def test_click_log_keeps_the_clicks_of_one_search_in_one_request(tmp_path: Path) -> None:
    import_click_log(DATA / "click_log", tmp_path / "out", keep=("category",))
    log = table(tmp_path / "out", "search_log")
    assert list(zip(log.request_id, log["query"], log.item_id, log.category, strict=True)) == [
        ("r1", "null", "0012", "games"),
        ("r2", "puzle", "0034", "games"),
        ("r2", "puzle", "0012", "games"),
    ]
    assert "position" not in log.columns
    assert list(log.clicked) == [1, 1, 1]
    assert list(log.purchased) == [0, 0, 0]
    assert log.timestamp.iloc[1] == pd.Timestamp("2021-05-01 10:00:01.25", tz="UTC")
    items = table(tmp_path / "out", "items")
    assert list(zip(items.item_id, items.title, strict=True)) == [
        ("0012", "Star Farmer"),
        ("0034", "Puzzle Quarry"),
    ]
    assert rejected(tmp_path / "out") == {
        ("items.csv", 3, "name is empty"),
        ("clicks.csv", 3, "repeats a click of the same request"),
        ("clicks.csv", 5, "item is not in the items table"),
        ("clicks.csv", 6, "click_time is before query_time"),
        ("clicks.csv", 7, "query is empty"),
        ("clicks.csv", 8, "click_time is not a time"),
    }


def test_judgments_file_is_mapped_by_column_names(tmp_path: Path) -> None:
    columns = {
        "query": "search",
        "item_id": "product",
        "relevance": "grade",
        "title": "name",
        "description": "details",
    }
    source = DATA / "judgments/judgments.csv"
    import_judgments(source, tmp_path / "out", columns, ("title", "description"))
    items = table(tmp_path / "out", "items")
    assert items.to_dict("list") == {
        "item_id": ["01", "02"],
        "title": ["Red mug", "Blue mug"],
        "description": ["Holds tea", ""],
    }
    judgments = table(tmp_path / "out", "judgments")
    assert judgments.to_dict("list") == {
        "query": ["mug", "mug", "red cup"],
        "item_id": ["01", "02", "01"],
        "relevance": [3.0, 2.5, 2.0],
    }
    assert rejected(tmp_path / "out") == {
        ("judgments.csv", 4, "repeats an earlier judgment"),
        ("judgments.csv", 5, "contradicts an earlier judgment of the same query and item"),
        ("judgments.csv", 6, "name differs from an earlier row of the same item"),
        ("judgments.csv", 7, "grade is not a number"),
        ("judgments.csv", 8, "name is empty"),
    }
    facts = json.loads((tmp_path / "out/import.json").read_text())
    assert facts["rows"] == {"items": 2, "judgments": 3}
    assert facts["rejected"] == 5


def test_judgments_are_the_same_from_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"query": ["a", "b"], "item_id": [7, 8], "title": ["x", "y"], "relevance": [1, 2]})
    frame.to_parquet(tmp_path / "pairs.parquet")
    import_judgments(tmp_path / "pairs.parquet", tmp_path / "out")
    assert list(table(tmp_path / "out", "judgments").item_id) == ["7", "8"]
