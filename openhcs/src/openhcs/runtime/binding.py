"""Take a server's addresses, or say who has them; leftovers of a killed server are cleared."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat

from openhcs.errors import ServerError
from openhcs.runtime.transport import make_private, socket_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import zmq

    from openhcs.runtime.transport import Address

PROBE_SECONDS = 1.0


def taken(address: Address) -> ServerError:
    """Return the error that says that another server is at *address*."""
    return ServerError(
        f"another server, or another program, is at {address.data} or {address.control}",
        fix="choose another --port, or end that server with force_shutdown",
    )


def hold(address: Address) -> int | None:
    """Claim the socket files of *address* for as long as the returned descriptor is open.

    The system lets go of the lock however its holder ends, so that it tells a living server from
    a killed one's leftovers; two servers that start at once can't both get it.

    Returns:
        The lock's descriptor, None for TCP, where the system itself guards a port.

    Raises:
        ServerError: when a living server holds the address.
    """
    if address.mode != "ipc":
        return None
    make_private(address.folder)
    lock = _locked(_lock_file(address), address)
    try:
        for port in (address.port, address.control_port):
            _clear(socket_file(address.folder, port), address)
    except BaseException:
        _let_go(lock, address)
        raise
    return lock


def _lock_file(address: Address) -> str:
    return f"{socket_file(address.folder, address.port)}.lock"


def _locked(path: str, address: Address) -> int:
    import fcntl  # not on Windows, where there is no ipc transport

    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise taken(address) from error
        if _is_at(lock, path):
            return lock
        os.close(lock)


def _is_at(lock: int, path: str) -> bool:
    """Say whether *lock* is the file at *path*: who held it before may just have removed that."""
    try:
        return os.path.samestat(os.fstat(lock), os.lstat(path))
    except FileNotFoundError:
        return False


def _let_go(lock: int, address: Address) -> None:
    """Remove the file of *lock* while it is held, for then nobody else's is there; close it."""
    path = _lock_file(address)
    with contextlib.suppress(OSError):
        if _is_at(lock, path):  # else the folder was cleared meanwhile
            os.unlink(path)
    os.close(lock)


def _clear(path: str, address: Address) -> None:
    """Remove the socket that a killed server left; refuse one that answers."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise ServerError("a file that is no socket is in the way", file=path, fix="move it away")
    if _answers(path):
        raise taken(address)
    os.unlink(path)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except TimeoutError:  # somebody listens, and is busy
            return True
    return True


def release(address: Address, lock: int | None) -> None:
    """Remove the socket files of *address* and the *lock* that ``hold`` returned."""
    if lock is None:
        return
    for port in (address.port, address.control_port):
        with contextlib.suppress(OSError):  # the folder may have been cleared meanwhile
            os.unlink(socket_file(address.folder, port))
    _let_go(lock, address)


def bind(context: zmq.Context[Any], kind: int, url: str, address: Address) -> zmq.Socket[Any]:
    """Return a new socket of *kind* that is bound to *url*.

    Raises:
        ServerError: when the address is taken or isn't one of this machine.
    """
    import zmq

    found: zmq.Socket[Any] = context.socket(kind)
    found.linger = 0
    try:
        found.bind(url)
    except zmq.ZMQError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise taken(address) from error
        raise ServerError(
            f"a server can't listen at {url}: {error.strerror}",
            fix="name an interface of this machine as --host, such as 127.0.0.1",
        ) from error
    return found
