"""A sender's connection to the data channel of a viewer."""

from __future__ import annotations

import time

from openhcs.errors import ServerError, ServerTimeoutError
from openhcs.runtime.messages import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import zmq

    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address

LOOK_MS = 500


class ViewerLink:
    """Sends messages to a viewer, one at a time, and waits for the answer to each.

    Args:
        server_type: the type that the server must be of.
        address: where it listens.
        connect_timeout: the seconds it may take to answer a first time.

    Raises:
        ServerError: when there is no viewer, or another kind of server.
    """

    def __init__(self, server_type: str, address: Address, connect_timeout: float) -> None:
        import zmq

        self.server_type = server_type
        self.address = address
        self._check_viewer(connect_timeout)
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.linger = 0
        # The system closes a killed viewer's sockets at once; that is how its end is noticed.
        self._lost = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._socket.connect(address.data)

    def _check_viewer(self, seconds: float) -> None:
        from openhcs.runtime.client import ServerClient

        with ServerClient(self.server_type, self.address) as client:
            client.wait_ready(seconds)

    @property
    def lost(self) -> bool:
        """Whether the viewer has ended since this link was made."""
        return bool(self._lost.poll(0))

    def exchange(self, message: Message, timeout: float) -> Message:
        """Send *message* and return the answer; a link that raised must be closed.

        Raises:
            ServerTimeoutError: when no answer comes within *timeout* seconds.
            ServerError: when the viewer ends before it answers, or refuses the message.
        """
        self._socket.send(encode(message))
        self._await(time.monotonic() + timeout, timeout)
        answer = decode(self._socket.recv())
        if answer["type"] == "error":
            raise ServerError(f"the {self._who} refuses: {answer.get('message')}")
        return answer

    def _await(self, deadline: float, timeout: float) -> None:
        while not self._socket.poll(LOOK_MS):
            if self.lost and not self._socket.poll(0):
                raise ServerError(f"the {self._who} ended before it answered", fix=self._remedy)
            if time.monotonic() > deadline:
                raise ServerTimeoutError(
                    f"the {self._who} didn't answer within {timeout:g} s", fix=self._remedy
                )

    @property
    def _who(self) -> str:
        return f"{self.server_type} viewer at {self.address.data}"

    @property
    def _remedy(self) -> str:
        start = f"python -m openhcs.runtime.serve {self.server_type} --port {self.address.port}"
        return f"start it with {start}, and send again what wasn't acknowledged"

    def close(self) -> None:
        """Release the sockets."""
        self._socket.disable_monitor()
        self._context.destroy(linger=0)
