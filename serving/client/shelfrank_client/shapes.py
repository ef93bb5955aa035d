"""Lengths of the lists in a request: few different ones, so that a server that batches can join requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shelfrank_client.errors import invalid


@dataclass(frozen=True, slots=True)
class Shapes:
    """What lists are filled up to with ``""``, which a model reads as padding.

    TF Serving joins requests whose lists differ in length only with ``pad_variable_length_inputs``, and pads them with the
    first value of a request's own tensor; lists of equal length it leaves as they are.

    Attributes:
        list_sizes: lengths of candidate lists, growing; a list gets the next one, a list above the last keeps its own.
        history_length: of the history and of every other sequence of item ids; None leaves them as long as they are.

    Raises:
        InvalidRequest: if one of them can't be.
    """

    list_sizes: tuple[int, ...] = ()
    history_length: int | None = None

    def __post_init__(self) -> None:
        sizes = self.list_sizes
        if not all(_whole(size) for size in sizes) or list(sizes) != sorted(set(sizes)):
            raise invalid(f"list_sizes: expected whole numbers from 1 that grow, or None, found {list(sizes)!r}")
        if self.history_length is not None and not _whole(self.history_length):
            raise invalid(f"history_length: expected a whole number from 1, or None, found {self.history_length!r}")

    @classmethod
    def of(cls, list_sizes: Iterable[int] | None, history_length: int | None) -> "Shapes":
        """The shapes of a client's arguments.

        Raises:
            InvalidRequest: if one of them can't be.
        """
        if isinstance(list_sizes, str | bytes) or not isinstance(list_sizes, Iterable | None):
            raise invalid(f"list_sizes: expected whole numbers from 1 that grow, or None, found {list_sizes!r}")
        return cls(() if list_sizes is None else tuple(list_sizes), history_length)

    def list_size(self, longest: int) -> int:
        """What candidate lists are filled up to.

        Args:
            longest: candidates of the longest list of the request.
        """
        return next((size for size in self.list_sizes if size >= longest), longest)

    def recent(self, ids: Sequence[str]) -> Sequence[str]:
        """The items of a sequence that are sent, most recent first: the first ones."""
        return ids[: self.history_length]


SHAPES = Shapes()
"""Lists as long as they are."""


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
