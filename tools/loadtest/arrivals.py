"""When requests are due, whatever the server does."""

import numpy as np

from trainer.errors import InputError

ARRIVALS = ("poisson", "uniform")


def due_times(rate: float, seconds: float, arrivals: str, seed: int) -> np.ndarray:
    """When each request is due.

    Args:
        rate: requests a second.
        seconds: for how long.
        arrivals: ``poisson``, gaps drawn from an exponential distribution as between shoppers that do not know of each
            other; ``uniform``, equal gaps.
        seed: of the drawing.

    Returns:
        Seconds from the start, float64 [R], ascending, below ``seconds``.

    Raises:
        InputError: if there is no such kind of arrivals, or no request falls into the time.
    """
    if arrivals not in ARRIVALS:
        raise InputError(f"--arrivals {arrivals}: there are {' and '.join(ARRIVALS)}")
    if arrivals == "uniform":
        due = np.arange(int(np.ceil(rate * seconds))) / rate
    else:
        random = np.random.default_rng(seed)
        # Six standard deviations more than are expected, so that the gaps reach the end.
        expected = rate * seconds
        gaps = random.exponential(1 / rate, int(expected + 6 * np.sqrt(expected) + 10))
        due = np.cumsum(gaps)
    due = due[due < seconds]
    if not len(due):
        raise InputError(f"--rate {rate:g}: no request in {seconds:g} s; raise --rate or --duration")
    return due
