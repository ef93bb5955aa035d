import numpy as np
import pandas as pd

from trainer.collaborative.channels import memory_lists, neighbour_lists, popular_lists

IDS = np.array(["a", "b", "c", "d", "e"], object)


def test_the_list_of_a_query_is_what_is_remembered_in_order_of_rank():
    memory = pd.DataFrame(
        {
            "query": ["lamp", "red lamp", "red lamp", "red lamp"],
            "item_id": ["a", "e", "gone", "b"],
            "score": [9.0, 3.0, 2.0, 1.0],
            "rank": [1, 1, 2, 3],
        }
    )
    found = memory_lists(memory, pd.Series(["Red   LAMP ", "never seen", "lamp", ""]), IDS, 3)
    assert found.tolist() == [[4, 1, -1], [-1, -1, -1], [0, -1, -1], [-1, -1, -1]]
    assert memory_lists(memory, pd.Series(["red lamp"]), IDS, 1).tolist() == [[4]]


def test_a_category_that_is_not_known_gets_what_is_popular_anywhere():
    popular = pd.DataFrame(
        {
            "item_id": ["c", "a", "b", "a"],
            "score": [5.0, 3.0, 1.0, 3.0],
            "category": ["", "", "", "lamps"],
        }
    )
    found = popular_lists(popular, ["", "lamps", "unknown"], IDS, 2)
    assert found.tolist() == [[2, 0], [0, -1], [2, 0]]


def test_scores_of_neighbours_add_up_over_the_history_which_is_left_out():
    neighbours = pd.DataFrame(
        [("a", "b", 0.9), ("a", "c", 0.5), ("b", "a", 0.9), ("b", "c", 0.5), ("b", "d", 0.8), ("e", "gone", 1.0)],
        columns=["item_id", "neighbour_id", "score"],
    )
    histories = pd.Series([["a", "b"], ["a"], ["b", "gone"], [], ["e"], ["gone"]])
    found = neighbour_lists(neighbours, histories, IDS, 3)
    assert found.tolist() == [[2, 3, -1], [1, 2, -1], [0, 3, 2], [-1, -1, -1], [-1, -1, -1], [-1, -1, -1]]


def test_empty_tables_give_empty_lists():
    table = pd.DataFrame({"item_id": [], "neighbour_id": [], "score": [], "query": [], "rank": [], "category": []})
    assert neighbour_lists(table, pd.Series([["a"], []]), IDS, 2).tolist() == [[-1, -1], [-1, -1]]
    assert memory_lists(table, pd.Series(["lamp"]), IDS, 2).tolist() == [[-1, -1]]
    assert popular_lists(table, [""], IDS, 2).tolist() == [[-1, -1]]
