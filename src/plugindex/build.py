"""Build an index: find, read and resolve what is not known yet, and keep the rest."""

from __future__ import annotations

import time

from plugindex import freshness, index, kept, providers, store
from plugindex.errors import DiscoveryError, message
from plugindex.finder import Finder
from plugindex.header import CacheConfig, header
from plugindex.kept import Kept, KeptLibrary, fields_of, stored_result, take_examination
from plugindex.merge import merge
from plugindex.records import Stats
from plugindex.resolver import Resolver
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
    old = None if place is None or changes is None else Kept.of(place.document, changes)
    made = Build(scope, settings, place, old)
    made.resolve()
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
        self.providers = providers.find(self.finder, scope.application)
        self.library = KeptLibrary(self.finder, old)
        self.kept = old
        self.results: dict[str, Any] = {}
        self.modules: dict[str, str] = {}
        self.failed: dict[str, Any] = {}
        self.undecided: list[str] = []
        self.imported = 0
        self.verdict = "off" if place is None else "cold"
        self.resolver: Resolver | None = None
        self.sections: dict[str, Any] | None = None

    def resolve(self) -> None:
        """Resolve every module of the scope, or take what was resolved before."""
        self.modules = self._modules()
        affected = self.kept.affected(self.library, self.modules) if self.kept else None
        if self.kept and affected is not None:
            self.results = {n: r for n, r in self.kept.results.items() if n not in affected}
            self.failed = self.kept.failures(affected)
            self.verdict = "partial" if affected else "hit"
        for name in self.modules:
            if name not in self.results:
                self.results[name] = self._resolve(name)
                if self.results[name]["undecided"]:
                    self.undecided.append(name)

    def _modules(self) -> dict[str, str]:
        """Return the provider ("" for the host) of each module in scope, in order."""
        names: dict[str, str] = {}
        for package, provider in self._packages():
            for file in self.finder.modules(package, self.scope.recursive):
                if file.name not in self.scope.excluded:
                    names.setdefault(file.name, provider)
        if not names:
            raise _nothing(self.scope, f"there is no module or package {self.scope.package}")
        return names

    def _packages(self) -> list[tuple[str, str]]:
        offered = [] if self.scope.foreign else self.providers.found
        return [(self.scope.package, ""), *((one.package, one.distribution) for one in offered)]

    def _resolve(self, name: str) -> dict[str, Any]:
        if self.resolver is None:
            self.resolver = Resolver(self.library, self.scope)
            trouble = self.resolver.problem()
            if trouble:
                raise _nothing(self.scope, f"the base {self.scope.base} can't serve: {trouble}")
        return stored_result(self.library, name, self.resolver.resolve(name))

    def examine(self) -> None:
        """Import the undecided modules in a child interpreter and take in what they hold."""
        from plugindex.sandbox import examine

        found = examine(self.undecided, self.scope, path=list(self.finder.path))
        take_examination(self.results, self.undecided, found)
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
        merged = merge(self.scope, self.modules, self.results)
        environment = self.place.environment if self.place else ""
        return {
            **header(CacheConfig(cache_version=index.SCHEMA), self._version(), environment),
            "scope": index.scope_digest(self.scope),
            "items": merged.items,
            "modules": len(self.modules),
            "checked": self.checked,
            "unavailable": merged.unavailable,
            "conflicts": merged.conflicts,
            "problems": [*merged.problems, *self._troubles()],
            "failed": self.failed,
            "details": merged.details,
        }

    def _version(self) -> str:
        chosen = self.settings.version
        return chosen or providers.version_of(self.finder, self.scope.application)

    def _troubles(self) -> list[dict[str, Any]]:
        return [fields_of(one) for one in self.finder.troubles]

    def snapshot(self, started: float) -> Snapshot:
        """Return the snapshot of what was built."""
        sections = self._sections()
        read = sum(1 for one in self.library.readings.values() if one.code is not None)
        stats = Stats(
            len(self.modules), read, self.imported, self.verdict, time.perf_counter() - started
        )
        return Sections(sections.get).snapshot(stats)

    def details(self) -> dict[str, Any]:
        """Return the further fields of each plugin by object reference."""
        details: dict[str, Any] = self._sections()["details"]
        return details

    def write(self) -> None:
        """Store the index; trouble costs the next start, nothing else."""
        if self.place is None:
            return
        head = dict(self._sections())
        files = self.library.files(self.providers.files)
        tail = {
            index.DETAILS: head.pop("details"),
            kept.RESULTS: {name: self.results[name] for name in self.modules},
            index.CONTENTS: {path: entry[1:] for path, entry in files.items()},
            **self.library.stored(self.resolver, self.modules),
            **self.library.records_text(),
        }
        head["files"] = freshness.by_folder({path: entry[0] for path, entry in files.items()})
        head["folders"] = freshness.take_folders(self.finder.consulted)
        store.write(self.place.path, head, "records", tail)


def _nothing(scope: Scope, cause: str) -> DiscoveryError:
    next_step = f"python -m plugindex doctor {scope.base}"
    facts = [("cause", cause), ("next", next_step)]
    return DiscoveryError(message(f"the {scope.name} registry can't be listed", facts))
