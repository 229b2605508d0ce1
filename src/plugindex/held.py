"""What a registry holds in this process, changed in whole steps."""

from __future__ import annotations

import sys

from plugindex import journal, turns
from plugindex.config import joined
from plugindex.contents import Contents, Storage, holder_is, holder_name, same_provider, takes_over
from plugindex.keys import reference
from plugindex.mapping import K, LazyMapping, V, raw
from plugindex.names import limits, module_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Container, Hashable, Sequence
    from typing import Any

    from plugindex.config import Selection
    from plugindex.failing import Failures
    from plugindex.family import Family
    from plugindex.leaving import Because
    from plugindex.records import Problem
    from plugindex.secondary import SecondaryRegistryDict


class HeldMapping(LazyMapping[K, V]):
    """What a registry holds, and who may change it.

    The state is a :class:`Contents`, changed and replaced under the guard, so readers of one key
    need no lock, and those who go through all freeze it. The guard is never held while foreign
    code, a file or another process is waited for.
    """

    __slots__ = (
        "__weakref__",
        "_contents",
        "_failures",
        "_latest",
        "_noted",
        "_preset",
        "_reported",
        "_selection",
        "_settings",
        "_stated",
        "_told",
        "_turn",
        "_unchecked",
        "_warned",
        "family",
        "followers",
        "why_not_adopted",
    )

    def __init__(self, selection: Selection, **settings: Any) -> None:
        super().__init__()
        self._selection = selection
        self.family: Family | None = None
        self.followers: list[SecondaryRegistryDict[Any, Any]] = []
        self._settings = settings
        self.why_not_adopted = ""
        self._contents: Contents | None = None
        self._turn: turns.Turn | None = None
        # The classes whose statements ran here, by key and reference.
        self._stated: dict[tuple[Hashable, str], type] = {}
        # Those of which the index tells: what takes a key out doesn't unmake the class.
        self._told: dict[tuple[Hashable, str], type] = {}
        self._latest: dict[Hashable, type] = {}  # of those, the last one of each key
        self._unchecked: dict[tuple[Hashable, str], type] = {}  # of those, since a plugin failed
        # What happened before the index was asked: problems, and what the user set.
        self._noted: list[Problem] = []
        self._preset: dict[Any, Any] = {}
        self._failures: Failures | None = None
        self._warned = False
        self._reported: tuple[Any, int] = (None, 0)

    def bind(self, family: Family) -> None:
        """Take *family* as what this registry covers; the same base again is a reload.

        Raises:
            TypeError: another base class holds this registry.
        """
        held = self.family
        if held is not None and held.scope.base != family.scope.base:
            raise TypeError(f"{held.scope.base} holds this registry, {family.scope.base} can't too")
        chosen = joined(self._selection, family.config.selection)
        family.scope = family.scope.replace(selection=chosen)
        if chosen.plugin_folder and journal.active() is None:
            from plugindex.loader import know_folder

            know_folder(family.scope)  # so that its classes unpickle where the base is imported
        with turns.guard:
            self.family = family

    def enter(self, key: Any, cls: Any) -> None:
        """Let *cls*, whose statement just ran, claim *key*."""
        why = self._leaving_out(key, cls)  # it may look at what is installed, so before the guard
        with turns.guard:
            plugin = self._contents.entries.get(key) if self._contents else None
            self._stated[key, holder_name(cls)] = self._latest[key] = cls
            self._unchecked[key, holder_name(cls)] = cls
            if self._contents is None:
                if why is None:
                    self._enter_early(key, cls)
            elif plugin is not None and holder_is(plugin, cls):
                self._told[key, plugin.reference] = cls
                raw.__setitem__(self, key, cls)
            else:
                self._claim(key, cls, why)
        self._report()

    def _enter_early(self, key: Any, cls: Any) -> None:
        """Show a class of the host's own package before the index has its say."""
        holder = raw.get(self, key)
        free = holder is None or (key not in self._preset and not takes_over(holder, cls))
        own = self.family is not None and self.family.scope.covers(cls.__module__)
        if free and own:
            raw.__setitem__(self, key, cls)

    def _claim_stated(self, contents: Contents, listed: Container[str] = ()) -> None:
        """Let the classes whose statements ran here claim their keys, less those *listed*."""
        for (key, name), cls in self._stated.items():
            told = name in listed or holder_name(cls) in listed
            if not told and not self._left_over(cls, contents):
                self._let_claim(contents, key, cls, self._leaving_out(key, cls))

    def forget_stated(self, names: Collection[str]) -> None:
        """Let classes whose statements ran here claim no more: their code is gone."""
        gone = [p for p, cls in self._stated.items() if p[1] in names or holder_name(cls) in names]
        for key, name in gone:
            cls = self._stated.pop((key, name))
            if self._latest.get(key) is cls:
                del self._latest[key]

    def _claim(self, key: Any, cls: Any, why: Because | None) -> None:
        changed = self._change()
        self._let_claim(changed, key, cls, why)
        self._publish(changed)

    def _look_up(self) -> None:
        """Look up who brings the classes at hand, which nobody may wait for under the guard."""
        stated = [(key, cls) for (key, _), cls in list(self._stated.items())]
        held = [(key, cls) for key, cls in self._raw().items() if isinstance(cls, type)]
        for key, cls in stated + held:
            self._leaving_out(key, cls)

    def _let_claim(self, contents: Contents, key: Any, cls: Any, why: Because | None) -> None:
        """Let *cls* claim *key*, unless something leaves it out, and that is *why*."""
        if why is None:
            contents.claim(key, cls, self._host)
        else:
            from plugindex.describe import leave_out

            leave_out(contents, key, cls, why)

    def _leaving_out(self, key: Any, cls: Any) -> Because | None:
        if self.family is None or journal.active() is not None:
            return None  # in a child, where all is to be known
        if not limits(self.family.scope):
            return None
        from plugindex.leaving import because_class

        return because_class(key, cls, self.family.scope)

    @property
    def _host(self) -> str:
        return self.family.scope.application if self.family else ""

    def rival(self, key: Any, cls: type) -> str:
        """Return the class of the same provider that holds *key*; "" if *cls* may have it."""
        if key in (self._contents.chosen if self._contents else self._preset):
            return ""  # what the user set stands above every claim
        plugin = self._contents.entries.get(key) if self._contents else None
        if plugin is not None and reference(cls) in plugin.beaten:
            return ""
        held: Any = raw.get(self, key)
        if held is None:
            held = (self._contents.entries if self._contents else self._latest).get(key)
        if not (isinstance(held, type) or hasattr(held, "reference")):
            return ""
        friendly = holder_is(held, cls) or takes_over(cls, held) or takes_over(held, cls)
        return "" if friendly or not same_provider(held, cls) else holder_name(held)

    def note(self, problem: Problem, once: bool = False) -> None:
        """Add a *problem* that a class statement met; *once*: not if it is there already."""
        with turns.guard:
            known = self._noted if self._contents is None else self._contents.problems
            if once and problem in known:
                return
            if self._contents is None:
                self._noted.append(problem)
                return
            changed = self._change()
            changed.problems.append(problem)
            self._publish(changed)
        self._report()

    def _raw(self) -> dict[Any, Any]:
        # dict(self) and dict.copy(self) ask keys() and []; this reads the storage itself.
        with turns.guard:
            return dict(raw.items(self))

    def _change(self) -> Contents:
        """Return the state to change, a copy if it is frozen; the guard is held."""
        contents = self._contents or Contents()
        if contents.frozen:
            contents = contents.successor()
        contents.held = Storage(self)
        return contents

    def _publish(self, contents: Contents) -> None:
        """Make *contents* the state; the guard is held."""
        contents.held = {}
        self._contents = contents

    def _replace(self, contents: Contents) -> None:
        """Make *contents* the state, and what it holds all that is at hand; the guard is held."""
        for key in self._raw().keys() - contents.held.keys():
            raw.pop(self, key, None)
        raw.update(self, contents.held)
        self._publish(contents)

    def _frozen(self) -> Contents:
        """Return the present state, which nobody changes any more."""
        contents = self._now()
        if not contents.frozen:
            with turns.guard:
                contents = self._contents or contents
                contents.frozen = True
        return contents

    def _so_far(self) -> Contents:
        """Return what this process holds, for those who can't wait for the index."""
        contents = Contents()
        with turns.guard:
            contents.entries = dict.fromkeys(self._raw())
        contents.problems = list(self._noted)
        return contents

    def _now(self) -> Contents:
        """Return the present state; a subclass asks the index for the first one."""
        return self._contents or self._so_far()

    def __contains__(self, key: object) -> bool:
        return key in self._now().entries

    def __len__(self) -> int:
        return len(self._now().entries)

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

    def _left_over(self, cls: Any, contents: Contents | None = None) -> bool:
        """Say whether *cls* is of a module whose import failed after its statement.

        That is one in scope, or one that the index tells others to offer.
        """
        module = module_of(cls)
        if _is_imported(module) or self.family is None:
            return False
        contents = contents or self._contents
        return self.family.scope.covers(module) or (
            contents is not None and module in contents.offered()
        )

    def _report(self) -> None:
        """Log what there is to report, once."""
        contents = self._contents
        if contents is None or self.family is None:
            return
        with turns.guard:
            fresh, warned = self._unreported(contents), self._warned
            self._warned = warned or bool(fresh)
        if fresh:
            from plugindex.reports import log

            log(self.family.scope, contents, fresh, warned)

    def _unreported(self, contents: Contents) -> Sequence[Problem]:
        snapshot, logged = self._reported
        self._reported = contents.snapshot, len(contents.problems)
        if contents.snapshot is not snapshot:
            return contents.all_problems
        return contents.problems[logged:]


def _is_imported(module: str) -> bool:
    """Tell whether a module and the packages around it are there: what fails takes them along."""
    while module:
        if module not in sys.modules:
            return False
        module = module.rpartition(".")[0]
    return True
