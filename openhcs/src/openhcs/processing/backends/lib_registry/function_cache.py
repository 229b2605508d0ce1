"""The cache of what is known of a library's functions, kept for the version of the library."""

from __future__ import annotations

from openhcs.core.registry_cache import (
    CacheConfig,
    RegistryCacheManager,
    get_package_file_mtimes,
)
from openhcs.processing.contracts import Classification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase

MAX_AGE_DAYS = 7
# The form of the items; a file of another form is made anew.
FORM = "1.0"


def metadata_cache(registry: LibraryRegistryBase) -> RegistryCacheManager[Classification]:
    """Return the cache of *registry*'s functions, ``<library>_function_metadata.json``.

    It is stale when the library's version changed, or a file of ours that decides what its
    functions are taken for.
    """

    def files() -> dict[str, float]:
        packages = dict.fromkeys((*registry.decided_by, type(registry).__module__))
        found: dict[str, float] = {}
        for package in packages:
            found |= get_package_file_mtimes(package)
        return found

    return RegistryCacheManager(
        f"{registry.key}_function_metadata",
        registry.version,
        Classification.to_json,
        Classification.from_json,
        CacheConfig(max_age_days=MAX_AGE_DAYS, cache_version=FORM),
        files,
        application="openhcs",
    )
