"""What the symbolic values of records stand for, across modules.

An evaluated value is a tuple whose first item says what it is:

``("module", name)``  ``("class", module, number)``  ``("function", module, qualname, line, frame)``
``("const", literal)``  ``("instance", class)``  ``("items", values)``
``("real", object)``            an object of a module that every interpreter has loaded
``("outside", reference)``      something of a module that can't be read (extension modules)
``("missing",)``                nothing has this name
``("unknown", reason, leaves)`` undecided; *leaves* are evaluated values that it may come from
"""

from __future__ import annotations

import sys

from plugindex import conditions
from plugindex.expressions import operate, platform_fact, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol, TypeAlias

    from plugindex.reader import ModuleRecord

    Found: TypeAlias = tuple[Any, ...]

    class Library(Protocol):
        """Where records come from."""

        def record(self, name: str) -> ModuleRecord | None:
            """Return the record of a module, None when it has none that can be read."""

        def exists(self, name: str) -> bool:
            """Tell whether import could find this module."""

        def function(self, module: str, qualname: str, line: int) -> Any:
            """Return what :func:`plugindex.reader.read_function` gives, or None."""


MISSING: Found = ("missing",)
# Loaded before any program starts, so looking at them runs nothing.
_ALWAYS_LOADED = ("builtins", "sys", "posix", "nt", "_io", "time", "_thread", "_signal", "marshal")
_ALIASES = {"os.path": "posixpath" if "posix" in sys.builtin_module_names else "ntpath"}
_DEEPEST = 60


class Context:
    """Where a value stands: its module's record, the conditions' variables, the parameters.

    *classes* are those of a function's own class statements; None outside functions.
    """

    __slots__ = ("classes", "decided", "frame", "known", "record", "variables")

    def __init__(
        self,
        record: ModuleRecord,
        variables: Any,
        frame: Mapping[str, Found] | None = None,
        classes: Any = None,
    ) -> None:
        self.record = record
        self.variables = variables
        self.frame = frame
        self.classes = classes
        self.known: dict[int, bool | None] = {}
        self.decided: dict[int, Any] = {}  # by identity: a record keeps its conditions alive


def unknown(reason: str, *leaves: Found) -> Found:
    """Return an undecided value."""
    return ("unknown", reason, leaves)


