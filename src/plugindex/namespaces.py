"""What the names of modules stand for: their own, re-exported, imported with a star, computed."""

from __future__ import annotations

import os
import sys

from plugindex import HOMES, sixmoves
from plugindex.expressions import platform_fact
from plugindex.meaning import COMPUTED, MISSING, Context, literal_items, real, unknown
from plugindex.names import is_library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    from plugindex.meaning import Found
    from plugindex.reader import ModuleRecord
    from plugindex.records import ModuleFile
    from plugindex.summary import FunctionSummary

    class Library(Protocol):
        """Where records come from."""

        def record(self, name: str) -> ModuleRecord | None:
            """Return the record of a module, None when it has none that can be read."""

        def exists(self, name: str) -> bool:
            """Tell whether import could find this module."""

        def is_inside_compiled(self, name: str) -> bool:
            """Tell whether only a compiled module knows if there is this module inside it."""

        def file(self, name: str) -> ModuleFile | None:
            """Return where the code of a module lies."""

        def modules(self, package: str) -> list[ModuleFile]:
            """Return a package and all modules in it."""

        def compiled(self, name: str) -> bytes | None:
            """Return what stands in an extension module's file, None if that can't be read."""

        def function(self, module: str, qualname: str, line: int) -> FunctionSummary | None:
            """Return what :func:`plugindex.summary.read_function` gives, or None."""

        def changes(self, module: str, name: str, but: tuple[Any, ...] = ()) -> bool:
            """Tell whether a function of a module may change a list or dict in place."""


# Loaded before any program starts, so looking at them runs nothing.
_ALWAYS_LOADED = ("builtins", "sys", "posix", "nt", "_io", "time", "_thread", "_signal", "marshal")
ALIASES = {"os.path": "posixpath" if "posix" in sys.builtin_module_names else "ntpath"}
if sys.version_info >= (3, 13):  # it puts the other module into its place
    ALIASES["collections.abc"] = "_collections_abc"
_OWN_FOLDERS = frozenset(path for path in sys.path if path.endswith("lib-dynload"))


