"""What the registries hold in this process, and which plugin modules it has imported so far."""

from __future__ import annotations

import sys
from functools import cache

from openhcs.core.registries import REGISTRIES, SECONDARY, all_registries, registry
from openhcs.errors import MessageError

# The secondary registry first: it must be right whichever is asked first.
NAMES = (*SECONDARY, *REGISTRIES)


def registry_keys(name: str | None = None) -> dict[str, list[str]]:
    """Return the keys of each registry, or of the one called *name*; no plugin is imported.

    Raises:
        MessageError: when there is no registry of that name.
    """
    if name is not None and name not in NAMES:
        known = ", ".join(NAMES)
        raise MessageError(f"there is no registry {name[:100]!r}", fix=f"known: {known}")
    return {one: list(registry(one)) for one in ([name] if name else NAMES)}


def imported_plugin_modules() -> set[str]:
    """Return the names of the modules that define plugins and have been imported."""
    return {module for module in _plugin_modules() if module in sys.modules}


@cache
def _plugin_modules() -> frozenset[str]:
    """Return the names of all modules that define plugins, from the registries' listings."""
    registries = all_registries().values()
    references = [known.info(key).reference for known in registries for key in known]
    return frozenset(reference.partition(":")[0] for reference in references)
