"""One run of a study in a process of its own: ``python -m tools.study.one_run CONFIG PARENT``."""

import os
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from tools.benchmarks.machine import describe_machine
from tools.simulate import SimulateConfig, simulate
from tools.study.cost import COST, RunCost, peak_memory_mb
from tools.study.plan import RUN_CONFIG, trains_alike
from tools.study.trained_alike import take_weights
from trainer.config import Experiment, load_experiment, validate_section
from trainer.errors import InputError


def run_once(experiment: Experiment, console: Console) -> Path:
    """Simulate, prepare, train and evaluate; what is done already stays as it is.

    A run that was evaluated with other settings of ``evaluate`` is evaluated again, with the weights that it has. A run that
    would learn what another run of a study has learned takes the weights of that, and counts its training as its own.

    Args:
        experiment: what.
        console: where progress is shown.

    Returns:
        The run folder, with the metrics and what they cost.

    Raises:
        InputError: see `shelfrank simulate`, `train` and `evaluate`.
    """
    from trainer.data.prepared import ensure_prepared
    from trainer.evaluation.run_evaluation import evaluate_run
    from trainer.training.fit import train
    from trainer.training.run import read_run_config, write_config

    if experiment.simulate is not None:
        section = validate_section(SimulateConfig, experiment.simulate, "simulate")
        simulate(section, experiment.data.items.parent, experiment.data_seed, progress=False)
    prepared = ensure_prepared(experiment, console)
    machine = describe_machine()
    folder = experiment.run_folder
    earlier = RunCost.load(folder) if (folder / COST).is_file() else None
    other = take_weights(experiment)
    if other is not None:
        console.print(f"weights of {other}, which learned the same", soft_wrap=True, highlight=False)
        earlier = RunCost.load(other)
    begun_before = (folder / RUN_CONFIG).is_file()
    if begun_before and trains_alike(read_run_config(folder), experiment):
        write_config(folder, experiment)
    began = time.monotonic()
    train(experiment, prepared, console)
    trained = time.monotonic()
    evaluate_run(folder, "test", console)
    RunCost(
        training_seconds=earlier.training_seconds if earlier else None if begun_before else trained - began,
        evaluation_seconds=time.monotonic() - trained,
        peak_memory_mb=max(peak_memory_mb(), earlier.peak_memory_mb if earlier else 0.0),
        gpu_memory_mb=_gpu_memory_mb(),
        machine=earlier.machine if earlier else machine,
    ).save(folder)
    return folder


def _gpu_memory_mb() -> float | None:
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return None
    return round(tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e6, 1)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, however that ended: the study goes on with this run then."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main() -> None:
    """Run; what a user can cause is one line and exit code 2."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
    try:
        run_once(load_experiment(Path(sys.argv[1])), Console(width=120))
    except InputError as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
