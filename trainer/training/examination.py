"""What a run knows of examination: the curve that it weighs clicks by, or that its tower learns."""

import io
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from rich.console import Console

from trainer.config import Experiment
from trainer.data.pages import Pages
from trainer.data.prepared import Prepared
from trainer.debiasing.estimation import examination_of
from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.debiasing.propensity_weights import PropensityWeights
from trainer.debiasing.tower_curve import tower_curve
from trainer.evaluation.scorer import RankerScorer

SAMPLED_PAGES = 64


class Examination:
    """The examination curve of a run, kept in its folder.

    Args:
        experiment: which method.
        prepared: the pages.
        folder: the run folder; a curve that was estimated there before is read again.
        console: where estimates are said and the curve is printed.
    """

    def __init__(self, experiment: Experiment, prepared: Prepared, folder: Path, console: Console) -> None:
        self.experiment, self.items, self.folder, self.console = experiment, prepared.items, folder, console
        self.training: Pages | None = None if prepared.pages is None else prepared.pages.split("train")
        self.curve: ExaminationCurve | None = None
        if experiment.debias_method == "ipw" and self.training is not None:
            self.curve = ExaminationCurve.load(folder)
            if self.curve is None:
                self.curve = examination_of(experiment, self.training, prepared.items, console)
                self.curve.save(folder)

    @property
    def propensity(self) -> PropensityWeights | None:
        """The weights of clicks, with ``debias.method: ipw``."""
        return None if self.curve is None else PropensityWeights(self.curve, self.experiment.debias.clip)

    def measure(self, scorer: RankerScorer) -> ExaminationCurve | None:
        """The curve of now: the one clicks are weighed by, or the tower's; None where there is neither.

        Args:
            scorer: of the model that is trained.
        """
        tower = scorer.ranker.position_bias
        if tower is None or self.training is None or not (self.training.position > 0).any():
            return self.curve
        count = len(self.training)
        random = np.random.default_rng(self.experiment.seed)
        chosen = np.sort(random.choice(count, min(SAMPLED_PAGES, count), replace=False))
        scores = scorer(self.training.take(chosen), self.items)
        assert scores.ctr is not None
        return tower_curve(tower, scores.ctr, self.training.position)

    def finish(self, scorer: RankerScorer) -> None:
        """Save and print the curve.

        Args:
            scorer: of the model with its best weights.
        """
        curve = self.measure(scorer)
        if curve is not None:
            curve.save(self.folder)
            curve.show(self.console)


def write_curve(writer: tf.summary.SummaryWriter, step: int, curve: ExaminationCurve | None) -> None:
    """Draw a curve for TensorBoard.

    Args:
        writer: of the events.
        step: of the training.
        curve: what to draw; nothing for None.
    """
    if curve is None:
        return
    figure = Figure(figsize=(5.0, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot(np.arange(1, len(curve.examination) + 1), curve.examination, marker="o", ms=3.5)
    axes.set(xlabel="position", ylabel="examination", ylim=(0, None), title=curve.source)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    with writer.as_default(step=step):
        tf.summary.image("examination", tf.io.decode_png(buffer.getvalue(), channels=4)[None])
