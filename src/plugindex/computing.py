"""What a module's own ``__getattr__`` (PEP 562) gives for a name, followed through its code."""

from __future__ import annotations

from plugindex.calls import CallingEvaluator
from plugindex.meaning import MISSING, RAISES
from plugindex.summary import COMPUTING, as_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Context, Found
    from plugindex.reader import ModuleRecord
    from plugindex.summary import FunctionSummary

_TOLD = frozenset({"class", "module", "function", "const", "real", "missing", "outside"})
# Modules that take their names from an object at once: ``__init__.py`` of Lib/multiprocessing, and
# its twin that pickles more.
_DELEGATING = {
    name: (f"{name}.context", "_default_context") for name in ("multiprocessing", "multiprocess")
}
_RENAMING = frozenset({"__name__", "__qualname__", "__module__"})


class ComputingEvaluator(CallingEvaluator):
    """An evaluator that knows what modules answer when they are asked for a name."""

    _answering: FunctionSummary | None = None  # of the ``__getattr__`` that is followed now
    _lacked = False  # whether a cache of its own was found to be empty

    def computed(self, record: ModuleRecord, name: str) -> Found | None:
        """Return what a module's ``__getattr__`` gives, None if reading doesn't tell."""
        if record.name in _DELEGATING:
            found = self.attribute(self.member(*_DELEGATING[record.name]), name)
            return found if found[0] == "class" else None
        if record.provides or record.unreadable or name[:2] == "__":
            return None
        function = self._bound(record, COMPUTING)
        if function[0] != "function" or not self._is_plain(function):
            return None
        found = self._answer(function, name)
        if found[0] == "unknown" and found[1] == RAISES:
            return MISSING
        if found[0] in ("class", "module", "function"):
            self.follow(self.context(record), found[1])
        # What is only looked up in a cache may have been put there before, by the same call.
        untold = found[0] not in _TOLD or (found == MISSING and self._lacked)
        return None if untold else found

    def _answer(self, function: Found, name: str) -> Found:
        """Return what a ``__getattr__`` gives; the answer must not depend on who asks."""
        before = self._calls, self._followed, self._answering
        self._calls, self._followed, self._lacked = 0, 0, False
        self._answering = self.library.function(*function[1:4])
        try:
            return self.call(function, (("const", name),), ())
        finally:
            self._calls, self._followed, self._answering = before

    def lacking(self, index: Found, table: Found, context: Context) -> Found:
        """Return what a dict gives for a key that it lacks, as a cache does when first asked."""
        cache = context.summary is not None and context.summary is self._answering
        if not cache or index[0] != "const" or table[1]:
            return super().lacking(index, table, context)
        self._limits += 1  # other functions may change a dict; this answer is for this one
        self._lacked = True
        return MISSING

    def in_package(self, beginning: str, name: str) -> Found | None:
        """Return an attribute of one of the modules whose names begin so, if but one has it."""
        package = beginning.rpartition(".")[0]
        own = self.library.record(package) if package else None
        if self._answering is None or own is None or _sets(own, name):
            return None
        found = []
        files = self.library.modules(package)
        for record in (self.library.record(f.name) for f in files if f.name.startswith(beginning)):
            if record is None or _is_open(record):
                return None
            value = record.names.get(name)
            if value is not None and as_value(value[:3]) != ("f", package, name):
                found.append(self.member(record.name, name))
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
        while value is not None and value[0] == "f" and tuple(value[1:3]) != (module, name):
            module, name = value[1:3]
            record = self.library.record(module)
            value = record.names.get(name) if record else None
        if value is None or value[0] not in "ml":
            return False
        empty = value[0] == "m" and not value[1]
        own = function[2:4] if module == function[1] and empty else ()
        return self.library.changes(module, name, own)


def _is_open(record: ModuleRecord) -> bool:
    """Tell whether a module may have names that no statement of it binds."""
    return bool(record.unreadable or record.stars or record.provides or COMPUTING in record.names)


def _sets(record: ModuleRecord, name: str) -> bool:
    """Tell whether a module sets an attribute of this name of something else."""
    return any(patch[2] == name for patch in record.patches)
