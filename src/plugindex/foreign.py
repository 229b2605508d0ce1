"""Registries over class hierarchies that know nothing of us."""

from __future__ import annotations

from plugindex.config import KeyRule, RegistryConfig, Scope
from plugindex.errors import DiscoveryError, message
from plugindex.family import Family, registry_name
from plugindex.keys import reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def foreign_family(
    base: type | str, package: str, key: str | None, recursive: bool, name: str | None, cache: bool
) -> Family:
    """Return the family of the subclasses of *base* in *package*; see ``for_subclasses``.

    Raises:
        DiscoveryError: *base* is a text, but no object reference.
    """
    named = base if isinstance(base, str) else reference(base)
    module, colon, qualname = named.partition(":")
    if not (module and colon and qualname):
        fix = "write module:QualName, as in 'logging:Handler'"
        raise DiscoveryError(message(f"{named!r} names no class", [("fix", fix)]))
    called = name or registry_name(qualname.rpartition(".")[2])
    scope = Scope(
        named,
        package,
        KeyRule(key, own=True),
        recursive,
        foreign=True,
        name=called,
        application=package.partition(".")[0],
    )
    config = RegistryConfig({}, key or "", None, True, None, False, called, package, recursive)
    again = (named, package, key, recursive, name, cache)
    return Family(base if isinstance(base, type) else None, scope, config, (foreign_again, again))


def foreign_again(
    base: str, package: str, key: str | None, recursive: bool, name: str | None, cache: bool
) -> Any:
    """Return the registry that was pickled in another process."""
    from plugindex.registry import LazyDiscoveryDict

    options: dict[str, Any] = {"package": package, "key": key, "recursive": recursive}
    return LazyDiscoveryDict.for_subclasses(base, **options, name=name, enable_cache=cache)
