"""Which classes a package moves: it sets their ``__module__`` to show them where it exports them.

Told by reading is what a package's own ``__init__`` does, at module level, to a class of a module
inside it: no such class is there without that having run, and nothing that runs before has the
last word. Two packages that move one class, or one that moves it twice, leave it open.
"""

from __future__ import annotations

from plugindex.makers import Makers
from plugindex.meaning import unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.reader import ModuleRecord

_MODULE = "__module__"


class Moves(Makers):
    """A family that knows which of its classes the packages around them move.

    *package* is the one whose classes are asked for.
    """

    def __init__(self, library: Any, base: str, statements_count: bool, package: str) -> None:
        self.package = package
        self._moved: dict[str, dict[Found, str]] = {}
        self._movers: dict[str, list[ModuleRecord]] = {}
        super().__init__(library, base, statements_count)

    def context(self, record: ModuleRecord) -> Context:
        """Return the context of a module's statements, after what it moves has been looked for.

        A condition that asks where a class is can't be told while that is what is being asked.
        """
        first = record.name not in self._contexts
        found = super().context(record)
        if first and any(patch[2] == _MODULE for patch in record.patches):
            self._moves(record)
        return found

    def module_of(self, cls: Found) -> str:
        """Return the ``__module__`` of a class: where it stands, unless it is said otherwise."""
        return self.moved(cls) or super().module_of(cls)

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of a class, or of an instance; where it says it is, if it stays."""
        if name != _MODULE or owner[0] != "class":
            return super().class_attribute(owner, name)
        if any(owner in moves for moves in self._moves_around(owner)):
            return unknown("where a class is that a package moves", owner)
        self._limits += 1  # it holds while the moves of a package are read
        return ("const", super().module_of(owner))

    def moved(self, cls: Found) -> str:
        """Return the module that a package around a class sets as its own, "" if that isn't told.

        It is empty, too, where no package does.
        """
        told = [moves[cls] for moves in self._moves_around(cls) if cls in moves]
        return told[0] if len(told) == 1 else ""

    def moves(self, record: ModuleRecord, cls: Found) -> bool:
        """Tell whether a module moves a class, and reading tells where to."""
        return bool(cls[0] == "class" and self.moved(cls) and cls in self._moves(record))

    def _moves_around(self, cls: Found) -> Iterator[dict[Found, str]]:
        movers = self._movers.get(cls[1])
        if movers is None:
            movers = self._movers[cls[1]] = [*self._packages_around(cls)]
        for record in movers:
            yield self._moves(record)

    def _packages_around(self, cls: Found) -> Iterator[ModuleRecord]:
        """Yield the packages around a class that move any."""
        package = cls[1].rpartition(".")[0]
        while package == self.package or package.startswith(f"{self.package}."):
            self.follow(self.home(cls), package)  # which may move it after the next edit
            record = self.library.record(package)
            if record is not None and any(patch[2] == _MODULE for patch in record.patches):
                yield record
            package = package.rpartition(".")[0]

    def _moves(self, record: ModuleRecord) -> dict[Found, str]:
        """Return the classes that a package moves and where to, "" if that isn't told."""
        found = self._moved.get(record.name)
        if found is None:
            found = self._moved[record.name] = {}  # while the classes are looked for
            made: dict[Found, str] = {}
            context = self.context(record)
            for condition, target, name, value, _ in record.patches:
                holds = name == _MODULE and self.decide(condition, context)
                cls = ("",) if holds is False else self.evaluate(target, context)
                if cls[0] == "class" and cls[1].startswith(f"{record.name}."):
                    where = self._where(value, context) if holds and self.obeys(cls) else ""
                    made[cls] = where if made.get(cls, where) == where else ""
            found = self._moved[record.name] = made
        return found

    def _where(self, value: Any, context: Context) -> str:
        found = self.evaluate(value, context)
        return found[1] if found[0] == "const" and isinstance(found[1], str) else ""
