"""Raw columns as typed columns."""

import datetime

import numpy as np
import pandas as pd
import pytest

from trainer.data.values import as_id_lists, as_label, as_number, as_text, as_time, as_vectors


def test_ids_are_text_as_people_write_them() -> None:
    assert as_text(pd.Series([7, 8])).tolist() == ["7", "8"]
    assert as_text(pd.Series([7.0, np.nan])).tolist() == ["7", None]
    assert as_text(pd.Series(["007", "", None])).tolist() == ["007", None, None]
    assert as_text(pd.Series([True, False])).tolist() == ["true", "false"]
    assert as_text(pd.Series(["a", "b"], dtype="category")).tolist() == ["a", "b"]


def test_labels_come_in_several_spellings() -> None:
    spelled = pd.Series(["0", "1", "true", "False", "TRUE", "1.0", "2", "yes", None])
    expected = [0, 1, 1, 0, 1, 1, np.nan, np.nan, np.nan]
    np.testing.assert_equal(as_label(spelled).tolist(), expected)
    assert as_label(pd.Series([True, False])).tolist() == [1, 0]
    np.testing.assert_equal(as_label(pd.Series([0, 1, 2])).tolist(), [0, 1, np.nan])


@pytest.mark.parametrize(
    "values",
    [
        ["2025-01-02T03:04:05Z", "2025-01-02T04:04:05+01:00"],
        ["2025-01-02 03:04:05", "1735787045"],
        [1735787045, 1735787045],
        [1735787045.0, 1735787045.0],
        [datetime.datetime(2025, 1, 2, 3, 4, 5), datetime.datetime(2025, 1, 2, 3, 4, 5)],
        [pd.Timestamp("2025-01-02T04:04:05+01:00")] * 2,
    ],
)
def test_times_of_every_spelling_are_the_same_moment(values: list) -> None:
    times = as_time(pd.Series(values))
    assert str(times.dtype) == "datetime64[us, UTC]"
    assert times.tolist() == [pd.Timestamp("2025-01-02T03:04:05Z")] * 2


def test_what_is_no_time_is_missing() -> None:
    # Milliseconds since 1970 would be a year far away: they are refused, not misread.
    assert as_time(pd.Series(["soon", "", "1735787045000", None, "-5"])).isna().all()


def test_numbers_are_read_and_others_marked() -> None:
    numbers, bad = as_number(pd.Series(["1.5", "", "NA", "1e3", "cheap", "inf"]))
    np.testing.assert_equal(numbers.tolist(), [1.5, np.nan, np.nan, 1000, np.nan, np.nan])
    assert bad.tolist() == [False, False, False, False, True, True]
    numbers, bad = as_number(pd.Series([1, None, "x"], dtype=object))
    assert bad.tolist() == [False, False, True]


def test_vectors_are_lists_or_their_json() -> None:
    vectors, bad = as_vectors(pd.Series(["[1, 2.5]", None, "[1, 'a']", "3", "[1, null]"]))
    np.testing.assert_array_equal(vectors[0], np.float32([1, 2.5]))
    assert bad.tolist() == [False, False, True, True, True]
    vectors, bad = as_vectors(pd.Series([np.array([1.0, 2.0]), [3, 4], None], dtype=object))
    np.testing.assert_array_equal(vectors[1], [3, 4])
    assert bad.tolist() == [False, False, False]


def test_lists_of_ids_come_in_three_spellings() -> None:
    lists, bad = as_id_lists(pd.Series(['["a", "b"]', "c  d", None, "[1, 2]", "[broken"]))
    assert lists.tolist() == [["a", "b"], ["c", "d"], [], ["1", "2"], []]
    assert bad.tolist() == [False, False, False, False, True]
    lists, _ = as_id_lists(pd.Series([np.array(["x", "y"], object), None], dtype=object))
    assert lists.tolist() == [["x", "y"], []]
