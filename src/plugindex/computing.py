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

    _answering = False  # whether it follows a ``__getattr__`` now

    def computed(self, record: ModuleRecord, name: str) -> Found | None:
        """Return what a module's ``__getattr__`` gives, None if reading doesn't tell."""
        if record.provides or record.unreadable or name[:2] == "__":
            return None
        function = self._bound(record, COMPUTING)
        if function[0] != "function" or not self._is_plain(function):
            return None
        calls, self._calls = self._calls, 0  # the answer must not depend on who asks
        followed, self._followed = self._followed, 0
        answering, self._answering = self._answering, True
        try:
            found = self.call(function, (("const", name),), ())
        finally:
            self._calls, self._followed, self._answering = calls, followed, answering
        if found[0] == "unknown" and found[1] == RAISES:
            return MISSING
        if found[0] in ("class", "module", "function"):
            self.follow(self.context(record), found[1])
        return found if found[0] in _TOLD else None

    def lacking(self, index: Found) -> Found:
        """Return what a dict gives for a key that it doesn't have; a cache has none at first."""
        if not self._answering or index[0] != "const":
            return super().lacking(index)
        self._limits += 1  # other functions may change a dict; this answer is for this one
        return MISSING

    def in_package(self, beginning: str, name: str) -> Found | None:
        """Return an attribute of one of the modules whose names begin so, if but one has it."""
        package = beginning.rpartition(".")[0]
        found: list[Found] = []
        for file in self.library.modules(package) if package else ():
            record = self.library.record(file.name) if file.name.startswith(beginning) else None
            value = record.names.get(name) if record else None
            if value is not None and value[:3] != ("f", package, name):
                found.append(self.member(file.name, name))
        return found[0] if found and all(one == found[0] for one in found) else None

    def _is_plain(self, function: Found) -> bool:
        """Tell whether a function renames nothing, and looks into nothing that others change."""
        summary = self.library.function(*function[1:4])
        if summary is None or "setattr" in summary.mentions:
            return False
        if not _RENAMING.isdisjoint((*summary.sets, *summary.sets_inside)):
            return False
        return not any(self._is_changed(function, name) for name in summary.mentions)

    def _is_changed(self, function: Found, name: str) -> bool:
        """Tell whether a function changes the table that has this name in *function*'s module.

        One that *function* alone changes, and that is empty before, has what it gave before.
        """
        module = function[1]
        record = self.library.record(module)
        value: Any = record.names.get(name) if record else None
        while value is not None and value[0] == "f" and value[1:3] != (module, name):
            module, name = value[1:3]
            record = self.library.record(module)
            value = record.names.get(name) if record else None
        if value is None or value[0] not in "ml":
            return False
        own = function[2:4] if module == function[1] and value[:2] == ("m", ()) else ()
        return self.library.changes(module, name, own)
