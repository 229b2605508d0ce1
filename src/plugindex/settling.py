"""Settle what every module in scope holds: by reading, by what is kept, or in a child."""

from __future__ import annotations

import sys

from plugindex import freshness, pool, providers, surroundings
from plugindex.codec import decode
from plugindex.errors import DiscoveryError, message
from plugindex.finder import Finder
from plugindex.index import RESULT
from plugindex.keeping import KeptLibrary
from plugindex.makers import ANY_TIME
from plugindex.paths import plugin_place
from plugindex.reaching import reached
from plugindex.resolver import Resolver
from plugindex.results import stored_result, take_examination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from plugindex.answer import Examination
    from plugindex.availability import Requirements as Family
    from plugindex.config import Scope
    from plugindex.index import Place, Settings
    from plugindex.kept import Kept
    from plugindex.store import Document

_ALL_LIMIT_S = 300.0  # for importing every module of a package


class Settling:
    """The modules of one scope, each to be settled.

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
        package, folder = plugin_place(scope)
        self.folder = folder
        self.finder = Finder(dropped={package: folder} if folder else {})
        self.provided: tuple[Any, ...] | None = None  # the files that name providers, if read
        self.library = KeptLibrary(self.finder, old, settings.shipped)
        self.kept = old
        self.results: dict[str, Any] = {}  # of the modules that were resolved now
        self.modules: dict[str, str] = {}
        self.reached: list[str] = []  # of these, those that no walk over the package lists
        self.left_out = old.left_out if old else False  # whether there are folders for such
        self.undecided: list[str] = []
        self.unsettled: list[str] = []
        self.failing: set[str] = set()  # undecided for having failed in a process
        self.imported = 0
        self.verdict = "cold" if place and place.path else "off"
        self.resolver: Resolver | None = None
        self.sections: dict[str, Any] | None = None
        self.asked: surroundings.Surroundings | None = None

    def resolve(self) -> None:
        """Resolve every module of the scope, or take what was resolved before."""
        self.modules = self.modules or self._modules()
        if self.kept is None or self.kept.moved:
            self.left_out = self.finder.left_out
        if self.kept:
            self.kept.reread(self.library)
        affected = self.kept.affected(self.library, self.modules) if self.kept else None
        if self.kept and affected is not None:
            self.verdict = "partial" if affected or self.library.readings else "hit"
            self.unsettled = [] if affected else self.kept.undecided
        before = self.kept.reached if self.kept else []
        if before:
            self.modules = {name: by for name, by in self.modules.items() if name not in before}
            affected = None if affected else affected  # its importers may import something else
        names = [n for n in self.modules if affected is None or n in affected]
        spread: set[str] = set()
        self._settle_all(names, spread)
        found = self._reached(names) if names else before
        self._include(found)
        for name in found if names else ():
            if not self._is_shipped(name):
                self.read(name, spread)
        for name in self.modules:
            if name in spread:
                self._unsettle(name, "another module may make classes in it")
        self._unsettle_failing()
        self.undecided = [name for name in self.results if self.results[name]["undecided"]]
        self.unsettled = self.unsettled or list(self.undecided)

    def _unsettle_failing(self) -> None:
        """Leave to running what failed to load in a process, and what did so when it last ran."""
        if self.kept is None:
            return
        failing = self.kept.failing()
        self.failing = set(failing)
        for name, reason in failing.items():
            if name in self.results or (name in self.kept.failed and name in self.modules):
                self._unsettle(name, reason)

    def _reached(self, names: list[str]) -> list[str]:
        """Return what *names* import from folders that no walk lists, if there are such folders."""
        if not self.left_out or self.scope.function:
            return []
        return reached(self.library, self.scope, names, self.modules)

    def _include(self, names: list[str]) -> None:
        """Take modules of the host's package into the scope, in their place."""
        self.reached = names
        if names:
            own = sorted([*names, *(name for name, by in self.modules.items() if not by)])
            others = {name: by for name, by in self.modules.items() if by}
            self.modules = dict.fromkeys(own, "") | others

    def _settle_all(self, names: list[str], spread: set[str]) -> None:
        """Settle modules, sharing the work with further processes where that pays."""
        rest = [name for name in names if not self._is_shipped(name)]
        if self.kept is None and rest:
            self._resolver()  # so that a base that can't serve is told before anything is started
            self._share(rest, spread)
        for name in rest:
            if name not in self.results:
                self.read(name, spread)
        self.results = {**{name: self.results[name] for name in names}, **self.results}

    def _share(self, names: list[str], spread: set[str]) -> None:
        crew = pool.Pool(self, names)
        try:
            for portion in crew.mine():
                for name in portion:
                    self.read(name, spread)
            for one in crew.workers:
                self._take_over(one.outcome(), spread)
        finally:
            crew.end()

    def _take_over(self, document: Document | None, spread: set[str]) -> None:
        """Take what a worker found, if that can be had and trusted."""
        if document is None or not self.library.fits(document):
            return
        self.library.take(document)
        edges = self._resolver().family.edges
        for name, targets in document.head("edges").items():
            edges.setdefault(name, set()).update(targets)
        for name, result in document.raw_tail().items():
            if name[:1] == RESULT:
                self.results[name[1:]] = decode(result)
        spread.update(document.head("spread"))

    def _is_shipped(self, name: str) -> bool:
        """Take the result of a module that a package brings along, if it does."""
        shipped = self.library.shipments.result(name, self.scope, self.library)
        if shipped is not None:
            self.results[name] = shipped
        return shipped is not None

    def read(self, name: str, spread: set[str]) -> None:
        """Settle one module by reading, and add to *spread* the others that it may change."""
        resolution = self._resolver().resolve(name)
        self.results[name] = stored_result(self.library, name, resolution)
        spread.update(resolution.spreads)

    def edges(self) -> dict[str, set[str]]:
        """Return the modules that each module's values were followed into."""
        return self._resolver().family.edges

    def is_settled(self) -> bool:
        """Tell whether what is kept answers for every module that is in scope now."""
        self.modules = self._modules()
        affected = self.kept and self.kept.affected(self.library, self.modules)
        return affected is not None and not affected

    def _unsettle(self, name: str, reason: str) -> None:
        if name not in self.results:
            self.results[name] = self._result(name)
        if not self.results[name]["undecided"]:
            self.results[name]["undecided"] = reason

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
                if file.name not in self.scope.excluded and file.name not in self.finder.dropped:
                    names.setdefault(file.name, provider)
        if not names and not self.scope.function:
            raise nothing(self.scope, f"there is no module or package {self.scope.package}")
        return names

    def _packages(self) -> list[tuple[str, str]]:
        offered, self.provided = providers.packages(self.finder, self.scope)
        return [(self.scope.package, ""), *offered]

    def _resolver(self) -> Resolver:
        if self.resolver is None:
            self.resolver = Resolver(self.library, self.scope)
            self._check_base(self.resolver.problem())
        return self.resolver

    def _check_base(self, trouble: str) -> None:
        if trouble:
            raise nothing(self.scope, f"the base {self.scope.base} can't serve: {trouble}")

    def examine(self) -> None:
        """Import the undecided modules in a child interpreter and take in what they hold."""
        since = freshness.now_ns()
        late = any(reason.endswith(ANY_TIME) for reason in self.reasons().values())
        found = self._examined_among_all() if late else self._examined()
        self._check_base(found.unfit)
        self.asked = self.surroundings_of(found, since)
        if found.refused and not getattr(sys, "frozen", False):
            self.place = None  # the next start may be able to; only a frozen application never is
        take_examination(self.results, self.undecided, found, self._result_of)
        self.undecided = []

    def surroundings_of(
        self, found: Examination, since: int, roots: Iterable[str] = ()
    ) -> surroundings.Surroundings:
        """Return what the child asked for, as :func:`plugindex.surroundings.taken` tells it."""
        self.finder.list_all()
        return surroundings.taken(found.asked, since, roots)

    def _examined(self) -> Examination:
        """Return what the undecided modules give, by themselves if they can be imported so."""
        from plugindex.sandbox import examine

        self.imported = len(self.undecided)
        found = examine(self.undecided, self.scope, **self.for_child())
        if self.failing.issuperset(found.alone):  # what failed in a process, too, just fails
            return found
        return self._examined_among_all()

    def _examined_among_all(self) -> Examination:
        """Return what every module of the scope gives, each after those that stand before it."""
        from plugindex.sandbox import examine

        self.imported = len(self.modules)
        return examine(sorted(self.modules), self.scope, **self.for_child(), limit_s=_ALL_LIMIT_S)

    def reasons(self) -> dict[str, str]:
        """Return why each undecided module is."""
        return {name: str(self.results[name]["undecided"]) for name in self.undecided}

    def to_import(self) -> list[str]:
        """Return what to import for the truth."""
        return list(self.modules)

    def family(self) -> Family:
        """Return the classes of the registry's hierarchy, as reading tells them."""
        return self._resolver().family

    def for_child(self) -> dict[str, Any]:
        """Return what a child must be told to import the modules of others."""
        others = [name for name, provider in self.modules.items() if provider]
        return {
            "path": list(self.finder.path),
            "others": others,
            "dropped": self.finder.dropped,
        }


def nothing(scope: Scope, cause: str) -> DiscoveryError:
    """Return the error of a scope that can't be listed."""
    from plugindex.loader import doctor

    facts = [("cause", cause), ("next", doctor(scope))]
    return DiscoveryError(message(f"the {scope.name} registry can't be listed", facts))
