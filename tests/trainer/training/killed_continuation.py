"""A continued run that is killed after its first checkpoint: ``python killed_continuation.py RUN NEW_LOG KEY=VALUE...``."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from trainer.data.prepared import ensure_prepared
from trainer.training.continuation import continued_experiment
from trainer.training.fit import train


def kill_after_checkpoint(run: Path) -> None:
    """End this process as the kernel would, at once."""
    while not (run / "checkpoint.npz").exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    base, log = map(Path, sys.argv[1:3])
    experiment = continued_experiment(base, log, overrides=sys.argv[3:])
    prepared = ensure_prepared(experiment, progress=False)
    threading.Thread(target=kill_after_checkpoint, args=(experiment.run_folder,), daemon=True).start()
    train(experiment, prepared, Console(quiet=True))