class Namespaces:
    """Looks names up in modules; what their values stand for is worked out by a subclass."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._members: dict[tuple[str, str], Found | None] = {}
        self._contexts: dict[str, Context] = {}
        self._exporting: set[tuple[str, str]] = set()  # names that star imports are asked for now
        self._limits = 0  # how often a question was cut short, so that its answer holds only there
        # module name to the modules whose records its values were followed into
        self.edges: dict[str, set[str]] = {}

    # -- names ---------------------------------------------------------------------------------

    def context(self, record: ModuleRecord) -> Context:
        """Return the context of a module's own statements."""
        found = self._contexts.get(record.name)
        if found is None:
            found = self._contexts[record.name] = Context(record, record.variables, record.nodes)
        return found

    def follow(self, context: Context, module: str) -> None:
        """Note that a value of *context*'s module depends on what *module* holds."""
        self.edges.setdefault(context.record.name, set()).add(module)

    def member(self, module: str, name: str) -> Found:
        """Return what ``from module import name`` gives."""
        key = (module, name)
        if key in self._members:
            found = self._members[key]
            return self._while_bound(module, name) if found is None else found
        self._members[key] = None
        found = self._members[key] = self._member(module, name)
        return found

    def _while_bound(self, module: str, name: str) -> Found:
        """Return a name that is asked for while it is bound: import falls back to a submodule."""
        self._limits += 1
        return self._submodule(module, name) or unknown(_circle(module, name))

    def _submodule(self, module: str, name: str) -> Found | None:
        full = f"{module}.{name}"
        if not self.library.exists(full) or self.library.is_inside_compiled(full):
            return None
        if self.library.file(full) is None:
            return unknown(f"{module} makes its submodules itself")
        return ("module", full)

    def _member(self, module: str, name: str) -> Found:
        fact = platform_fact(module, name)
        if fact is not None:
            return ("const", fact[1])
        if module in _ALWAYS_LOADED and module in sys.modules:
            return real(sys.modules[module], name)
        if module == "plugindex" and name in HOMES:  # our own root binds its names when asked
            return self.member(f"plugindex.{HOMES[name]}", name)
        record = self.library.record(ALIASES.get(module, module))
        if record is None:
            return self._moved_by_six(module, name) or self._unreadable_member(module, name)
        if name == "moves" and self.is_six(module):
            return ("module", f"{module}.{name}")
        found = self._bound(record, name)
        if found[0] == "missing" and _computes(record):
            return self._computed_member(record, name)
        if found[0] == "outside" and record.is_package and name not in record.names:
            return self._submodule_or(found, record, name)
        return self._submodule(module, name) or found if found[0] == "missing" else found

    def _submodule_or(self, found: Found, record: ModuleRecord, name: str) -> Found:
        """Return what a star import of a compiled module may have brought, or a submodule is."""
        submodule = self._submodule(record.name, name)
        if submodule is None:
            return found
        if any(self._may_bring(module, name) for module in self._starred_compiled(record, set())):
            return unknown("a compiled module may bring it", submodule)
        return submodule

    def _starred_compiled(self, record: ModuleRecord, seen: set[str]) -> Iterator[str]:
        """Yield the compiled modules that star imports take names from, through others, too."""
        for module, _ in record.stars:
            other = self.library.record(module)
            if other is None:
                yield module
            elif module not in seen:
                seen.add(module)
                yield from self._starred_compiled(other, seen)

    def _may_bring(self, module: str, name: str) -> bool:
        """Tell whether a module without a record may have a name."""
        from plugindex.compiled import mentions

        file = self.library.file(module)
        if file is None or file.kind != "extension":  # made by another module, or the interpreter's
            return self.library.exists(module)
        data = self.library.compiled(module)
        return data is None or mentions(data, name)

    def _computed_member(self, record: ModuleRecord, name: str) -> Found:
        """Return a name that no statement binds, of a module that may make its names itself."""
        full = f"{record.name}.{name}"
        submodule = self._submodule(record.name, name) if self.library.file(full) else None
        if submodule is not None and any(entry[1] == full for entry in record.imports):
            return submodule
        found = self.computed(record, name)
        if submodule is not None:  # whoever imports it first binds the name to it
            return submodule if found in (None, MISSING, submodule) else _computed(record)
        return _computed(record) if found is None else found

    def computed(self, record: ModuleRecord, name: str) -> Found | None:
        """Return what a module's ``__getattr__`` gives, None if reading doesn't tell."""
        raise NotImplementedError

    def _moved_by_six(self, module: str, name: str) -> Found | None:
        """Return what a name of ``six.moves``, or of a module in it, stands for, if it is one."""
        owner = sixmoves.owner_of(module)
        if not owner or not self.is_six(owner):
            return None
        if name == "urllib" and module == f"{owner}.moves":
            return ("module", f"{module}.{name}")
        target = sixmoves.moved(module, name)
        if target is None or not self.library.exists(target[0]):
            return None
        return self.member(*target) if target[1] else ("module", target[0])

    def is_six(self, module: str) -> bool:
        """Tell whether a module is six, or a copy of it, by what stands in it."""
        record = self.library.record(module)
        return record is not None and record.names.keys() >= sixmoves.MARKS

    def _unreadable_member(self, module: str, name: str) -> Found:
        found = self._submodule(module, name)
        if found is not None or not self.library.exists(module):
            return found or MISSING
        if self.library.file(module) is None:
            parent, _, last = module.rpartition(".")
            owner = self.member(parent, last) if parent else MISSING
            if owner[0] == "module" and owner[1] != module:
                return self.member(owner[1], name)
            if owner[0] == "outside":
                return ("outside", f"{owner[1]}.{name}")
            return unknown(f"a module that its package makes itself: {module}")
        file = self.library.file(module)
        own = getattr(sys.modules.get(module), name, None) if is_own(file) else None
        if isinstance(own, str) and name == "__version__":
            return ("const", own)
        return ("real", own) if isinstance(own, type) else ("outside", f"{module}:{name}")

    def _bound(self, record: ModuleRecord, name: str) -> Found:
        value = record.names.get(name)
        context = self.context(record)
        found = MISSING if value is None else self.evaluate(value, context)
        if found[0] == "missing":
            found = self._starred(context, name, len(record.stars))
        if found[0] not in _DECIDED and value is not None and value[0] == "x":
            return self.decorated(record, value) or found
        return found

    def decorated(self, record: ModuleRecord, value: Any) -> Found | None:
        """Return an undecided value that is most likely a class statement of *record*."""
        inner = value
        while inner[0] == "x" and len(inner[2]) == 1 and not inner[3]:
            inner = inner[2][0]
        if inner[0] != "k" or record.names.get(record.classes[inner[1]][0]) != value:
            return None
        cls = ("class", record.name, inner[1])
        return (*unknown("what a decorator gives", cls), cls)

    def _starred(self, context: Context, name: str, count: int) -> Found:
        """Look *name* up in the first *count* star imports, the last one first."""
        uncertain: Found | None = None
        held: Found | None = None  # found behind a star that has the name from this module
        circle, again = _circle(context.record.name, name), False
        for module, condition in reversed(context.record.stars[:count]):
            if self.decide(condition, context) is False:
                continue
            self.follow(context, module)
            found = self.exported(module, name)
            if found[:2] == ("unknown", circle):
                again = True
            elif found[0] == "outside":
                uncertain = uncertain or found
            elif found[0] != "missing":
                if not again or (held or found) != found:
                    return found if held is None else unknown(circle)
                held = found
        return unknown(circle) if again and uncertain else held or uncertain or MISSING

    def exported(self, module: str, name: str) -> Found:
        """Return what ``from module import *`` binds to *name*."""
        record = self.library.record(ALIASES.get(module, module))
        if record is None:
            return self.member(module, name) if name[:1] != "_" else MISSING
        everything = record.names.get("__all__")
        if everything is None:
            return self._exported_name(record, name) if name[:1] != "_" else MISSING
        names = self.evaluate(everything, self.context(record))
        listed = literal_items(names)
        if listed is not None and name not in listed:
            return MISSING
        return self.member(module, name)

    def _exported_name(self, record: ModuleRecord, name: str) -> Found:
        key = (record.name, name)
        if key in self._exporting:  # two modules import all of each other
            self._limits += 1
            return unknown(_circle(*key))
        self._exporting.add(key)
        try:
            return self._bound(record, name)
        finally:
            self._exporting.discard(key)

    def evaluate(self, value: Any, context: Context) -> Found:
        """Return what *value* stands for in *context*."""
        raise NotImplementedError

    def decide(self, condition: Any, context: Context) -> bool | None:
        """Return whether *condition* holds, None when only running decides."""
        raise NotImplementedError


def _circle(module: str, name: str) -> str:
    return f"a circular import of {module}.{name}"


_DECIDED = ("class", "instance", "function", "module")  # what a decorator may give


def is_own(file: ModuleFile | None) -> bool:
    """Tell whether a module is compiled and a part of the interpreter itself."""
    if file is None or file.kind != "extension":
        return file is not None and file.kind == "builtin"
    return os.path.dirname(file.path) in _OWN_FOLDERS


def _computed(record: ModuleRecord) -> Found:
    """Return an attribute that a module computes; the standard library's knows none of others."""
    known = is_library(record.name)
    return unknown("a module computes its attributes", *(((COMPUTED, record.name),) * known))


def _computes(record: ModuleRecord) -> bool:
    """Tell whether a module may have names that no statement of it binds."""
    return "__getattr__" in record.names or record.provides or bool(record.unreadable)
