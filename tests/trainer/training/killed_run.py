"""A training that is killed after its first checkpoint: ``python killed_run.py PRESET FOLDER``."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

import small_shop
from trainer.training.fit import train


def kill_after_checkpoint(run: Path) -> None:
    """End this process as the kernel would, at once."""
    while not (run / "checkpoint.npz").exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    preset, folder = map(Path, sys.argv[1:])
    experiment = small_shop.experiment(preset, folder, train={"evaluations": 3, "epochs": 6, "stop_on": None})
    threading.Thread(target=kill_after_checkpoint, args=(experiment.run_folder,), daemon=True).start()
    train(experiment, small_shop.prepared(folder), Console(quiet=True))
