"""From a module's code object to a record of what importing it would bind, define and need.

The record is plain data (tuples, lists, dicts, strings and numbers), so that an index can keep it
as JSON; the values in it are those of :mod:`plugindex.expressions`.
"""

from __future__ import annotations

from plugindex import opcodes
from plugindex.body import Body
from plugindex.codes import changes_exported, names_in, places_inside, set_meanwhile
from plugindex.conditions import Conditions, EveryPath, Unreadable
from plugindex.expressions import as_items, forget_weights, undecided
from plugindex.machine import NAMING, Frame
from plugindex.slimming import slim, slim_names, slim_variables
from plugindex.success import suppose
from plugindex.summary import COMPUTING, FunctionSummary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from plugindex.expressions import Value


class ModuleRecord:
    """What reading a module's code tells.

    Attributes:
        name: the module's dotted name.
        is_package: whether it is a package's ``__init__``.
        names: its global names at the end of the import, with their values.
        classes: per class statement [qualname, line, condition, bases, keywords, body].
        imports: the module-level imports that nothing guards, as (condition, module, names, line).
        nodes: the table of conditions (:mod:`plugindex.conditions`).
        variables: what each numbered condition variable asks.
        stars: the star imports, as (module, condition).
        calls: calls that may make classes, as (condition, value, line).
        patches: attributes assigned from outside, as (condition, target, name, value, line).
        failures: uncaught exceptions, as (condition, error, line).
        placed: under which names it puts modules into ``sys.modules`` itself.
        provides: whether it puts modules there, or hooks into the search for modules.
        functions: what calling a function gives, by "qualname:line"; filled in when asked.
        defaults: those of the functions whose statements were read, None if none was; not kept.
        unreadable: why the code could not be read, or "".
    """

    __slots__ = (
        "calls",
        "classes",
        "defaults",
        "failures",
        "functions",
        "imports",
        "is_package",
        "name",
        "names",
        "nodes",
        "patches",
        "placed",
        "provides",
        "stars",
        "unreadable",
        "variables",
    )

    def __init__(self, name: str, is_package: bool, unreadable: str = "") -> None:
        self.name = name
        self.is_package = is_package
        self.unreadable = unreadable
        self.names: dict[str, Value] = {}
        self.classes: list[Any] = []
        self.imports: list[Any] = []
        self.variables: list[Any] = []
        self.stars: list[Any] = []
        self.calls: list[Any] = []
        self.patches: list[Any] = []
        self.failures: list[Any] = []
        self.functions: dict[str, FunctionSummary | None] = {}
        self.defaults: dict[tuple[str, int], Any] | None = None
        self.placed: list[Any] = []
        self.provides = False
        self.nodes: list[Any] = []

    def dump(self) -> list[Any]:
        """Return the record as JSON-ready data, without its name."""
        data = [getattr(self, field) for field in _FIELDS]
        data[_FUNCTIONS] = {key: one and one.dump() for key, one in self.functions.items()}
        return data

    @classmethod
    def load(cls, name: str, data: list[Any]) -> ModuleRecord:
        """Make the record of module *name* from what :meth:`dump` gave."""
        record = cls(name, False)
        for field, value in zip(_FIELDS, data, strict=True):
            setattr(record, field, value)
        functions: dict[str, Any] = record.functions
        record.functions = {k: one and FunctionSummary.load(one) for k, one in functions.items()}
        return record


_FIELDS = tuple(slot for slot in ModuleRecord.__slots__ if slot not in ("name", "defaults"))
_FUNCTIONS = _FIELDS.index("functions")


