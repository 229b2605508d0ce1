"""Which compiled modules may hold classes that say they are of another module."""

from __future__ import annotations

import os
import sys

from plugindex.names import root
from plugindex.namespaces import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugindex.belonging import Family
    from plugindex.compiled import Binary
    from plugindex.library import Library
    from plugindex.reader import ModuleRecord

_TOLD = ("class", "function", "module", "const", "real", "instance", "missing")

_KEPT = 1 << 26  # bytes of compiled modules that are kept to be looked through again


class Claims:
    """What compiled modules may give to the modules of one scope."""

    def __init__(self, library: Library, family: Family) -> None:
        self.library = library
        self.family = family
        self._last: Binary | None = None
        self._kept: dict[str, Binary] = {}
        self._room = _KEPT

    def of_compiled(self, record: ModuleRecord) -> list[str]:
        """Return which compiled modules may give this one classes that say they are its own."""
        context = self.family.context(record)
        given: dict[str, set[str] | None] = {star[0]: None for star in record.stars}
        open_ended: set[str] = set()
        for name, value in record.names.items():
            found = self.family.evaluate(value, context) if value[0] in "fagpw" else ("",)
            if found[0] == "outside":
                names = given.setdefault(found[1].partition(":")[0], set())
                if names is not None:
                    names.add(name)
            elif found[0] == "real" and self._is_claim(found[1], record.name):
                return [f"{found[1].__qualname__} is compiled"]
            elif found[0] not in _TOLD and value[0] not in "kdci":
                open_ended.add(name)
        return [
            f"{module} may hold classes of {record.name}"
            for module, names in sorted(given.items())
            if self.library.record(module) is None and self.library.file(module) is not None
            if self._may_claim(module, record.name, None if names is None else names | open_ended)
        ]

    def binary(self, module: str) -> Binary:
        """Return a compiled module with what the classes that are looked for derive from."""
        found = self._kept.get(module) or self._last
        if found is None or found.module != module:
            found = self._last = self._examined(module)
            if len(found.data) <= self._room:  # others, one at a time
                self._kept[module] = found
                self._room -= len(found.data)
        return found

    def _examined(self, module: str) -> Binary:
        from plugindex.compiled import examined

        file = self.library.file(module)
        base = self.family.base[1] if self.family.base[0] == "real" else None
        data = self.library.compiled(module) or b""
        return examined(data, module, base, os.path.basename(file.path) if file else "")

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

    def _may_claim(self, module: str, owner: str, names: set[str] | None) -> bool:
        if not is_own(self.library.file(module)):
            from plugindex.compiled import may_give_classes

            return may_give_classes(self.binary(module), owner, names)
        __import__(module)  # compiled into the interpreter, so its classes can be asked
        return any(self._is_claim(one, owner) for one in vars(sys.modules[module]).values())

    def _is_claim(self, found: object, name: str) -> bool:
        if not isinstance(found, type) or found.__module__ != name:
            return False
        return self.family.belongs(("real", found)) is not False
