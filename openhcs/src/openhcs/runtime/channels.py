"""The two sockets of a server, and the calls that its other threads ask it to make."""

from __future__ import annotations

import contextlib
import socket
from queue import Empty, SimpleQueue

from openhcs.runtime.binding import bind, hold, release
from openhcs.runtime.messages import LARGEST, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    import zmq

    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address

# A larger message than we take is still received, to be answered; memory needs an end, though:
# above this the system cuts the sender off.
RECEIVED_AT_MOST = 16 * LARGEST
LAST_WORDS_MS = 1000  # how long the last answers may take to reach their readers


class Channels:
    """Bind both channels of *address*; all but ``call_soon`` belongs to one thread.

    Args:
        address: where to listen.
        data_socket: the kind of the data channel: "PUB", "SUB" or "REP".

    Raises:
        ServerError: when the address can't be taken.
    """

    def __init__(self, address: Address, data_socket: str) -> None:
        import zmq

        self._address = address
        self._lock = hold(address)
        self._context = zmq.Context()
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        self._sockets: list[zmq.Socket[Any]] = []
        try:
            self.control = self._bind(zmq.REP, address.control, address)
            self.data = self._bind(getattr(zmq, data_socket), address.data, address)
        except BaseException:
            self.close()
            raise
        self._poller = self._listening(data_socket)

    def _bind(self, kind: int, url: str, address: Address) -> zmq.Socket[Any]:
        bound = bind(self._context, kind, url, address)
        bound.maxmsgsize = RECEIVED_AT_MOST
        self._sockets.append(bound)
        return bound

    def _listening(self, data_socket: str) -> zmq.Poller:
        import zmq

        self._wake.setblocking(False)
        self._woken.setblocking(False)
        poller = zmq.Poller()
        poller.register(self._woken, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        if data_socket == "SUB":
            self.data.subscribe(b"")
        if data_socket != "PUB":
            poller.register(self.data, zmq.POLLIN)
        return poller

    def call_soon(self, call: Callable[[], object]) -> None:
        """Have *call* made by the thread that waits; safe from every thread."""
        self._calls.put(call)
        with contextlib.suppress(OSError):  # full: it will wake anyway; closed: it has ended
            self._wake.send(b"\0")

    def received(self, seconds: float) -> Iterator[tuple[zmq.Socket[Any], list[bytes]]]:
        """Wait up to *seconds*, make the calls asked for, and give what came in, by socket."""
        import zmq

        ready = dict(self._poller.poll(round(seconds * 1000)))
        self._make_calls()
        for source in (self.control, self.data):
            if source in ready:
                with contextlib.suppress(zmq.Again):
                    yield source, source.recv_multipart(zmq.NOBLOCK)

    def _make_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        # Only those already there: one that asks for another must not keep the loop from serving.
        for _ in range(self._calls.qsize()):
            with contextlib.suppress(Empty):
                self._calls.get_nowait()()

    def publish(self, message: Message) -> None:
        """Send *message* to whoever listens to the data channel now."""
        self.data.send(encode(message))

    def close(self) -> None:
        """Release sockets, their files and the lock, after the last answers have left."""
        for one in self._sockets:
            one.close(linger=LAST_WORDS_MS)
        self._context.term()
        self._wake.close()
        self._woken.close()
        release(self._address, self._lock)
        self._lock = None
