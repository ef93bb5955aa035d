import dataclasses

import numpy as np
import pytest

from trainer.collaborative.interactions import count_interactions, with_two_items
from trainer.config import CollaborativeConfig

CONFIG = CollaborativeConfig(half_life_days=10)


def test_what_a_user_did_is_weighed_by_kind_and_age_and_summed(pages, items):
    found = count_interactions(pages, len(items), CONFIG, [])
    expected = [
        [4 / 4 + 1 / 2, 1 / 4, 0, 0, 0, 0, 0],  # ann: bought 20 days ago, clicked again 10 days ago
        [1 / 2, 1 / 2, 0, 4 / 2, 0, 0, 0],  # bob
        [0, 0, 1, 1, 0, 0, 0],  # cat
        [1, 0, 0, 0, 1, 0, 0],  # dan
    ]
    assert found.rows == "users"
    assert found.users.toarray() == pytest.approx(np.array(expected))
    assert found.users.dtype == np.float32
    assert with_two_items(found.users) == 4


def test_interactions_without_a_user_are_left_out_of_the_users_and_counted(pages, items):
    found = count_interactions(pages, len(items), CONFIG, [])
    assert found.without_user == 1
    assert found.users[:, 2].sum() == 1


def test_queries_are_one_in_any_case_and_spacing_and_count_without_users_too(pages, items):
    found = count_interactions(pages, len(items), CONFIG, [])
    assert found.query_names.tolist() == ["drill", "lamp", "red lamp"]
    assert found.queries.toarray()[0] == pytest.approx([0, 0, 2, 3, 0, 0, 0])
    assert found.queries.toarray()[2] == pytest.approx([2, 3 / 4, 0, 0, 0, 0, 0])


def test_a_log_without_users_is_taken_page_by_page(pages, items):
    nameless = dataclasses.replace(pages, table=pages.table.assign(user_id=""))
    found = count_interactions(nameless, len(items), CONFIG, [])
    assert (found.rows, found.without_user) == ("pages", 0)
    assert with_two_items(found.users) == 3
    assert found.users[0].toarray()[0] == pytest.approx([1, 1 / 4, 0, 0, 0, 0, 0])


def test_without_any_click_there_are_no_rows(pages, items):
    unclicked = dataclasses.replace(
        pages, clicked=np.zeros_like(pages.clicked), purchased=np.zeros_like(pages.purchased)
    )
    found = count_interactions(unclicked, len(items), CONFIG, [])
    assert found.users.shape == found.queries.shape == (0, 7)
    assert len(found.query_names) == 0
