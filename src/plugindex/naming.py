"""Which classes their decorators move: they set ``__module__`` to show a class elsewhere."""

from __future__ import annotations

import sys

from plugindex.answering import Answering
from plugindex.keepers import keeps_class
from plugindex.names import root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found

_MODULE = "__module__"
_SETTING = "__setattr__"


class Naming(Answering):
    """A hierarchy that knows the decorators which set where a class is to be had."""

    def __init__(self, library: Any) -> None:
        super().__init__(library)
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
        setting = [one for one in self.decorators(cls) if self._sets_module(one)]
        if not setting:
            return ""
        return self._set_by(setting[0], cls) if len(setting) == 1 and self.obeys(cls) else None

    def _sets_module(self, decorator: Found) -> bool:
        if decorator[0] != "function" or keeps_class(f"{decorator[1]}:{decorator[2]}"):
            return False
        summary = self.library.function(*decorator[1:4])
        return summary is None or _MODULE in summary.texts or _MODULE in summary.sets

    def _set_by(self, decorator: Found, cls: Found) -> str | None:
        context = self.inside(decorator, (cls,), ())
        summary = self.library.function(*decorator[1:4])
        if context is None or summary is None or _MODULE in summary.texts:  # by a text, maybe
            return None
        told = {self._told(patch, cls, context) for patch in summary.patches if patch[2] == _MODULE}
        told.discard("")
        return None if len(told) > 1 else told.pop() if told else ""

    def _told(self, patch: Any, cls: Found, context: Context) -> str | None:
        """Return what an assignment in a decorator sets, "" if it isn't carried out."""
        condition, target, _, value, _ = patch
        holds = self.decide(condition, context)
        if holds is False:
            return ""
        found = self.evaluate(value, context)
        told = holds and self.evaluate(target, context) == cls and found[0] == "const"
        return found[1] if told and isinstance(found[1], str) else None

    def obeys(self, cls: Found) -> bool:
        """Tell whether setting an attribute of a class does no more than that."""
        for meta in self.metaclasses(cls):
            for one in self.order(meta):
                if one[0] not in ("class", "real"):
                    return False
                ours = one[0] == "class" and root(one[1]) not in sys.stdlib_module_names
                if ours and _SETTING in self.entry(one)[5]:
                    return False
        return not any(one[0] == "unknown" for one in self.order(cls))
