"""Which values may be classes of a hierarchy."""

from __future__ import annotations

import sys

from plugindex.bases import OBJECT
from plugindex.factories import Factories
from plugindex.made import MADE
from plugindex.meaning import COMPUTED, LOADED, leaves, unknown
from plugindex.names import is_library, is_ours, root
from plugindex.namespaces import is_own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.meaning import Found

# Functions that make subclasses of these alone, whatever else their code names.
_MADE_OF = {
    "collections:namedtuple": tuple,
    "typing:NamedTuple": tuple,
    "typing_extensions:NamedTuple": tuple,
    "typing:TypedDict": dict,
    "typing_extensions:_TypedDictSpecialForm.__call__": dict,
}
_CLASSES = ("class", "real", "outside")
_CONSTRUCTORS, _CALL = ("__new__", "__init__"), ("__call__",)
DEEPEST = 3  # calls of calls that are looked into


class Family(Factories):
    """A hierarchy looked at from one base class: who belongs to it, who may."""

    package = ""  # the one whose classes are asked for, where that is known

    def __init__(self, library: Any, base: str) -> None:
        super().__init__(library)
        module, _, qualname = base.partition(":")
        if is_own(library.file(module)):
            __import__(module)  # compiled into the interpreter, so its relations can be asked
        self.base_name = qualname.rpartition(".")[2]
        self.base = self.member(module, qualname.split(".")[0])
        for name in qualname.split(".")[1:]:
            self.base = self.attribute(self.base, name)
        if self.base[0] == MADE:  # of which nothing tells one from another
            self.base = unknown("a class that a call makes", self.base)
        self._reaching: dict[tuple[Any, ...], bool] = {}
        self._holding: dict[str, bool] = {}
        self.rest_on(self.base)

    def rest_on(self, base: Found) -> None:
        """Take *base* for the family's base class."""
        self.base = base
        self.possible = _possible(base)
        self._relations: dict[Found, bool | None] = {}

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
            return None if self.makes_object(cls) else True
        if self.base[0] == "unknown" and any(one in order for one in self.possible):
            return None
        if any(self._may_bequeath(one) for one in order):
            return None
        # A compiled class doesn't show the object that it is; what derives from one is no class.
        return self.base == OBJECT and all(one[0] in _CLASSES for one in order)

    def makes_object(self, cls: Found) -> bool:
        """Tell whether a class statement makes no class, for one of its bases is an object.

        It calls what that is an instance of; so are the interfaces of zope.interface made.
        """
        return bool(self._objects(cls))

    def is_object(self, cls: Found) -> bool:
        """Tell whether a class statement makes no class for sure: no ``__new__`` gives another."""
        made = [self.class_attribute(one, "__new__") for one in self._objects(cls)]
        return bool(made) and all(one == ("real", object.__new__) for one in made)

    def _objects(self, cls: Found) -> list[Found]:
        """Return the classes of the objects among the bases of a class."""
        objects = [one[1] for one in self.order(cls) if one[0] == "instance"]
        return [one for one in objects if one[0] == "class" and not self._stands_for_classes(one)]

    def doubtful(self, cls: Found) -> bool:
        """Tell whether a class has bases that may give it abstract methods, keys or a metaclass."""
        return any(one[0] in ("unknown", "items", "missing") for one in self.order(cls))

    def _may_bequeath(self, base: Found) -> bool:
        """Tell whether what a class statement names as a base may be a class of the family."""
        if base[0] in ("class", "real", MADE):
            return False
        if base[0] == "unknown" and any(leaf[0] == "instance" for leaf in base[2]):
            return True  # an object may hold any class, as what loads a module late does
        if base[0] == "outside" and self._has_told_bases(base[1]):
            return False  # they stand behind it
        if base[0] in ("unknown", "outside", "items", "table"):
            return self.may_belong(base) is not False
        if base[0] == "instance":
            return self._stands_for_classes(base[1])
        if base[0] == "missing" and len(base) > 1:
            return self._may_give(base[1])
        return base[0] not in ("const", "module")

    def _has_told_bases(self, reference: str) -> bool:
        from plugindex.ancestry import is_plain, is_told

        if is_plain(reference):
            return True
        return is_told(reference) and is_own(self.library.file(reference.partition(":")[0]))

    def _stands_for_classes(self, cls: Found) -> bool:
        """Tell whether instances of a class can be bases that bring in a class."""
        if cls[0] == "real":
            return False
        origins = (leaf for one in self.order(cls) for leaf in leaves(one))
        if any(self.descends(origin, "builtins:type") for origin in origins):
            return True
        return bool(self.class_attribute(cls, "__mro_entries__")[0] == "function")

    def may_belong(self, found: Found, depth: int = 0) -> bool | None:
        """Tell whether a value may be a class of the family; None and True both say it may."""
        kind = found[0]
        if kind in ("class", "real"):
            if kind == "real" and not isinstance(found[1], type):
                return False
            return self.belongs(found)
        if kind == MADE:
            return None if any(self.may_belong(one) is not False for one in found[2]) else False
        if kind == "outside":
            return None if any(one[0] in ("real", "outside") for one in self.possible) else False
        if kind == "unknown":
            return None if found[3] or any(self._leads(leaf, depth) for leaf in found[2]) else False
        if kind in ("items", "table"):
            held = found[1] if kind == "items" else [value for _, value in found[1]]
            doubts = (self.may_belong(one, depth) is not False for one in held)
            return None if any(doubts) else False
        holding = kind in ("function", "bound", "super")
        return None if holding and self._leads(found, depth) else False

    def _leads(self, found: Found, depth: int) -> bool:
        """Tell whether a class of the family can come out of *found*."""
        if depth > DEEPEST:
            return False
        if found[0] in ("bound", "super"):
            return self._leads(found[1], depth) or self._leads(found[2], depth)
        if found[0] == "instance" and found[1][0] == "class":
            return self._near(found[1][1])
        if found[0] == "module":
            return self._near(found[1]) or self._holds(found[1], depth)
        if found[0] == COMPUTED:
            return self._may_give(found[1])
        if found[0] == "function":
            return self.reaches(found, depth + 1)
        if found == LOADED:
            return True
        return self.may_belong(found, depth + 1) is not False

    def _near(self, module: str) -> bool:
        """Tell whether *module* is of the base's own application, or of the one asked about."""
        homes = map(home_of, self.possible)
        return root(module) in {root(self.package), *map(root, homes)}

    def _may_give(self, module: str) -> bool:
        """Tell whether a name that reading doesn't tell of *module* may be one of the family.

        Of what the interpreter has, anybody may derive.
        """
        homes = {root(home_of(one)) for one in self.possible}
        if not homes or not homes.isdisjoint(sys.stdlib_module_names):
            return True
        if is_library(module):
            return False
        return self._near(module) or self._holds(module, 0)

    def _holds(self, module: str, depth: int) -> bool:
        """Tell whether one of the names of another application's module may be of the family."""
        if module not in self._holding:
            self._holding[module] = False
            record = self.library.record(module)
            named = (self.member(module, name) for name in (record.names if record else ()))
            self._holding[module] = any(
                one[0] != "module" and self._leads(one, depth + 1) for one in named
            )
        return self._holding[module]

    def reaches(self, function: Found, depth: int = 0) -> bool:
        """Tell whether a function's code names a class of the family."""
        key = tuple(function[1:4])
        if key not in self._reaching:
            self._reaching[key] = False
            self._reaching[key] = self._reaches(function, depth)
        return self._reaching[key]

    def _reaches(self, function: Found, depth: int) -> bool:
        summary = self.library.function(*function[1:4])
        if summary is None or depth > DEEPEST:
            return False
        if self.base == OBJECT:
            return True
        made = made_of(function)
        if made is not None:
            return any(one in self.order(("real", made)) for one in self.possible)
        named = [self._plain_name(function[1], name) for name in summary.mentions]
        for found in list(named):
            if found[0] == "module":
                named += [self.member(found[1], name) for name in summary.mentions]
        for module, names in summary.imports:
            named += [self.member(module, name) for name in names]
        return any(map(self.adds_base, named)) or any(
            found[0] in ("class", "function", "real")
            and (self._leads(found, depth + 1) or self._runs_what_reaches(found, depth + 1))
            for found in (*named, *(function[4] or {}).values())
        )

    def adds_base(self, found: Found) -> bool:
        """Tell whether a value may be a metaclass that gives its classes a base in C, unasked.

        That of protobuf's messages does: https://protobuf.dev/reference/python/python-generated/
        """
        if self.base[0] != "outside":
            return False
        module = self.base[1].partition(":")[0]
        kin = [self.order(one) for one in leaves(found) if one[0] in ("class", "outside")]
        origins = [origin for order in kin for one in order for origin in leaves(one)]
        return any(one[0] == "outside" and one[1].partition(":")[0] == module for one in origins)

    def _runs_what_reaches(self, found: Found, depth: int) -> bool:
        """Tell whether calling a class runs a method of it that names a class of the family."""
        return any(self.reaches(one, depth) for one in self.called_methods(found))

    def _plain_name(self, module: str, name: str) -> Found:
        found = self.member(module, name)
        return self.member("builtins", name) if found[0] == "missing" else found

    def is_elsewhere(self, module: str) -> bool:
        """Tell whether the code of *module* can't name a class of the family: the interpreter's."""
        if is_ours(module):
            return True
        top = root(module)
        home = root(str(self.base[1])) if self.base[0] == "class" else top
        return top in sys.stdlib_module_names and home not in sys.stdlib_module_names

    def called_methods(self, callee: Found) -> Iterator[Found]:
        """Yield the methods that run where a class or an instance is called."""
        cls, names = (callee[1], _CALL) if callee[0] == "instance" else (callee, _CONSTRUCTORS)
        if cls[0] != "class" or is_ours(cls[1]) or self.is_elsewhere(cls[1]):
            return
        for name in names:
            found = self.class_attribute(cls, name)
            if found[0] == "function":
                yield found


def _possible(base: Found) -> tuple[Found, ...]:
    """Return the classes that *base* may be, none where it may be anything."""
    if base[0] != "unknown":
        return (base,)
    told = not base[3] and all(one[0] in ("class", "real", "outside") for one in base[2])
    return tuple(base[2]) if told else ()


def home_of(base: Found) -> str:
    """Return the module of a class that may be the base."""
    return str(base[1].__module__ if base[0] == "real" else base[1].partition(":")[0])


def is_method(function: Found) -> bool:
    """Tell whether a function stands in the body of a class."""
    outer = function[2].rpartition(".")[0]
    return bool(outer) and not outer.endswith("<locals>")


def made_of(function: Found) -> type | None:
    """Return the class that all which calling a function makes are subclasses of, and no other."""
    return _MADE_OF.get(f"{function[1]}:{function[2]}")
