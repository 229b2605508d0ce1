"""The errors that plugindex raises; each keeps its facts as attributes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def message(summary: str, facts: Iterable[tuple[str, str]] = ()) -> str:
    """Lay out *summary* and its labelled *facts* (label, text) as one multi-line message."""
    lines = [summary]
    lines += [f"  {label + ':':<9}{text}" for label, text in facts if text]
    return "\n".join(lines)


class RegistryError(Exception):
    """Base of every error that plugindex raises on purpose."""


class DiscoveryError(RegistryError):
    """A scope, base class or target can't be listed as asked."""


class CacheError(RegistryError):
    """A cache operation that the user asked for by name can't be done."""


class MissingKeyError(RegistryError):
    """A concrete class has no key and its registry does not allow that."""


class DuplicateKeyError(RegistryError):
    """Two classes claim one key."""


# RegistryError comes first so that ``str(error)`` is the message: KeyError prints its repr.
class UnknownKeyError(RegistryError, KeyError):
    """No plugin has this key."""

    __str__ = Exception.__str__


class UnavailablePluginError(RegistryError, KeyError):
    """A plugin has this key, but what its module needs isn't installed."""

    __str__ = Exception.__str__


class PluginLoadError(RegistryError):
    """A listed plugin failed when its module was imported; the original is ``__cause__``."""
