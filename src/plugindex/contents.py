"""What a registry holds at one moment, and how claims to its keys are settled."""

from __future__ import annotations

from plugindex.keys import reference, standins
from plugindex.mapping import raw
from plugindex.names import file_of, root
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any

    from plugindex.mapping import LazyMapping
    from plugindex.records import Plugin

    Claims = Mapping[Hashable, tuple[str, ...]]


_COPIED = (dict, list, set)


class Contents:
    """One state of a registry, which may change until it is *frozen*, and never after.

    Who goes through it freezes it first; a change then makes a copy and puts that in its place. So
    what nobody goes through costs no copy. Readers of a single key take no lock, so each change
    keeps to an order: a class is at hand before its key is listed, and goes after it.

    *entries* maps each key, in order, to its Plugin, or to None where the key lives in this
    process alone. *refused* maps the keys that several classes claim to the claimants. *failed*
    maps the keys whose plugin failed here to the error, *hidden* the keys that the user took out
    to what they named, *chosen* are the keys that the user set. *problems* are those of this
    process, *imported* counts the enums' modules that showing the keys imported, *standins* says
    that keys still stand for enum members. *unavailable* are the plugins that are known, but are no
    keys here. *held*, the classes at hand, is what the registry's
    storage becomes when this is published.
    """

    __slots__ = (
        "chosen",
        "entries",
        "failed",
        "frozen",
        "held",
        "hidden",
        "imported",
        "modules",
        "problems",
        "refused",
        "snapshot",
        "standins",
        "unavailable",
    )

    def __init__(self, snapshot: Any = None) -> None:
        self.snapshot = snapshot
        self.entries: dict[Hashable, Plugin | None] = dict(snapshot.plugins) if snapshot else {}
        self.unavailable: dict[Hashable, Plugin] = dict(snapshot.unavailable) if snapshot else {}
        conflicts = snapshot.conflicts.items() if snapshot else ()
        self.refused = {key: tuple(p.reference for p in rivals) for key, rivals in conflicts}
        self.held: Any = {}
        self.chosen: set[Hashable] = set()
        self.failed: dict[Hashable, Exception] = {}
        self.hidden: dict[Hashable, str] = {}
        self.problems: list[Problem] = []
        self.imported = 0
        self.modules: dict[str, list[Hashable]] | None = None
        self.frozen = False
        self.standins = any(type(key) is not str and standins(key) for key in self.entries)

    def successor(self) -> Contents:
        """Return a copy to change and publish."""
        other = Contents.__new__(Contents)
        for name in Contents.__slots__:
            value = getattr(self, name)
            setattr(other, name, value.copy() if type(value) in _COPIED else value)
        other.frozen = False
        return other

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """What the index and this process met; of the same thing, what the index says."""
        indexed = self.snapshot.problems if self.snapshot else ()
        told = {(one.kind, one.module) for one in indexed}
        own = (one for one in tuple(self.problems) if (one.kind, one.module) not in told)
        return (*indexed, *own)

    def offered(self) -> set[str]:
        """Return the modules of the plugins that others bring, as the index tells them."""
        if not self.snapshot:
            return set()
        known = (*self.snapshot.plugins.values(), *self.snapshot.unavailable.values())
        return {plugin.home for plugin in known if plugin.provider}

    def choose(self, key: Hashable, value: Any) -> None:
        """Give *key* to a *value* that the user set; it stands above every claim."""
        self.chosen.add(key)
        self.take(key, value)
        self.hidden.pop(key, None)
        self.failed.pop(key, None)
        self.refused.pop(key, None)

    def take(self, key: Hashable, value: Any) -> None:
        """List *key*, with a *value* of this process alone."""
        self.held[key] = value
        self.entries[key] = None

    def hide(self, key: Hashable) -> None:
        """Take *key* out until the next refresh."""
        plugin, held = self.entries.get(key), self.held.get(key)
        if plugin is not None or isinstance(held, type):
            self.hidden[key] = plugin.reference if plugin else reference(held)
        self.drop(key)
        self.chosen.discard(key)

    def drop(self, key: Hashable) -> None:
        """List *key* no longer."""
        self.entries.pop(key, None)
        self.held.pop(key, None)

    def fail(self, key: Hashable, error: Exception) -> None:
        """Take out *key*, whose plugin failed to load."""
        self.failed[key] = error
        self.drop(key)

    def claim(self, key: Hashable, cls: type, host: str) -> None:
        """Let *cls* claim *key*: the application *host* comes first, equals are both refused."""
        rivals = self.refused.get(key, ())
        if self.hidden.get(key) == reference(cls) or reference(cls) in rivals or key in self.chosen:
            return
        plugin = self.entries.get(key)
        if plugin is not None and reference(cls) in plugin.beaten:
            return  # the index has heard its claim
        self.hidden.pop(key, None)
        holder = self.held[key] if key in self.held else self.entries.get(key)
        if rivals:
            self.refuse(key, cls, (*rivals, reference(cls)))
        elif holder is not None and holder_is(holder, cls):
            self.held[key] = cls
        elif holder is None or takes_over(cls, holder):
            self.take(key, cls)
        elif not takes_over(holder, cls):
            self._decide(key, holder, cls, host)
        self.failed.pop(key, None)

    def _decide(self, key: Hashable, holder: Any, cls: type, host: str) -> None:
        first, second = holder_name(holder), reference(cls)
        if _rank(first, host) == _rank(second, host):
            self.refuse(key, cls, (first, second))
        elif _rank(second, host) < _rank(first, host):
            self._note(key, cls, (second, first))
            self.take(key, cls)
        else:
            self._note(key, cls, (first, second))

    def refuse(self, key: Hashable, cls: type, claimants: tuple[str, ...]) -> None:
        """Take *key* out because equals claim it."""
        self._note(key, cls, claimants)
        self.refused[key] = claimants
        self.drop(key)

    def _note(self, key: Hashable, cls: type, claimants: tuple[str, ...]) -> None:
        text = f"the key {key!r} is claimed by {' and by '.join(claimants)}"
        hint = "give one of them another key, or name the other in its __replaces__"
        file = file_of(cls.__module__)
        self.problems.append(Problem("duplicate-key", cls.__module__, text, hint, file))


