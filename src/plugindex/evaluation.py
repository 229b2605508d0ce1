"""What the symbolic values of records stand for, across modules.

An evaluated value is a tuple whose first item says what it is:

``("module", name)``  ``("class", module, number)``  ``("function", module, qualname, line, frame)``
``("const", literal)``  ``("instance", class)``  ``("items", values)``
``("real", object)``            an object of a module that every interpreter has loaded
``("outside", reference)``      something of a module that can't be read (extension modules)
``("missing",)``                nothing has this name
``("unknown", reason, leaves, blind)``  undecided; it may come from the evaluated values *leaves*,
                                if *blind* also from anywhere else; a fifth item is the class
                                that a decorator was given
"""

from __future__ import annotations

import os
import sys

from plugindex import HOMES, conditions
from plugindex.expressions import operate, platform_fact, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol, TypeAlias

    from plugindex.reader import ModuleRecord
    from plugindex.records import ModuleFile

    Found: TypeAlias = tuple[Any, ...]

    class Library(Protocol):
        """Where records come from."""

        def record(self, name: str) -> ModuleRecord | None:
            """Return the record of a module, None when it has none that can be read."""

        def exists(self, name: str) -> bool:
            """Tell whether import could find this module."""

        def file(self, name: str) -> ModuleFile | None:
            """Return where the code of a module lies."""

        def function(self, module: str, qualname: str, line: int) -> Any:
            """Return what :func:`plugindex.reader.read_function` gives, or None."""


MISSING: Found = ("missing",)
# Loaded before any program starts, so looking at them runs nothing.
_ALWAYS_LOADED = ("builtins", "sys", "posix", "nt", "_io", "time", "_thread", "_signal", "marshal")
ALIASES = {"os.path": "posixpath" if "posix" in sys.builtin_module_names else "ntpath"}
if sys.version_info >= (3, 13):  # it puts the other module into its place
    ALIASES["collections.abc"] = "_collections_abc"
_OWN_FOLDERS = frozenset(path for path in sys.path if path.endswith("lib-dynload"))
_MODULE_ATTRIBUTES = frozenset({
    "__dict__", "__doc__", "__file__", "__loader__", "__package__", "__path__", "__spec__",
    "__builtins__", "__cached__", "__class__",
})  # fmt: skip
_DEEPEST = 60
_FOLLOWED = frozenset("fgaswxolmp")  # values that lead to others
_UNASKED, _ASKED = object(), object()  # of a condition's variable
_MOST_LEAVES = 24


class Context:
    """Where a value stands: its module's record, the conditions' variables, the parameters.

    *classes* are those of a function's own class statements; None outside functions.
    """

    __slots__ = ("classes", "decided", "frame", "known", "nodes", "record", "values", "variables")

    def __init__(
        self,
        record: ModuleRecord,
        variables: Any,
        nodes: Any,
        frame: Mapping[str, Found] | None = None,
        classes: Any = None,
    ) -> None:
        self.record = record
        self.variables = variables
        self.nodes = nodes
        self.frame = frame
        self.classes = classes
        # What was worked out in this context; values by their identity, themselves kept with it.
        self.values: dict[int, tuple[Any, Found]] = {}
        self.known: dict[int, Any] = {}
        self.decided: dict[bool | int, bool | None] = {}


def unknown(reason: str, *sources: Found) -> Found:
    """Return an undecided value that comes from *sources*, or from anywhere if there are none."""
    return _undecided(reason, sources, not sources)


def unknown_result(reason: str, callee: Found, args: tuple[Found, ...]) -> Found:
    """Return what is known of a call's result: it comes from the callee or the arguments.

    An argument of which nothing is known is taken for plain data.
    """
    known = tuple(arg for arg in args if arg[0] not in ("const", "missing"))
    blind = callee[0] == "unknown" and callee[3]
    found = _undecided(reason, (callee, *known), False)
    return ("unknown", reason, found[2], blind or len(found[2]) > _MOST_LEAVES)


def _undecided(reason: str, sources: tuple[Found, ...], blind: bool) -> Found:
    leaves: list[Found] = []
    for source in sources:
        blind = blind or (source[0] == "unknown" and source[3])
        for leaf in source[2] if source[0] == "unknown" else (source,):
            if leaf not in leaves:
                leaves.append(leaf)
    if len(leaves) > _MOST_LEAVES:
        return ("unknown", reason, (), True)
    return ("unknown", reason, tuple(leaves), blind)


