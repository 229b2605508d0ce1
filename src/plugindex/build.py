"""Build an index: find, read and resolve what is not known yet, and keep the rest."""

from __future__ import annotations

import sys
import time

from plugindex import freshness, index, kept, providers, store, surroundings
from plugindex.codec import decode
from plugindex.errors import DAMAGE, DiscoveryError, message
from plugindex.finder import Finder
from plugindex.header import CacheConfig, header
from plugindex.kept import Kept, KeptLibrary
from plugindex.merge import merge
from plugindex.records import Stats
from plugindex.resolver import Resolver
from plugindex.results import fields_of, same_keys, stored_result, take_examination
from plugindex.snapshot import Sections, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.config import Scope
    from plugindex.freshness import Changes
    from plugindex.index import Place, Settings


def build(scope: Scope, settings: Settings, place: Place | None, changes: Changes | None) -> Build:
    """Read and resolve *scope*, keeping what *place* holds and *changes* leave standing.

    Raises:
        DiscoveryError: the scope's package or base can't be found, or the base is no class.
    """
    with index.no_collection():
        old = None if place is None or changes is None else Kept.of(place.document, changes)
        made = Build(scope, settings, place, old)
        try:
            made.resolve()
        except DAMAGE:  # what a package ships may be sealed, and yet not what we write
            if not made.library.shipments.opened:
                raise
            return build(scope, settings.replace(shipped=False), place, changes)
    return made


