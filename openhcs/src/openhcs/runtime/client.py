"""Talk to a server: one that is there, or one that is started for it."""

from __future__ import annotations

import contextlib
import time

from openhcs.errors import ServerError, ServerLostError, ServerTimeoutError
from openhcs.runtime.binding import taken
from openhcs.runtime.lookup import server_class
from openhcs.runtime.messages import decode, encode
from openhcs.runtime.requester import LOOK_SECONDS, Requester
from openhcs.runtime.server_process import ServerProcess
from openhcs.runtime.transport import LOOPBACK, server_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

    import zmq

    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address

REQUEST_SECONDS = 10.0
START_SECONDS = 60.0  # a cold start on a busy machine reads all plugins' code first


class ServerClient:
    """Ask a server on its control channel, within deadlines.

    Args:
        server_type: the type that the server must be of.
        address: where it listens.
        process: the server's process, if this client has started it; ``close`` ends that one,
            and never another.
        timeout: the seconds that a request may take, unless it says otherwise.
    """

    def __init__(
        self,
        server_type: str,
        address: Address,
        process: ServerProcess | None = None,
        timeout: float = REQUEST_SECONDS,
    ) -> None:
        import zmq

        self.server_type = server_type
        self.address = address
        self.process = process
        self.timeout = timeout
        self._context: zmq.Context[Any] = zmq.Context()
        self._control = Requester(address.control, self._context)

    @classmethod
    def connect(
        cls,
        server_type: str,
        *,
        port: int | None = None,
        host: str = LOOPBACK,
        transport_mode: str | None = None,
        timeout: float = REQUEST_SECONDS,
    ) -> Self:
        """Return a client of the server that is at *port*, its type's own port by default.

        Raises:
            ServerError: when there is none, or another kind of server is there.
        """
        client = cls(server_type, _address(server_type, port, host, transport_mode), None, timeout)
        return client._once_ready(timeout)

    @classmethod
    def spawn(
        cls,
        server_type: str,
        *,
        port: int | None = None,
        host: str = LOOPBACK,
        transport_mode: str | None = None,
        persistent: bool = False,
        log_file_path: str = "",
        options: Sequence[str] = (),
        timeout: float = REQUEST_SECONDS,
        start_timeout: float = START_SECONDS,
    ) -> Self:
        """Start a server in a process of its own, and return a client of it once it is ready.

        Args:
            server_type: a key of ``ZMQ_SERVERS``.
            port: the data port; the control port is 1000 above; the type's own by default.
            host: the interface to listen on.
            transport_mode: "ipc" or "tcp".
            persistent: let the server live on when the client closes or its process ends.
            log_file_path: where the server's output goes.
            options: further options of its command line.
            timeout: the seconds that a request may take.
            start_timeout: the seconds that the server may take to get ready.

        Raises:
            ServerError: when the server ends or isn't ready in time; its last output is shown.
        """
        address = _address(server_type, port, host, transport_mode)
        process = ServerProcess(
            server_type,
            address,
            persistent=persistent,
            log_file_path=log_file_path,
            options=options,
        )
        return cls(server_type, address, process, timeout)._once_ready(start_timeout)

    def _once_ready(self, seconds: float) -> Self:
        try:
            self.wait_ready(seconds)
        except BaseException:
            if self.process is not None:
                self.process.end()
            self.process = None
            self.close()
            raise
        return self

    def wait_ready(self, seconds: float) -> Message:
        """Return the server's pong once it is ready.

        Raises:
            ServerError: when it has ended, isn't ready after *seconds*, or is of another type.
        """
        deadline = time.monotonic() + seconds
        while True:
            pong = self._pong(deadline - time.monotonic())
            if pong.get("ready"):
                return pong
            if time.monotonic() > deadline:
                raise ServerTimeoutError(
                    f"the {self.server_type} server at {self.address.control} wasn't ready "
                    f"within {seconds:g} s",
                    fix="allow it more time",
                )
            time.sleep(LOOK_SECONDS)

    def _pong(self, seconds: float) -> Message:
        try:
            pong = self.request("ping", timeout=max(0.0, seconds))
        except ServerLostError:  # an earlier server at the place is just ending
            return {}
        except ServerTimeoutError as error:
            start = f"python -m openhcs.runtime.serve {self.server_type} --port {self.address.port}"
            raise ServerTimeoutError(
                f"no {self.server_type} server answers at {self.address.control}",
                fix=f"start one: {start}",
            ) from error
        self._check_is_right(pong)
        return pong

    def _check_is_right(self, pong: Message) -> None:
        if pong.get("server") != self.server_type:
            raise ServerError(
                f"{self.address.control} has a server of type {pong.get('server')!r}, "
                f"not {self.server_type!r}",
                fix="choose another port",
            )
        if self.process is not None and pong.get("pid") != self.process.pid:
            # Another server was there first; ours is about to find that out, and to say so.
            self.process.has_ended()
            self.process.check_alive()
            raise taken(self.address)

    def request(self, kind: str, *, timeout: float | None = None, **fields: Any) -> Message:
        """Return the server's answer to a request of type *kind* with *fields*.

        Raises:
            ServerTimeoutError: when it doesn't answer within *timeout* seconds.
            ServerLostError: when it ends before it has answered.
            ServerError: when it answers with an error.
            MessageError: when the request can't be told in JSON.
        """
        seconds = self.timeout if timeout is None else timeout
        data = encode({"type": kind, **fields})
        answer = decode(self._asked(data, seconds))
        if answer["type"] == "error":
            raise ServerError(f"the server at {self.address.control}: {answer['message']}")
        return answer

    def _asked(self, data: bytes, seconds: float) -> bytes:
        try:
            return self._control.ask(data, seconds, self._check_alive)
        except ServerLostError:
            if self.process is not None and self.process.has_ended():
                self.process.check_alive()  # tells more: the exit code and the last output
            raise

    def _check_alive(self) -> None:
        if self.process is not None:
            self.process.check_alive()

    def close(self) -> None:
        """Release the sockets, and end the server if this client started it, unless persistent."""
        ends = self.process is not None and self.process.is_ours and not self.process.persistent
        try:
            if self.process is not None and ends:
                with contextlib.suppress(ServerError):
                    self.request("force_shutdown", timeout=1.0)
                self.process.end()
        finally:
            self._control.close()
            self._context.destroy(linger=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _address(server_type: str, port: int | None, host: str, mode: str | None) -> Address:
    if port is None:
        port = server_class(server_type).default_port
    return server_address(port, mode, host)
