"""Lengths that lists are filled up to before they are sent, as the frontends of a server that batches do it."""

from dataclasses import dataclass

from trainer.errors import InputError


@dataclass(frozen=True)
class Lengths:
    """Settings of the client; None sends lists as they are.

    Attributes:
        list_sizes: of candidates, growing.
        history_length: of the history, and of other sequences.
    """

    list_sizes: tuple[int, ...] | None = None
    history_length: int | None = None

    @classmethod
    def of(cls, list_sizes: str | None, history_length: int | None) -> "Lengths":
        """The lengths of a command line.

        Args:
            list_sizes: ``24,48,100``
            history_length: above 0.

        Raises:
            InputError: if one is no such text or number.
        """
        if history_length is not None and history_length < 1:
            raise InputError(f"--history-length {history_length}: expected a whole number above 0")
        return cls(None if list_sizes is None else _sizes(list_sizes), history_length)


AS_THEY_ARE = Lengths()
"""Lists as long as the pages have them."""


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = [int(size) for size in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or sizes[0] < 1 or sizes != sorted(set(sizes)):
        raise InputError(f"--list-sizes {text}: expected whole numbers above 0 that grow, for instance 24,48,100")
    return tuple(sizes)
