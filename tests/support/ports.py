"""Ports of loopback that nobody else takes between the choice and the use."""

from __future__ import annotations

import random
import socket
from typing import Final

_EVEN: Final = range(20_000, 30_000, 2)
"""Below those that the system gives to whoever asks for any port, or connects somewhere."""
_MARKS: Final[list[socket.socket]] = []


def free_port() -> int:
    """Return a port that is free, and stays so: until this process ends it holds the next one, as a mark for others."""
    for port in random.SystemRandom().sample(_EVEN, len(_EVEN)):
        mark = socket.socket()
        try:
            mark.bind(("127.0.0.1", port + 1))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            continue
        _MARKS.append(mark)
        return port
    raise OSError("no port is free")
