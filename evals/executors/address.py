"""Where a cluster is, and what is said if it cannot be used."""

from __future__ import annotations

import socket

from evals.store_errors import StoreError

ANSWER_S = 5.0


class ClusterError(StoreError):
    """The cluster cannot be used as it is; the message says what to do. Nothing is lost."""


def require_answer(address: str) -> None:
    """Ray itself waits much longer before it says so."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in address:
        raise ClusterError(f"--address is {address!r}; give HOST:PORT of the head node, such as 10.0.0.5:6379, or auto")
    try:
        socket.create_connection((host, int(port)), ANSWER_S).close()
    except (OSError, OverflowError) as error:
        said = f"no Ray cluster answers at {address} ({error}); start one there: ray start --head"
        raise ClusterError(said) from error
