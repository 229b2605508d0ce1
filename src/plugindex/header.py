"""The sections with which every cache file begins, and when a file that has them counts."""

from __future__ import annotations

import time

from plugindex import store
from plugindex.errors import Miss
from plugindex.paths import cache_file
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DAY_S = 24 * 3600


class CacheConfig(Record):
    """When a cache counts.

    Args:
        max_age_days: the age from which it doesn't; None for no limit.
        check_mtimes: whether the files that it was made from must be unchanged.
        cache_version: the form of the items; another one is stale.
    """

    max_age_days: float | None = 7
    check_mtimes: bool = True
    cache_version: str = "1.0"


def header(config: CacheConfig, version: str, environment: str) -> dict[str, Any]:
    """Return the sections with which every cache file begins."""
    return {
        "cache_version": config.cache_version,
        "version": version,
        "timestamp": time.time(),
        "environment": environment,
    }


def locate(
    folder: str, name: str, environment: str
) -> tuple[str, store.Document, store.Document | None]:
    """Return where this environment's file lies, what lies there, and what another one has.

    The flat path belongs to the environment that its file names; others have folders beside.

    Returns:
        the path, "" without a folder, the document there, and the one at the flat path if that is
        another environment's.
    """
    flat = cache_file(folder, name, environment, None)
    if not flat:
        return "", store.Document(store.ABSENT, "this user has no folder for it"), None
    document = store.read(flat)
    owner = document.head("environment")
    path = cache_file(folder, name, environment, owner if isinstance(owner, str) else None)
    return (path, document, None) if path == flat else (path, store.read(path), document)


def check_header(
    document: store.Document, config: CacheConfig, version: str, environment: str
) -> None:
    """Check the sections with which *document* begins.

    Raises:
        Miss: it is absent, refused, corrupt or stale.
    """
    if document.verdict != store.OK:
        raise Miss(document.verdict, document.why)
    expected = header(config, version, environment)
    written = document.head("timestamp")
    for name in ("cache_version", "version", "environment"):
        if document.head(name) != expected[name]:
            raise Miss("stale", f"its {name.replace('_', ' ')} is another")
    if type(written) not in (int, float) or not 0 <= written <= expected["timestamp"]:
        raise Miss("stale", "it was not written in the past")
    limit = config.max_age_days
    if limit is not None and expected["timestamp"] - written > limit * _DAY_S:
        raise Miss("stale", f"it is older than {limit} days")
