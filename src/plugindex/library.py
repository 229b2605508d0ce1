"""The records of modules by name: found, read once, or taken from an earlier run."""

from __future__ import annotations

import os

from plugindex import bytecode, stamp
from plugindex.bytecode import Reading
from plugindex.codes import codes_in
from plugindex.reader import ModuleRecord, read
from plugindex.summary import read_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from plugindex.finder import Finder
    from plugindex.records import ModuleFile
    from plugindex.summary import FunctionSummary


class Library:
    """Finds and reads modules, each at most once.

    Args:
        finder: finds modules by name.

    Attributes:
        readings: what was read in this run, by module name; its inputs are what to stamp.
        asked: every name that was looked up, and whether import could find it.
    """

    def __init__(self, finder: Finder) -> None:
        self.looked_into: set[str] = set()  # modules whose record got more functions
        self.finder = finder
        self.readings: dict[str, Reading] = {}
        self.asked: dict[str, bool] = {}
        self._records: dict[str, ModuleRecord | None] = {}
        self._providing: dict[str, bool] = {}
        self._codes: dict[str, dict[tuple[str, int], CodeType | None]] = {}

    def exists(self, name: str) -> bool:
        """Tell whether import could find module *name*, its parents included."""
        found = self.asked.get(name)
        if found is None and name == "__main__":  # whatever runs, it is there
            return True
        if found is None:
            found = self.finder.find(name) is not None or self._is_virtual(name)
            self.asked[name] = found
        return found

    def _is_virtual(self, name: str) -> bool:
        """Tell whether a module of the parents makes its submodules itself, as six does.

        One that is compiled may, whether it is a package or not: what is written in Rust often
        puts its parts into ``sys.modules``.
        """
        parent = self._nearest_parent(name)
        record = self.record(parent) if parent else None
        if record is None:
            return self._is_compiled(parent)
        return "__path__" in record.names or record.provides or self._provides(record)

    def _provides(self, package: ModuleRecord) -> bool:
        """Tell whether a package has a module of its own provide others, as tlz does."""
        found = self._providing.get(package.name)
        if found is None:
            found = self._providing[package.name] = self._has_provider(package)
        return found

    def _has_provider(self, package: ModuleRecord) -> bool:
        for _, module, names, _ in package.imports if package.is_package else ():
            for name in (module, *(f"{module}.{one}" for one in names)):
                if name.startswith(f"{package.name}.") and self.finder.find(name) is not None:
                    record = self.record(name)
                    if record is not None and record.provides:
                        return True
        return False

    def is_inside_compiled(self, name: str) -> bool:
        """Tell whether only a compiled module knows if there is a module *name* inside it."""
        return self.finder.find(name) is None and self._is_compiled(self._nearest_parent(name))

    def _nearest_parent(self, name: str) -> str:
        parent = name.rpartition(".")[0]
        while parent and self.finder.find(parent) is None:
            parent = parent.rpartition(".")[0]
        return parent

    def _is_compiled(self, name: str) -> bool:
        file = self.finder.find(name) if name else None
        return file is not None and file.kind == "extension" and self.record(name) is None

    def file(self, name: str) -> ModuleFile | None:
        """Return where the code of module *name* lies."""
        return self.finder.find(name)

    def modules(self, package: str) -> list[ModuleFile]:
        """Return *package* and all modules in it, sorted by name."""
        return self.finder.modules(package)

    def record(self, name: str) -> ModuleRecord | None:
        """Return the record of module *name*; None if it has no code that can be read."""
        if name not in self._records:
            self._records[name] = None
            self._records[name] = self._read(name)
        return self._records[name]

    def _read(self, name: str) -> ModuleRecord | None:
        file = self.finder.find(name)
        if file is None:
            return None
        if file.kind == "namespace":
            return ModuleRecord(name, True)
        reading = self._compiled_from(file) if file.kind == "extension" else self.reading(name)
        if reading.code is None:
            return None
        return read(reading.code, name, file.is_package)

    def _compiled_from(self, file: ModuleFile) -> Reading:
        """Read the source beside an extension module: Cython and mypyc wheels ship theirs.

        Beside any other, it is what serves where the module in C isn't there.
        """
        stem = file.path.rpartition(os.sep)[2].partition(".")[0]
        source = file.path[: file.path.rfind(os.sep) + 1] + stem + ".py"
        own = self.reading(file.name)
        beside = bytecode.load(file.replace(kind="source", path=source))
        if own.code is None and beside.code is not None and self._is_translated(file.path):
            inputs = (*own.inputs, *beside.inputs)
            self.readings[file.name] = Reading(code=beside.code, inputs=inputs)
        return self.readings[file.name]

    def _is_translated(self, path: str) -> bool:
        from plugindex.compiled import is_translated

        data = stamp.read(path, bytecode.LARGEST_FILE)
        return data is None or is_translated(data)

    def compiled(self, name: str) -> bytes | None:
        """Return what stands in an extension module's file, None if that can't be read."""
        file = self.file(name)
        self.reading(name)  # so that the file is stamped
        return stamp.read(file.path, bytecode.LARGEST_FILE) if file and file.path else None

    def reading(self, name: str) -> Reading:
        """Return what was read of module *name*, which exists."""
        found = self.readings.get(name)
        if found is None:
            file = self.file(name)
            assert file is not None, name
            found = self.readings[name] = bytecode.load(file)
        return found

    def function(self, module: str, qualname: str, line: int) -> FunctionSummary | None:
        """Return what reading tells of a function's calls; None if it can't be read."""
        record = self.record(module)
        if record is None:
            return None
        key = f"{qualname}:{line}"
        if key not in record.functions:
            record.functions[key] = None
            self.looked_into.add(module)
            code = self._codes_of(module).get((qualname, line))
            if code is not None:
                given = self._defaults(module, record).get((qualname, line))
                record.functions[key] = read_function(code, module, record.is_package, given)
        return record.functions[key]

    def _defaults(self, module: str, record: ModuleRecord) -> dict[tuple[str, int], Any]:
        if record.defaults is None:  # the record was known without reading the module's code
            code = self._code(module)
            again = read(code, module, record.is_package) if code is not None else None
            record.defaults = (again.defaults if again else None) or {}
        return record.defaults

    def changes(self, module: str, name: str, but: tuple[Any, ...] = ()) -> bool:
        """Tell whether a function of *module* may change a list or dict that *name* stands for.

        Args:
            module: the dotted name of a module.
            name: a global name in it.
            but: the name and line of a function that may.
        """
        record = self.record(module)
        if record is not None:  # so that an edit inside any of its functions counts
            record.functions.setdefault("", None)
            self.looked_into.add(module)
        for (qualname, line), code in self._codes_of(module).items():
            if code is None:
                return True
            own = (qualname, line) == but
            if name in code.co_names and name not in code.co_varnames and not own:
                summary = self.function(module, qualname, line)
                if summary is None or name in summary.changes:
                    return True
        return False

    def _codes_of(self, module: str) -> dict[tuple[str, int], CodeType | None]:
        if module not in self._codes:
            code = self._code(module)
            self._codes[module] = {} if code is None else codes_in(code)
        return self._codes[module]

    def _code(self, module: str) -> CodeType | None:
        """Return a module's code, also where its record was known without reading it."""
        reading = self.reading(module)
        file = self.file(module)
        if reading.code is None and reading.problem is None and file is not None:
            reading = self.readings[module] = bytecode.load(file)
        return reading.code
