"""Where a server listens: two addresses, as sockets in the user's folder or on this machine."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass

from openhcs.errors import ServerError

CONTROL_OFFSET = 1000
LAST_PORT = 65535 - CONTROL_OFFSET
LOOPBACK = "127.0.0.1"
MODES = ("ipc", "tcp")
# sockaddr_un holds 104 bytes on BSD and macOS and 108 on Linux, its final zero included.
LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True, slots=True)
class Address:
    """The place of one server: its data channel, and its control channel 1000 ports above.

    *folder* holds the socket files of mode "ipc"; *host* is the interface of mode "tcp".
    """

    mode: str
    port: int
    host: str = LOOPBACK
    folder: str = ""

    @property
    def control_port(self) -> int:
        """The port of the control channel."""
        return self.port + CONTROL_OFFSET

    @property
    def data(self) -> str:
        """The address of the data channel, as ZeroMQ writes it."""
        return self._url(self.port)

    @property
    def control(self) -> str:
        """The address of the control channel, as ZeroMQ writes it."""
        return self._url(self.control_port)

    def _url(self, port: int) -> str:
        if self.mode == "ipc":
            return f"ipc://{socket_file(self.folder, port)}"
        return f"tcp://{self.host}:{port}"


def server_address(
    port: int,
    mode: str | None = None,
    host: str = LOOPBACK,
    *,
    platform: str = sys.platform,
) -> Address:
    """Return the address of the server at *port*, after checking that there can be one.

    Args:
        port: the data port.
        mode: "ipc" or "tcp"; by default ipc where the system has it, tcp for a host of its own.
        host: the interface to listen on or the machine to reach; loopback by default.
        platform: the system, as ``sys.platform`` names it.

    Raises:
        ServerError: when the port, the mode or their combination can't be.
    """
    if not 1 <= port <= LAST_PORT:
        raise ServerError(f"there is no port {port}", fix=f"choose one from 1 to {LAST_PORT}")
    host = LOOPBACK if host == "localhost" else host
    mode = mode or ("tcp" if platform == "win32" or host != LOOPBACK else "ipc")
    _check_mode(mode, host, platform)
    return Address(mode, port, host, _checked_folder(port) if mode == "ipc" else "")


def _check_mode(mode: str, host: str, platform: str) -> None:
    if mode not in MODES:
        raise ServerError(f"there is no transport mode {mode!r}", fix="choose ipc or tcp")
    if mode == "ipc" and platform == "win32":
        raise ServerError("Windows has no ipc transport", fix="choose the transport mode tcp")
    if mode == "ipc" and host != LOOPBACK:
        raise ServerError(
            f"the ipc transport doesn't reach {host}", fix="choose tcp to leave this machine"
        )


def _checked_folder(port: int) -> str:
    folder = ipc_folder()
    if len(os.fsencode(socket_file(folder, port + CONTROL_OFFSET))) > LONGEST_SOCKET_PATH:
        raise ServerError(
            f"a socket's path may not be longer than {LONGEST_SOCKET_PATH} bytes",
            file=folder,
            fix="set XDG_RUNTIME_DIR to a shorter path, or choose the transport mode tcp",
        )
    return folder


def socket_file(folder: str, port: int) -> str:
    """Return the path of the socket for *port*."""
    return os.path.join(folder, f"openhcs-zmq-{port}.sock")


def ipc_folder() -> str:
    """Return the folder for this user's sockets; asking creates nothing.

    Returns:
        ``$XDG_RUNTIME_DIR/openhcs/ipc`` if that is an absolute path to a folder of this user's,
        as the XDG base directory rules ask, else ``~/.openhcs/ipc``.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and _is_own(runtime):
        return os.path.join(runtime, "openhcs", "ipc")
    return os.path.join(os.path.expanduser("~"), ".openhcs", "ipc")


def _is_own(folder: str) -> bool:
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def make_private(folder: str) -> None:
    """Make *folder*, for its owner only, where it is missing.

    Raises:
        ServerError: when it can't be made, or others may enter it.
    """
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)
    except OSError as error:
        raise ServerError(
            f"the folder for sockets can't be made: {error.strerror}",
            file=folder,
            fix="set XDG_RUNTIME_DIR to a folder of yours, or choose the transport mode tcp",
        ) from error
    private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not private or found.st_uid != os.geteuid():
        # Whoever can enter it can put a server of his own in place of ours.
        raise ServerError(
            "others may enter the folder for sockets", file=folder, fix=f"chmod 700 {folder}"
        )
