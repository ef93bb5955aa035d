"""The section of what each way of training costs, from `python -m tools.benchmarks steps --json FILE`."""

import json
from pathlib import Path
from typing import Any

from tools.benchmarks.machine import in_words
from trainer.errors import InputError

NAME = "costs"


def write_costs(path: Path) -> str:
    """The section in Markdown.

    Args:
        path: what the benchmark wrote.

    Raises:
        InputError: if the file can't be read or holds no such benchmark.
    """
    from tools.benchmarks.steps import MEANINGS, PLAIN

    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        steps, machine = found["benchmarks"]["steps"], found["machine"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"--costs {path}: no figures of training steps ({type(error).__name__}: {error}); "
            f"write them with `python -m tools.benchmarks steps --json {path}`"
        ) from None
    lines = ["| way of training | a step | over a plain step |", "| --- | --- | --- |"]
    for way, meaning in MEANINGS.items():
        if f"{way}.seconds" in steps:
            times = 1.0 if way == PLAIN else steps[f"{way}.times_plain"]
            lines.append(f"| {meaning} | {steps[f'{way}.seconds']:.3g} s | {times:.2f} x |")
    parts = [
        "## What does each cost?",
        f"A training step of each way on the same batches, taken in turns: {steps['title']}. Medians; the multiples are "
        "medians of the ratios to the plain step on the same batch.",
        "\n".join(lines),
        f"Measured on {in_words(machine)}.",
        f"Made by `python -m tools.benchmarks steps --json {path}` and `python -m tools.study --costs {path}`.",
    ]
    return "\n\n".join(parts) + "\n"
