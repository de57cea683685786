"""The bodies of responses, piece by piece: no piece grows beyond a bound, however it was packed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

import httpx

from flows.collecting.problems import Unavailable

_PIECE: Final = 1 << 20
_PLAIN: Final = ("", "identity")
_GZIP: Final = b"\x1f\x8b"
_PACKED: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Encodings of a body that are read -> zlib's window bits. Asked for is none."""


async def pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give the pieces of a body, unpacked, of one megabyte at most each.

    Servers are asked for bodies as they are; some pack them all the same. A body that is packed twice, or in a way that
    was not asked for, is refused: it could grow without bound before it is seen.

    Raises:
        Unavailable: refused: it is packed in a way that is not read; cut: what came cannot be unpacked.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in _PLAIN:
        async for piece in response.aiter_raw():
            yield piece
        return
    if encoding not in _PACKED:
        raise Unavailable("refused", f"the body is packed in a way that was not asked for ({encoding[:40]!r})")
    unpacker = zlib.decompressobj(_PACKED[encoding])
    is_first = True
    async for packed in response.aiter_raw():
        while packed:
            try:
                piece = unpacker.decompress(packed, _PIECE)
            except zlib.error as error:
                if not (is_first and encoding == "deflate"):
                    raise Unavailable("cut", f"the body cannot be unpacked ({error})", may_heal=True) from None
                unpacker = zlib.decompressobj(-15)  # some servers send deflate without the head that belongs to it
                is_first = False
                continue
            is_first = False
            packed = unpacker.unconsumed_tail
            if piece:
                yield piece
            if unpacker.eof and (rest := unpacker.unused_data):
                # gzip may be packed in several members, one after the other; what else follows is not of the body
                packed = rest if "gzip" in encoding and _GZIP.startswith(rest[:2]) else b""
                unpacker = zlib.decompressobj(_PACKED[encoding]) if packed else unpacker
    if not unpacker.eof:
        raise Unavailable("cut", "the body ends before what was packed into it", may_heal=True)


async def body(response: httpx.Response, most: int, *, cut: bool = False) -> bytes:
    """Read a body into memory.

    Args:
        response: The response.
        most: So many bytes at most.
        cut: Leave off what is beyond that; else it is an error.

    Raises:
        Unavailable: too_large, and what `pieces` raises.
    """
    content = bytearray()
    async for piece in pieces(response):
        content += piece
        if len(content) > most:
            if cut:
                return bytes(content[:most])
            raise Unavailable("too_large", f"the page is larger than {most // 1_000_000} MB")
    return bytes(content)