def read(code: CodeType, name: str, is_package: bool) -> ModuleRecord:
    """Read the code object of module *name*.

    Args:
        code: what the module's loader would execute; it is not executed.
        name: the module's absolute dotted name.
        is_package: whether the module is a package's ``__init__``.

    Returns:
        the record; its ``unreadable`` says why, where the code could not be read.
    """
    if not opcodes.SUPPORTED:
        return ModuleRecord(name, is_package, "this interpreter's byte code is not known")
    body = Body(name, is_package, Conditions())
    body.keeps_tables = COMPUTING in code.co_names
    body.reset = set_meanwhile(code)
    frame = Frame(body, code, "module", None, True)
    try:
        frame.run()
        return _record(body, frame, is_package)
    except Unreadable as error:
        return _unreadable(code, name, is_package, str(error))
    except RecursionError:
        return _unreadable(code, name, is_package, "the code is nested too deeply")
    finally:
        frame.release()
        forget_weights()


def _unreadable(code: CodeType, name: str, is_package: bool, reason: str) -> ModuleRecord:
    """Return the record of a module that can't be read; it may move classes if it names that."""
    record = ModuleRecord(name, is_package, reason)
    if any(opcodes.mentions(code, naming) for naming in NAMING):
        any_class = undecided("a class of any module")
        record.patches = [(True, any_class, naming, undecided("anything"), 0) for naming in NAMING]
    return record


def _record(body: Body, frame: Frame, is_package: bool) -> ModuleRecord:
    suppose(body, frame)
    record = ModuleRecord(body.name, is_package)
    record.names = slim_names(frame.names, body.keeps_tables)
    if body.computes:  # like a module with a function of this name, it may have any name
        record.names.setdefault(COMPUTING, undecided("names are bound by a computed name"))
    if "__all__" in frame.names and changes_exported(frame.code):
        record.names["__all__"] = undecided("functions change __all__")
    if body.published:
        record.names = _published(record.names)
    for name in body.reset & record.names.keys():
        record.names[name] = undecided("a function may have set it")
    record.classes = body.classes
    record.imports = body.imports
    record.nodes = body.conditions.nodes
    record.variables = slim_variables(body.variables)
    record.stars = body.stars
    record.calls = body.calls
    record.patches = body.patches
    record.placed = list(map(slim, body.placed))
    record.defaults = body.defaults
    # A package that hooks into sys.meta_path does so for modules of its own.
    named = names_in(frame.code)
    places = "modules" in named and places_inside(frame.code, f"{body.name}.")
    record.provides = body.provides or "meta_path" in named or places
    record.failures = [(c, error[1], frame.line_of(at)) for c, error, at in frame.failures]
    return record


def _published(names: dict[str, Value]) -> dict[str, Value]:
    """Return what ``publication.publish()`` leaves of the names of a module that calls it."""
    everything = names.get("__all__")
    items = as_items(everything) if everything is not None else None
    if items is None or not all(one[0] == "c" for one in items):
        return dict.fromkeys(names, undecided("what is published"))
    shown = {one[1] for one in items}
    return {name: value for name, value in names.items() if name in shown or name[:2] == "__"}


def facts(code: CodeType) -> dict[str, list[Any]]:
    """Return the classes and imports that stand in *code*, whatever conditions they are under.

    This is for comparing the reader with the source text; it resolves nothing.

    Raises:
        Unreadable: if the code holds something unknown.
    """
    body = Body("module", True, EveryPath())
    Frame(body, code, "module", None, True).run()
    classes = sorted(body.classes, key=lambda entry: entry[1])
    return {"classes": [_class_facts(entry) for entry in classes], "imports": body.statements}


def _class_facts(entry: list[Any]) -> dict[str, Any]:
    written = map(_written, entry[3])
    return {
        "qualname": entry[0],
        "line": entry[1],
        "bases": [text for text in written if text != ".generic_base"],
        "keywords": [name for name, _ in entry[4]],
        "attributes": {name: value[1] for name, value in entry[5].items() if value[0] == "c"},
    }


def _written(value: Value) -> str:
    """Return the source text of a base: a dotted name, or one with ``[]``; else "?"."""
    if value[0] == "n":
        return str(value[1])
    if value[0] == "a":
        owner = _written(value[1])
        return "?" if owner == "?" else f"{owner}.{value[2]}"
    if value[0] == "s":
        owner = _written(value[1])
        return "?" if owner == "?" else f"{owner}[]"
    return "?"
