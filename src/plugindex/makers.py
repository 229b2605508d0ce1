"""Which values may be plugin classes, and which calls may make some: what reading can't list."""

from __future__ import annotations

from plugindex.hierarchy import Hierarchy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.evaluation import Context, Found

_DEEPEST = 4
_CLASS_FUNCTIONS = frozenset({"types:new_class", "dataclasses:make_dataclass"})


class Family(Hierarchy):
    """A hierarchy looked at from one base class: who belongs to it, who may."""

    def __init__(self, library: Any, base: str, statements_count: bool) -> None:
        super().__init__(library)
        self.statements_count = statements_count
        module, _, qualname = base.partition(":")
        self.base = self.member(module, qualname.split(".")[0])
        for name in qualname.split(".")[1:]:
            self.base = self.attribute(self.base, name)
        self._relations: dict[Found, bool | None] = {}
        self._reaching: dict[tuple[Any, ...], bool] = {}

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
        doubts = [one for one in order if one[0] not in ("class", "real")]
        return None if any(self.may_belong(one) is not False for one in doubts) else False

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
            if not found[2]:
                return None
            return None if any(self._leads(leaf, depth) for leaf in found[2]) else False
        if kind == "items":
            return None if any(self.may_belong(one, depth) is not False for one in found[1]) else False
        return None if kind in ("function", "bound") and self._leads(found, depth) else False

    def _leads(self, found: Found, depth: int) -> bool:
        """Tell whether a class of the family can come out of *found*."""
        if depth > _DEEPEST:
            return False
        if found[0] == "bound":
            return self._leads(found[1], depth) or self._leads(found[2], depth)
        if found[0] == "instance" and found[1][0] == "class":
            return self._near(found[1][1])
        if found[0] == "function":
            return self.reaches(found, depth + 1)
        if found[0] == "unknown" and not found[2]:
            return False  # an argument of which nothing is known is rarely a class of the family
        return self.may_belong(found, depth + 1) is not False

    def _near(self, module: str) -> bool:
        """Tell whether *module* is of the base's own application."""
        home = self.base[1] if self.base[0] == "class" else ""
        return str(home).partition(".")[0] == module.partition(".")[0]

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
        named = [self.member(function[1], name) for name in summary[5]]
        for found in list(named):
            if found[0] == "module":
                named += [self.member(found[1], name) for name in summary[5]]
        return any(
            found[0] in ("class", "function") and self._leads(found, depth + 1)
            for found in named
        )

    # -- calls that make classes ---------------------------------------------------------------

    def makes(self, value: Any, context: Context, depth: int = 0) -> str:
        """Return why a call may make a class of the family, or ""."""
        if value[0] != "x" or depth > _DEEPEST:
            return ""
        callee = self.evaluate(value[1], context)
        args = [self.evaluate(arg, context) for arg in value[2]]
        if callee[0] == "real":
            return self._made_by_builtin(callee[1], args)
        if callee[0] == "class":
            return self._made_by_class(callee, args)
        if callee[0] == "bound":
            callee, args = callee[1], [callee[2], *args]
        if callee[0] != "function":
            return ""
        if f"{callee[1]}:{callee[2]}" in _CLASS_FUNCTIONS:
            return "a class made by a call" if self._any_member(args) else ""
        return self._made_inside(callee, args, tuple(value[3]), depth)

    def _any_member(self, found: list[Found]) -> bool:
        return any(self.may_belong(one) is not False for one in found if one[0] != "const")

    def _made_by_builtin(self, function: Any, args: list[Found]) -> str:
        if function is type and len(args) == 3 and self._any_member([args[1]]):
            return "a class made by type()"
        return "exec()" if function is exec else ""

    def _made_by_class(self, cls: Found, args: list[Found]) -> str:
        if len(args) >= 3 and self.descends(cls, "builtins:type") and self._any_member([args[1]]):
            return "a class made by its metaclass"
        if len(args) >= 2 and self.is_enum(cls) and self.belongs(cls) is not False:
            return "an enum made by a call"
        return ""

    def _made_inside(self, callee: Found, args: list[Found], names: Any, depth: int) -> str:
        context = self.inside(callee, tuple(args), names)
        if context is None:
            return ""
        summary = self.library.function(*callee[1:4])
        for entry in summary[3]:
            if self.statements_count or "__qualname__" in entry[5]:
                bases = [self.evaluate(base, context) for base in entry[3]]
                if self._any_member(bases):
                    return f"a class made by calling {callee[2]}"
        for condition, call, _ in summary[4]:
            if self.decide(condition, context) is not False:
                reason = self.makes(call, context, depth + 1)
                if reason:
                    return reason
        return ""
