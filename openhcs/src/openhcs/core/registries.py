"""All registries of the host, and their indexes on the way to workers."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from plugindex import LazyDiscoveryDict

REGISTRIES = {
    "microscope handler": "openhcs.microscopes:MICROSCOPE_HANDLERS",
    "storage backend": "openhcs.io.base:STORAGE_BACKENDS",
    "zmq server": "openhcs.runtime.zmq_base:ZMQ_SERVERS",
    "library registry": (
        "openhcs.processing.backends.lib_registry.unified_registry:LIBRARY_REGISTRIES"
    ),
    "microscope format registry": (
        "openhcs.processing.backends.experimental_analysis.format_registry:FORMAT_REGISTRIES"
    ),
}
# Views of other registries, which have no index of their own.
SECONDARY = {"metadata handler": "openhcs.microscopes:METADATA_HANDLERS"}


def registry(name: str) -> Any:
    """Return the registry called *name*, a key of the tables above; no plugin is imported."""
    from openhcs.runtime.references import named

    return named((REGISTRIES | SECONDARY)[name])


def all_registries() -> dict[str, LazyDiscoveryDict[Any]]:
    """Return the five registries by name; none of their plugins is imported."""
    return {name: registry(name) for name in REGISTRIES}


def export_indexes() -> dict[str, str]:
    """Return the registries' indexes by name, as ASCII text, for ``adopt_indexes`` in workers.

    One that can't be made is left out: each worker will say itself why.
    """
    from plugindex import DiscoveryError

    indexes = {}
    for name, one in all_registries().items():
        try:
            indexes[name] = one.export_index().decode("ascii")
        except DiscoveryError:
            continue
    return indexes


def adopt_indexes(indexes: Mapping[str, str], *, keep: bool = True) -> dict[str, bool]:
    """Let the registries of this process take *indexes* as far as they hold here.

    Whatever they are, they decide nothing that the code doesn't; see ``adopt_index``.

    Args:
        indexes: what ``export_indexes`` returned in another process.
        keep: write them to the cache folder, if there is one.

    Returns:
        Whether each was taken.
    """
    return {name: _adopt(name, text, keep) for name, text in indexes.items()}


def _adopt(name: str, text: str, keep: bool) -> bool:
    if name not in REGISTRIES or not isinstance(text, str) or not text.isascii():
        return False
    taken: bool = registry(name).adopt_index(text.encode("ascii"), keep=keep)
    return taken
