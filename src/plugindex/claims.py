"""Which compiled modules may hold classes that say they are of another module."""

from __future__ import annotations

import sys

from plugindex.names import root
from plugindex.namespaces import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugindex.belonging import Family
    from plugindex.library import Library
    from plugindex.reader import ModuleRecord


class Claims:
    """What compiled modules may give to the modules of one scope."""

    def __init__(self, library: Library, family: Family) -> None:
        self.library = library
        self.family = family

    def of_compiled(self, record: ModuleRecord) -> list[str]:
        """Return which compiled modules may give this one classes that say they are its own."""
        context = self.family.context(record)
        modules = {star[0] for star in record.stars}
        for value in record.names.values():
            found = self.family.evaluate(value, context) if value[0] in "fagpw" else ("",)
            if found[0] == "outside":
                modules.add(found[1].partition(":")[0])
            elif found[0] == "real" and self._is_claim(found[1], record.name):
                return [f"{found[1].__qualname__} is compiled"]
        return [
            f"{module} may hold classes of {record.name}"
            for module in sorted(modules)
            if self.library.record(module) is None and self.library.file(module) is not None
            if self._may_claim(module, record.name)
        ]

    def sources(self, record: ModuleRecord) -> Iterator[str]:
        """Yield where the names of a module come from; from its own private package, to the end."""
        private = f"_{root(record.name)}"
        for name, value in record.names.items():
            if value[0] == "f":
                yield value[1]
                if root(value[1]) == private:
                    found = self.family.member(record.name, name)
                    told = found[4:] if found[0] == "unknown" else (found,)
                    yield from (one[1] for one in told if one[0] == "class")

    def _may_claim(self, module: str, name: str) -> bool:
        if not is_own(self.library.file(module)):
            return self.library.holds(module, name.encode())
        __import__(module)  # compiled into the interpreter, so its classes can be asked
        return any(self._is_claim(one, name) for one in vars(sys.modules[module]).values())

    def _is_claim(self, found: object, name: str) -> bool:
        if not isinstance(found, type) or found.__module__ != name:
            return False
        return self.family.belongs(("real", found)) is not False
