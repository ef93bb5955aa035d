"""Reading of a request's body: by its length or in chunks, and unpacked where it is gzipped."""

import zlib
from email.message import Message
from io import BufferedIOBase

_LARGEST_BODY = 2**31 - 1
# TF Serving unpacks no more.
_LARGEST_UNPACKED = 100 * 2**20
_PIECE = 2**20
_LONGEST_LINE = 2**13
_GZIP = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """A body that cannot be read; the connection is of no use after it.

    Args:
        http_status: what the client gets.
        reason: one line.
    """

    def __init__(self, http_status: int, reason: str) -> None:
        super().__init__(reason)
        self.http_status = http_status
        self.reason = reason


def read_body(stream: BufferedIOBase, headers: Message) -> bytes:
    """Read the body of a request.

    Args:
        stream: stands behind the headers.
        headers: the request's.

    Returns:
        The body, unpacked where `Content-Encoding` says gzip; empty where there is none or it does not unpack,
        which TF Serving takes for an empty body too.

    Raises:
        BodyError: 400 where it ends early or its length is none, 413 above 2 GiB, 501 for another transfer encoding.
    """
    encoding = headers.get("Transfer-Encoding", "identity").strip().lower()
    if encoding == "chunked":
        packed = _read_chunks(stream)
    elif encoding == "identity":
        packed = _read(stream, _length(headers.get("Content-Length", "0").strip(), 10))
    else:
        raise BodyError(501, f"Transfer-Encoding {encoding!r} is not done; give chunked or Content-Length")
    return _unpacked(packed) if "gzip" in headers.get("Content-Encoding", "") else packed


def _read(stream: BufferedIOBase, length: int) -> bytes:
    # In pieces: memory is taken for what has come, not for what is announced.
    pieces = []
    while length:
        piece = stream.read(min(length, _PIECE))
        if not piece:
            raise BodyError(400, "the body ends before its length")
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _read_chunks(stream: BufferedIOBase) -> bytes:
    chunks = []
    left = _LARGEST_BODY
    while True:
        size = _length(_line(stream).split(";")[0].strip(), 16)
        if size > left:
            raise BodyError(413, f"the body is larger than {_LARGEST_BODY} bytes")
        if size == 0:
            break
        left -= size
        chunks.append(_read(stream, size))
        if _line(stream):
            raise BodyError(400, "a chunk is longer than its size")
    while _line(stream):  # trailers
        pass
    return b"".join(chunks)


def _line(stream: BufferedIOBase) -> str:
    line = stream.readline(_LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise BodyError(400, "a chunk has no size")
    return line.decode("latin-1").rstrip("\r\n")


def _length(text: str, base: int) -> int:
    digits = "0123456789abcdef"[:base]
    if not text or text.lower().strip(digits):
        raise BodyError(400, f"{text!r} is no length of a body")
    length = int(text, base) if len(text) <= 20 else _LARGEST_BODY + 1
    if length > _LARGEST_BODY:
        raise BodyError(413, f"the body is larger than {_LARGEST_BODY} bytes")
    return length


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(packed, _LARGEST_UNPACKED + 1)
    except zlib.error:
        return b""
    return body if unpacker.eof and len(body) <= _LARGEST_UNPACKED else b""
