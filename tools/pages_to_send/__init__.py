"""Pages that tools send to a server: recorded, of an experiment, or made from a table of items."""

from tools.pages_to_send.lengths import Lengths
from tools.pages_to_send.reading import PagesToSend, Source, read_pages

__all__ = ["Lengths", "PagesToSend", "Source", "read_pages"]
