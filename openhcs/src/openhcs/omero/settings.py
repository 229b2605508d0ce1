"""Where the plates are and where results go, as the environment or an argument says."""

from __future__ import annotations

import os

from openhcs.omero.server import is_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.io.base import StoragePath

STORE = "OPENHCS_OMERO_STORE"
RESULTS = "OPENHCS_OMERO_RESULTS"
RESULTS_FOLDER = "results"


def store_address(store: StoragePath | None) -> str | None:
    """Return where the plates are: *store*, else what the environment names, else None."""
    named = os.fspath(store) if store is not None else os.environ.get(STORE)
    if not named:
        return None
    # A folder is the same one also for a process that runs elsewhere.
    return named if is_server(named) else os.path.abspath(named)


def results_folder(results: StoragePath | None, store: str | None) -> str | None:
    """Return where results go: *results*, what the environment names, a folder in the store."""
    named = os.fspath(results) if results is not None else os.environ.get(RESULTS)
    if not named and store and not is_server(store):
        named = os.path.join(store, RESULTS_FOLDER)
    return os.path.abspath(named) if named else None
