"""Work out what each module of a registry comes to, and on what that depends, one by one."""

from __future__ import annotations

from plugindex import bytecode, stamp
from plugindex.bytecode import Reading
from plugindex.library import Library
from plugindex.resolver import Resolver
from plugindex.results import stored_result
from plugindex.shipment import Footprint
from plugindex.shipments import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.config import Scope
    from plugindex.finder import Finder
    from plugindex.reader import ModuleRecord
    from plugindex.records import ModuleFile
    from plugindex.summary import FunctionSummary

_INSTALLED = "source"  # the kind of module that has the text which its byte code comes from


class Sources(Library):
    """A library that reads sources alone, whatever byte code lies beside them.

    Attributes:
        texts_read: the text of each module that was read.
    """

    def __init__(self, finder: Finder) -> None:
        super().__init__(finder)
        self.texts_read: dict[str, bytes] = {}

    def reading(self, name: str) -> Reading:
        """Return what was compiled of module *name*, which exists."""
        file = self.file(name)
        if file is None or file.kind != _INSTALLED:
            return super().reading(name)
        if name not in self.readings:
            self.readings[name] = self._compiled(name, file)
        return self.readings[name]

    def _compiled(self, name: str, file: ModuleFile) -> Reading:
        text = stamp.read(file.path, bytecode.LARGEST_FILE)
        try:
            code = None if text is None else bytecode.compile_quietly(text, file.path)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return bytecode.load(file)  # which says what is wrong with it
        if text is not None:
            self.texts_read[name] = text
        return Reading(code=code)


class Probe(Library):
    """A library that notes what is asked of it."""

    def __init__(self, sources: Sources) -> None:
        super().__init__(sources.finder)
        self.sources = sources
        self.used: set[str] = set()
        self.located: set[str] = set()
        self.opaque = False  # whether the bytes of a compiled module decided something

    def record(self, name: str) -> ModuleRecord | None:
        """Return the record of module *name*; None if it has no code that can be read."""
        self.used.add(name)
        return self.sources.record(name)

    def file(self, name: str) -> ModuleFile | None:
        """Return where the code of module *name* lies."""
        self.located.add(name)
        return super().file(name)

    def function(self, module: str, qualname: str, line: int) -> FunctionSummary | None:
        """Return what reading tells of a function's calls; None if it can't be read."""
        self.used.add(module)
        return self.sources.function(module, qualname, line)

    def changes(self, module: str, name: str, but: tuple[Any, ...] = ()) -> bool:
        """Tell whether a function of *module* may change a list or dict that *name* stands for."""
        self.used.add(module)
        return self.sources.changes(module, name, but)

    def compiled(self, name: str) -> bytes | None:
        """Return what stands in an extension module's file, None if that can't be read."""
        self.opaque = True
        return super().compiled(name)

    def footprint(self, own: str) -> Footprint | None:
        """Return what was asked beside the module *own*, None if not all of it can be compared."""
        records, states = set(), {}
        for name in self.used - {own, ""}:
            file = self.finder.find(name)
            if self.sources.record(name) is None or (file and file.kind == "namespace"):
                states[name] = ""
            elif name in self.sources.texts_read:
                records.add(name)
            else:
                return None
        states |= dict.fromkeys({*self.asked, *self.located} - {own, ""}, "")
        named = tuple((name, state(self.sources, name)) for name in sorted(states))
        return None if self.opaque else Footprint(tuple(sorted(records)), named)


def base_of(scope: Scope, sources: Sources) -> Footprint | None:
    """Return what decides the base class of *scope*, None if it can't be told or can't serve."""
    probe = Probe(sources)
    broken = Resolver(probe, scope).problem()
    return None if broken else probe.footprint("")


def result_of(
    module: str, scope: Scope, sources: Sources
) -> tuple[Footprint, dict[str, Any]] | None:
    """Return what a module comes to and what decides that, None if only reading on the spot tells.

    That is so of modules that must be imported to know, that change others, or have problems.
    """
    probe = Probe(sources)
    found = Resolver(probe, scope).resolve(module)
    stored = stored_result(probe, module, found)
    footprint = probe.footprint(module)
    foreign = any(one["module"] != module for one in stored["plugins"])
    if footprint is None or found.undecided or found.spreads or stored["problems"] or foreign:
        return None
    return footprint, {name: stored[name] for name in ("missing", "requires", "plugins")}