class Storage:
    """The classes at hand in a registry, past what a mapping does when it is asked for one."""

    __slots__ = ("_registry",)

    def __init__(self, registry: LazyMapping[Any, Any]) -> None:
        self._registry = registry

    def __contains__(self, key: Hashable) -> bool:
        return bool(raw.__contains__(self._registry, key))

    def __getitem__(self, key: Hashable) -> Any:
        return raw.get(self._registry, key)

    def __setitem__(self, key: Hashable, value: Any) -> None:
        raw.__setitem__(self._registry, key, value)

    def get(self, key: Hashable) -> Any:
        """Return the class at hand for *key*, None if there is none."""
        return raw.get(self._registry, key)

    def pop(self, key: Hashable, default: Any) -> Any:
        """Let go of the class for *key*, and return it, or *default* if there is none."""
        return raw.pop(self._registry, key, default)


def holder_name(holder: Any) -> str:
    """Return the object reference of a class, or of the Plugin that stands for it."""
    return reference(holder) if isinstance(holder, type) else holder.reference


def holder_is(holder: Any, cls: type) -> bool:
    """Say whether *cls* is *holder*, perhaps defined again, or what is to become it.

    A class may be given another module and another name after its statement.
    """
    name = reference(cls)
    if isinstance(holder, type) or name == holder.reference:
        return holder_name(holder) == name
    return name in (f"{holder.home}:{holder.qualname}", holder.stated_as)


def takes_over(cls: Any, holder: Any) -> bool:
    """Say whether *cls* declares that it replaces *holder*."""
    own = vars(cls) if isinstance(cls, type) else cls.attributes
    return bool(own.get("__replaces__") == holder_name(holder))


def same_provider(holder: Any, cls: type) -> bool:
    """Say whether both come from one root package."""
    return root(holder_name(holder).partition(":")[0]) == root(cls.__module__)


def _rank(name: str, host: str) -> int:
    return int(root(name.partition(":")[0]) != host)
