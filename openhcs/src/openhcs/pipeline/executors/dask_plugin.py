"""What each dask worker does before its first task; only who has dask imports this module."""

from __future__ import annotations

import secrets

from distributed import WorkerPlugin

from openhcs.core.registries import adopt_indexes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from distributed import Worker


class Indexes(WorkerPlugin):  # type: ignore[misc]  # distributed is not typed here
    """Let a worker adopt the registries' indexes.

    Args:
        indexes: what ``export_indexes`` returned.
    """

    def __init__(self, indexes: dict[str, str]) -> None:
        self.name = f"openhcs-indexes-{secrets.token_hex(8)}"  # each client has its own
        self.indexes = indexes

    def setup(self, worker: Worker) -> None:
        """Take what holds on this worker's machine; the rest it makes itself."""
        adopt_indexes(self.indexes)
