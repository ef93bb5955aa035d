"""What a client was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shelfrank_client.errors import invalid


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of a client that its calls need."""

    target: str
    model: str
    deadline: float
    version: int | None
    max_candidates: int

    def __post_init__(self) -> None:
        if not self.model:
            raise invalid("model: expected the model's name, found ''")
        self.limit(self.deadline)

    def limit(self, deadline: float | None) -> float:
        """The seconds of a call.

        Raises:
            InvalidRequest: if they are not above 0.
        """
        seconds = self.deadline if deadline is None else deadline
        if not seconds > 0:
            raise invalid(f"deadline: expected seconds above 0, found {seconds!r}")
        return seconds


def channel_options(options: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The options of the channel: answers of large pages pass gRPC's own limit of 4 MB."""
    return [("grpc.max_receive_message_length", -1), *options]
