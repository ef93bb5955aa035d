"""Pictures of training: learning curves."""

import numpy as np
import pandas as pd

from trainer.evaluation.drawing import INK, Picture, absent, canvas, colour_of, slug
from trainer.evaluation.report_curves import Curve, thin
from trainer.evaluation.report_data import ReportData
from trainer.evaluation.report_tables import metric_name

PARTS = {"pointwise": "pointwise", "pairwise": "pairwise", "list_mle": "ListMLE", "softmax": "softmax"}
"""What each part of a task's loss is called, by the end of its key."""


def learning_curves(data: ReportData) -> list[Picture]:
    """Losses, rates and validation metrics by step, one small picture each."""
    best, stop_on = data.finished.get("best") or {}, data.experiment.train.stop_on
    keys = list(dict.fromkeys(key for point in data.training for key in point if key != "step"))
    parts = sorted(key for key in keys if key.endswith(tuple(f"_{part}" for part in PARTS)))
    order = ["loss", *parts, "learning_rate", "gradient_norm", "examples_per_second", "seconds_per_step"]
    pictures = [
        _learning(data.training, key) for key in sorted(keys, key=lambda k: order.index(k) if k in order else -1)
    ]
    measured = list(dict.fromkeys(key for point in data.validation for key in point if key != "step"))
    measured.sort(key=lambda key: key != stop_on)
    return pictures + [_learning(data.validation, key, best.get("step")) for key in measured]


def _learning(points: list[dict[str, float]], key: str, best: int | None = None) -> Picture:
    chosen = [point for point in points if key in point and np.isfinite(point[key])]
    title = _title(key)
    if not chosen:
        return absent(title, "no finite value in the history")
    step, value = (np.array([point[name] for point in chosen], np.float64) for name in ("step", key))
    validation = key.startswith("valid.")
    alt = f"{title} by step: {value[0]:.4g} at step {step[0]:g}, {value[-1]:.4g} at step {step[-1]:g}."
    with canvas("learning-" + slug(key), alt, (2.7, 1.75)) as chart:
        axes = chart.axes
        colour = colour_of(1) if validation else colour_of(0)
        if validation or key == "learning_rate" or len(step) < 8:
            axes.plot(step, value, color=colour, lw=1.8, marker="o" if len(step) < 40 else "", ms=3.5)
        else:
            smooth = pd.Series(value).rolling(max(len(value) // 15, 1), min_periods=1, center=True).mean().to_numpy()
            raw, line = thin(Curve(step, value), 400), thin(Curve(step, smooth), 400)
            axes.plot(*raw, color=colour, lw=0.8, alpha=0.3)
            axes.plot(*line, color=colour, lw=1.8)
        if validation and best is not None and best in step:
            at = value[step == best][0]
            axes.scatter([best], [at], s=60, facecolor="none", edgecolor=INK, linewidth=1.2, zorder=4)
            alt += f" Best step: {best}."
        axes.locator_params(nbins=4)
        axes.set_xlim(min(0, step.min()), step.max() * 1.04 + 1e-9)
    return Picture(title, chart.svg, f"{value[0]:.4g} → {value[-1]:.4g}")


def _title(key: str) -> str:
    if key.startswith("valid."):
        return f"Validation: {metric_name(key, 'valid')[0]}"
    for part, name in PARTS.items():
        if key.endswith(f"_{part}"):
            task = key.removesuffix(f"_{part}")
            return f"{task.upper() if task in ('ctr', 'cvr', 'ctcvr') else task.replace('_', ' ')}, {name} loss"
    return key.replace("_", " ").capitalize()
