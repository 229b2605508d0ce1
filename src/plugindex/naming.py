"""Which classes their decorators move: they set ``__module__`` to show a class elsewhere."""

from __future__ import annotations

from plugindex.answering import Answering
from plugindex.meaning import unbound
from plugindex.names import is_library, is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.meaning import Context, Found

_MODULE = "__module__"
_SETTING = "__setattr__"
_DEEPEST = 3  # calls of calls that are looked into


class Naming(Answering):
    """A hierarchy that knows the decorators which set where a class is to be had."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
        self._setting: dict[tuple[Any, ...], bool] = {}
        self._shown_modules: dict[Found, str | None] = {}

    def module_of(self, cls: Found) -> str:
        """Return the ``__module__`` of a class: where it stands, unless it is said otherwise."""
        own = super().module_of(cls)
        if _MODULE in self.posts(cls[1]).get(cls[2], {}):  # which comes last
            return own
        return self.shown_in(cls) or own

    def shown_in(self, cls: Found) -> str | None:
        """Return the module that the decorators of a class set as its own, "" if none does.

        It is None where that isn't told.
        """
        if cls not in self._shown_modules:
            self._shown_modules[cls] = None  # while it is worked out
            self._shown_modules[cls] = self._shown_in(cls)
        return self._shown_modules[cls]

    def _shown_in(self, cls: Found) -> str | None:
        called = [self._called(one) for one in self.decorators(cls)]
        setting = [one for one in called if self._sets_module(*one)]
        if not setting:
            return ""
        if len(setting) > 1 or not self.obeys(cls):
            return None
        function, own = setting[0]
        told = self._set_by(function, (*own, cls), (), cls)
        return None if len(told) > 1 else told.pop() if told else ""

    def _called(self, callee: Found) -> tuple[Found, tuple[Found, ...]]:
        """Return the function that runs where *callee* is called, and what it is given first."""
        if callee[0] == "instance" and callee[1][0] == "class":
            callee = self.class_attribute(callee, "__call__")
        return unbound(callee)

    def _sets_module(self, function: Found, own: tuple[Found, ...], depth: int = 0) -> bool:
        """Tell whether a decorator sets the module of a class, itself or by what it calls.

        *own* is what it is given before the class: the object whose method it is.
        """
        if function[0] != "function" or self.keeps(function) or depth > _DEEPEST:
            return False
        if is_library(function[1]) or is_ours(function[1]):
            return False
        key = (*function[1:4], own)
        if key not in self._setting:
            self._setting[key] = False
            summary = self.library.function(*function[1:4])
            self._setting[key] = (
                summary is None
                or _MODULE in summary.texts
                or _MODULE in summary.sets
                or any(self._sets_module(*one, depth + 1) for one in self._handing(function, own))
            )
        return self._setting[key]

    def _handing(
        self, function: Found, own: tuple[Found, ...]
    ) -> Iterator[tuple[Found, tuple[Found, ...]]]:
        """Yield what a function hands its own parameters to."""
        context = self.inside(function, own, ("**",))
        summary = self.library.function(*function[1:4])
        if context is None or summary is None:
            return
        for _, call, _ in summary.calls:
            if any(arg[0] == "P" for arg in call[2]):
                yield self._called(self.evaluate(call[1], context))

    def _set_by(
        self, function: Found, args: tuple[Found, ...], names: Any, cls: Found
    ) -> set[str | None]:
        """Return the modules that a call sets as that of a class; None where that isn't told."""
        context = self.inside(function, args, names)
        summary = self.library.function(*function[1:4])
        if context is None or summary is None or _MODULE in summary.texts:  # by a text, maybe
            return {None}
        told = {self._told(patch, cls, context) for patch in summary.patches if patch[2] == _MODULE}
        for condition, call, _ in summary.calls:
            callee, own = self._called(self.evaluate(call[1], context))
            holds = self.decide(condition, context)
            if holds is not False and self._sets_module(callee, own):
                given, options = self.arguments(call, context)
                sure = holds and cls in given
                told |= self._set_by(callee, (*own, *given), options, cls) if sure else {None}
        return told - {""}

    def _told(self, patch: Any, cls: Found, context: Context) -> str | None:
        """Return what an assignment in a decorator sets, "" if it isn't carried out."""
        condition, target, _, value, _ = patch
        holds = self.decide(condition, context)
        if holds is False:
            return ""
        found = self.evaluate(value, context)
        told = holds and self.evaluate(target, context) == cls and found[0] == "const"
        return found[1] if told and isinstance(found[1], str) else None

    def copies_naming(self, call: Any, hook: Found) -> bool:
        """Tell whether a hook's call puts the names of a class into a body, its module's too."""
        owner = _copied(call)
        context = self.inside(hook, (), ("**",)) if owner is not None else None
        cls = self.evaluate(owner, context) if context is not None else ("",)
        return bool(cls[0] == "class")

    def obeys(self, cls: Found) -> bool:
        """Tell whether setting an attribute of a class does no more than that."""
        for meta in self.metaclasses(cls):
            for one in self.order(meta):
                if one[0] not in ("class", "real"):
                    return False
                ours = one[0] == "class" and not is_library(one[1])
                if ours and _SETTING in self.entry(one)[5]:
                    return False
        return not any(one[0] == "unknown" for one in self.order(cls))


def _copied(call: Any) -> Any:
    """Return whose names ``body.update(vars(cls))`` copies, None if that isn't what a call says."""
    if call[1][0] != "a" or call[1][2] != "update" or not call[2]:
        return None
    given = call[2][0]
    if given[0] == "x" and given[1][:2] == ("g", "vars") and given[2]:
        return given[2][0]
    return given[1] if given[0] == "a" and given[2] == "__dict__" else None
