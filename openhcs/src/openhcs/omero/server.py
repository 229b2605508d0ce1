"""Connect to a real OMERO server, where its Python library is installed."""

from __future__ import annotations

import os
from importlib import import_module
from urllib.parse import urlsplit

from openhcs.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.omero.gateway import Gateway

SCHEME = "omero://"
# https://omero.readthedocs.io/en/stable/sysadmins/server-security.html: the router's TLS port.
DEFAULT_PORT = 4064
USER, PASSWORD = "OPENHCS_OMERO_USER", "OPENHCS_OMERO_PASSWORD"
FIX = f"check the address, {USER} and {PASSWORD}, and that the server runs"


def is_server(store: str) -> bool:
    """Say whether *store* is the address of a server, and no folder."""
    return store.startswith(SCHEME)


def connect_server(address: str) -> Gateway:
    """Return a connection to the server *address*, such as ``omero://omero.example.org:4064``.

    User and password come from the environment, so that no file or pickle holds them.

    Raises:
        StorageError: when the library is missing, or the server can't be reached or refuses.
    """
    host, port = _place(address)
    library = _library(address)
    user, password = _credentials(address)
    gateway = library.BlitzGateway(user, password, host=host, port=port, secure=True)
    try:
        accepted = gateway.connect()
    # The library raises Ice's exceptions, which have no common name without Ice.
    except Exception as error:
        raise StorageError(
            f"the OMERO server can't be reached: {error}", file=address, fix=FIX
        ) from error
    if not accepted:
        raise StorageError(
            f"the OMERO server refuses: {gateway.getLastError()}", file=address, fix=FIX
        )
    gateway.SERVICE_OPTS.setOmeroGroup("-1")  # plates of all groups of the user
    found: Gateway = gateway
    return found


def _place(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:  # a port that is no number
        host, port = None, 0
    if not host or parts.password or parts.path.strip("/"):
        raise StorageError(
            "this is no address of an OMERO server",
            file=address,
            fix=f"write omero://host or omero://host:port, and the password into {PASSWORD}",
        )
    return host, port


def _library(address: str) -> Any:
    try:
        return import_module("omero.gateway")
    except ImportError as missing:
        raise StorageError(
            f"an OMERO server needs the library omero-py, which can't be imported: {missing}",
            file=address,
            fix="pip install omero-py (with zeroc-ice 3.6), or name a folder of plates instead",
        ) from missing


def _credentials(address: str) -> tuple[str, str]:
    user = os.environ.get(USER) or urlsplit(address).username
    password = os.environ.get(PASSWORD)
    if not user or not password:
        raise StorageError("no user or password is set for this server", file=address, fix=FIX)
    return user, password
