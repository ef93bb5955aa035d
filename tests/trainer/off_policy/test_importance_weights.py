import numpy as np
import pytest

from trainer.off_policy import ImportanceWeights

SHOWN, LOGGED = np.array([0.5, 0.1, 0.0, 0.4]), np.array([0.25, 0.2, 0.5, 0.1])


def test_weights_are_the_ratio_of_the_chances():
    found = ImportanceWeights.of(SHOWN, LOGGED)
    assert found.values == pytest.approx([2.0, 0.5, 0.0, 4.0])
    assert (found.mean, found.largest, found.clipped, found.cut) == (pytest.approx(6.5 / 4), 4.0, 0, 0.0)


def test_clipping_cuts_large_weights_and_says_how_much():
    found = ImportanceWeights.of(SHOWN, LOGGED, clip=3.0)
    assert found.values == pytest.approx([2.0, 0.5, 0.0, 3.0])
    assert (found.clipped, found.cut) == (1, pytest.approx(0.25))


def test_equal_weights_lose_no_impression_and_one_alone_is_one():
    assert ImportanceWeights.of(np.full(7, 0.3), np.full(7, 0.1)).effective_sample_size == pytest.approx(7)
    assert ImportanceWeights.of(np.array([0, 0, 0.3]), np.full(3, 0.1)).effective_sample_size == pytest.approx(1)
    assert ImportanceWeights.of(np.zeros(3), np.full(3, 0.1)).effective_sample_size == 0.0


def test_clipping_lowers_ips_by_no_more_than_was_cut(world):
    drawn = world.draw(2000, 1)
    shown = drawn.target.shown(drawn.log)
    free, clipped = (ImportanceWeights.of(shown, drawn.log.propensity, clip) for clip in (None, 1.5))
    lost = ((free.values - clipped.values) * drawn.log.clicked).mean()
    assert 0 < lost <= clipped.cut
