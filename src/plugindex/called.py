"""Build the index of a registry whose host says by a function of its own what there is.

The function runs in a child interpreter, as an undecided module does, and what it found holds as
long: while the variables, files and folders that were asked for meanwhile are as they were, those
of the modules that it imported and of its package among them.
"""

from __future__ import annotations

from plugindex import freshness
from plugindex.build import Build
from plugindex.errors import UnaskedError, function_failed
from plugindex.names import root
from plugindex.resolver import Resolver
from plugindex.results import examined_result
from plugindex.sandbox import examine
from plugindex.settling import nothing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.answer import Examination
    from plugindex.config import Scope
    from plugindex.index import Place, Settings
    from plugindex.records import Plugin

_LIMIT_S = 120.0  # a function imports whatever its host has


def build(scope: Scope, settings: Settings, place: Place | None) -> Build:
    """Return the build of *scope*, whose function is still to be called.

    Raises:
        DiscoveryError: the scope's package can't be found.
    """
    made = _Called(scope, settings, place, None)
    made.resolve()
    return made


class _Called(Build):
    """An index of what a function finds, and of what others offer by entry points and files."""

    def resolve(self) -> None:
        """Read what others offer; the function comes later, with what that leaves undecided."""
        if not self.finder.modules(self.scope.package):  # which stamps all of its folders
            raise nothing(self.scope, f"there is no module or package {self.scope.package}")
        super().resolve()
        self.undecided = [self.scope.function, *self.undecided]

    def _packages(self) -> list[tuple[str, str]]:
        return super()._packages()[1:]

    def _resolver(self) -> Resolver:
        if self.resolver is None:
            self.resolver = Resolver(self.library, self.scope)
        return self.resolver

    def reasons(self) -> dict[str, str]:
        """Return why each module of others is undecided."""
        return {name: self.results[name]["undecided"] for name in self.undecided[1:]}

    def to_import(self) -> list[str]:
        """Return what gives the truth: the function, then the modules of others."""
        return [self.scope.function, *(name for name, by in self.modules.items() if by)]

    def examine(self) -> None:
        """Call the function in a child interpreter and take in what it found.

        Raises:
            UnaskedError: no child can be started.
            DiscoveryError: the function failed.
        """
        since = freshness.now_ns()
        found = examine(
            self.undecided,
            self.scope,
            **self.for_child(),
            limit_s=_LIMIT_S,
            module_limit_s=_LIMIT_S,
        )
        if found.refused:
            raise UnaskedError(found.refused)
        failure = found.failures.get(self.scope.function)
        if failure is not None:
            place = f"{failure.file}, line {failure.line}" if failure.file else ""
            cause = failure.message.removeprefix("importing ")
            raise function_failed(self.scope, cause, place)
        self._take(found)
        named = (self.scope.application, self.scope.package, *(p.module for p in found.plugins))
        roots = set(map(root, named))
        self.asked = self.surroundings_of(found, since, roots)
        self.undecided, self.unsettled = [], []

    def _take(self, found: Examination) -> None:
        others, kept = self.modules, self.results
        doubtful = {name for name in others if kept[name]["undecided"]}
        held: dict[str, list[Plugin]] = {name: [] for name in doubtful}
        for one in found.plugins:
            if one.module not in kept or one.module in doubtful:
                held.setdefault(one.module, []).append(one)
        for name, plugins in held.items():
            reason = kept[name]["undecided"] if name in doubtful else ""
            self.results[name] = examined_result(plugins, found.failures.get(name), reason)
        own = sorted((name for name in held if name not in others), key=self._rank)
        self.modules = {name: self._provider(name) for name in own} | others
        self.finder.troubles.extend(one for one in found.problems if one.module not in others)
        imported = found.asked.get("modules", ())
        self.imported = sum(root(name) == self.scope.application for name in imported)

    def _rank(self, module: str) -> tuple[str, str]:
        return self._provider(module), module

    def _provider(self, module: str) -> str:
        """Return who brings a module that the function found: "" for the application itself."""
        return "" if self.scope.covers(module) else root(module)