class Evaluator:
    """Evaluate values through imports, re-exports, star imports, attributes and simple calls."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._members: dict[tuple[str, str], Found | None] = {}
        self._contexts: dict[str, Context] = {}
        self._depth = 0
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
        return self._submodule(module, name) or unknown("a circular import")

    def _submodule(self, module: str, name: str) -> Found | None:
        full = f"{module}.{name}"
        if not self.library.exists(full):
            return None
        if self.library.file(full) is None:
            return unknown(f"{module} makes its submodules itself")
        return ("module", full)

    def _member(self, module: str, name: str) -> Found:
        fact = platform_fact(module, name)
        if fact is not None:
            return ("const", fact[1])
        if module in _ALWAYS_LOADED and module in sys.modules:
            return _real(sys.modules[module], name)
        if module == "plugindex" and name in HOMES:  # our own root binds its names when asked
            return self.member(f"plugindex.{HOMES[name]}", name)
        record = self.library.record(ALIASES.get(module, module))
        if record is None:
            return self._unreadable_member(module, name)
        found = self._bound(record, name)
        if found[0] != "missing":
            return found
        if _computes(record) and self.library.file(f"{module}.{name}") is None:
            return unknown(f"{module} computes its attributes")
        return self._submodule(module, name) or found

    def _unreadable_member(self, module: str, name: str) -> Found:
        found = self._submodule(module, name)
        if found is not None or not self.library.exists(module):
            return found or MISSING
        if self.library.file(module) is None:
            parent, _, last = module.rpartition(".")
            owner = self.member(parent, last) if parent else MISSING
            if owner[0] == "module" and owner[1] != module:
                return self.member(owner[1], name)
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
        if found[0] != "class" and value is not None and value[0] == "x":
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
        for module, condition in reversed(context.record.stars[:count]):
            if self.decide(condition, context) is False:
                continue
            self.follow(context, module)
            found = self.exported(module, name)
            if found[0] == "outside":
                uncertain = uncertain or found
            elif found[0] != "missing":
                return found
        return uncertain or MISSING

    def exported(self, module: str, name: str) -> Found:
        """Return what ``from module import *`` binds to *name*."""
        record = self.library.record(ALIASES.get(module, module))
        if record is None:
            return self.member(module, name) if name[:1] != "_" else MISSING
        everything = record.names.get("__all__")
        if everything is None:
            return self._bound(record, name) if name[:1] != "_" else MISSING
        names = self.evaluate(everything, self.context(record))
        listed = _literal_items(names)
        if listed is not None and name not in listed:
            return MISSING
        return self.member(module, name)

    # -- values --------------------------------------------------------------------------------

    def evaluate(self, value: Any, context: Context) -> Found:
        """Return what *value* stands for in *context*."""
        kind = value[0]
        if kind not in _FOLLOWED:
            simple: Found = _RULES[kind](self, value, context)
            return simple
        known = context.values.get(id(value))
        return self._worked_out(value, context) if known is None else known[1]

    def _worked_out(self, value: Any, context: Context) -> Found:
        if self._depth >= _DEEPEST:
            self._limits += 1
            return unknown("too deep to follow")
        self._depth += 1
        limits = self._limits
        try:
            found: Found = _RULES[value[0]](self, value, context)
        finally:
            self._depth -= 1
        if self._limits == limits:
            context.values[id(value)] = (value, found)
        return found

    def _module(self, value: Any, context: Context) -> Found:
        return ("module", value[1]) if self.library.exists(value[1]) else MISSING

    def _global(self, value: Any, context: Context) -> Found:
        name, stars = value[1], value[2]
        if stars < 0:
            found = self.member(context.record.name, name)
        else:
            found = self._starred(context, name, stars)
        if found[0] in ("missing", "outside"):
            builtin = _real(sys.modules["builtins"], name)
            return found if builtin[0] == "missing" else builtin
        return found

    def _after_star(self, value: Any, context: Context) -> Found:
        module, condition = context.record.stars[value[1]]
        if self.decide(condition, context) is not False:
            self.follow(context, module)
            found = self.exported(module, value[2])
            if found[0] not in ("missing", "outside"):
                return found
        return self.evaluate(value[3], context)

    def _imported(self, value: Any, context: Context) -> Found:
        self.follow(context, value[1])
        return self.member(value[1], value[2])

    def _attribute(self, value: Any, context: Context) -> Found:
        owner = self.evaluate(value[1], context)
        if owner[0] in ("module", "class"):
            self.follow(context, owner[1])
        return self.attribute(owner, value[2])

    def attribute(self, owner: Found, name: str) -> Found:
        """Return ``owner.name``."""
        kind = owner[0]
        if kind == "module":
            return self._module_attribute(owner[1], name)
        if kind == "real":
            return _real(owner[1], name)
        if kind == "outside":
            return ("outside", f"{owner[1]}.{name}")
        if kind in ("class", "instance"):
            return self.class_attribute(owner, name)
        if kind == "member":
            return self.member_attribute(owner, name)
        return MISSING if kind == "missing" else unknown(f"the attribute {name}", owner)

    def _module_attribute(self, module: str, name: str) -> Found:
        if name == "__name__":
            return ("const", module)
        found = self.member(module, name)
        if found[0] == "missing" and name in _MODULE_ATTRIBUTES:
            return unknown("what import sets", ("const", name))
        return found

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of a class or of its instance; completed by the hierarchy."""
        return unknown(f"the attribute {name}", owner)

    def member_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of an enum member; completed by the hierarchy."""
        return unknown(f"the attribute {name}", owner)

    def _subscript(self, value: Any, context: Context) -> Found:
        owner = self.evaluate(value[1], context)
        if owner[0] in ("class", "real", "outside"):
            return owner
        index = self.evaluate(value[2], context)
        if owner[0] == "function":
            return owner
        if index[0] != "const" or owner[0] not in ("const", "items"):
            return unknown("a subscript", owner)
        try:
            found = owner[1][index[1]]
        except (TypeError, LookupError):
            return unknown("a subscript")
        return found if owner[0] == "items" else ("const", found)

    def _choice(self, value: Any, context: Context) -> Found:
        possible = []
        for condition, one in value[1]:
            holds = self.decide(condition, context)
            if holds is not False:
                possible.append(one)
            if holds:
                return self.evaluate(one, context)
        found = [self.evaluate(one, context) for one in possible]
        bound = [one for one in found if one[0] != "missing"]
        if bound and all(one == bound[0] for one in bound):
            return bound[0]
        return unknown("a choice that only running decides", *bound)

    def _operator(self, value: Any, context: Context) -> Found:
        left = self.evaluate(value[2], context)
        right = self.evaluate(value[3], context)
        if left[0] == right[0] == "const":
            result = operate(value[1], ("c", left[1]), ("c", right[1]))
            return ("const", result[1]) if result[0] == "c" else unknown(result[1])
        if value[1] in ("is", "is not") and "const" in (left[0], right[0]):
            other = left if right[0] == "const" else right
            if other[0] in ("class", "module", "function", "real", "instance"):
                return ("const", value[1] == "is not")
            if other[0] == "default":  # a parameter compared with None defaults to None
                return ("const", value[1] == "is")
        if value[1] == "not" and self.truth(left) is not None:
            return ("const", not self.truth(left))
        if value[1] == "+":
            return _concatenated(left, right)
        return unknown("an operator", left, right)

    def _class(self, value: Any, context: Context) -> Found:
        if context.classes is None:
            return ("class", context.record.name, value[1])
        bases = context.classes[value[1]][3]
        return unknown("a class made in a function", *(self.evaluate(b, context) for b in bases))

    def _items(self, value: Any, context: Context) -> Found:
        return ("items", tuple(self.evaluate(item, context) for item in value[1]), *value[2:])

    def _mixed(self, value: Any, context: Context) -> Found:
        return unknown("a container", *(self.evaluate(item, context) for item in value[1]))

    def _parameter(self, value: Any, context: Context) -> Found:
        found = (context.frame or {}).get(value[1])
        return found if found is not None else unknown(f"the parameter {value[1]}")

    def _function(self, value: Any, context: Context) -> Found:
        return ("function", context.record.name, value[1], value[2], context.frame)

    def _call(self, value: Any, context: Context) -> Found:
        return self.call(self.evaluate(value[1], context), *self.arguments(value, context))

    def arguments(self, value: Any, context: Context) -> tuple[tuple[Found, ...], tuple[str, ...]]:
        """Return the arguments of a call, starred ones spread, and the names of the last ones."""
        args: list[Found] = []
        for arg in value[2]:
            found = self.evaluate(arg[1] if arg[0] == "S" else arg, context)
            spread = arg[0] == "S" and items_of(found)
            args.extend(spread if isinstance(spread, tuple) else (found,))
        return tuple(args), tuple(name for name in value[3] if name != "**")

    def call(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call gives; completed by :mod:`plugindex.calls`."""
        return unknown_result("a call", callee, args)

    # -- conditions ----------------------------------------------------------------------------

    def decide(self, condition: Any, context: Context) -> bool | None:
        """Return whether *condition* holds, None when only running decides."""
        if condition is True or condition is False:
            return condition
        return conditions.decide(
            context.nodes, condition, lambda n: self._variable(n, context), context.decided
        )

    def _variable(self, number: int, context: Context) -> bool | None:
        known = context.known.get(number, _UNASKED)
        if known is _UNASKED:
            context.known[number] = _ASKED
            known = context.known[number] = self._ask(context.variables[number], context)
        elif known is _ASKED:  # it depends on itself
            self._limits += 1
            return None
        return known  # type: ignore[no-any-return]

    def _ask(self, question: Any, context: Context) -> bool | None:
        kind = question[0]
        if kind == "test":
            return self.truth(self.evaluate(question[1], context))
        if kind == "import":
            self.follow(context, question[1])
            return self.importable(question[1], question[2], context)
        if kind == "name":
            found = self._starred(context, question[1], question[2])
            return None if found[0] == "outside" else found[0] != "missing"
        if kind == "attr":
            found = self.evaluate(question[1], context)
            return None if found[0] in ("unknown", "outside") else found[0] != "missing"
        return None

    def importable(self, module: str, names: Any, context: Context) -> bool | None:
        """Return whether ``from module import names`` would succeed."""
        if self.lacks(context, module, names) is not None:
            return False
        return all(self.member(module, name)[0] != "missing" for name in names)

    def lacks(self, context: Context, module: str, names: Any) -> tuple[str, str] | None:
        """Return (missing requirement, module that needs it) if an import must fail."""
        return None if self.library.exists(module) else (module, context.record.name)

    def truth(self, found: Found) -> bool | None:
        """Return whether an evaluated value is true."""
        if found[0] == "const":
            return bool(found[1])
        if found[0] == "items":
            return bool(found[1])
        return True if found[0] in ("class", "module", "function") else None