class Evaluator:
    """Evaluate values through imports, re-exports, star imports, attributes and simple calls."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._members: dict[tuple[str, str], Found | None] = {}
        self._contexts: dict[str, Context] = {}
        self._depth = 0
        # module name to the modules whose records its values were followed into
        self.edges: dict[str, set[str]] = {}

    # -- names ---------------------------------------------------------------------------------

    def context(self, record: ModuleRecord) -> Context:
        """Return the context of a module's own statements."""
        found = self._contexts.get(record.name)
        if found is None:
            found = self._contexts[record.name] = Context(record, record.variables)
        return found

    def follow(self, context: Context, module: str) -> None:
        """Note that a value of *context*'s module depends on what *module* holds."""
        self.edges.setdefault(context.record.name, set()).add(module)

    def member(self, module: str, name: str) -> Found:
        """Return what ``from module import name`` gives."""
        key = (module, name)
        if key in self._members:
            found = self._members[key]
            return unknown("a circular import") if found is None else found
        self._members[key] = None
        found = self._members[key] = self._member(module, name)
        return found

    def _member(self, module: str, name: str) -> Found:
        fact = platform_fact(module, name)
        if fact is not None:
            return ("const", fact[1])
        if module in _ALWAYS_LOADED and module in sys.modules:
            return _real(sys.modules[module], name)
        record = self.library.record(_ALIASES.get(module, module))
        if record is None:
            return self._unreadable_member(module, name)
        found = self._bound(record, name)
        if found[0] == "missing" and self.library.exists(f"{module}.{name}"):
            return ("module", f"{module}.{name}")
        if found[0] == "missing" and ("__getattr__" in record.names or record.unreadable):
            return unknown(f"{module} computes its attributes")
        return found

    def _unreadable_member(self, module: str, name: str) -> Found:
        if self.library.exists(f"{module}.{name}"):
            return ("module", f"{module}.{name}")
        return ("outside", f"{module}:{name}") if self.library.exists(module) else MISSING

    def _bound(self, record: ModuleRecord, name: str) -> Found:
        value = record.names.get(name)
        context = self.context(record)
        found = MISSING if value is None else self.evaluate(value, context)
        if found[0] == "missing":
            found = self._starred(context, name, len(record.stars))
        return found

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
        record = self.library.record(module)
        if record is None:
            return self.member(module, name) if name[:1] != "_" else MISSING
        everything = record.names.get("__all__")
        if everything is None:
            return self._bound(record, name) if name[:1] != "_" else MISSING
        names = self.evaluate(everything, self.context(record))
        listed = _literal_items(names)
        if listed is not None and name not in listed:
            return MISSING
        found = self.member(module, name)
        return found if listed is not None or found[0] == "missing" else found

    # -- values --------------------------------------------------------------------------------

    def evaluate(self, value: Any, context: Context) -> Found:
        """Return what *value* stands for in *context*."""
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                return unknown("too deep to follow")
            return _RULES[value[0]](self, value, context)
        finally:
            self._depth -= 1

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
            return self.member(owner[1], name)
        if kind == "real":
            return _real(owner[1], name)
        if kind == "outside":
            return ("outside", f"{owner[1]}.{name}")
        if kind in ("class", "instance"):
            return self.class_attribute(owner, name)
        return MISSING if kind == "missing" else unknown(f"the attribute {name}", owner)

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return an attribute of a class or of its instance; completed by the hierarchy."""
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
        return ("items", tuple(self.evaluate(item, context) for item in value[1]))

    def _mixed(self, value: Any, context: Context) -> Found:
        return unknown("a container", *(self.evaluate(item, context) for item in value[1]))

    def _parameter(self, value: Any, context: Context) -> Found:
        found = (context.frame or {}).get(value[1])
        return found if found is not None else unknown(f"the parameter {value[1]}")

    def _function(self, value: Any, context: Context) -> Found:
        return ("function", context.record.name, value[1], value[2], context.frame)

    def _call(self, value: Any, context: Context) -> Found:
        args = tuple(self.evaluate(arg, context) for arg in value[2])
        return self.call(self.evaluate(value[1], context), args, tuple(value[3]))

    def call(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call gives; completed by :mod:`plugindex.calls`."""
        return unknown("a call", callee, *args)

    # -- conditions ----------------------------------------------------------------------------

    def decide(self, condition: Any, context: Context) -> bool | None:
        """Return whether *condition* holds, None when only running decides."""
        if condition is True or condition is False:
            return condition  # type: ignore[no-any-return]
        found = context.decided.get(id(condition), MISSING)
        if found is MISSING:
            found = conditions.decide(condition, lambda number: self._variable(number, context))
            context.decided[id(condition)] = found
        return found  # type: ignore[return-value]

    def _variable(self, number: int, context: Context) -> bool | None:
        if number not in context.known:
            context.known[number] = None
            context.known[number] = self._ask(context.variables[number], context)
        return context.known[number]

    def _ask(self, question: Any, context: Context) -> bool | None:
        kind = question[0]
        if kind == "test":
            return self.truth(self.evaluate(question[1], context))
        if kind == "import":
            self.follow(context, question[1])
            return self.importable(question[1], question[2])
        if kind == "name":
            found = self._starred(context, question[1], question[2])
            return None if found[0] == "outside" else found[0] != "missing"
        if kind == "attr":
            found = self.evaluate(question[1], context)
            return None if found[0] in ("unknown", "outside") else found[0] != "missing"
        return None

    def importable(self, module: str, names: Any) -> bool | None:
        """Return whether ``from module import names`` would succeed."""
        if not self.library.exists(module):
            return False
        return all(self.member(module, name)[0] != "missing" for name in names)

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
    parts = _as_values(left), _as_values(right)
    if parts[0] is None or parts[1] is None:
        return unknown("an operator", left, right)
    return ("items", (*parts[0], *parts[1]))


def _as_values(found: Found) -> tuple[Found, ...] | None:
    if found[0] == "const" and isinstance(found[1], tuple | list):
        return tuple(("const", item) for item in found[1])
    return found[1] if found[0] == "items" else None