class Build:
    """An index in the making.

    Attributes:
        undecided: the modules that reading doesn't settle, to be imported in a child.
    """

    def __init__(
        self, scope: Scope, settings: Settings, place: Place | None, old: Kept | None
    ) -> None:
        self.scope = scope
        self.settings = settings
        self.place = place
        self.checked = freshness.now_ns()
        self.finder = Finder()
        self.providers: providers.Providers | None = None
        self.library = KeptLibrary(self.finder, old, settings.shipped)
        self.kept = old
        self.results: dict[str, Any] = {}  # of the modules that were resolved now
        self.modules: dict[str, str] = {}
        self.failed: dict[str, Any] = {}
        self.undecided: list[str] = []
        self.unsettled: list[str] = []
        self.imported = 0
        self.verdict = "cold" if place and place.path else "off"
        self.resolver: Resolver | None = None
        self.sections: dict[str, Any] | None = None
        self.asked: surroundings.Surroundings | None = None

    def resolve(self) -> None:
        """Resolve every module of the scope, or take what was resolved before."""
        self.modules = self.modules or self._modules()
        if self.kept:
            self.kept.reread(self.library)
        affected = self.kept.affected(self.library, self.modules) if self.kept else None
        if self.kept and affected is not None:
            self.failed = self.kept.failures(affected)
            self.verdict = "partial" if affected or self.library.readings else "hit"
            self.unsettled = [] if affected else self.kept.undecided
        names = self.modules if affected is None else [n for n in self.modules if n in affected]
        spread: set[str] = set()
        for name in names:
            shipped = self.library.shipments.result(name, self.scope, self.library)
            if shipped is not None:
                self.results[name] = shipped
                continue
            resolution = self._resolver().resolve(name)
            self.results[name] = stored_result(self.library, name, resolution)
            spread.update(resolution.spreads)
        for name in self.modules:
            if name in spread:
                self._unsettle(name)
        self.undecided = [name for name in self.results if self.results[name]["undecided"]]
        self.unsettled = self.unsettled or list(self.undecided)

    def is_settled(self) -> bool:
        """Tell whether what is kept answers for every module that is in scope now."""
        self.modules = self._modules()
        affected = self.kept and self.kept.affected(self.library, self.modules)
        return affected is not None and not affected

    def _unsettle(self, name: str) -> None:
        if name not in self.results:
            self.results[name] = self._result(name)
        if not self.results[name]["undecided"]:
            self.results[name]["undecided"] = "another module may make classes in it"

    def _result(self, name: str) -> Any:
        """Return what a module came to, now or before."""
        if name not in self.results and self.kept:
            return decode(self.kept.results[name])
        return self.results[name]

    def _result_of(self, name: str) -> Any:
        return self._result(name) if name in self.modules else None

    def _modules(self) -> dict[str, str]:
        """Return the provider ("" for the host) of each module in scope, in order."""
        if self.kept and not self.kept.moved:
            return self.kept.modules
        names: dict[str, str] = {}
        for package, provider in self._packages():
            for file in self.finder.modules(package, self.scope.recursive):
                if file.name not in self.scope.excluded:
                    names.setdefault(file.name, provider)
        if not names:
            raise _nothing(self.scope, f"there is no module or package {self.scope.package}")
        return names

    def _packages(self) -> list[tuple[str, str]]:
        self.providers = providers.find(self.finder, self.scope.application)
        offered = () if self.scope.foreign else self.providers.found
        return [(self.scope.package, ""), *((one.package, one.distribution) for one in offered)]

    def _resolver(self) -> Resolver:
        if self.resolver is None:
            self.resolver = Resolver(self.library, self.scope)
            trouble = self.resolver.problem()
            if trouble:
                raise _nothing(self.scope, f"the base {self.scope.base} can't serve: {trouble}")
        return self.resolver

    def examine(self) -> None:
        """Import the undecided modules in a child interpreter and take in what they hold."""
        from plugindex.sandbox import examine

        since = freshness.now_ns()
        found = examine(self.undecided, self.scope, path=list(self.finder.path))
        self.asked = surroundings.taken(found.asked, since)
        if found.refused and not getattr(sys, "frozen", False):
            self.place = None  # the next start may be able to; only a frozen application never is
        take_examination(self.results, self.undecided, found, self._result_of)
        self.imported = len(self.undecided)
        self.undecided = []

    # -- the outcome ---------------------------------------------------------------------------

    def _sections(self) -> dict[str, Any]:
        """Return the sections that a snapshot is made of, worked out once."""
        if self.undecided:
            self.examine()
        if self.sections is None:
            self.sections = self._merged()
        return self.sections

    def _merged(self) -> dict[str, Any]:
        environment = self.place.environment if self.place else ""
        return {
            **header(CacheConfig(cache_version=index.SCHEMA), self._version(), environment),
            "scope": index.scope_digest(self.scope),
            **(self._kept_keys() or self._new_keys()),
            "modules": len(self.modules),
            "checked": self.checked,
            "failed": self.failed,
            "variables": self._variables(),
        }

    def _variables(self) -> Any:
        """Return the variables that undecided modules asked for, and what they were."""
        if self.asked is not None:
            return self.asked.variables
        return self.kept.variables if self.kept and self.unsettled else {}

    def _kept_keys(self) -> dict[str, Any] | None:
        """Return the sections of keys as they were, if what changed doesn't touch them."""
        if self.kept is None or self.kept.moved or self.verdict == "cold":
            return None
        if self.kept.undecided or self.undecided:
            return None
        for name, result in self.results.items():
            if not same_keys(decode(self.kept.results[name]), result):
                return None
        head = self.kept.document.raw_head()
        return {name: head[name] for name in ("items", "unavailable", "conflicts", "problems")}

    def _new_keys(self) -> dict[str, Any]:
        results = {name: self._result(name) for name in self.modules}
        merged = merge(self.modules, results)
        return {
            "items": merged.items,
            "unavailable": merged.unavailable,
            "conflicts": merged.conflicts,
            "problems": [*merged.problems, *map(fields_of, self.finder.troubles)],
        }

    def _version(self) -> str:
        if self.settings.version is not None:
            return self.settings.version
        if self.kept and not self.kept.moved:
            return str(self.kept.document.head("version"))
        return providers.version_of(self.finder, self.scope.application)

    def snapshot(self, started: float) -> Snapshot:
        """Return the snapshot of what was built."""
        sections = self._sections()
        read = sum(1 for one in self.library.readings.values() if one.code is not None)
        seconds = time.perf_counter() - started
        stats = Stats(len(self.modules), read, self.imported, self.verdict, seconds)
        return Sections(lambda name: _plain(sections[name]), self.detail).snapshot(stats)

    def detail(self, module: str) -> Any:
        """Return all that is known of the plugins of a module."""
        self._sections()
        return self._result(module)

    def write(self) -> str:
        """Store the index; trouble costs the next start, nothing else.

        Returns:
            why it could not be stored, "" if it was.
        """
        if self.place is None or not self.place.path:
            return "there is no folder for it"
        return store.write(self.place.path, *self._document())

    def packed(self) -> bytes:
        """Return the bytes that would be stored."""
        return store.pack(*self._document())

    def _document(self) -> tuple[dict[str, Any], str, dict[str, Any]]:
        head = dict(self._sections())
        files = self.library.files(self.providers.files if self.providers else None)
        if self.asked is not None:
            files = {path: e for path, e in files.items() if e[2] != surroundings.ASKED}
            files = {**self.asked.files, **files}
        before = self.kept.results if self.kept else {}
        results = {name: self.results.get(name) or before[name] for name in self.modules}
        tail = {
            index.CONTENTS: {path: entry[1:] for path, entry in files.items()},
            kept.MODULES: self.modules,
            kept.UNDECIDED: self.unsettled,
            kept.FOUND: self.library.places(self.modules),
            **self.library.followed(self.resolver),
            **{index.RESULT + name: result for name, result in results.items()},
            **self.library.records_text(),
        }
        head["files"] = freshness.by_folder({path: entry[0] for path, entry in files.items()})
        head["folders"] = self.library.folders()
        if self.asked is not None:
            known = {entry[0] for entry in head["folders"]}
            head["folders"] += [one for one in self.asked.folders if one[0] not in known]
        return head, "records", tail


def _plain(section: Any) -> Any:
    return decode(section) if isinstance(section, store.Raw) else section


def _nothing(scope: Scope, cause: str) -> DiscoveryError:
    from plugindex.loader import doctor

    facts = [("cause", cause), ("next", doctor(scope))]
    return DiscoveryError(message(f"the {scope.name} registry can't be listed", facts))
