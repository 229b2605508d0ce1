"""Which classes are abstract, as ``inspect.isabstract`` would say after the class statement."""

from __future__ import annotations

import sys

from plugindex.made import MADE
from plugindex.meaning import literal_items
from plugindex.names import is_library
from plugindex.namespaces import is_own
from plugindex.naming import Naming

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from plugindex.meaning import Context, Found

_ABSTRACT_MARKS = frozenset({
    "abc:abstractmethod", "abc:abstractproperty", "abc:abstractclassmethod",
    "abc:abstractstaticmethod",
})  # fmt: skip
_MARK, _NAMES = "__isabstractmethod__", "__abstractmethods__"
_SLOTTING = "attr._next_gen:define"
_FIELD_MAKERS = frozenset({"dataclasses:dataclass", "attr._make:attrs", _SLOTTING})
_MARKED = frozenset("xpafg")  # kinds of values that may bear a mark
_DELEGATES = frozenset({"functools:partialmethod", "functools:singledispatchmethod"})
_WRAPPERS = (property, classmethod, staticmethod)
_ACCESSORS = ("getter", "setter", "deleter")  # in the order of property's arguments


class Abstractness(Naming):
    """A hierarchy that knows which methods are marked abstract."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
        self._abstract: dict[Found, dict[str, bool | None]] = {}

    def is_abstract(self, cls: Found) -> bool | None:
        """Return what ``inspect.isabstract`` would say, None when only running tells."""
        names = self.abstract_names(cls)
        if cls[0] == "class" and names and self._is_completed(cls, names):
            return None
        marks = names.values()
        if True in marks and cls[0] == "class" and not self._has_abcmeta(cls):
            return None  # such a metaclass often fills in methods, too
        return True if True in marks else None if None in marks else False

    def _is_completed(self, cls: Found, names: Iterable[str]) -> bool:
        """Tell whether what runs after or at the class statement may define abstract *names*."""
        if _NAMES in self.posts(cls[1]).get(cls[2], ()):
            return True
        wanted = {_NAMES, *names}
        return any(
            summary is None or not wanted.isdisjoint((*summary.texts, *summary.sets))
            for _, summary in self.foreign_hooks(cls)
        )

    def abstract_names(self, cls: Found) -> dict[str, bool | None]:
        """Return the names that ``__abstractmethods__`` holds (True) or may hold (None)."""
        if cls[0] == MADE:
            return dict.fromkeys(name for base in cls[2] for name in self.abstract_names(base))
        if cls[0] != "class":
            return dict.fromkeys(getattr(cls[1], "__abstractmethods__", ()), True) if (
                cls[0] == "real" and cls[1] is not type
            ) else {}  # fmt: skip
        if cls not in self._abstract:
            self._abstract[cls] = {}
            self._abstract[cls] = self._abstract_names(cls)
        return self._abstract[cls]

    def _abstract_names(self, cls: Found) -> dict[str, bool | None]:
        if not self._has_abcmeta(cls) and not self._collects_marks(cls):
            return {}
        body = self.entry(cls)[5]
        marks = {n: self._mark(value, cls) for n, value in body.items() if value[0] in _MARKED}
        for base in self.bases(cls):
            for name in self.abstract_names(base):
                if name not in body:
                    marks[name] = self._inherited_mark(cls, name)
                elif _is_field(body[name]) and self._makes_fields(cls):
                    marks[name] = None  # such a field leaves no attribute behind, or a descriptor
        return {name: mark for name, mark in marks.items() if mark is not False}

    def _has_abcmeta(self, cls: Found) -> bool:
        return any(self.descends(meta, "abc:ABCMeta") for meta in self.metaclasses(cls))

    def _collects_marks(self, cls: Found) -> bool:
        """Tell whether a metaclass collects the marked methods as ABCMeta does."""
        for _, hook in self.hooks(cls) if self.metaclasses(cls) else ():
            summary = self.library.function(*hook[1:4])
            if summary and _NAMES in summary.sets and _MARK in summary.texts:
                return True
        return False

    def _inherited_mark(self, cls: Found, name: str) -> bool | None:
        for one in self.order(cls):
            if one[0] == "class":
                value = self.entry(one)[5].get(name) if one != cls else None
                if value is not None:
                    return self._mark(value, one)
                slots = self._slots(one)
                if slots is None or name in slots:
                    return None if slots is None else False
            elif one[0] == "real":
                if hasattr(one[1], name):
                    return bool(getattr(getattr(one[1], name), "__isabstractmethod__", False))
            elif one[0] == "outside":
                held = self._compiled_has(one[1], name)
                if held is not False:
                    return None if held is None else False
            else:
                return None if one[0] in ("unknown", MADE) else False
        return False

    def _compiled_has(self, reference: str, name: str) -> bool | None:
        """Tell whether the body of a compiled class has a name; None where it is not at hand."""
        module, _, qualname = reference.partition(":")
        if not is_own(self.library.file(module)):
            return None
        __import__(module)  # compiled into the interpreter, so its classes can be asked
        found = getattr(sys.modules[module], qualname, None)
        return name in vars(found) if isinstance(found, type) else None

    def _mark(self, value: Any, owner: Found) -> bool | None:
        """Tell whether a value in the body of *owner* is marked; compiled classes keep few."""
        mark = self.marked(value, self.home(owner))
        file = self.library.file(owner[1]) if mark else None
        return None if file is not None and file.kind == "extension" else mark

    def _slots(self, cls: Found) -> set[Any] | None:
        """Return the names that a class has descriptors for and its body doesn't bind, if told."""
        value = self.entry(cls)[5].get("__slots__")
        if value is None:
            return None if self._has_fields(cls) else set()
        found = self.evaluate(value, self.home(cls))
        return {found[1]} if found[0] == "const" and type(found[1]) is str else literal_items(found)

    def _has_fields(self, cls: Found) -> bool:
        """Tell whether a class has a descriptor for each field, which its body only annotates."""
        for name, options in self._named_decorators(cls):
            if name == _SLOTTING or "slots" in options:
                return True
        written = (self.evaluate(value, self.home(cls)) for value in self.entry(cls)[3])
        return any(found[:3] == ("function", "typing", "NamedTuple") for found in written)

    def _makes_fields(self, cls: Found) -> bool:
        return any(name in _FIELD_MAKERS for name, _ in self._named_decorators(cls))

    def _named_decorators(self, cls: Found) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the reference of each decorator that is a function, and the options it is given."""
        for value in self._decorating(cls):
            called = value[0] == "x"
            found = self.evaluate(value[1] if called else value, self.home(cls))
            if found[0] == "function":
                yield f"{found[1]}:{found[2]}", tuple(value[3]) if called else ()

    def marked(self, value: Any, context: Context) -> bool | None:
        """Return whether an attribute's value has a true ``__isabstractmethod__``."""
        kind = value[0]
        if kind == "x":
            return self._call_marked(value, context)
        if kind == "p":
            marks = {
                self.marked(one, context)
                for condition, one in value[1]
                if self.decide(condition, context) is not False
            }
            return marks.pop() if len(marks) == 1 else None
        if kind in ("a", "f", "g"):
            return self._referred_mark(value, context)
        return False

    def _referred_mark(self, value: Any, context: Context) -> bool | None:
        if value[0] == "a":
            owner = self.evaluate(value[1], context)
            held = self.entry(owner)[5].get(value[2]) if owner[0] == "class" else None
            if held is not None:
                return self.marked(held, self.home(owner))
            if owner[0] == "class":
                return self._inherited_mark(owner, value[2])
        return False

    def _call_marked(self, value: Any, context: Context) -> bool | None:
        inner = [self.marked(arg, context) for arg in value[2]]
        any_inner = True if True in inner else None if None in inner else False
        if _is_accessor(value):
            marks = self._accessors(value, context).values()
            return True if True in marks else None if None in marks else False
        callee = self.evaluate(value[1], context)
        if callee[0] == "real":
            return any_inner if callee[1] in _WRAPPERS else False
        if callee[0] in ("function", "class"):
            name = f"{callee[1]}:{callee[2] if callee[0] == 'function' else self.entry(callee)[0]}"
            if name in _ABSTRACT_MARKS:
                return True
            if callee[0] == "function" and self._sets_mark(callee):
                return None
            if name in _DELEGATES or any_inner is False:
                return any_inner
            if callee[0] == "class":
                return self._wrapper_marked(callee, any_inner)
        return any_inner if any_inner is not True else self._kept_mark(callee, value, context)

    def _sets_mark(self, function: Found) -> bool:
        """Tell whether a function's own code marks methods, or unmarks them."""
        if is_library(function[1]):
            return False
        summary = self.library.function(*function[1:4])
        if summary is None:
            return False
        told = (*summary.sets, *summary.sets_inside, *summary.texts)
        return _MARK in told or "setattr" in summary.mentions

    def _accessors(self, value: Any, context: Context) -> dict[str, bool | None]:
        """Return the marks of a property's functions by what sets them, "" where that isn't told.

        ``@Base.size.setter`` keeps the other functions of that property and replaces this one.
        """
        if _is_accessor(value):
            replaced = {value[1][2]: self.marked(value[2][0], context)}
            return self._accessors(value[1][1], context) | replaced
        if value[0] == "x" and not value[3] and self.evaluate(value[1], context)[1:] == (property,):
            pairs = zip(_ACCESSORS, value[2], strict=False)
            return {name: self.marked(one, context) for name, one in pairs}
        owner = self.evaluate(value[1], context) if value[0] == "a" else ("",)
        for one in self.order(owner) if owner[0] == "class" else ():
            held = self.entry(one)[5].get(value[2]) if one[0] == "class" else None
            if held is not None:
                return self._accessors(held, self.home(one))
        return {"": self.marked(value, context)}

    def _wrapper_marked(self, cls: Found, inner: bool | None) -> bool | None:
        """A descriptor class marks its result as property does, if it is derived from one."""
        derived = any(one[0] == "real" and one[1] in _WRAPPERS for one in self.order(cls))
        return inner if derived else None if "__isabstractmethod__" in self.entry(cls)[5] else False

    def _kept_mark(self, callee: Found, value: Any, context: Context) -> bool | None:
        """A decorator keeps the mark if it gives the function back or wraps it by functools."""
        if callee[0] != "function":
            return None
        args, names = self.arguments(value, context)
        result = self.call(callee, args, names)
        return True if result in args else None


def _is_field(value: Any) -> bool:
    """Tell whether a value is what ``field()`` gives; not what a decorator does."""
    decorates = len(value) > 3 and len(value[2]) == 1 and not value[3] and value[2][0][0] in "dx"
    return bool(value[0] == "x" and not decorates)


def _is_accessor(value: Any) -> bool:
    """Tell whether a value is what ``prop.setter(function)`` or its like gives."""
    called = value[0] == "x" and value[1][0] == "a" and value[1][2] in _ACCESSORS
    return bool(called and len(value[2]) == 1)
