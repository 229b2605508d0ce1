"""Discover once, load one plugin at a time, and take out what fails."""

from __future__ import annotations

import sys

from plugindex import journal, turns
from plugindex.contents import Contents
from plugindex.errors import PluginLoadError, RegistryError, StalePluginError
from plugindex.held import HeldMapping
from plugindex.keys import filled, standins
from plugindex.mapping import K, V, raw
from plugindex.names import limits
from plugindex.records import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.config import Scope
    from plugindex.index import Settings
    from plugindex.records import Plugin
    from plugindex.snapshot import Snapshot

_MISSING: Any = object()
_KEPT = ("inherited-key", "in-process")  # problems that a refresh doesn't tell anew
# Where a host's discovery function runs here it imports here, so it may wait for a module that a
# waiting thread is importing; a thread that waited so long for it does its own discovery.
_PATIENCE_S = 10.0


class LiveMapping(HeldMapping[K, V]):
    """A mapping that asks the index for its keys, and the loader for a value at a time."""

    __slots__ = ()

    def _now(self) -> Contents:
        contents = self._contents
        return self._discover() if contents is None else contents

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
            if not turn.wait(self._patience()):
                break
        return self._take(turn)

    def _patience(self) -> float:
        """Return how many seconds to wait for another thread's discovery; -1 is for ever."""
        assert self.family is not None
        if self.family.config.discovery_function is None:
            return -1
        from plugindex.discovery import may_run_here

        return _PATIENCE_S if may_run_here(self.family) else -1

    def _take(self, turn: turns.Turn) -> Contents:
        try:
            contents = self._first(self._asked())
        finally:
            if turn.mine:
                self._turn = None
                turn.lock.release()
        self._report()
        return contents

    def _asked(self, anew: bool = False) -> Any:
        """Return the index's snapshot, or None where the index isn't asked.

        That is so in a script, whose classes are all here, and where a discovery function of the
        host's had to run in this process.
        """
        assert self.family is not None
        scope = self.family.scope
        if scope.package == "__main__":
            return None
        if self.family.config.discovery_function is None:
            return self._taken(scope, anew)
        from plugindex.discovery import called

        return called(self, lambda: self._taken(scope, anew))

    def _taken(self, scope: Scope, anew: bool = False) -> Snapshot:
        """Return what the index knows, less what is left out now."""
        from plugindex import index

        snapshot = index.take(scope, self._chosen_settings(), anew)
        if limits(scope):
            from plugindex.narrowing import narrowed

            return narrowed(snapshot, scope)
        return snapshot

    def _chosen_settings(self) -> Settings:
        from plugindex.index import Settings

        return Settings(**self._settings)

    def _first(self, snapshot: Any) -> Contents:
        """Publish the first state: the index, then what this process did before."""
        self._look_up()
        with turns.guard:
            if self._contents is not None:
                return self._contents
            contents = Contents(snapshot)
            contents.problems = self._noted
            for key, value in self._preset.items():
                contents.choose(key, value)
            self._claim_stated(contents)
            self._publish(contents)
            return contents

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
            if family.config.discovery_function is not None:
                from plugindex.discovery import run_function

                run_function(family)  # it may make the class, or import a module of others
                if raw.__contains__(self, key):
                    return self[key]
            if again:
                return self._load_anew(key, plugin)
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

    def _load_anew(self, key: Any, refuted: Plugin) -> Any:
        """Ask the index again, once: what it said of *key* isn't so."""
        self._recheck((key, refuted))
        held = raw.get(self, key, _MISSING)
        plugin = self._now().entries.get(key)
        if held is not _MISSING or plugin is None:
            return self[key]
        return self._load(key, plugin, again=False)

    def _recheck(self, refuted: tuple[Any, Plugin] | None = None) -> None:
        """Ask the index again; if it still says what was *refuted*, all is read anew."""
        if "plugindex.choices" in sys.modules:
            sys.modules["plugindex.choices"].forget()
        self._now()
        if self.family is None:
            return
        snapshot = self._asked()
        if refuted and snapshot and _same(refuted[1], snapshot.plugins.get(refuted[0])):
            self._settings = {**self._settings, "adopted": None}
            snapshot = self._asked(anew=True)
        self._look_up()
        with turns.guard:
            self._publish(self._renewed(snapshot))
        for follower in self.followers:
            follower.renew()
        self._report()

    def _renewed(self, snapshot: Any) -> Contents:
        """Return the state that *snapshot* and the classes at hand make; the guard is held."""
        old, held = self._contents or Contents(), self._raw()
        new = Contents(snapshot)
        new.problems = tuple(one for one in old.problems if one.kind in _KEPT)
        for key, plugin in old.entries.items():
            if key in old.chosen:
                new.choose(key, held[key])
            elif key in held and (plugin is None or _same(plugin, new.entries.get(key))):
                self._let_claim(new, key, held[key], self._leaving_out(key, held[key]))
        listed = {p.reference for p in old.snapshot.plugins.values()} if old.snapshot else ()
        self._claim_stated(new, listed)
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
        self._remember({plugin.module: problem})
        self._report()

    def _shares_the_failure(self, other: Plugin, plugin: Plugin, error: PluginLoadError) -> bool:
        if isinstance(error, StalePluginError):
            return other is plugin
        return other.module == plugin.module

    def _forget(self, changed: Contents, key: Any, plugin: Plugin | None) -> None:
        """Give up a class at hand whose module failed after its statement."""
        del changed.held[key]
        if plugin is None:
            del changed.entries[key]

    def _remember(self, failures: dict[str, Problem]) -> None:
        """Keep what failed in the index, or for the end of the load of everything that runs."""
        with turns.guard:
            if self._failures is not None:
                self._failures.update(failures)
                return
        from plugindex import index

        assert self.family is not None
        index.remember_failures(self.family.scope, self._chosen_settings(), failures)

    def _entries(self) -> dict[Any, Any]:
        contents = self._now()
        return self._resolved().entries if contents.standins else contents.entries

    def _resolved(self) -> Contents:
        """Put enum members in the place of what stands for them; it imports the enums' modules."""
        from plugindex.loader import member

        wanted = {one for key in self._now().entries for one in standins(key)}
        fresh = {one.module for one in wanted if one.module not in sys.modules}
        members = {one: member(one, self._host) for one in wanted}
        with turns.guard:
            changed = self._change()
            items = changed.entries.items()
            changed.entries = {filled(key, members): plugin for key, plugin in items}
            changed.imported += sum(module in sys.modules for module in fresh)
            changed.standins = False
            self._publish(changed)
            return changed

    def _loaded(self) -> dict[Any, Any]:
        wanted = [key for key in self._entries() if not raw.__contains__(self, key)]
        if wanted:
            self._try_all(wanted)
        held = self._raw()
        return {key: held[key] for key in self._entries() if key in held}

    def _try_all(self, keys: list[Any]) -> None:
        """Load what loads of *keys*; the index is written once, not for each that fails."""
        with turns.guard:
            outermost = self._failures is None
            self._failures = self._failures or {}
        try:
            for key in keys:
                self._try(key)
        finally:
            if outermost:
                self._remember_all()

    def _remember_all(self) -> None:
        with turns.guard:
            failures, self._failures = self._failures, None
        if failures:
            self._remember(failures)

    def _try(self, key: Any) -> None:
        try:
            self[key]
        except RegistryError:
            return  # its report is among the problems; a key may leave while others load


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
