"""Old training pages among new ones."""

import dataclasses

import numpy as np
import pytest

import small_shop
from trainer.training.replay import replayed


@pytest.fixture
def pages():
    made = small_shop.pages(100)
    return dataclasses.replace(made, table=made.table.assign(of_base=np.arange(100) < 80))


@pytest.mark.parametrize(("share", "old"), [(0.0, 0), (0.2, 5), (0.5, 20), (0.75, 60), (0.9, 80)])
def test_old_pages_make_up_the_share_or_are_all_there(pages, share, old):
    found = replayed(pages, share, 1)
    assert (found.new, found.old, found.of) == (20, old, 80)
    assert found.pages.table["of_base"].sum() == old
    assert (~found.pages.table["of_base"]).sum() == 20
    assert found.pages.table["request_id"].is_unique


def test_the_seed_draws(pages):
    first, again, other = (set(replayed(pages, 0.5, seed).pages.table["request_id"]) for seed in (1, 1, 2))
    assert first == again
    assert first != other
