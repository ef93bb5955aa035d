"""The examination curve of a run, drawn beside the true one where a simulator tells it."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from trainer.debiasing.examination_curve import ExaminationCurve
from trainer.evaluation.drawing import INK, Picture, canvas, colour_of, legend_entry
from trainer.evaluation.report_data import ReportData
from trainer.evaluation.truth import examination_error, true_examination, truth_beside

POSITIONS = 50
SOURCES = {"tower": "learned by the tower", "given": "given", "regression_em": "estimated by regression EM"} | {
    "boosted_regression_em": "estimated by regression EM with trees"
}


def examination_picture(data: ReportData) -> Picture | None:
    """Examination by position, relative to position 1; None where the run has no curve.

    Args:
        data: the evaluated run.
    """
    curve = ExaminationCurve.load(data.folder)
    if curve is None:
        return None
    shown = min(len(curve.examination), POSITIONS)
    name = SOURCES.get(curve.source, curve.source)
    places = np.arange(1, shown + 1)
    path = truth_beside(data.experiment.data)
    truth = None if path is None else true_examination(path)
    alt = f"Examination {name}: 1 at position 1, {curve.examination[shown - 1]:.2f} at position {shown}."
    legend = [legend_entry(name, colour_of(0))]
    caption = "How likely a position is looked at, relative to the first."
    with canvas("examination", alt) as chart:
        axes = chart.axes
        if truth is not None:
            true_places = np.arange(1, min(len(truth), POSITIONS) + 1)
            axes.plot(true_places, truth[: len(true_places)], color=INK, lw=1.4, ls="--", marker="o", ms=3)
            legend.append(legend_entry("true, as simulated", INK))
            caption += f" The largest difference to the simulated truth is {examination_error(curve, truth):.3f}."
        axes.plot(places, curve.examination[:shown], color=colour_of(0), lw=2.2, marker="o", ms=3.5)
        axes.set(xlabel="position", ylabel="examination", ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(curve.examination) > shown:
        caption += f" Positions below {shown} are not drawn."
    return Picture("Examination by position", chart.svg, caption, legend)
