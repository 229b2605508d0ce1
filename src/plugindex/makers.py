"""Which values may be plugin classes, and which calls may make some: what reading can't list."""

from __future__ import annotations

import sys

from plugindex.abstractness import Abstractness
from plugindex.calls import KEEPS_CLASS
from plugindex.hierarchy import OBJECT
from plugindex.names import is_ours, root
from plugindex.namespaces import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found

    Making = tuple[str, frozenset[str]]

_DEEPEST = 3
_CLASS_FUNCTIONS = frozenset({"types:new_class", "dataclasses:make_dataclass"})
_NOWHERE: frozenset[str] = frozenset()
EVERYWHERE = frozenset("*")


class Family(Abstractness):
    """A hierarchy looked at from one base class: who belongs to it, who may."""

    def __init__(self, library: Any, base: str, statements_count: bool) -> None:
        super().__init__(library)
        self.statements_count = statements_count
        module, _, qualname = base.partition(":")
        if is_own(library.file(module)):
            __import__(module)  # compiled into the interpreter, so its relations can be asked
        self.base_name = qualname.rpartition(".")[2]
        self.base = self.member(module, qualname.split(".")[0])
        for name in qualname.split(".")[1:]:
            self.base = self.attribute(self.base, name)
        self._relations: dict[Found, bool | None] = {}
        self._reaching: dict[tuple[Any, ...], bool] = {}
        self._creating: dict[tuple[Any, ...], frozenset[str]] = {}

    def belongs(self, cls: Found) -> bool | None:
        """Tell whether a class is the base or a subclass of it, None when only running tells."""
        if cls[0] != "class":
            return self.base in self.order(cls) if cls[0] == "real" else self.may_belong(cls)
        if cls not in self._relations:
            self._relations[cls] = None
            self._relations[cls] = self._belongs(cls)
        return self._relations[cls]

    def _belongs(self, cls: Found) -> bool | None:
        order = self.order(cls)
        if self.base in order:
            return True
        return None if any(self._may_bequeath(one) for one in order) else False

    def doubtful(self, cls: Found) -> bool:
        """Tell whether a class has bases that may give it abstract methods, keys or a metaclass."""
        return any(one[0] in ("unknown", "items", "missing") for one in self.order(cls))

    def _may_bequeath(self, base: Found) -> bool:
        """Tell whether what a class statement names as a base may be a class of the family."""
        if base[0] in ("class", "real"):
            return False
        if base[0] in ("unknown", "outside", "items"):
            return self.may_belong(base) is not False
        if base[0] == "instance":
            return self._stands_for_classes(base[1])
        return base[0] not in ("const", "module")

    def _stands_for_classes(self, cls: Found) -> bool:
        """Tell whether instances of a class can be bases that bring in a class."""
        if cls[0] == "real":
            return False
        if self.descends(cls, "builtins:type"):
            return True
        return bool(self.class_attribute(cls, "__mro_entries__")[0] == "function")

    def may_belong(self, found: Found, depth: int = 0) -> bool | None:
        """Tell whether a value may be a class of the family; None and True both say it may."""
        kind = found[0]
        if kind in ("class", "real"):
            if kind == "real" and not isinstance(found[1], type):
                return False
            return self.belongs(found)
        if kind == "outside":
            return None if self.base[0] in ("real", "outside") else False
        if kind == "unknown":
            return None if found[3] or any(self._leads(leaf, depth) for leaf in found[2]) else False
        if kind == "items":
            doubts = (self.may_belong(one, depth) is not False for one in found[1])
            return None if any(doubts) else False
        return None if kind in ("function", "bound") and self._leads(found, depth) else False

    def _leads(self, found: Found, depth: int) -> bool:
        """Tell whether a class of the family can come out of *found*."""
        if depth > _DEEPEST:
            return False
        if found[0] == "bound":
            return self._leads(found[1], depth) or self._leads(found[2], depth)
        if found[0] == "instance" and found[1][0] == "class":
            return self._near(found[1][1])
        if found[0] == "module":
            return self._near(found[1])
        if found[0] == "function":
            return self.reaches(found, depth + 1)
        return self.may_belong(found, depth + 1) is not False

    def _near(self, module: str) -> bool:
        """Tell whether *module* is of the base's own application."""
        home = self.base[1] if self.base[0] == "class" else ""
        return root(str(home)) == root(module)

    def reaches(self, function: Found, depth: int = 0) -> bool:
        """Tell whether a function's code names a class of the family."""
        key = tuple(function[1:4])
        if key not in self._reaching:
            self._reaching[key] = False
            self._reaching[key] = self._reaches(function, depth)
        return self._reaching[key]

    def _reaches(self, function: Found, depth: int) -> bool:
        summary = self.library.function(*function[1:4])
        if summary is None or depth > _DEEPEST:
            return False
        if self.base == OBJECT:
            return True
        named = [self._plain_name(function[1], name) for name in summary[5]]
        for found in list(named):
            if found[0] == "module":
                named += [self.member(found[1], name) for name in summary[5]]
        for module, names in summary[10]:
            named += [self.member(module, name) for name in names]
        return any(
            found[0] in ("class", "function", "real") and self._leads(found, depth + 1)
            for found in (*named, *(function[4] or {}).values())
        )

    def _plain_name(self, module: str, name: str) -> Found:
        found = self.member(module, name)
        return self.member("builtins", name) if found[0] == "missing" else found

    # -- calls that make classes ---------------------------------------------------------------

    def makes(self, value: Any, context: Context) -> Making:
        """Return why a call at module level may make or replace a class of the family, and where.

        The places are module names, or ``EVERYWHERE``.
        """
        module = _module_of(value[1])
        if module and self.is_elsewhere(module) and not self._any(self._arguments(value, context)):
            return ("", _NOWHERE)  # nearly every call, and that module need not be read
        callee = self.evaluate(value[1], context)
        function = callee[1] if callee[0] == "bound" else callee
        here = frozenset((context.record.name,))
        if function[0] == "real":
            return (self._made_by_builtin(function[1], value, context), here)
        if function[0] == "class":
            return (self._made_by_class(function, value, context), here)
        if function[0] == "function":
            return self._made_by_function(callee, function, value, context)
        if function[0] == "unknown":
            return (self._made_by_metaclass(value, context), here)
        return ("", _NOWHERE)

    def _made_by_metaclass(self, value: Any, context: Context) -> str:
        """Tell of a call of a metaclass that was worked out: ``type(Base)(name, bases, body)``."""
        positional = len(value[2]) - len(value[3])  # a name, bases and a body are given by place
        args = self._arguments(value, context) if positional >= 3 else ()
        made = len(args) >= 3 and args[1][0] == "items" and self._any([args[1]])
        return "a class made by a call" if made else ""

    def _made_by_function(
        self, callee: Found, function: Found, value: Any, context: Context
    ) -> Making:
        if self._replaces_base(function):
            return (f"{function[2]}() replaces a class {self.base_name}", EVERYWHERE)
        places = self.creates(function)
        if places and (self.reaches(function) or self._any(self._given(callee, value, context))):
            return (f"a class that calling {function[2]} may make", places)
        return ("", places)

    def _arguments(self, value: Any, context: Context) -> tuple[Found, ...]:
        return self.arguments(value, context)[0]

    def is_elsewhere(self, module: str) -> bool:
        """Tell whether the code of *module* can't name a class of the family: the interpreter's."""
        if is_ours(module):
            return True
        top = root(module)
        home = root(str(self.base[1])) if self.base[0] == "class" else top
        return top in sys.stdlib_module_names and home not in sys.stdlib_module_names

    def _given(self, callee: Found, value: Any, context: Context) -> list[Found]:
        """Return what a call hands to a function: arguments, the instance, what it closes over."""
        function = callee[1] if callee[0] == "bound" else callee
        bound = callee[2:3] if callee[0] == "bound" else ()
        return [*self._arguments(value, context), *bound, *(function[4] or {}).values()]

    def _replaces_base(self, function: Found) -> bool:
        """Tell whether a function may put another class into the base's place, as setuptools does.

        Then it depends on the order of imports which of the two another module's classes derive
        from.
        """
        summary = self.library.function(*function[1:4])
        return summary is not None and self.base_name in summary[12]

    def _made_by_builtin(self, function: Any, value: Any, context: Context) -> str:
        if function is exec:
            return "exec()"
        args = self._arguments(value, context) if function is type else ()
        return "a class made by type()" if len(args) == 3 and self._any([args[1]]) else ""

    def _any(self, found: Any) -> bool:
        return any(self.may_belong(one) is not False for one in found)

    def _made_by_class(self, cls: Found, value: Any, context: Context) -> str:
        if is_ours(cls[1]):
            return ""
        meta = self.descends(cls, "builtins:type")
        enum = not meta and self.is_enum(cls) and self.belongs(cls) is not False
        args = self._arguments(value, context) if meta or enum else ()
        if meta and len(args) >= 3 and self._any([args[1]]):
            return "a class made by its metaclass"
        return "an enum made by a call" if enum and len(args) >= 2 else ""

    def makes_beside(self, cls: Found) -> Making:
        """Return why a class statement may make other classes of the family, and where."""
        for _, function in self.hooks(cls):
            places = self.creates(function)
            if places and (self.reaches(function) or self._any(self.bases(cls))):
                return (f"a class that {function[2]} may make", places)
        return ("", _NOWHERE)

    def creates(self, function: Found, depth: int = 0) -> frozenset[str]:
        """Return the modules in which calling a function may make a class that stays."""
        key = tuple(function[1:4])
        # What our own metaclass calls makes no classes, so a start needn't read the engine.
        if is_ours(key[0]) or f"{key[0]}:{key[1]}" in KEEPS_CLASS:
            return _NOWHERE
        if key not in self._creating:
            self._creating[key] = _NOWHERE
            if depth < _DEEPEST:
                self._creating[key] = self._creates(function, depth)
        return self._creating[key]

    def _creates(self, function: Found, depth: int) -> frozenset[str]:
        context = self.inside(function, (), ())
        if context is None:
            return _NOWHERE
        summary = self.library.function(*function[1:4])
        places: set[str] = set()
        if summary[3] and (self.statements_count or summary[6]):
            places.add(function[1])
        for condition, call, _ in summary[4]:
            if self.decide(condition, context) is not False:
                places |= self._call_creates(call, context, depth)
        return frozenset(places)

    def _call_creates(self, value: Any, context: Context, depth: int) -> frozenset[str]:
        callee = self.evaluate(value[1], context)
        if callee[0] == "bound":
            callee = callee[1]
        here = frozenset((context.record.name,))
        count = len(value[2]) - sum(name != "**" for name in value[3])
        if callee == ("real", type):
            return here if count == 3 else _NOWHERE
        if callee[0] == "class":
            return here if count >= 3 and self.descends(callee, "builtins:type") else _NOWHERE
        if callee[0] != "function":
            return _NOWHERE
        if f"{callee[1]}:{callee[2]}" in _CLASS_FUNCTIONS:
            return here
        return self.creates(callee, depth + 1)


def _module_of(callee: Any) -> str:
    """Return the module that a callee is taken from by name, "" where it is anything else."""
    while callee[0] == "a":
        callee = callee[1]
    return str(callee[1]) if callee[0] in ("f", "i") else ""
