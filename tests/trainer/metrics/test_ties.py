import numpy as np

from trainer.metrics.ties import ascending, sum_by_page, sum_by_tie, tie_places


def test_equal_scores_share_their_places():
    score, offset = np.array([0.5, 0.9, 0.5, 0.1, 0.7, 0.7]), np.array([0, 4, 4, 6])
    first, last = tie_places(score, offset)
    assert first.tolist() == [1, 0, 1, 3, 0, 0]
    assert last.tolist() == [2, 0, 2, 3, 1, 1]


def test_a_tie_ends_with_its_page():
    first, last = tie_places(np.zeros(4), np.array([0, 2, 4]))
    assert first.tolist() == [0, 0, 0, 0]
    assert last.tolist() == [1, 1, 1, 1]


def test_sorted_scores_are_not_sorted_again():
    score, label = np.array([0.1, 0.2, 0.2, 0.5]), np.array([1.0, 0.0, 1.0, 1.0])
    starts, same, labels = ascending(score, label)
    assert same is score
    assert labels is label
    assert starts.tolist() == [0, 1, 3]
    assert sum_by_tie(label, starts).tolist() == [1, 1, 1]


def test_what_goes_along_is_sorted_alike():
    starts, score, label = ascending(np.array([0.5, 0.1, 0.5]), np.array([1, 2, 3]))
    assert (starts.tolist(), score.tolist(), label.tolist()) == ([0, 1], [0.1, 0.5, 0.5], [2, 1, 3])


def test_pages_without_impressions_sum_to_nothing():
    assert sum_by_page(np.array([1.0, 2.0, 4.0]), np.array([0, 0, 2, 3])).tolist() == [0, 3, 4]
