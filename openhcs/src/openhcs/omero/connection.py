"""Keep a connection to where the plates are: made on first use, and anew in each process."""

from __future__ import annotations

import os
import time
from pathlib import Path

from openhcs.errors import MetadataNotFoundError, StorageError
from openhcs.omero.server import connect_server, is_server
from openhcs.omero.settings import STORE
from openhcs.omero.source import SourcePlate
from openhcs.omero.store import StoreGateway

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.omero.gateway import Gateway

# Seconds without a call after which a server is asked whether it still knows us.
QUIET = 60.0


def connect(store: str) -> Gateway:
    """Return a gateway to *store*, a folder of plates or the address of a server.

    Raises:
        StorageError: when the folder is missing, or the server can't be reached.
    """
    return connect_server(store) if is_server(store) else StoreGateway(Path(store))


class Connection:
    """A gateway, and the plates that were seen through it."""

    def __init__(self, store: str) -> None:
        self.gateway = connect(store)
        self.plates: dict[int, SourcePlate] = {}
        self._process = os.getpid()
        self._last_call = time.monotonic()

    def is_alive(self) -> bool:
        """Say whether this process may go on using the connection."""
        if not self.is_own():
            return False
        quiet, self._last_call = time.monotonic() - self._last_call, time.monotonic()
        return quiet < QUIET or self.gateway.keepAlive()

    def is_own(self) -> bool:
        """Say whether this process made the connection; after a fork, two would break it."""
        return self._process == os.getpid()

    def place(self) -> str:
        """Return where the plates are, and for whom, in words."""
        user = self.gateway.getUser().getName()
        return self.gateway.host + (f" for {user}" if user else "")


class PlateStore:
    """The plates in *store*, seen through one connection at a time.

    Args:
        store: a folder of plates or the address of a server; None where none is configured.
    """

    def __init__(self, store: str | None) -> None:
        self._store = store
        self._connection: Connection | None = None

    def names(self) -> list[str]:
        """Return the names of the plates' folders."""
        plates = self._connected().gateway.getObjects("Plate")
        return [f"plate_{number}" for number in sorted(plate.getId() for plate in plates)]

    def plate(self, number: int) -> SourcePlate:
        """Return the plate *number*.

        Raises:
            MetadataNotFoundError: when there is none; the text lists those that there are.
            StorageError: when no store is configured, or it can't be reached.
        """
        connection = self._connected()
        if number not in connection.plates:
            found = connection.gateway.getObject("Plate", number)
            if found is None:
                raise self._missing(connection, number)
            # Another thread may have been here meanwhile; both saw the same.
            connection.plates.setdefault(number, SourcePlate(found))
        return connection.plates[number]

    def _missing(self, connection: Connection, number: int) -> MetadataNotFoundError:
        there = ", ".join(self.names()) or "no plate"
        return MetadataNotFoundError(
            f"there is no plate_{number} in the OMERO store {connection.place()}; it has {there}",
            fix=f"name one that is there, or put plate_{number}.zarr into a folder of plates",
        )

    def _connected(self) -> Connection:
        if self._store is None:
            raise StorageError(
                "no OMERO store is configured",
                fix=f"set {STORE} to a folder of plates or to omero://host",
            )
        # Two threads may both connect here; the last connection stays, and either is right.
        found = self._connection
        if found is None or not found.is_alive():
            found = self._connection = Connection(self._store)
        return found

    def close(self) -> None:
        """Close the connection, if it is this process's; the next use makes another."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.is_own():
            connection.gateway.close()
