import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from trainer.metrics.gauc import gauc


def test_is_the_mean_of_page_aucs_weighted_by_impressions(impressions):
    areas, sizes = [], []
    for page in impressions.pages:
        label = impressions.label[page]
        if 0 < label.sum() < len(label):
            areas.append(roc_auc_score(label, impressions.score[page]))
            sizes.append(len(label))
    found = gauc(impressions.label, impressions.score, impressions.offset)
    assert found.value() == pytest.approx(np.average(areas, weights=sizes))
    assert (found.denominator > 0).sum() == len(areas)


def test_pages_of_one_class_only_give_nothing():
    found = gauc(np.array([1, 1, 0, 0]), np.arange(4.0), np.array([0, 2, 4]))
    assert np.isnan(found.value())
