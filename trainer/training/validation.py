"""Metrics on the validation pages while training."""

import numpy as np

from trainer.config import Experiment
from trainer.data.prepared import Prepared
from trainer.evaluation.scorer import RankerScorer
from trainer.metrics.page_metrics import judged_metrics, page_metrics


class Validation:
    """Scores a fixed sample of the validation pages.

    Args:
        experiment: how many pages, which cut.
        prepared: the pages.
        scorer: of the model that is trained.
    """

    def __init__(self, experiment: Experiment, prepared: Prepared, scorer: RankerScorer) -> None:
        self.scorer, self.items, self.k = scorer, prepared.items, experiment.evaluate.k
        random = np.random.default_rng(experiment.seed)
        self.logged = None if prepared.pages is None else prepared.pages.split("valid")
        if self.logged is not None and len(self.logged) > experiment.train.validation_pages:
            chosen = random.choice(len(self.logged), experiment.train.validation_pages, replace=False)
            self.logged = self.logged.take(np.sort(chosen))
        self.judged = prepared.judged.split("valid") if prepared.judged is not None else None

    def __call__(self) -> dict[str, float]:
        """The metrics by name, without intervals."""
        with self.scorer.remembering():
            return self._measured()

    def _measured(self) -> dict[str, float]:
        metrics: dict[str, float] = {}
        if self.logged is not None and len(self.logged):
            metrics |= page_metrics(self.logged, self.scorer(self.logged, self.items), "valid", self.k)
        if self.judged is not None and len(self.judged):
            metrics |= judged_metrics(self.judged, self.scorer(self.judged, self.items), "valid.judged", self.k)
        return metrics
