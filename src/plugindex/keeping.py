"""A library of records that an index keeps, that packages ship, or that another process read."""

from __future__ import annotations

from plugindex import folders
from plugindex.bytecode import Reading
from plugindex.codec import decode, encode
from plugindex.errors import DAMAGE
from plugindex.index import RESULT
from plugindex.kept import BASE_EDGES, EDGES, place
from plugindex.library import Library
from plugindex.reader import ModuleRecord
from plugindex.shipments import Shipments
from plugindex.store import Raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from plugindex.finder import Finder
    from plugindex.kept import Kept
    from plugindex.resolver import Resolver
    from plugindex.store import Document


class KeptLibrary(Library):
    """A library that takes the records of unchanged modules from a stored index.

    Those that the index doesn't have it takes from what packages ship, if their content fits.
    """

    def __init__(self, finder: Finder, kept: Kept | None, shipped: bool = True) -> None:
        super().__init__(finder)
        self.kept = kept
        self.shipments = Shipments(finder, shipped)
        self._texts: dict[str, Raw] = kept.records if kept else {}
        self.read_elsewhere: set[str] = set()  # the modules whose code another process read

    def _read(self, name: str) -> ModuleRecord | None:
        text = self._texts.get(name) or self._shipped(name)
        if text is None:
            return super()._read(name)
        try:
            data = decode(text)
            return None if data is None else ModuleRecord.load(name, data)
        except DAMAGE:
            self._texts.pop(name, None)
            self.readings.pop(name, None)
            return super()._read(name)

    def _shipped(self, name: str) -> Raw | None:
        """Return the record of a module that is what was shipped; it counts as read."""
        file = self.finder.find(name)
        taken = None if file is None else self.shipments.taken(file)
        if taken is None:
            return None
        self._texts[name], inputs = taken
        self.readings[name] = Reading(inputs=inputs)
        return self._texts[name]

    def fits(self, document: Document) -> bool:
        """Tell whether a process that read for this one found every module where it is found here.

        What both read must have been the same. A file may have changed in between, and this
        process may have importers that no other has.
        """
        places, inputs = document.head("places"), document.head("inputs")
        for folder in document.head("listed"):
            self.finder.listing(folder)
        if any(place(self, name) != path for name, path in places.items()):
            return False
        both = inputs.keys() & self.readings.keys()
        return all(_plain(self.readings[name].inputs) == inputs[name] for name in both)

    def take(self, document: Document) -> None:
        """Take in what another process read for this one: its records, and what they depend on."""
        for name in document.head("asked"):
            self.exists(name)
        for name, inputs in document.head("inputs").items():
            self.readings.setdefault(name, Reading(inputs=inputs))
        self.read_elsewhere.update(document.head("read"))
        looked_into = set(document.head("looked_into"))
        for name, text in document.raw_tail().items():
            if name[:1] not in ("", RESULT):
                self._take_record(name, text, name in looked_into)

    def _take_record(self, name: str, text: Raw, looked_into: bool) -> None:
        """Take the record of a module, with the functions that either process looked into."""
        known = name in self._texts or name in self._records
        if not known:
            self._texts[name] = text
        elif looked_into:
            record, other = self.record(name), ModuleRecord.load(name, decode(text))
            assert record is not None, name
            record.functions = other.functions | record.functions
            self.looked_into.add(name)

    def knows(self, name: str) -> bool:
        """Tell whether the record of a module is known without reading its code."""
        return name in self._texts or self._shipped(name) is not None

    def followed(self, resolver: Resolver | None) -> dict[str, Any]:
        """Return the entries that tell which modules decide what other modules came to."""
        edges = {**(self.kept.edges if self.kept else {}), **self.shipments.edges}
        base_edges = self.kept.base_edges if self.kept else self.shipments.base_edges
        if resolver is not None:
            for name, targets in resolver.family.edges.items():
                edges[name] = sorted(targets.union(edges.get(name, ())))
            base_edges = _reachable(edges, resolver.scope.base, resolver.family.base)
        return {EDGES: edges, BASE_EDGES: base_edges}

    def places(self, modules: Iterable[str]) -> dict[str, str | None]:
        """Return where every module was found that was looked up, None for nowhere."""
        if self.kept is None or self.kept.moved:
            known = self.kept.found if self.kept else ()
            return {name: place(self, name) for name in sorted({*modules, *self.asked, *known})}
        new = self.asked.keys() - self.kept.found.keys()
        return self.kept.found | {name: place(self, name) for name in sorted(new)}

    def roots(self) -> list[str]:
        """Return the top-level names that were looked up, now or before."""
        known = self.kept.roots if self.kept and self.kept.roots else ()
        return sorted({name.partition(".")[0] for name in self.finder.looked_up()}.union(known))

    def folders(self, roots: Collection[str] | None) -> list[Any]:
        """Return path, stamp and digest of each folder that was listed.

        Args:
            roots: the top-level names that were looked up, None where any other may matter too.
        """
        consulted, dropped = self.finder.consulted, self.finder.dropped.values()
        searched = () if roots is None else self.finder.searched()
        if self.kept is None or self.kept.moved:
            return folders.take(consulted, dropped, searched, roots or ())
        old: list[Any] = self.kept.document.head("folders")
        known = {entry[0] for entry in old}
        new = {path: names for path, names in consulted.items() if path not in known}
        if roots != self.kept.roots:
            old = [folders.rerooted(entry, self.kept.roots or (), roots) for entry in old]
        return old + folders.take(new, dropped, searched, roots or ())

    def files(self, provided: Iterable[Any] | None) -> dict[str, tuple[Any, str, str]]:
        """Return stamp, content digest and module of each file that decided something.

        Args:
            provided: the entry point files that were read; None if those kept still hold.
        """
        files: dict[str, tuple[Any, str, str]] = {}
        if self.kept:
            again = {*self.readings, *self.kept.changed}
            again |= set() if provided is None else {""}
            for path, (digest, module) in self.kept.contents.items():
                if module not in again:
                    files[path] = (self.kept.files[path], digest, module)
        for name, reading in self.readings.items():
            for path, taken, digest in reading.inputs:
                files[path] = (taken, digest, name)
        for path, taken, digest in provided or ():
            files[path] = (taken, digest, "")
        return files

    def records_text(self) -> dict[str, Any]:
        """Return the record of every module that was needed, as JSON text."""
        texts: dict[str, Any] = dict(self._texts)
        for name, record in self._records.items():
            if name not in texts or name in self.looked_into:
                texts[name] = Raw(encode(None if record is None else record.dump()))
        return texts


def _plain(inputs: Iterable[Any]) -> list[list[Any]]:
    """Return what was read as JSON gives it back."""
    return [[path, taken and list(taken), digest] for path, taken, digest in inputs]


def _reachable(edges: Mapping[str, list[str]], reference: str, base: Any) -> list[str]:
    """Return the modules that decide what the base class is."""
    rest = [reference.partition(":")[0]] if base[0] in ("class", "unknown") else []
    rest += [str(base[1])] if base[0] == "class" else []
    seen = set(rest)
    while rest:
        for target in edges.get(rest.pop(), ()):
            if target not in seen:
                seen.add(target)
                rest.append(target)
    return sorted(seen)
