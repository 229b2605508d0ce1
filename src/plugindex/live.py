"""The state of a registry in this process: discovered once, changed in whole steps."""

from __future__ import annotations

import sys

from plugindex import journal, turns
from plugindex.contents import Contents, holder_is, holder_name, same_provider, takes_over
from plugindex.errors import PluginLoadError, StalePluginError
from plugindex.keys import EnumKey
from plugindex.mapping import K, LazyMapping, V, raw
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from plugindex.family import Family
    from plugindex.index import Settings
    from plugindex.records import Plugin
    from plugindex.secondary import SecondaryRegistryDict

_MISSING: Any = object()
_PATIENCE_S = 10.0  # a thread that waited so long for another's discovery does its own


class LiveMapping(LazyMapping[K, V]):
    """What a registry knows and holds.

    Each state is a :class:`Contents`, replaced by one assignment under the guard, so readers need
    no lock. The guard is never held while foreign code, a file or another process is waited for.
    """

    __slots__ = (
        "__weakref__",
        "_contents",
        "_early",
        "_noted",
        "_preset",
        "_settings",
        "_turn",
        "_warned",
        "family",
        "followers",
    )

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.family: Family | None = None
        self.followers: list[SecondaryRegistryDict[Any, Any]] = []
        self._settings = settings
        self._contents: Contents | None = None
        self._turn: turns.Turn | None = None
        # What happened before the index was asked: class statements, problems, the user's own.
        self._early: list[tuple[Hashable, type]] = []
        self._noted: tuple[Problem, ...] = ()
        self._preset: dict[Any, Any] = {}
        self._warned = False

    def bind(self, family: Family) -> None:
        """Take *family* as what this registry covers; the same base again is a reload.

        Raises:
            TypeError: another base class holds this registry.
        """
        held = self.family
        if held is not None and held.scope.base != family.scope.base:
            raise TypeError(f"{held.scope.base} holds this registry, {family.scope.base} can't too")
        with turns.guard:
            self.family = family

    # --- class statements

    def enter(self, key: Any, cls: Any) -> None:
        """Let *cls*, whose statement just ran, claim *key*."""
        with turns.guard:
            plugin = self._contents.entries.get(key) if self._contents else None
            if self._contents is None:
                self._early.append((key, cls))
                self._enter_early(key, cls)
            elif plugin is not None and plugin.reference == holder_name(cls):
                raw.__setitem__(self, key, cls)
            else:
                self._claim(key, cls)
        self._report()

    def _enter_early(self, key: Any, cls: Any) -> None:
        """Show a class of the host's own package before the index has its say."""
        holder = raw.get(self, key)
        free = holder is None or (key not in self._preset and not takes_over(holder, cls))
        if free and self.family and self.family.scope.covers(cls.__module__):
            raw.__setitem__(self, key, cls)

    def _claim(self, key: Any, cls: Any) -> None:
        changed = self._change()
        changed.claim(key, cls, self._host)
        self._publish(changed)

    @property
    def _host(self) -> str:
        return self.family.scope.application if self.family else ""

    def rival(self, key: Any, cls: type) -> str:
        """Return the class of the same provider that holds *key*; "" if *cls* may have it."""
        held: Any = raw.get(self, key)
        if held is None and self._contents is not None:
            held = self._contents.entries.get(key)
        if not (isinstance(held, type) or hasattr(held, "reference")):
            return ""
        friendly = holder_is(held, cls) or takes_over(cls, held) or takes_over(held, cls)
        return "" if friendly or not same_provider(held, cls) else holder_name(held)

    def note(self, problem: Problem) -> None:
        """Add a *problem* that a class statement met."""
        with turns.guard:
            if self._contents is None:
                self._noted += (problem,)
                return
            changed = self._change()
            changed.problems += (problem,)
            self._publish(changed)
        self._report()

    # --- states

    def _raw(self) -> dict[Any, Any]:
        # dict(self) and dict.copy(self) ask keys() and []; this reads the storage itself.
        return dict(raw.items(self))

    def _change(self) -> Contents:
        return (self._contents or Contents()).successor(self._raw())

    def _publish(self, contents: Contents) -> None:
        """Make *contents* the state; the guard is held."""
        for key in self._raw().keys() - contents.held.keys():
            raw.pop(self, key, None)
        raw.update(self, contents.held)
        contents.held = {}
        self._contents = contents

    def saved(self) -> tuple[Any, ...]:
        """Return what :meth:`restore` puts back."""
        with turns.guard:
            return self._contents, self._raw(), dict(self._preset)

    def restore(self, state: tuple[Any, ...]) -> None:
        """Put back the state, the classes at hand and what the user had set."""
        with turns.guard:
            contents, held, self._preset = state
            if contents is not None:
                changed = contents.successor(dict(held))
                self._publish(changed)
                return
            raw.clear(self)
            raw.update(self, held)

    def _now(self) -> Contents:
        contents = self._contents
        return self._discover() if contents is None else contents

    def _so_far(self) -> Contents:
        """Return what this process holds, for those who can't wait for the index."""
        contents = Contents()
        with turns.guard:
            contents.entries = dict.fromkeys(self._raw())
        contents.problems = self._noted
        return contents

    # --- discovery

    def _discover(self) -> Contents:
        # Registrations in a child that imports modules must be what the modules do themselves.
        if self.family is None or journal.active() is not None:
            return self._so_far()
        while True:
            with turns.guard:
                if self._contents is not None:
                    return self._contents
                turn = self._turn
                if turn is None or not turn.alive:
                    turn = self._turn = turns.Turn()
                    break
            if turn.mine:
                return self._so_far()
            if not turn.wait(_PATIENCE_S):
                break
        return self._take(turn)

    def _take(self, turn: turns.Turn) -> Contents:
        try:
            contents = self._first(self._asked())
        finally:
            if turn.mine:
                self._turn = None
                turn.lock.release()
        self._report()
        return contents

    def _asked(self) -> Any:
        """Return the index's snapshot, or None where the host's own function discovers."""
        from plugindex import index

        assert self.family is not None
        function = self.family.config.discovery_function
        if function is None:
            return index.take(self.family.scope, self._chosen_settings())
        from plugindex.discovery import run_function

        with turns.recording():
            run_function(function, self.family)
        return None

    def _chosen_settings(self) -> Settings:
        from plugindex.index import Settings

        return Settings(**self._settings)

    def _first(self, snapshot: Any) -> Contents:
        """Publish the first state: the index, then what this process did before."""
        with turns.guard:
            if self._contents is not None:
                return self._contents
            contents = Contents(snapshot)
            contents.problems = self._noted
            for key, value in self._preset.items():
                contents.choose(key, value)
            for key, cls in self._early:
                if not self._left_over(cls):
                    contents.claim(key, cls, self._host)
            self._publish(contents)
            return contents

    def _left_over(self, cls: Any) -> bool:
        """Say whether *cls* is of a module in scope whose import failed after its statement."""
        module = getattr(cls, "__module__", None)
        if not isinstance(module, str) or module in sys.modules:
            return False
        return self.family is not None and self.family.scope.covers(module)

    # --- loading

    def _load(self, key: Any, plugin: Plugin, again: bool = True) -> Any:
        from plugindex import loader

        family = self.family
        assert family is not None
        try:
            cls = loader.load(
                plugin,
                family.scope,
                base=family.base,
                extractor=family.extractor,
                registered=lambda wanted: raw.get(self, wanted),
            )
        except StalePluginError as error:
            if again:
                return self._load_anew(key)
            self._fail(plugin, error)
            raise
        except PluginLoadError as error:
            if not error.transient:
                self._fail(plugin, error)
            raise
        with turns.guard:
            if key in (self._contents or Contents()).entries:
                raw.setdefault(self, key, cls)
        return cls

    def _load_anew(self, key: Any) -> Any:
        """Ask the index again, once: what it said of *key* isn't so."""
        self._recheck()
        held = raw.get(self, key, _MISSING)
        plugin = self._now().entries.get(key)
        if held is not _MISSING or plugin is None:
            return self[key]
        return self._load(key, plugin, again=False)

    def _recheck(self) -> None:
        from plugindex import index

        family, old = self.family, self._now().snapshot
        if family is None or family.config.discovery_function is not None:
            return
        snapshot = index.recheck(family.scope, self._chosen_settings(), old)
        with turns.guard:
            self._publish(self._renewed(snapshot))
        for follower in self.followers:
            follower.renew()
        self._report()

    def _renewed(self, snapshot: Any) -> Contents:
        """Return the state that *snapshot* and the classes at hand make; the guard is held."""
        old, held = self._contents or Contents(), self._raw()
        new = Contents(snapshot)
        new.problems = tuple(one for one in old.problems if one.kind == "inherited-key")
        for key, plugin in old.entries.items():
            if key in old.chosen:
                new.choose(key, held[key])
            elif key in held and (plugin is None or _same(plugin, new.entries.get(key))):
                new.claim(key, held[key], self._host)
        return new

    def _fail(self, plugin: Plugin, error: PluginLoadError) -> None:
        """Take the keys of a module that failed out, here and in the index."""
        problem = _problem(plugin, error)
        with turns.guard:
            changed = self._change()
            for key, other in list(changed.entries.items()):
                if other is not None and self._shares_the_failure(other, plugin, error):
                    changed.fail(key, error)
                elif self._left_over(changed.held.get(key)):
                    self._forget(changed, key, other)
            changed.problems += (problem,)
            self._publish(changed)
        self._remember(plugin, problem)
        self._report(problem)

    def _shares_the_failure(self, other: Plugin, plugin: Plugin, error: PluginLoadError) -> bool:
        if isinstance(error, StalePluginError):
            return other is plugin
        return other.module == plugin.module

    def _forget(self, changed: Contents, key: Any, plugin: Plugin | None) -> None:
        """Give up a class at hand whose module failed after its statement."""
        del changed.held[key]
        if plugin is None:
            del changed.entries[key]

    def _remember(self, plugin: Plugin, problem: Problem) -> None:
        from plugindex import index

        assert self.family is not None
        index.remember_failure(self.family.scope, self._chosen_settings(), plugin, problem)

    # --- the mapping's primitives

    def _entries(self) -> dict[Any, Any]:
        contents = self._now()
        return self._resolved().entries if contents.standins else contents.entries

    def __contains__(self, key: object) -> bool:
        return key in self._now().entries

    def __len__(self) -> int:
        return len(self._now().entries)

    def _resolved(self) -> Contents:
        """Put enum members in the place of the keys that stand for them; it imports the enums."""
        from plugindex.loader import member

        found: dict[Any, Any] = {
            key: member(key) for key in self._now().entries if type(key) is EnumKey
        }
        with turns.guard:
            changed = self._change()
            items = changed.entries.items()
            changed.entries = {found.get(key, key): plugin for key, plugin in items}
            self._publish(changed)
            return changed

    def _loaded(self) -> dict[Any, Any]:
        for key in self._entries():
            if not raw.__contains__(self, key):
                self._try(key)
        held = self._raw()
        return {key: held[key] for key in self._entries() if key in held}

    def _try(self, key: Any) -> None:
        try:
            self[key]
        except (PluginLoadError, KeyError):
            return  # its report is among the problems; a key may leave while others load

    def _put(self, key: Any, value: Any) -> None:
        with turns.guard:
            if self._contents is None:
                self._preset[key] = value
                raw.__setitem__(self, key, value)
                return
            changed = self._change()
            changed.choose(key, value)
            self._publish(changed)

    def _drop(self, *keys: Any) -> None:
        self._now()
        with turns.guard:
            if self._contents is None:
                for key in keys:
                    self._preset.pop(key, None)
                    raw.pop(self, key, None)
                return
            changed = self._change()
            for key in keys:
                changed.hide(key)
            self._publish(changed)

    def _report(self, *fresh: Problem) -> None:
        """Log what there is to report, once."""
        contents = self._contents
        if contents is None or self.family is None or (self._warned and not fresh):
            return
        problems = (*getattr(contents.snapshot, "problems", ()), *contents.problems)
        if problems:
            from plugindex.reports import log

            log(self.family.scope, problems, fresh if self._warned else problems, self._warned)
            self._warned = True


def _same(plugin: Plugin, other: Plugin | None) -> bool:
    return other is not None and other.reference == plugin.reference


def _problem(plugin: Plugin, error: PluginLoadError) -> Problem:
    kind = "refused" if isinstance(error, StalePluginError) else "import-failed"
    if isinstance(error.__cause__, ModuleNotFoundError):
        kind = "missing-requirement"
    cause = [line.partition("cause:")[2] for line in str(error).splitlines() if "cause:" in line]
    text = f"{plugin.reference}: {cause[0].strip() if cause else error}"
    hint = "correct the module; its other plugins and those of other modules are unharmed"
    return Problem(kind, plugin.module, text, hint, error.file, error.line)
