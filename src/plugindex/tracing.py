"""Follow names through imports to the expression that they were bound to."""

from __future__ import annotations

from plugindex import HOMES
from plugindex.hierarchy import Hierarchy
from plugindex.library import Library
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from plugindex.finder import Finder
    from plugindex.meaning import Found
    from plugindex.reader import ModuleRecord

    Place = tuple[str, str]

_FARTHEST = 40  # imports that are followed for one name


class NoLiteral(Exception):
    """What was written is not told by reading; the text names it."""


class Call(Record):
    """A call as written: of *reference*, or of its *method*, with values of *record*'s module."""

    reference: str
    method: str
    args: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    record: Any

    def named(self, names: Sequence[str]) -> dict[str, tuple[Any, ModuleRecord]]:
        """Return the arguments by name, *names* being those of the positional ones."""
        pairs = [*zip(names, self.args, strict=False), *self.keywords]
        return {name: (value, self.record) for name, value in pairs}


class Tracer:
    """Follows the values of records to where they were written.

    Attributes:
        finder: finds them.
        library: the modules that are read for it.
        hierarchy: the classes in them.
    """

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.library = Library(finder)
        self.hierarchy = Hierarchy(self.library)

    def home(self, cls: Found) -> ModuleRecord:
        """Return the record of the module in which a class statement stands."""
        record = self.library.record(cls[1])
        assert record is not None, cls
        return record

    def evaluate(self, value: Any, record: ModuleRecord) -> Found:
        """Return what *value*, of that record, stands for."""
        return self.hierarchy.evaluate(value, self.hierarchy.context(record))

    def literal(self, value: Any, record: ModuleRecord, name: str) -> Any:
        """Return the literal that *value* stands for.

        Raises:
            NoLiteral: it stands for none; the error says *name*.
        """
        found = self.evaluate(value, record)
        if found[0] == "items" and all(one[0] == "const" for one in found[1]):
            return tuple(one[1] for one in found[1])
        if found[0] != "const":
            raise NoLiteral(name)
        return found[1]

    def literal_or(self, value: Any, record: ModuleRecord, default: Any) -> Any:
        """Return the literal that *value* stands for, or *default*."""
        try:
            return self.literal(value, record, "")
        except NoLiteral:
            return default

    def trace(self, value: Any, record: ModuleRecord) -> tuple[Any, ModuleRecord]:
        """Return the expression to which *value* was bound, and the record that it stands in."""
        for _ in range(_FARTHEST):
            bound = self._bound(value, record)
            if bound is None:
                break
            value, record = bound
        return value, record

    def _bound(self, value: Any, record: ModuleRecord) -> tuple[Any, ModuleRecord] | None:
        if value[0] == "p":
            context = self.hierarchy.context(record)
            held = [one for when, one in value[1] if self.hierarchy.decide(when, context)]
            return (held[0], record) if held else None
        named = self._named(value, record)
        source = self.library.record(named[0]) if named else None
        if named is None or source is None:
            return None
        found = source.names.get(named[1])
        return (found, source) if found is not None else self._starred(named[1], source)

    def _starred(self, name: str, record: ModuleRecord) -> tuple[Any, ModuleRecord] | None:
        for module, _ in reversed(record.stars):
            source = self.library.record(module)
            if source is not None and name in source.names:
                return source.names[name], source
        return None

    def _named(self, value: Any, record: ModuleRecord) -> Place | None:
        """Return the module and name that *value* names there, None if it is no such name."""
        if value[0] == "f":
            return _home(value[1], value[2])
        if value[0] == "g":
            return record.name, value[1]
        owner = self.evaluate(value[1], record) if value[0] == "a" else ("",)
        return _home(owner[1], value[2]) if owner[0] == "module" else None

    def call(self, value: Any, record: ModuleRecord) -> Call | None:
        """Return the call whose result *value* is, None if it is no call of something known."""
        value, record = self.trace(value, record)
        if value[0] != "x":
            return None
        callee, method = value[1], ""
        if callee[0] == "a" and self.evaluate(callee[1], record)[0] == "class":
            callee, method = callee[1], callee[2]
        found = self.evaluate(callee, record)
        if found[0] not in ("class", "function"):
            return None
        name = f"{found[1]}:{found[2]}"
        reference = self.hierarchy.reference(found) if found[0] == "class" else name
        split = len(value[2]) - len(value[3])
        keywords = tuple(zip(value[3], value[2][split:], strict=True))
        return Call(reference, method, tuple(value[2][:split]), keywords, record)

    def place(self, value: Any, record: ModuleRecord, line: int) -> Place | None:
        """Return the module and name to which *value*, in the statement at *line*, is bound."""
        named = self._named(value, record)
        if named is not None:
            return self.origin(*named)
        names = [name for name, other in record.names.items() if other == value]
        if len(names) == 1:
            return record.name, names[0]
        return self._written(record.name, line) if names else None

    def origin(self, module: str, name: str) -> Place:
        """Return where *name* of *module* is bound first, through imports."""
        for _ in range(_FARTHEST):
            record = self.library.record(module)
            value = record.names.get(name) if record is not None else None
            if record is None or value is None:
                break
            named = self._named(value, record)
            if named is None:
                break
            module, name = named
        return module, name

    def _written(self, module: str, line: int) -> Place | None:
        """Look in the source which of several equal registries a class statement names."""
        import ast

        file = self.library.file(module)
        try:
            with open(file.path if file else "", "rb") as source:
                tree = ast.parse(source.read())
        except (OSError, SyntaxError, ValueError):
            return None
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and line in (node.lineno, *_decorators(node)):
                return _registry_name(module, node)
        return None


def _decorators(node: Any) -> list[int]:
    return [one.lineno for one in node.decorator_list]


def _registry_name(module: str, node: Any) -> Place | None:
    for value in _registry_values(node):
        name = getattr(value, "id", "")
        if name:
            return module, name
    return None


def _registry_values(node: Any) -> Iterator[Any]:
    """Yield what stands for the registry: after ``__registry__ =`` and in a RegistryConfig."""
    import ast

    for one in ast.walk(node):
        if isinstance(one, ast.Assign):
            if "__registry__" in [getattr(target, "id", "") for target in one.targets]:
                yield one.value
        elif isinstance(one, ast.Call) and _called(one) == "RegistryConfig":
            yield from one.args[:1]
            yield from (k.value for k in one.keywords if k.arg == "registry_dict")


def _called(call: Any) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def _home(module: str, name: str) -> Place:
    """Return where a name is defined: our own root binds its names only when they are asked for."""
    ours = module == "plugindex" and name in HOMES
    return (f"plugindex.{HOMES[name]}" if ours else module, name)
