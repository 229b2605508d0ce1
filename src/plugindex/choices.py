"""The plugins that a list or safe mode leaves out, by their key or by who brings them."""

from __future__ import annotations

import sys

from plugindex.distributions import bringing, normal
from plugindex.finder import Finder
from plugindex.names import PLUGIN_FOLDER, is_dropped, root, safe_mode, value, variable
from plugindex.providers import find
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from plugindex.config import Scope
    from plugindex.records import Plugin


class Choice(Record):
    """A list of keys and distributions: *denied* ones, or the only ones. *place* says whose."""

    place: str
    entries: tuple[Hashable, ...]
    denied: bool


class Origin(Record):
    """Who brings a plugin: the name of *provider*, "" for the application itself.

    *module* is that of the plugin's class, of which installed metadata may tell more.
    """

    provider: str
    module: str


def origin(plugin: Plugin) -> Origin:
    """Return who brings a plugin that the index knows."""
    return Origin(plugin.provider, plugin.module)


def origin_of_class(cls: type, scope: Scope) -> Origin:
    """Return who brings a class whose statement ran in this process."""
    module = cls.__module__
    if is_dropped(module):
        return Origin(PLUGIN_FOLDER, module)
    return Origin("" if root(module) == scope.application else root(module), module)


def verdict(key: Hashable, who: Origin, scope: Scope) -> tuple[str, str] | None:
    """Return why the plugin with *key* is left out, and the remedy; None if it isn't."""
    if who.provider and safe_mode(scope):
        return safety(scope)
    choices = list(_choices(scope))
    denied = next((one for one in choices if one.denied and _named(one, key, who, scope)), None)
    if denied is not None:
        entry = _named(denied, key, who, scope)[0]
        return f"{denied.place} names {entry!r}", f"take {entry!r} out of {denied.place}"
    for one in choices:
        if not one.denied and not _named(one, key, who, scope):
            return _not_allowed(one, key, who, scope)
    return None


def safety(scope: Scope) -> tuple[str, str]:
    """Return why safe mode leaves plugins out, and how to leave it."""
    if scope.selection.safe:
        return _SAFE.format("safe_mode=True"), "take safe_mode=True out of the registry"
    name = variable(scope.application, "SAFE_MODE")
    return _SAFE.format(f"{name} is set, which"), f"unset {name}"


_SAFE = "{} keeps the application's own plugins alone"


def _not_allowed(one: Choice, key: Hashable, who: Origin, scope: Scope) -> tuple[str, str]:
    names = sorted(_names(who, scope))
    brought = f", nor {' or '.join(map(repr, names))}, which brings it" if names else ""
    reason = f"{one.place} names neither its key {key!r}{brought}"
    return reason, f"add {key!r}{' or ' + repr(names[0]) if names else ''} to {one.place}"


def _choices(scope: Scope) -> Iterator[Choice]:
    """Yield every list that holds now: each of them may leave a plugin out."""
    chosen = scope.selection
    for switch, denied in (("PLUGINS_DENY", True), ("PLUGINS_ALLOW", False)):
        entries = tuple(filter(None, map(str.strip, value(scope.application, switch).split(","))))
        if entries:
            yield Choice(variable(scope.application, switch), entries, denied)
    if chosen.deny:
        yield Choice("deny= of the registry", chosen.deny, True)
    for allowed in chosen.allow:
        yield Choice("allow= of the registry", allowed, False)


def _named(choice: Choice, key: Hashable, who: Origin, scope: Scope) -> list[Hashable]:
    """Return the entries of *choice* that name the plugin: by its key, else by who brings it."""
    return _by_key(choice, key) or _by_origin(choice, who, scope)


def _by_key(choice: Choice, key: Hashable) -> list[Hashable]:
    return [one for one in choice.entries if one == key or one in (str(key), repr(key))]


def _by_origin(choice: Choice, who: Origin, scope: Scope) -> list[Hashable]:
    texts = {one: normal(one) for one in choice.entries if isinstance(one, str)}
    names = _names(who, scope) if texts else frozenset()
    return [one for one, text in texts.items() if text in names]


def idle(plugins: Iterable[Plugin], scope: Scope) -> list[tuple[str, Hashable]]:
    """Return whose list has which entry that names none of *plugins*: a slip, or not installed."""
    known = [(plugin.key, origin(plugin)) for plugin in plugins]
    found = []
    for choice in _choices(scope):
        named = [_by_key(choice, key) + _by_origin(choice, who, scope) for key, who in known]
        used = [entry for entries in named for entry in entries]
        found += [(choice.place, entry) for entry in choice.entries if entry not in used]
    return found


def _names(who: Origin, scope: Scope) -> frozenset[str]:
    """Return the names, in their normal form, by which lists may mean who brings a plugin."""
    if is_dropped(who.module) or who.provider == PLUGIN_FOLDER:
        return frozenset({normal(PLUGIN_FOLDER)})
    return _brought_by(root(who.module), scope) | {normal(who.provider or scope.application)}


_brought: dict[tuple[str, str, tuple[str, ...]], frozenset[str]] = {}


def _brought_by(package: str, scope: Scope) -> frozenset[str]:
    """Return the distributions that bring a top-level *package*, or offer modules of it."""
    asked = (package, scope.application, tuple(map(str, sys.path)))
    if asked not in _brought:
        offers = find(Finder(), scope.application).found
        names = [one.distribution for one in offers if root(one.package) == package]
        _brought[asked] = frozenset(map(normal, (*bringing(package), *names)))
    return _brought[asked]


def forget() -> None:
    """Look at what is installed again when somebody asks."""
    _brought.clear()
