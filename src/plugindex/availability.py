"""Whether a module's imports can succeed, as far as finding and reading tell."""

from __future__ import annotations

import sys

from plugindex.names import DROPPED, is_library, is_ours, root
from plugindex.standins import StandIns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.reader import ModuleRecord

_ANYWHERE = "*"


class Requirements(StandIns):
    """A family that knows which modules lack something that they import."""

    def __init__(self, library: Any, base: str, statements_count: bool, package: str) -> None:
        self._available: dict[str, tuple[str, str] | None] = {}
        self._adding: dict[str, frozenset[str]] = {}
        self._broken: dict[str, str] = {}
        super().__init__(library, base, statements_count, package)

    def unavailable(self, module: str) -> tuple[str, str] | None:
        """Return (missing requirement, module that needs it) if importing *module* must fail."""
        parent = module.rpartition(".")[0]
        # What a plugin folder's files have for a parent is ours, and always there. Others come
        # first, as they do in an import: what they ask of this one may decide whether they fail.
        missing = self.unavailable(parent) if parent not in ("", DROPPED) else None
        if missing is None and module not in self._available:
            self._available[module] = None
            self._available[module] = self._unavailable(module)
        return missing or self._available[module]

    def _unavailable(self, module: str) -> tuple[str, str] | None:
        record = self.library.record(module)
        if record is None:
            return None
        context = self.context(record)
        for condition, name, names, _ in record.imports:
            if self.decide(condition, context) is True:
                missing = self.lacks(context, name, names)
                if missing is not None:
                    return missing
        return self._demands(record, context) or self._fails(record, context)

    def lacks(self, context: Context, name: str, names: Any) -> tuple[str, str] | None:
        """Return (missing requirement, module that needs it) if an import must fail.

        A module of another application is only looked for; what it imports is its own affair.
        """
        module = context.record.name
        if not self.library.exists(name):
            # A package that adds to the path, as setuptools does, may find there what it needs.
            return None if self.may_add(module, name) else (name, module)
        if root(name) != root(module):
            return None
        self.follow(context, name)
        missing = self.unavailable(name)
        for sub in names:
            full = f"{name}.{sub}"
            if missing is None and self.library.exists(full) and not self._binds(name, sub):
                self.follow(context, full)
                missing = self.unavailable(full)
        return missing

    def lacking_base(self, cls: Found) -> str:
        """Return what the module of a base from another application lacks, "" if nothing.

        It was looked into to tell the class, whose statement can't have been run then. What it
        imports of its own is not followed.
        """
        others = {one[1]: 0 for one in self.order(cls) if one[0] == "class"}
        lacking = (self._broken_at(one) for one in others if root(one) != root(cls[1]))
        return next((one for one in lacking if one), "")

    def _broken_at(self, module: str) -> str:
        """Return what a module of another application lacks, or a package around it, or ""."""
        if not module or is_library(module) or is_ours(module):
            return ""
        if module not in self._broken:
            self._broken[module] = ""
            found = self._broken_at(module.rpartition(".")[0]) or self._lacks_itself(module)
            self._broken[module] = found
        return self._broken[module]

    def _lacks_itself(self, module: str) -> str:
        record = self.library.record(module)
        if record is None:
            return ""
        context = self.context(record)
        lacking = (
            name
            for condition, name, _, _ in record.imports
            if not self.library.exists(name) and not self.may_add(module, name)
            if self.decide(condition, context) is True
        )
        return next((f"{module} lacks {name}" for name in lacking), "")

    def importable(self, module: str, names: Any, context: Context) -> bool | None:
        """Return whether an import would succeed, None where code changes what can be found."""
        if not self.library.exists(module) and self.may_add(context.record.name, module):
            return None
        if root(module) != root(context.record.name) and self._broken_at(module):
            return None  # something else may bring what it lacks
        return super().importable(module, names, context)

    def may_add(self, module: str, name: str) -> bool:
        """Tell whether *name* may lie in what a module or a package around it adds to the path."""
        return any(
            folder == _ANYWHERE or self.library.exists(f"{folder}.{root(name)}")
            for folder in self._added(module)
        )

    def _added(self, module: str) -> frozenset[str]:
        """Return the packages whose folders are added to ``sys.path`` as a module is imported."""
        if module not in self._adding:
            parent = module.rpartition(".")[0]
            record = self.library.record(module)
            own = frozenset() if record is None else _added_by(record)
            self._adding[module] = own | self._added(parent) if parent else own
        return self._adding[module]

    def _binds(self, module: str, name: str) -> bool:
        record = self.library.record(module)
        return record is not None and name in record.names

    def skips(self, record: ModuleRecord) -> list[tuple[int, str]]:
        """Return (line, reason) of the calls by which a test module may end its own import."""
        context = self.context(record)
        return [
            (line, "its tests may be skipped")
            for condition, value, line in record.calls
            if self._skips(value) and self.decide(condition, context) is not False
        ]

    def _skips(self, value: Any) -> bool:
        """Tell whether a call is ``pytest.skip``, which ends the import of a test module."""
        return "allow_module_level" in value[3] and _named(value[1]) == "skip"

    def _demands(self, record: ModuleRecord, context: Context) -> tuple[str, str] | None:
        """Return what a ``pytest.importorskip`` of a module finds missing."""
        for condition, value, _ in record.calls:
            if _named(value[1]) == "importorskip" and value[2] and value[2][0][0] == "c":
                name = value[2][0][1]
                demanded = isinstance(name, str) and self.decide(condition, context) is True
                if demanded and not self.library.exists(name):
                    return (name, record.name)
        return None

    def _fails(self, record: ModuleRecord, context: Context) -> tuple[str, str] | None:
        """Look for an exception that certainly ends the import for want of a module."""
        for condition, _, _ in record.failures:
            if self.decide(condition, context) is True:
                asked = [one for one in context.variables if one[0] == "import"]
                lacking = (self.lacks(context, name, names) for _, name, names in asked)
                return next((one for one in lacking if one is not None), None)
        return None


