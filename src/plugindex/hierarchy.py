"""Classes as reading knows them: linearisation, attributes, abstractness.

The linearisation is C3, as CPython's ``type.mro`` computes it.
"""

from __future__ import annotations

from plugindex.calls import CallingEvaluator
from plugindex.evaluation import MISSING, unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.evaluation import Context, Found

OBJECT: Found = ("real", object)
_TYPING_BASES: dict[str, tuple[Found, ...]] = {
    "NamedTuple": (("real", tuple),),
    "TypedDict": (("real", dict),),
}
_ABSTRACT_MARKS = frozenset({
    "abc:abstractmethod", "abc:abstractproperty", "abc:abstractclassmethod",
    "abc:abstractstaticmethod",
})  # fmt: skip
_DELEGATES = frozenset({"functools:partialmethod", "functools:singledispatchmethod"})
_WRAPPERS = (property, classmethod, staticmethod)


class Hierarchy(CallingEvaluator):
    """An evaluator that knows classes."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
        self._orders: dict[Found, tuple[Found, ...] | None] = {}
        self._abstract: dict[Found, dict[str, bool | None]] = {}
        self._posts: dict[str, dict[int, dict[str, Any]]] = {}

    # -- one class -----------------------------------------------------------------------------

    def entry(self, cls: Found) -> Any:
        """Return the class statement of a class: [qualname, line, condition, bases, ...]."""
        return self.library.record(cls[1]).classes[cls[2]]  # type: ignore[union-attr]

    def reference(self, cls: Found) -> str:
        """Return ``module:QualName`` of a class, as its attributes will say it."""
        if cls[0] == "class":
            return f"{self.module_of(cls)}:{self.entry(cls)[0]}"
        if cls[0] == "real":
            return f"{cls[1].__module__}:{cls[1].__qualname__}"
        return str(cls[1])

    def module_of(self, cls: Found) -> str:
        """Return the ``__module__`` of a class: where it stands, unless it says otherwise."""
        value = self.posts(cls[1]).get(cls[2], {}).get("__module__")
        value = value or self.entry(cls)[5].get("__module__")
        if value is None:
            return str(cls[1])
        found = self.evaluate(value, self.home(cls))
        return str(found[1]) if found[0] == "const" else str(cls[1])

    def home(self, cls: Found) -> Context:
        """Return the context that a class statement stands in."""
        return self.context(self.library.record(cls[1]))  # type: ignore[arg-type]

    def bases(self, cls: Found) -> tuple[Found, ...]:
        """Return the bases of a class statement, evaluated."""
        context = self.home(cls)
        result: list[Found] = []
        for value in self.entry(cls)[3]:
            result.extend(self._real_bases(self.evaluate(value, context)))
        return tuple(result) or (OBJECT,)

    def _real_bases(self, found: Found) -> tuple[Found, ...]:
        """Return what a base written in a class statement makes of itself (PEP 560)."""
        if found[0] == "function" and found[1] in ("typing", "typing_extensions"):
            return _TYPING_BASES.get(found[2], (found,))
        if found[0] == "with_metaclass":
            return tuple(b for base in found[2] for b in self._real_bases(base))
        return (found,)

    def posts(self, module: str) -> dict[int, dict[str, Any]]:
        """Return the attributes that a module assigns to its classes after their statements."""
        found = self._posts.get(module)
        if found is None:
            found = self._posts[module] = {}
            record = self.library.record(module)
            for _, target, name, value, _ in record.patches if record else ():
                if target[0] == "k":
                    found.setdefault(target[1], {})[name] = value
        return found

    # -- hierarchy -----------------------------------------------------------------------------

    def order(self, cls: Found) -> tuple[Found, ...]:
        """Return the method resolution order; unknown bases stand in it as they are."""
        if cls[0] == "real" and isinstance(cls[1], type):
            return tuple(("real", one) for one in cls[1].__mro__)
        if cls[0] != "class":
            return (cls,)
        if cls not in self._orders:
            self._orders[cls] = (cls,)  # a class that reaches itself is no class
            bases = self.bases(cls)
            self._orders[cls] = (cls, *_merge([*map(self.order, bases), bases]))
        return self._orders[cls] or ()

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return the value of an attribute of a class, or of an instance of one."""
        cls = owner[1] if owner[0] == "instance" else owner
        if cls[0] == "real":
            return MISSING if not hasattr(cls[1], name) else ("real", getattr(cls[1], name))
        for one in self.order(cls):
            if one[0] == "class":
                value = self.posts(one[1]).get(one[2], {}).get(name) or self.entry(one)[5].get(name)
                if value is not None:
                    return self._shown(owner, one, name, value)
            elif one[0] != "real" or (one != OBJECT and hasattr(one[1], name)):
                return unknown(f"the attribute {name}", one)
        return MISSING if owner is cls else unknown(f"the attribute {name}", cls)

    def _shown(self, owner: Found, holder: Found, name: str, value: Any) -> Found:
        found = self.evaluate(value, self.home(holder))
        if owner[0] == "instance" and found[0] == "function":
            return ("bound", found, owner)
        if self.is_enum(holder) and found[0] in ("const", "unknown", "instance", "items"):
            return ("member", holder, name) if name[:1] != "_" else found
        return found

    def is_enum(self, cls: Found) -> bool:
        """Tell whether a class is an enum."""
        return any(one[0] == "class" and one[1] == "enum" for one in self.order(cls)) and any(
            self.reference(one) == "enum:Enum" for one in self.order(cls)
        )

    def metaclasses(self, cls: Found) -> list[Found]:
        """Return the metaclasses named by the class statements of the hierarchy of *cls*."""
        result = []
        for one in self.order(cls):
            if one[0] != "class":
                continue
            for name, value in self.entry(one)[4]:
                if name == "metaclass":
                    result.append(self.evaluate(value, self.home(one)))
            for value in self.entry(one)[3]:
                found = self.evaluate(value, self.home(one)) if value[0] == "x" else MISSING
                if found[0] == "with_metaclass":
                    result.append(found[1])
        return result

    def descends(self, cls: Found, reference: str) -> bool:
        """Tell whether *reference* names a class in the linearisation of *cls*."""
        return any(
            one[0] in ("class", "real") and self.reference(one) == reference
            for one in self.order(cls)
        )

    # -- abstractness --------------------------------------------------------------------------

    def is_abstract(self, cls: Found) -> bool | None:
        """Return what ``inspect.isabstract`` would say, None when only running tells."""
        marks = self.abstract_names(cls).values()
        return True if True in marks else None if None in marks else False

    def abstract_names(self, cls: Found) -> dict[str, bool | None]:
        """Return the names that ``__abstractmethods__`` holds (True) or may hold (None)."""
        if cls[0] != "class":
            return dict.fromkeys(getattr(cls[1], "__abstractmethods__", ()), True) if (
                cls[0] == "real" and cls[1] is not type
            ) else {}  # fmt: skip
        if cls not in self._abstract:
            self._abstract[cls] = {}
            self._abstract[cls] = self._abstract_names(cls)
        return self._abstract[cls]

    def _abstract_names(self, cls: Found) -> dict[str, bool | None]:
        metas = self.metaclasses(cls)
        if not any(self.descends(meta, "abc:ABCMeta") for meta in metas):
            return {}
        body, context = self.entry(cls)[5], self.home(cls)
        marks = {name: self.marked(value, context) for name, value in body.items()}
        for base in self.bases(cls):
            for name in self.abstract_names(base):
                if name not in marks:
                    marks[name] = self._inherited_mark(cls, name)
        return {name: mark for name, mark in marks.items() if mark is not False}

    def _inherited_mark(self, cls: Found, name: str) -> bool | None:
        for one in self.order(cls)[1:]:
            if one[0] == "class":
                value = self.entry(one)[5].get(name)
                if value is not None:
                    return self.marked(value, self.home(one))
            elif one[0] == "real":
                if hasattr(one[1], name):
                    return bool(getattr(getattr(one[1], name), "__isabstractmethod__", False))
            else:
                return None if one[0] == "unknown" else False
        return False

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
            if owner[0] == "class":
                return self._inherited_mark(owner, value[2]) or self._own_mark(owner, value[2])
        return False

    def _own_mark(self, cls: Found, name: str) -> bool | None:
        value = self.entry(cls)[5].get(name)
        return False if value is None else self.marked(value, self.home(cls))

    def _call_marked(self, value: Any, context: Context) -> bool | None:
        inner = [self.marked(arg, context) for arg in value[2]]
        any_inner = True if True in inner else None if None in inner else False
        if value[1][0] == "a" and value[1][2] in ("setter", "getter", "deleter"):
            before = self.marked(value[1][1], context)
            return True if True in (before, any_inner) else before if before is None else any_inner
        callee = self.evaluate(value[1], context)
        if callee[0] == "real":
            return any_inner if callee[1] in _WRAPPERS else False
        if callee[0] in ("function", "class"):
            name = f"{callee[1]}:{callee[2] if callee[0] == 'function' else self.entry(callee)[0]}"
            if name in _ABSTRACT_MARKS:
                return True
            if name in _DELEGATES or any_inner is False:
                return any_inner
            if callee[0] == "class":
                return self._wrapper_marked(callee, any_inner)
        return any_inner if any_inner is not True else self._kept_mark(callee, value, context)

    def _wrapper_marked(self, cls: Found, inner: bool | None) -> bool | None:
        """A descriptor class marks its result as property does, if it is derived from one."""
        derived = any(one[0] == "real" and one[1] in _WRAPPERS for one in self.order(cls))
        return inner if derived else None if "__isabstractmethod__" in self.entry(cls)[5] else False

    def _kept_mark(self, callee: Found, value: Any, context: Context) -> bool | None:
        """A decorator keeps the mark if it gives the function back or wraps it by functools."""
        if callee[0] != "function":
            return None
        args = tuple(self.evaluate(arg, context) for arg in value[2])
        result = self.call(callee, args, tuple(value[3]))
        return True if result in args else None


def _merge(sequences: list[tuple[Found, ...]]) -> list[Found]:
    """Merge linearisations by C3; where they conflict, go on in the order written."""
    rest = [list(sequence) for sequence in sequences if sequence]
    result: list[Found] = []
    while rest:
        head = next(
            (s[0] for s in rest if not any(s[0] in other[1:] for other in rest)), rest[0][0]
        )
        result.append(head)
        rest = [left for s in rest if (left := s[1:] if s[0] == head else s)]
    return result
