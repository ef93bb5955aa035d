"""Calibration and precision-recall curves as TensorBoard images."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from trainer.evaluation.report_curves import calibration, pr_curve
from trainer.metrics.ece import ece
from trainer.metrics.pr_auc import pr_auc

TARGETS = {"ctr": "clicked", "ctcvr": "purchased"}
BEFORE, AFTER, LINE = "#b0b0b0", "#1f77b4", "#808080"


def write_probability_pictures(folder: Path, step: int, split: str, table: pd.DataFrame) -> None:
    """Write ``<split>/calibration/<target>`` and ``<split>/precision_recall/<target>`` for CTR and CTCVR.

    Args:
        folder: of the events.
        step: at which they stand.
        split: what the pages are.
        table: one row an impression: ``clicked``, ``purchased`` (-1 unknown), ``ctr``, ``ctcvr``, and where they were
            calibrated ``ctr_uncalibrated``, ``ctcvr_uncalibrated``.
    """
    writer = tf.summary.create_file_writer(str(folder), filename_suffix=".pictures")
    with writer.as_default(step=step):
        for target, column in TARGETS.items():
            known = table[(table[column] >= 0) & table[target].notna()]
            if len(known):
                tf.summary.image(f"{split}/calibration/{target}", _image(_calibration(known, target, column)))
                tf.summary.image(f"{split}/precision_recall/{target}", _image(_precision_recall(known, target, column)))
    writer.close()


def _calibration(table: pd.DataFrame, target: str, column: str) -> Figure:
    figure, axes = _axes()
    label, end = table[column].to_numpy(np.float64), 1e-9
    before = f"{target}_uncalibrated"
    drawn = [(before, "before", BEFORE)] if before in table else []
    for name, called, colour in [*drawn, (target, "after" if drawn else "as predicted", AFTER)]:
        probability = table[name].to_numpy(np.float64)
        rates = calibration(label, probability)
        axes.plot(
            rates.predicted, rates.seen, marker="o", color=colour, label=f"{called}: {ece(label, probability):.4f}"
        )
        end = max(end, rates.predicted.max(), rates.seen.max())
    axes.plot([0, end], [0, end], color=LINE, lw=1, ls="--")
    axes.set(title=f"{target}: seen over predicted, with ECE", xlabel="predicted", ylabel="seen")
    axes.legend()
    return figure


def _precision_recall(table: pd.DataFrame, target: str, column: str) -> Figure:
    figure, axes = _axes()
    label, probability = table[column].to_numpy(np.float64), table[target].to_numpy(np.float64)
    curve = pr_curve(label, probability)
    title = f"{target}: one class only"
    if curve is not None:
        axes.plot(*curve, color=AFTER)
        axes.axhline(label.mean(), color=LINE, lw=1, ls="--")
        title = f"{target}: precision over recall, area {pr_auc(label, probability):.4f}"
    axes.set(title=title, xlabel="recall", ylabel="precision", xlim=(0, 1))
    return figure


def _axes() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5, 4), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _image(figure: Figure) -> tf.Tensor:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return tf.image.decode_png(buffer.getvalue(), channels=4)[None]
