"""Send a request and await its answer, with a deadline, on a socket that survives both."""

from __future__ import annotations

import time

from openhcs.errors import ServerLostError, ServerTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import zmq

LOOK_SECONDS = 0.1


class Requester:
    """One side of a channel that answers requests.

    A request that isn't answered in time costs the socket, not the client: the next one goes out
    on a new socket, and a late answer to the old one is dropped with it.

    Args:
        address: the channel's address, as ZeroMQ writes it.
        context: where the sockets are made.
    """

    def __init__(self, address: str, context: zmq.Context[Any]) -> None:
        self.address = address
        self._context = context
        self._socket: zmq.Socket[Any] | None = None
        self._lost: zmq.Socket[Any]

    def ask(self, data: bytes, seconds: float, check: Callable[[], object]) -> bytes:
        """Return the answer to *data*.

        Args:
            data: the request.
            seconds: how long the answer may take.
            check: called while it is awaited; raises when there is nothing to await any more.

        Raises:
            ServerTimeoutError: when no answer comes in time.
            ServerLostError: when the server ends before it has answered.
        """
        socket = self._connected()
        try:
            socket.send(data)
            self._await(socket, seconds, check)
            received: bytes = socket.recv()
        except BaseException:
            self.close()  # a socket that waits for an answer takes no other request
            raise
        return received

    def _await(self, socket: zmq.Socket[Any], seconds: float, check: Callable[[], object]) -> None:
        deadline = time.monotonic() + seconds
        while not socket.poll(round(1000 * min(LOOK_SECONDS, max(0.0, seconds)))):
            check()
            # The answer may have come just before the end.
            if self._lost.poll(0) and not socket.poll(0):
                raise ServerLostError(
                    f"the server at {self.address} ended before it had answered",
                    fix="read its log, and start it again",
                )
            if time.monotonic() > deadline:
                raise ServerTimeoutError(
                    f"no answer from {self.address} within {seconds:g} s",
                    fix="see whether a server runs there, or allow it more time",
                )

    def _connected(self) -> zmq.Socket[Any]:
        import zmq

        if self._socket is None:
            self._socket = self._context.socket(zmq.REQ)
            self._socket.linger = 0
            # The system closes the sockets of whoever ends, however that comes about.
            self._lost = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
            self._socket.connect(self.address)
        return self._socket

    def close(self) -> None:
        """Let go of the socket; the next request makes a new one."""
        if self._socket is not None:
            self._socket.disable_monitor()
            self._lost.close()
            self._socket.close()
        self._socket = None
