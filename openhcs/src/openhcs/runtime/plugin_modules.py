"""What the registries hold in this process, and which plugin modules it has imported so far."""

from __future__ import annotations

import sys
from functools import cache

from openhcs.errors import MessageError
from openhcs.runtime.references import named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The secondary registry first: it must be right whichever is asked first.
REGISTRIES = {
    "metadata handler": "openhcs.microscopes:METADATA_HANDLERS",
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
PRIMARY = tuple(name for name in REGISTRIES if name != "metadata handler")


def registry(name: str) -> Any:
    """Return the registry called *name*, a key of ``REGISTRIES``; no plugin is imported."""
    return named(REGISTRIES[name])


def registry_keys(name: str | None = None) -> dict[str, list[str]]:
    """Return the keys of each registry, or of the one called *name*; no plugin is imported.

    Raises:
        MessageError: when there is no registry of that name.
    """
    if name is not None and name not in REGISTRIES:
        known = ", ".join(REGISTRIES)
        raise MessageError(f"there is no registry {name[:100]!r}", fix=f"known: {known}")
    return {one: list(registry(one)) for one in ([name] if name else REGISTRIES)}


def imported_plugin_modules() -> set[str]:
    """Return the names of the modules that define plugins and have been imported."""
    return {module for module in _plugin_modules() if module in sys.modules}


@cache
def _plugin_modules() -> frozenset[str]:
    """Return the names of all modules that define plugins, from the registries' listings."""
    registries = [registry(name) for name in PRIMARY]
    references = [known.info(key).reference for known in registries for key in known]
    return frozenset(reference.partition(":")[0] for reference in references)