def requirements_of(record: ModuleRecord) -> tuple[str, ...]:
    """Return the third-party packages that a module's unguarded imports name, sorted."""
    roots = {entry[1].partition(".")[0] for entry in record.imports}
    roots.discard(record.name.partition(".")[0])
    return tuple(sorted([one for one in roots if one not in sys.stdlib_module_names]))


def _added_by(record: ModuleRecord) -> frozenset[str]:
    """Return the package whose folder a module adds to ``sys.path``, if any: itself or its parent.

    What else it adds may be anywhere.
    """
    for _, target, name, _, _ in record.patches:
        if name == "path" and target[0] == "i" and target[1] == "sys":
            return frozenset((_ANYWHERE,))
    added = [value for _, value, _ in record.calls if _adds_to_path(value[1])]
    own = record.name if record.is_package else record.name.rpartition(".")[0]
    return frozenset(own if own and _adds_own_folder(value) else _ANYWHERE for value in added)


def _adds_own_folder(call: Any) -> bool:
    if _named(call[1]) not in ("append", "insert") or call[3] or not call[2]:
        return False
    folder = call[2][-1]
    if folder[0] == "s":  # ``__path__[0]``
        return bool(folder[1][:2] == ("g", "__path__") and folder[2] == ("c", 0))
    file = _of_path(folder, ("dirname",))
    while _of_path(file, ("abspath", "realpath")):
        file = _of_path(file, ("abspath", "realpath"))
    return bool(file[:2] == ("g", "__file__"))


def _of_path(value: Any, functions: tuple[str, ...]) -> Any:
    """Return what one of the *functions* of ``os.path`` is given, () where none is called."""
    if value[:1] != ("x",) or len(value[2]) != 1 or _named(value[1]) not in functions:
        return ()
    owner = value[1][1]
    return value[2][0] if owner in ("os.path", ("a", ("i", "os"), "path")) else ()


def _adds_to_path(callee: Any) -> bool:
    if _named(callee) == "addsitedir":
        return True
    if callee[0] != "a" or callee[2] not in ("append", "extend", "insert"):
        return False
    owner = callee[1]
    if owner[0] == "a" and owner[2] == "path":
        return bool(owner[1][0] == "i" and owner[1][1] == "sys")
    return bool(owner[0] == "f" and owner[1] == "sys" and owner[2] == "path")


def _named(callee: Any) -> str:
    return str(callee[2]) if callee[0] in ("a", "f") else ""
