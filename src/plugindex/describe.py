"""What is known of a plugin without importing it."""

from __future__ import annotations

import sys

from plugindex.distributions import distribution_of, normal
from plugindex.names import file_of, module_of
from plugindex.records import Plugin, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from importlib.metadata import Distribution
    from pathlib import Path
    from typing import Any

    from plugindex.config import Scope
    from plugindex.contents import Contents
    from plugindex.leaving import Because

_MISSING: Any = object()
_NAMED = ("Name", "Version")


class PluginInfo(Record):
    """What :meth:`LazyDiscoveryDict.info` tells.

    *status* is "loaded", "available", "unavailable" or "failed"; *reason* says why in the last two
    cases, and *remedy* how to get the plugin.
    """

    key: Hashable
    reference: str
    file: str = ""
    line: int = 0
    status: str = "available"
    reason: str = ""
    remedy: str = ""
    doc: str = ""
    attributes: Mapping[str, Any] = {}
    requires: tuple[str, ...] = ()
    distribution: str = ""
    version: str = ""


class CacheFile(Record):
    """Where the index is kept, in the words of metaclass-registry."""

    path: str

    @property
    def _cache_path(self) -> Path:
        from pathlib import Path

        return Path(self.path)


def info(key: Hashable, contents: Contents, scope: Scope, held: Any) -> PluginInfo:
    """Return what is known of *key*; *held* is its class if that is loaded.

    Raises:
        UnknownKeyError: nothing is known of it.
    """
    plugin, status, reason = _found(key, contents, held)
    if plugin is None:
        from plugindex.reports import absent

        raise absent(key, contents, scope)
    missing = missing_modules(plugin) if status == "unavailable" else ()
    return PluginInfo(
        key,
        plugin.reference,
        plugin.file,
        plugin.line,
        status,
        reason,
        remedy(plugin, scope, missing) if status == "unavailable" else "",
        plugin.doc,
        plugin.attributes,
        plugin.requires,
        *_told(distribution_of(plugin.module, plugin.provider)),
    )


def _told(distribution: Distribution | None) -> tuple[str, str]:
    """Return name and version of a distribution, "" where its metadata don't tell."""
    if distribution is None:
        return "", ""
    told = distribution.metadata  # parsed anew each time
    name, version = (str(told[one]) if one in told else "" for one in _NAMED)
    return name, version


def _found(key: Hashable, contents: Contents, held: Any) -> tuple[Plugin | None, str, str]:
    plugin = contents.entries.get(key)
    if plugin is not None:
        return plugin, "loaded" if held is not None else "available", ""
    if held is not None:
        return from_class(key, held), "loaded", ""
    snapshot = contents.snapshot
    listed = snapshot.plugins.get(key) if snapshot else None
    if key in contents.failed:
        return listed, "failed", str(contents.failed[key])
    plugin = contents.unavailable.get(key)
    return plugin, "unavailable", plugin.reason if plugin else ""


def from_class(key: Hashable, cls: Any) -> Plugin:
    """Describe a class that lives in this process alone, or a value that the user set."""
    doc = (getattr(cls, "__doc__", None) or "").strip().partition("\n")[0].rstrip()
    return Plugin(
        key,
        module_of(cls),
        getattr(cls, "__qualname__", repr(cls)),
        file=file_of(module_of(cls)),
        line=getattr(cls, "__firstlineno__", 0),
        doc=doc,
    )


def leave_out(contents: Contents, key: Hashable, cls: Any, why: Because) -> None:
    """Enter a class of this process among what is left out, and report it if somebody denies it."""
    from plugindex.leaving import refusal, without

    if key not in contents.entries:
        known = from_class(key, cls).replace(attributes=dict(why.attributes), provider=why.provider)
        contents.unavailable.setdefault(key, without(known, why))
    problem = refusal(cls, key, why)
    if why.refused and problem not in contents.problems:
        contents.problems.append(problem)


def matches(plugin: Plugin | None, held: Any, wanted: Mapping[str, Any]) -> bool:
    """Say whether a plugin has all the *wanted* attribute values."""
    if plugin is not None:
        known = plugin.attributes
        return all(known.get(name, _MISSING) == value for name, value in wanted.items())
    return all(getattr(held, name, _MISSING) == value for name, value in wanted.items())


def summary(contents: Contents, held: Mapping[Hashable, Any]) -> str:
    """Return the inside of a registry's repr; it imports nothing."""
    parts = []
    for key, plugin in contents.entries.items():
        value = held.get(key)
        known = plugin.reference if plugin else getattr(value, "__qualname__", repr(value))
        parts.append(f"{key!r}: <{known}>")
    return ", ".join(parts)


def missing_modules(plugin: Plugin) -> tuple[str, ...]:
    """Return those required modules of *plugin* whose top-level package isn't installed."""
    from importlib.util import find_spec

    tops = dict.fromkeys(name.partition(".")[0] for name in plugin.requires)
    # find_spec of a top-level name looks for it and imports nothing.
    return tuple(top for top in tops if top not in sys.modules and find_spec(top) is None)


def remedy(plugin: Plugin, scope: Scope, missing: tuple[str, ...]) -> str:
    """Return what mends it: for what is missing, the command that the metadata give, if any.

    A distribution need not have the name of its module, so no command is guessed.
    """
    from plugindex.leaving import because

    why = because(plugin, scope)
    if why is not None:
        return why.remedy
    own = distribution_of(plugin.module, plugin.provider)
    distribution = own or distribution_of(scope.package)
    extras = _extras(distribution, missing) if distribution else ()
    if distribution and extras:
        return f"pip install '{distribution.metadata['Name']}[{','.join(extras)}]'"
    required = {name for name, _ in _requirements(distribution)} if distribution else set()
    if missing and required.issuperset(map(normal, missing)):
        return f"pip install {' '.join(missing)}"
    return f"install what provides {', '.join(missing)}" if missing else ""


def _extras(distribution: Distribution, missing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the extras of *distribution* whose requirements have the names of *missing*."""
    names = set(map(normal, missing))
    found = [extra for name, extra in _requirements(distribution) if extra and name in names]
    return tuple(dict.fromkeys(found))


def _requirements(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the normal name of each requirement, and the extra that asks for it or ""."""
    for line in distribution.requires or ():
        requirement, _, condition = line.partition(";")
        name = "".join(c if c.isalnum() or c in "-_." else " " for c in requirement).split()[0]
        extra = condition.replace(" ", "").partition("extra==")[2]
        yield normal(name), extra[1:].partition(extra[0])[0] if extra else ""