_RULES: dict[str, Any] = {
    "c": lambda self, value, context: ("const", value[1]),
    "b": lambda self, value, context: ("const", unpack(value[1])),
    "i": Evaluator._module,
    "f": Evaluator._imported,
    "k": Evaluator._class,
    "d": Evaluator._function,
    "g": Evaluator._global,
    "w": Evaluator._after_star,
    "a": Evaluator._attribute,
    "s": Evaluator._subscript,
    "x": Evaluator._call,
    "o": Evaluator._operator,
    "l": Evaluator._items,
    "m": Evaluator._mixed,
    "p": Evaluator._choice,
    "P": Evaluator._parameter,
    "V": Evaluator._parameter,
    "u": lambda self, value, context: MISSING,
    "?": lambda self, value, context: unknown(value[1]),
}


def is_own(file: ModuleFile | None) -> bool:
    """Tell whether a module is compiled and a part of the interpreter itself."""
    if file is None or file.kind != "extension":
        return file is not None and file.kind == "builtin"
    return os.path.dirname(file.path) in _OWN_FOLDERS


def _computes(record: ModuleRecord) -> bool:
    """Tell whether a module may have names that no statement of it binds."""
    return "__getattr__" in record.names or record.provides or bool(record.unreadable)


_FIXED_FACTS = ("name", "cache_tag", "optimize", "maxunicode", "implementation", "flags")


def _real(owner: object, name: str) -> Found:
    """Return an attribute of an object that is always loaded; values that vary stay outside."""
    if not hasattr(owner, name):
        return MISSING
    found = getattr(owner, name)
    if isinstance(found, str | int | float | tuple) and name not in _FIXED_FACTS:
        return ("outside", f"{getattr(owner, '__name__', '?')}:{name}")
    return ("const", found) if isinstance(found, str | int) else ("real", found)


def _literal_items(found: Found) -> set[Any] | None:
    if found[0] == "const" and isinstance(found[1], tuple | list | frozenset):
        return set(found[1])
    if found[0] == "items" and all(item[0] == "const" for item in found[1]):
        return {item[1] for item in found[1] if isinstance(item[1], str)}
    return None


def _concatenated(left: Found, right: Found) -> Found:
    parts = items_of(left), items_of(right)
    if parts[0] is None or parts[1] is None:
        return unknown("an operator", left, right)
    return ("items", (*parts[0], *parts[1]))


def items_of(found: Found) -> tuple[Found, ...] | None:
    """Return the items of an evaluated list or tuple, or None."""
    if found[0] == "const" and isinstance(found[1], tuple | list):
        return tuple(("const", item) for item in found[1])
    return found[1] if found[0] == "items" else None
