"""One request of the caller on its way: its name, and the time that is left."""

import re
import time
import uuid
from dataclasses import dataclass

from shelfrank_client.errors import brief, invalid

REQUEST_ID = "x-request-id"
"""The gRPC metadata key of the id."""
_FITS = re.compile(r"[!-~]([ -~]{0,126}[!-~])?")


@dataclass(frozen=True, slots=True)
class Errand:
    """What all calls of one request share.

    Attributes:
        request_id: sent with each call.
        began: on the monotonic clock.
        end: of the deadline, on the same.
    """

    request_id: str
    began: float
    end: float

    @classmethod
    def begin(cls, seconds: float, request_id: str | None) -> "Errand":
        """A request that begins now.

        Args:
            seconds: that it may take.
            request_id: one is drawn where there is none.

        Raises:
            InvalidRequest: if the id can't be sent.
        """
        if request_id is None:
            request_id = uuid.uuid4().hex
        elif not isinstance(request_id, str) or not _FITS.fullmatch(request_id):
            raise invalid(
                f"request_id: expected 1 to 128 printable ASCII characters, no space at the ends, found {brief(request_id)}"
            )
        now = time.monotonic()
        return cls(request_id, now, now + seconds)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What is sent along with each call."""
        return ((REQUEST_ID, self.request_id),)

    def left(self) -> float:
        """Seconds; 0 when the deadline is over."""
        return max(self.end - time.monotonic(), 0.0)

    def took(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.began
