"""What is known of a library's functions, kept in a file for the version of the library."""

from __future__ import annotations

from openhcs.core.registry_cache import (
    CacheConfig,
    RegistryCacheManager,
    get_package_file_mtimes,
)
from openhcs.processing.contracts import Classification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase

MAX_AGE_DAYS = 7
# The form of the items; a file of another form is made anew.
FORM = "1.0"
# Why a function is rejected that is not kept: another time the machine may be less busy.
TOO_SLOW = "it took too long"
# The item that says that no function is missing; without it only some have been tried.
_COMPLETE = Classification("", "", "")


def metadata_cache(registry: LibraryRegistryBase) -> RegistryCacheManager[Classification]:
    """Return the cache of *registry*'s functions, ``<library>_function_metadata.json``.

    It is stale when the library's version changed, or a file of ours that decides what its
    functions are taken for.
    """
    return RegistryCacheManager(
        f"{registry.key}_function_metadata",
        registry.version,
        Classification.to_json,
        Classification.from_json,
        CacheConfig(max_age_days=MAX_AGE_DAYS, cache_version=FORM),
        lambda: _deciding_files(registry),
        application="openhcs",
    )


def _deciding_files(registry: LibraryRegistryBase) -> dict[str, float]:
    packages = dict.fromkeys((*registry.decided_by, type(registry).__module__))
    found: dict[str, float] = {}
    for package in packages:
        if package != "__main__":  # a script: no package has it, and no other run knows its class
            found |= get_package_file_mtimes(package)
    return found


def all_known_or_tried(
    registry: LibraryRegistryBase, try_all: Callable[[], Iterable[Classification]]
) -> list[Classification]:
    """Return what is known if no function is missing, else what *try_all* finds, and keep it.

    Nothing found is no knowledge to keep for others.
    """
    known = metadata_cache(registry).load_cache() or {}
    if known.pop(_COMPLETE.name, None) is not None:
        return list(known.values())
    files = _deciding_files(registry)
    found = list(try_all())
    if any(one.contract for one in found):
        kept = (one for one in (*found, _COMPLETE) if one.reason != TOO_SLOW)
        items: dict[Hashable, Classification] = {one.name: one for one in kept}
        metadata_cache(registry).save_cache(items, files)
    return found


def known_or_tried(
    registry: LibraryRegistryBase, name: str, try_one: Callable[[], Classification]
) -> Classification:
    """Return what is known of one function, else what *try_one* finds, and keep it.

    So the workers of a job know what its planning has tried.
    """
    cache = metadata_cache(registry)
    known = (cache.load_cache() or {}).get(name)
    if known is not None:
        return known
    files = _deciding_files(registry)
    found = try_one()
    others = cache.load_cache() or {}  # again: it may be complete by now
    if _COMPLETE.name not in others:
        cache.save_cache({**others, name: found}, files)
    return found
