"""A process for the tests of rounds: writes its name at each call, or ends."""

import sys
from pathlib import Path

from tools.benchmarks.rounds import answer_rounds


def main(name: str, log: str, last: str) -> None:
    """Answer rounds.

    Args:
        name: what is written, with the number of the call.
        log: the file.
        last: the call at which it ends.
    """

    def call(number: int) -> None:
        if number == int(last):
            sys.exit(f"{name} ends at {number}")
        print("this must not come between the answers")
        with Path(log).open("a") as file:
            file.write(f"{name}{number}\n")

    answer_rounds(call)


if __name__ == "__main__":
    main(*sys.argv[1:])
