"""Classes as reading knows them: linearisation, attributes, abstractness."""

from __future__ import annotations

from plugindex.bases import OBJECT, Bases
from plugindex.expressions import undecided
from plugindex.linearisation import merged
from plugindex.made import MADE, metaclass_of
from plugindex.meaning import MISSING, unknown
from plugindex.names import is_library, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.summary import FunctionSummary


_STATIC: Found = ("real", staticmethod)


class Hierarchy(Bases):
    """An evaluator that knows classes."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
        self._orders: dict[Found, tuple[Found, ...] | None] = {}
        self._posts: dict[str, dict[int, dict[str, Any]]] = {}
        self._metas: dict[Found, tuple[Found, ...]] = {}
        self._descents: dict[tuple[Found, str], bool] = {}
        self._entries: dict[Found, Any] = {}
        self._homes: dict[str, Context] = {}
        self._hooks: dict[tuple[Any, ...], list[tuple[str, Found]]] = {}

    # -- one class -----------------------------------------------------------------------------

    def entry(self, cls: Found) -> Any:
        """Return the class statement of a class: [qualname, line, condition, bases, ...]."""
        found = self._entries.get(cls)
        if found is None:
            record = self.library.record(cls[1])
            found = self._entries[cls] = record.classes[cls[2]]  # type: ignore[union-attr]
        return found

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
        found = self._homes.get(cls[1])
        if found is None:
            record = self.library.record(cls[1])
            found = self._homes[cls[1]] = self.context(record)  # type: ignore[arg-type]
        return found

    def posts(self, module: str) -> dict[int, dict[str, Any]]:
        """Return the attributes that a module assigns to its classes after their statements."""
        found = self._posts.get(module)
        if found is None:
            found = self._posts[module] = {}
            record = self.library.record(module)
            context = self.context(record) if record else None
            for condition, target, name, value, _ in record.patches if record else ():
                holds = target[0] == "k" and context and self.decide(condition, context)
                if holds is not False:
                    known = value if holds else undecided("assigned under a condition")
                    found.setdefault(target[1], {})[name] = known
        return found

    # -- hierarchy -----------------------------------------------------------------------------

    def order(self, cls: Found) -> tuple[Found, ...]:
        """Return the method resolution order; unknown bases stand in it as they are."""
        if cls[0] == "real" and isinstance(cls[1], type):
            return tuple(("real", one) for one in cls[1].__mro__)
        if cls[0] not in ("class", "outside", MADE):
            return (cls,)
        if cls not in self._orders:
            self._orders[cls] = (cls,)  # a class that reaches itself is no class
            bases = self._direct_bases(cls)
            if len(bases) == 1:  # as most have, and there is nothing to merge
                self._orders[cls] = (cls, *self.order(bases[0]))
            else:
                self._orders[cls] = (cls, *merged([*map(self.order, bases), bases]))
        return self._orders[cls] or ()

    def _direct_bases(self, cls: Found) -> tuple[Found, ...]:
        if cls[0] == MADE:
            return tuple(cls[2])
        return self.bases(cls) if cls[0] == "class" else self.compiled_bases(cls)

    def class_attribute(self, owner: Found, name: str) -> Found:
        """Return the value of an attribute of a class, or of an instance of one."""
        cls = owner[1] if owner[0] == "instance" else owner
        if cls[0] == "real":
            return MISSING if not hasattr(cls[1], name) else ("real", getattr(cls[1], name))
        if cls[0] != "class":
            return unknown(f"the attribute {name}", cls)
        return self.in_order(owner, name, self.order(cls))

    def in_order(self, owner: Found, name: str, order: tuple[Found, ...]) -> Found:
        """Return the first attribute that a class of an order has, for a class or an instance."""
        for one in order:
            if one[0] == "class":
                value = self.posts(one[1]).get(one[2], {}).get(name) or self.entry(one)[5].get(name)
                if value is not None:
                    return self._shown(owner, one, name, value)
            elif one[0] != "real" or (one != OBJECT and hasattr(one[1], name)):
                return unknown(f"the attribute {name}", one)
        if owner[0] != "instance" and hasattr(type, name):
            return ("instance", ("real", object))
        return self.absent(owner, name)

    def absent(self, owner: Found, name: str) -> Found:
        """Return an attribute that no class in the order of a class, or an instance's, has."""
        return unknown(f"the attribute {name}", owner) if owner[0] == "instance" else MISSING

    def _shown(self, owner: Found, holder: Found, name: str, value: Any) -> Found:
        found = self.evaluate(value, self.home(holder))
        if found[0] == "function" and owner[0] == "instance":
            return found if self._is_static(value, holder) else ("bound", found, owner)
        is_property = value[0] == "x" and found == ("instance", ("real", property))
        if is_property and owner[0] == "instance":
            return unknown(f"the property {name}", *self.arguments(value, self.home(holder))[0])
        if found[0] == "classmethod":
            return ("bound", found[1], owner[1] if owner[0] == "instance" else owner)
        if self.is_enum(holder) and found[0] in ("const", "unknown", "instance", "items"):
            return ("member", holder, name) if name[:1] != "_" else found
        return found

    def _is_static(self, value: Any, holder: Found) -> bool:
        return value[0] == "x" and self.evaluate(value[1], self.home(holder)) == _STATIC

    def _call_class(self, callee: Found, args: tuple[Found, ...]) -> Found:
        if len(args) >= 3 and self.descends(callee, "builtins:type"):
            return unknown("a class made by its metaclass", args[1])
        return super()._call_class(callee, args)

    def is_enum(self, cls: Found) -> bool:
        """Tell whether a class is an enum."""
        return self.descends(cls, "enum:Enum")

    def hashed_by_value(self, cls: Found) -> bool | None:
        """Tell whether an enum's members hash as their values, None where they may do otherwise."""
        for one in self.order(cls):
            if one[0] == "real":
                return one != OBJECT
            if one[0] != "class" or ("__new__" in self.entry(one)[5] and one[1] != "enum"):
                return None
            if "__hash__" in self.entry(one)[5]:
                return False if self.reference(one) == "enum:Enum" else None
        return None

    def hooks(self, cls: Found) -> list[tuple[str, Found]]:
        """Return what runs at a class statement: (name, function) of each, metaclasses' first."""
        bases, metas = (
            tuple([one for one in found if one[0] == "class"])  # of others no code is followed
            for found in (self.order(cls)[1:], self.metaclasses(cls))
        )
        if (bases, metas) not in self._hooks:  # siblings share what their bases hook in
            self._hooks[bases, metas] = self._hooked(bases, metas)
        return self._hooks[bases, metas]

    def _hooked(self, bases: tuple[Found, ...], metas: tuple[Found, ...]) -> list[Any]:
        names = [(one, "__init_subclass__") for one in bases]
        for meta in metas:
            names += [(one, hook) for one in self.order(meta) for hook in ("__new__", "__init__")]
        result: list[tuple[str, Found]] = []
        for one, name in names:
            value = self.entry(one)[5].get(name) if one[0] == "class" else None
            found = MISSING if value is None else self.evaluate(value, self.home(one))
            if found[0] in ("bound", "classmethod"):
                found = found[1]
            if found[0] == "function":
                result.append((name, found))
        return result

    def decorators(self, cls: Found) -> list[Found]:
        """Return the evaluated decorators of a class."""
        return [self.evaluate(value, self.home(cls)) for value in self._decorating(cls)]

    def decorates(self, value: Any, cls: Found) -> bool:
        """Tell whether *value*, as written, is one of the decorators of a class."""
        return value in self._decorating(cls)

    def _decorating(self, cls: Found) -> list[Any]:
        """Return the decorators of a class as written, the last one first."""
        outer, _, name = self.entry(cls)[0].rpartition(".")
        record = self.home(cls).record
        value = record.names.get(name) if not outer else None
        for entry in record.classes if outer else ():
            value = entry[5].get(name) if entry[0] == outer else value
        result = []
        while value is not None and value[0] == "x" and len(value[2]) == 1:
            result.append(value[1])
            value = value[2][0]
        return result if value is not None and tuple(value) == ("k", cls[2]) else []

    def set_by_decorators(self, cls: Found) -> set[str]:
        """Return the attributes that decorators may set; "setattr" stands for any."""
        names: set[str] = set()
        for found in self.decorators(cls):
            if found[0] == "function" and not self.keeps(found):
                summary = self.library.function(*found[1:4])
                if summary is None or "setattr" in summary.mentions:
                    names.add("setattr")
                names.update(*(summary.texts, summary.sets) if summary else ())
        return names

    def may_take(self, cls: Found, name: str) -> bool:
        """Tell whether what runs at a class statement may take *name* away from the class again.

        So it is done with a class ``Meta`` that stands in another for what a metaclass makes of it.
        """
        return any(
            summary is None or name in summary.texts or name in summary.mentions
            for _, summary in self.foreign_hooks(cls)
        )

    def foreign_hooks(self, cls: Found) -> Iterator[tuple[Found, FunctionSummary | None]]:
        """Yield the hooks, with summaries, that are neither ours nor the standard library's."""
        for _, hook in self.hooks(cls):
            if not is_ours(hook[1]) and not is_library(hook[1]):
                yield hook, self.library.function(*hook[1:4])

    def is_descriptor(self, found: Found) -> bool:
        """Tell whether a value that stands in a class body is a descriptor."""
        if found[0] in ("function", "bound", "classmethod"):
            return True
        if found[0] != "instance":
            return False
        if found[1][0] == "real":
            return hasattr(found[1][1], "__get__")
        return bool(self.class_attribute(found[1], "__get__")[0] == "function")

    def metaclasses(self, cls: Found) -> tuple[Found, ...]:
        """Return the metaclasses named by the class statements of the hierarchy of *cls*."""
        if cls[0] == MADE:
            return self._metaclasses_of_made(cls)
        if cls[0] != "class":
            meta = type(cls[1]) if cls[0] == "real" else type
            return () if meta is type else (("real", meta),)
        if cls not in self._metas:
            self._metas[cls] = ()
            found = self._named_metaclasses(cls)
            self._metas[cls] = tuple([m for i, m in enumerate(found) if m not in found[:i]])
        return self._metas[cls]

    def _metaclasses_of_made(self, cls: Found) -> tuple[Found, ...]:
        named = metaclass_of(cls)
        inherited = (meta for base in cls[2] for meta in self.metaclasses(base))
        return (*((self.member(*named),) if named else ()), *cls[3:], *inherited)

    def _named_metaclasses(self, cls: Found) -> list[Found]:
        context = self.home(cls)
        values = [value for name, value in self.entry(cls)[4] if name == "metaclass"]
        result = [self.evaluate(value, context) for value in values]
        for value in self.entry(cls)[3]:
            found = self.evaluate(value, context) if value[0] == "x" else MISSING
            if found[0] == "with_metaclass":
                result.append(found[1])
        # ``@add_metaclass(Meta)`` makes the class anew, with that metaclass.
        calls = [value for value in self._decorating(cls) if value[0] == "x"]
        given = [found for value in calls for found in self.arguments(value, context)[0]]
        result += [found for found in given if self.descends(found, "builtins:type")]
        for base in self.bases(cls):
            result.extend(self.metaclasses(base))
        return result

    def descends(self, cls: Found, reference: str) -> bool:
        """Tell whether *reference* names a class in the linearisation of *cls*."""
        if cls[0] not in ("class", "real") or (cls[0] == "real" and not isinstance(cls[1], type)):
            return False
        key = (cls, reference)
        if key not in self._descents:
            self._descents[key] = any(
                one[0] in ("class", "real") and self.reference(one) == reference
                for one in self.order(cls)
            )
        return self._descents[key]
