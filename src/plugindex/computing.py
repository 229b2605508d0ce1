"""What a module's own ``__getattr__`` (PEP 562) gives for a name, followed through its code."""

from __future__ import annotations

from plugindex.calls import CallingEvaluator
from plugindex.meaning import MISSING, RAISES
from plugindex.summary import COMPUTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Found
    from plugindex.reader import ModuleRecord

_TOLD = frozenset({"class", "module", "function", "const", "real", "missing", "outside"})
_RENAMING = frozenset({"__name__", "__qualname__", "__module__"})


class ComputingEvaluator(CallingEvaluator):
    """An evaluator that knows what modules answer when they are asked for a name."""

    def computed(self, record: ModuleRecord, name: str) -> Found | None:
        """Return what a module's ``__getattr__`` gives, None if reading doesn't tell."""
        if record.provides or record.unreadable or name[:2] == "__":
            return None
        function = self._bound(record, COMPUTING)
        if function[0] != "function" or not self._is_plain(function):
            return None
        calls, self._calls = self._calls, 0  # the answer must not depend on who asks
        followed, self._followed = self._followed, 0
        try:
            found = self.call(function, (("const", name),), ())
        finally:
            self._calls, self._followed = calls, followed
        if found[0] == "unknown" and found[1] == RAISES:
            return MISSING
        if found[0] in ("class", "module", "function"):
            self.follow(self.context(record), found[1])
        return found if found[0] in _TOLD else None

    def _is_plain(self, function: Found) -> bool:
        """Tell whether a function renames nothing, and looks into nothing that others change."""
        summary = self.library.function(*function[1:4])
        if summary is None or "setattr" in summary.mentions:
            return False
        if not _RENAMING.isdisjoint((*summary.sets, *summary.sets_inside)):
            return False
        return not any(self._is_changed(function[1], name) for name in summary.mentions)

    def _is_changed(self, module: str, name: str) -> bool:
        """Tell whether a function of a module changes the table that has this name there."""
        record = self.library.record(module)
        value: Any = record.names.get(name) if record else None
        while value is not None and value[0] == "f" and value[1:3] != (module, name):
            module, name = value[1:3]
            record = self.library.record(module)
            value = record.names.get(name) if record else None
        return value is not None and value[0] in "ml" and self.library.changes(module, name)
