"""The server registry, and what every server does: answer on its control channel, and end."""

from __future__ import annotations

import os
import time

from openhcs.core.auto_register_meta import AutoRegisterMeta, LazyDiscoveryDict
from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from typing import Any, Self

    from openhcs.runtime.channels import Channels
    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address

    # What answers the requests of one type; it may raise, the client is told of it.
    Handler = Callable[[Message], Message]

ZMQ_SERVERS: LazyDiscoveryDict[ZMQServer] = LazyDiscoveryDict(enable_cache=True)
TICK_SECONDS = 0.2


class ZMQServer(metaclass=AutoRegisterMeta):
    """Listens at one address: requests on the control channel, its own traffic on the data one.

    A subclass names its key in ``_server_type`` and adds the requests that it answers to
    ``handlers``. All its methods run in one thread; another one asks by ``call_soon``.

    Args:
        address: where to listen.
        log_file_path: where the server's log is written, "" if nowhere; told to clients.
    """

    __registry_key__ = "_server_type"
    __registry_name__ = "zmq server"
    __registry__ = ZMQ_SERVERS

    _server_type: str | None = None
    default_port = 0
    # "PUB" to publish, "SUB" to listen, "REP" to answer as the control channel does.
    data_socket = "PUB"

    def __init__(self, address: Address, log_file_path: str = "") -> None:
        self.address = address
        self.log_file_path = log_file_path
        self.stopping = False
        self.ready = False
        self._started = time.monotonic()
        self._channels: Channels | None = None

    @classmethod
    def check_available(cls) -> None:
        """Raise a ``ServerError`` when the server lacks something here; start nothing."""

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        """Add the options that only this kind of server has to the command line."""

    @classmethod
    def from_options(
        cls, address: Address, log_file_path: str, options: argparse.Namespace
    ) -> Self:
        """Return the server that the command line asks for."""
        return cls(address, log_file_path)

    def __enter__(self) -> Self:
        from openhcs.runtime.channels import Channels

        self._channels = Channels(self.address, self.data_socket)
        return self

    def __exit__(self, *_: object) -> None:
        self.ready = False
        try:
            self.stop_work()
        finally:
            self.channels.close()

    @property
    def channels(self) -> Channels:
        """The bound sockets; only a server that was entered has them."""
        if self._channels is None:
            raise RuntimeError("a server listens only within its with statement")
        return self._channels

    def run(self) -> None:
        """Serve until told to end, and leave nothing behind.

        Raises:
            ServerError: when the address can't be taken.
        """
        with self:
            self.prepare()
            self.ready = True
            while not self.stopping:
                self.step(TICK_SECONDS)

    def prepare(self) -> None:
        """Get what the server needs before it is ready; requests wait meanwhile."""

    def tick(self) -> None:
        """Do what is due; called after every request, and several times a second."""

    def stop_work(self) -> None:
        """Stop all work in hand and release its processes; the server stays usable."""

    def stop(self) -> None:
        """End the server after the current step."""
        self.stopping = True

    def call_soon(self, call: Callable[[], object]) -> None:
        """Have *call* made in the server's thread; safe from every thread."""
        self.channels.call_soon(call)

    def step(self, seconds: float = 0.0) -> None:
        """Wait up to *seconds* for requests, answer those that came, and do what is due."""
        for source, parts in self.channels.received(seconds):
            if source is self.channels.control:
                source.send(self._answer(parts, self.handlers()))
            elif self.data_socket == "REP":
                source.send(self._answer(parts, self.data_handlers()))
            else:
                self._answer(parts, self.data_handlers())
        self.tick()

    def handlers(self) -> Mapping[str, Handler]:
        """Return what answers each type of request on the control channel."""
        return {
            "ping": self.ping,
            "plugins": self.plugins,
            "status": self.status,
            "shutdown": self.shutdown,
            "force_shutdown": self.force_shutdown,
        }

    def data_handlers(self) -> Mapping[str, Handler]:
        """Return what takes each type of message on the data channel."""
        return {}

    def _answer(self, parts: list[bytes], handlers: Mapping[str, Handler]) -> bytes:
        """Return the answer to a request, whatever it is: without one both sides would hang."""
        import logging

        from openhcs.runtime.answering import reply
        from openhcs.runtime.messages import encode, error_reply

        log = logging.getLogger("openhcs.runtime")
        try:
            return encode(reply(parts, handlers))
        except OpenHCSError as error:
            log.info("refused a request: %s", error)
            return encode(error_reply(error))
        except Exception as error:  # a handler may be anyone's, and the socket must answer
            log.exception("a request failed")
            return encode(error_reply(error))

    def ping(self, request: Message) -> Message:
        """Tell that the server lives, and how it is."""
        from openhcs.runtime.messages import check_fields
        from openhcs.runtime.plugin_modules import imported_plugin_modules

        check_fields(request)
        # The modules of the server itself are no plugins that its work has needed.
        imported = imported_plugin_modules() - {one.__module__ for one in type(self).__mro__}
        return {
            "type": "pong",
            "server": self._server_type,
            "ready": self.ready,
            "port": self.address.port,
            "control_port": self.address.control_port,
            "pid": os.getpid(),
            "log_file_path": self.log_file_path,
            "uptime": time.monotonic() - self._started,
            "plugin_modules_imported": len(imported),
            **self.activity(),
        }

    def activity(self) -> dict[str, Any]:
        """Return what the server is doing, as its pong tells."""
        return {"active_executions": 0, "running_executions": [], "workers": []}

    def plugins(self, request: Message) -> Message:
        """Tell which keys the registries hold in this process, importing none."""
        from openhcs.runtime.messages import check_fields
        from openhcs.runtime.plugin_modules import registry_keys

        check_fields(request, optional={"registry": str})
        return {"type": "plugins", "registries": registry_keys(request.get("registry"))}

    def status(self, request: Message) -> Message:
        """Tell what the server is doing."""
        from openhcs.runtime.messages import check_fields

        check_fields(request)
        return {"type": "status", "server": self._server_type, **self.activity()}

    def shutdown(self, request: Message) -> Message:
        """Stop all work in hand; the server stays."""
        from openhcs.runtime.messages import check_fields

        check_fields(request)
        self.stop_work()
        return {"type": "shutdown_ack", "server_ends": False}

    def force_shutdown(self, request: Message) -> Message:
        """Stop all work in hand and end the server."""
        acknowledged = self.shutdown(request)
        self.stop()
        return {**acknowledged, "server_ends": True}
