"""The libraries that functions come from: which there are, and which can be used here."""

from openhcs.processing.backends.lib_registry.unified_registry import (
    LIBRARY_REGISTRIES,
    LibraryRegistryBase,
)

__all__ = ["LIBRARY_REGISTRIES", "LibraryRegistryBase"]
