"""Which modules may stand in the place of others, put there by what a package calls."""

from __future__ import annotations

from plugindex.meaning import unbound
from plugindex.moves import Moves
from plugindex.names import is_library, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.reader import ModuleRecord
    from plugindex.summary import FunctionSummary

_PUBLISH = ("publication", "publish")  # puts one that shows less in the place of its caller
_ANY_END = "*"  # of the names of modules that begin so


class Displacing(Moves):
    """A family that knows what functions put into ``sys.modules``."""

    def __init__(self, library: Any, base: str, statements_count: bool, package: str) -> None:
        super().__init__(library, base, statements_count, package)
        self._placing: dict[str, frozenset[str | None]] = {}

    def displaced(self, record: ModuleRecord) -> list[str]:
        """Return why another module may stand in the place of this one, put there by a package."""
        package, reasons = record.name.rpartition(".")[0], []
        while package == self.package or package.startswith(f"{self.package}."):
            self.follow(self.context(record), package)
            if any(_may_be(name, record.name) for name in self._placed(package)):
                reasons.append(f"{package} may put another module in its place")
            package = package.rpartition(".")[0]
        return reasons

    def rebound(self, record: ModuleRecord) -> list[str]:
        """Return why a function may bind names of this module anew: it is handed ``globals()``."""
        context, reasons = self.context(record), []
        for condition, value, line in record.calls:
            handed = [place for place, arg in enumerate(value[2]) if _is_space(arg)]
            if handed and self.decide(condition, context) is not False:
                function, bound = unbound(self.evaluate(value[1], context))
                if self._changes(function, [place + len(bound) for place in handed]):
                    reasons.append(f"line {line}: {function[2]}() may bind names anew")
        return reasons

    def _changes(self, function: Found, places: list[int]) -> bool:
        """Tell whether a function changes what it is given by one of those places."""
        summary = self.summary_of(function)
        if summary is None:
            return False
        given = [summary.parameters[at] for at in places if at < summary.positional]
        return any(f".{name}" in summary.changes for name in given)

    def summary_of(self, function: Found) -> FunctionSummary | None:
        """Return what is read of a function that is neither ours nor the standard library's."""
        if function[0] != "function" or is_ours(function[1]) or is_library(function[1]):
            return None
        return self.library.function(*function[1:4])

    def _placed(self, package: str) -> frozenset[str | None]:
        """Return the modules that a package provides, or functions that it calls; None for any."""
        if package not in self._placing:
            record = self.library.record(package)
            self._placing[package] = frozenset(self._provided(record) if record else ())
        return self._placing[package]

    def _provided(self, record: ModuleRecord) -> set[str | None]:
        """Return what a package provides; names that its own statements compute are passed over.

        Nearly all of those are of modules that have no file.
        """
        context = self.context(record)
        found = (self.evaluate(key, context) for key in record.placed)
        names: set[str | None] = {
            one[1] for one in found if one[0] == "const" and isinstance(one[1], str)
        }
        for condition, value, _ in record.calls:
            if self.decide(condition, context) is not False:
                names |= self._names_placed(value, context)
        return names

    def _names_placed(self, value: Any, context: Context) -> set[str | None]:
        callee = self.evaluate(value[1], context)
        function, bound = unbound(callee)
        summary = self.summary_of(function)
        if summary is None or not summary.placed or function[1:3] == _PUBLISH:
            return set()
        args, names = self.arguments(value, context)
        inner = self.inside(function, (*bound, *args), names)
        found = [
            (self.evaluate(_told(key), inner) if inner else ("",), key) for key in summary.placed
        ]
        told: set[str | None] = {
            f"{one[1]}{_ANY_END if _told(key) is not key else ''}"
            for one, key in found
            if one[0] == "const" and isinstance(one[1], str)
        }
        return told if len(told) == len(found) else told | _tabled(args, context.record.name)


def _is_space(value: Any) -> bool:
    """Tell whether a value is what ``globals()`` gives."""
    return bool(value[0] == "x" and value[1][:2] == ("g", "globals") and not value[2])


def _told(key: Any) -> Any:
    """Return what is told of the name of a module: itself, or how it begins."""
    begins = key[0] == "x" and key[1][-1] == "startswith"
    return key[2][0] if begins else key


def _may_be(placed: str | None, module: str) -> bool:
    """Tell whether what is put under a name, or one that begins so, may be a module."""
    if placed is None:
        return True
    return module.startswith(placed[:-1]) if placed[-1:] == _ANY_END else placed == module


def _tabled(args: tuple[Found, ...], package: str) -> set[str | None]:
    """Return the modules that tables name which a function is given, None for any without one."""
    keys = [key for arg in args if arg[0] == "table" for key, _ in arg[1]]
    names = [str(key[1]) for key in keys if key[0] == "const"]
    return {*names, *(f"{package}.{name}" for name in names)} or {None}
