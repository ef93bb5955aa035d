"""What a load must hold."""

from tools.loadtest.figures import RateFigures


def missed(rates: list[RateFigures], p99: float | None, errors: float | None) -> list[str]:
    """What a load did not hold.

    Args:
        rates: of the load.
        p99: the most that the 99th percentile of any rate may be, in milliseconds.
        errors: the largest share of requests of any rate that the server may leave without an answer.

    Returns:
        A line each, empty where everything held.
    """
    found = []
    for rate in rates:
        latency = rate.all.answered_ms and rate.all.latency_ms
        if p99 is not None and latency is None:
            found.append(
                f"{rate.rate:g} requests/s: none was answered, so that there is no p99 to be at most {p99:g} ms"
            )
        elif p99 is not None and latency is not None and latency["p99"] > p99:
            found.append(
                f"{rate.rate:g} requests/s: p99 is {latency['p99']:.1f} ms, --fail-above-p99 allows {p99:g} ms"
            )
        if errors is not None and rate.all.errors > errors:
            found.append(
                f"{rate.rate:g} requests/s: {rate.all.errors:.2%} were not answered, --fail-errors allows {errors:.2%}"
            )
    return found
