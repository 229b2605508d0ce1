"""Discover once, and load one plugin at a time."""

from __future__ import annotations

import sys

from plugindex import journal, turns
from plugindex.contents import Contents
from plugindex.errors import PluginLoadError, StalePluginError
from plugindex.held import HeldMapping
from plugindex.keys import filled, standins
from plugindex.mapping import K, V, raw
from plugindex.names import limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.config import Scope
    from plugindex.index import Settings
    from plugindex.records import Plugin
    from plugindex.snapshot import Snapshot

# Where a host's discovery function runs here it imports here, so it may wait for a module that a
# waiting thread is importing; a thread that waited so long for it does its own discovery.
_PATIENCE_S = 10.0


class LiveMapping(HeldMapping[K, V]):
    """A mapping that asks the index for its keys, and the loader for a value at a time."""

    __slots__ = ()

    def _now(self) -> Contents:
        contents = self._contents
        if contents is None:
            return self._discover()
        if self._unchecked:
            self.settle_stated()
            return self._contents or contents
        return contents

    def settle_stated(self) -> None:
        """Give up classes whose module failed after their statement; its import may be caught."""
        from plugindex.failing import forget_left_over, is_being_imported

        if any(map(is_being_imported, list(self._unchecked.values()))):
            return  # without a lock: who reads while another thread imports asks each time
        with turns.guard:
            forget_left_over(self)

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
            contents.problems = list(self._noted)
            for key, value in self._preset.items():
                contents.choose(key, value)
            self._claim_stated(contents)
            self._replace(contents)
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
                registered=lambda wanted: self._registered(wanted, plugin),
            )
        except StalePluginError as error:
            if family.config.discovery_function is not None:
                from plugindex.discovery import run_function

                run_function(family)  # it may make the class, or import a module of others
                if raw.__contains__(self, key):
                    return self[key]
            if again:
                from plugindex.recheck import load_anew

                return load_anew(self, key, plugin)
            self._fail(plugin, error)
            raise
        except PluginLoadError as error:
            self._fail(plugin, error)
            raise
        with turns.guard:
            if key in (self._contents or Contents()).entries:
                raw.setdefault(self, key, cls)
        return cls

    def _registered(self, key: Any, plugin: Plugin) -> Any:
        """Return the class that its statement gave to a key, also after the key was taken out."""
        held = raw.get(self, key)
        if held is None:  # a class may be false, by its metaclass
            held = self._told.get((key, plugin.reference))
        if held is None:
            held = self._stated.get((key, plugin.stated_as or plugin.reference))
        return held

    def _fail(self, plugin: Plugin, error: PluginLoadError) -> None:
        from plugindex.failing import fail

        fail(self, plugin, error)

    def _entries(self) -> dict[Any, Any]:
        contents = self._frozen()
        return self._resolved().entries if contents.standins else contents.entries

    def _resolved(self) -> Contents:
        """Put enum members in the place of what stands for them; it imports the enums' modules."""
        from plugindex.loader import member

        wanted = {one for key in self._frozen().entries for one in standins(key)}
        fresh = {one.module for one in wanted if one.module not in sys.modules}
        members = {one: member(one, self._host) for one in wanted}
        with turns.guard:
            changed = self._change()
            items = changed.entries.items()
            changed.entries = {filled(key, members): plugin for key, plugin in items}
            changed.imported += sum(module in sys.modules for module in fresh)
            changed.standins, changed.modules = False, None
            changed.frozen = True
            self._publish(changed)
            return changed

    def _loaded(self) -> dict[Any, Any]:
        wanted = [key for key in self._entries() if not raw.__contains__(self, key)]
        if wanted:
            from plugindex.failing import try_all

            try_all(self, wanted)
        held = self._raw()
        return {key: held[key] for key in self._entries() if key in held}
