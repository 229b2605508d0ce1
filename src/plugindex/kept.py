"""What an index keeps of its modules between runs, and which of it a change leaves standing."""

from __future__ import annotations

from plugindex import folders, freshness, stamp
from plugindex.bytecode import Reading
from plugindex.codec import decode, encode
from plugindex.errors import DAMAGE
from plugindex.index import CONTENTS, MODULES, RESULT, UNDECIDED
from plugindex.library import Library
from plugindex.reader import ModuleRecord
from plugindex.shipments import Shipments
from plugindex.store import Raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from plugindex.finder import Finder
    from plugindex.resolver import Resolver
    from plugindex.store import Document

# Entries of an index's tail beside the records, which are named by their modules, and the results,
# which have RESULT before that name.
EDGES, FOUND, BASE_EDGES = "/edges", "/found", "/base_edges"
TROUBLES, REACHED = "/troubles", "/reached"
FAILED = "it failed to load: "  # begins the reason why a module that reading decides is undecided


class Kept:
    """The usable part of a stored index.

    Attributes:
        document: the file that it comes from.
        moved: whether names in a folder changed, so that modules may have come, gone or moved.
        changed: the modules of which a file changed.
        edited: whether the file itself of any of them changed, not its bytecode alone.
        modules: the provider of each module in scope, in order.
        results: what each module in scope came to, as JSON text.
        records: the records of modules as JSON text.
        edges: the modules that each module's values were followed into.
        files: path to stamp.
        contents: path to [content digest, module].
        found: every name that was looked up, with the path that was found, None for nothing.
        roots: the top-level ones; None where others may matter too.
        troubles: what kept folders and files from being found.
        left_out: whether the package has folders that no walk over it lists.
        reached: the modules in scope that lie in such.
    """

    def __init__(self, document: Document, changes: freshness.Changes) -> None:
        self.document = document
        self.moved = changes.folders or "" in changes.modules  # "" has the providers' files
        self.changed = set(changes.modules) - {""}
        self.edited = False
        self.files = freshness.by_path(document.head("files"))
        self.failed: dict[str, Any] = document.head("failed")
        self.variables: dict[str, Any] = document.head("variables") or {}
        self.roots: list[str] | None = document.head("roots")
        tail = document.raw_tail()
        self.contents: dict[str, Any] = decode(tail.pop(CONTENTS))
        self.modules: dict[str, str] = decode(tail.pop(MODULES))
        self.edges: dict[str, list[str]] = decode(tail.pop(EDGES))
        self.found: dict[str, str | None] = decode(tail.pop(FOUND))
        self.base_edges: list[str] = decode(tail.pop(BASE_EDGES))
        self.undecided: list[str] = decode(tail.pop(UNDECIDED))
        self.troubles: list[Any] = decode(tail.pop(TROUBLES))
        self.left_out, self.reached = decode(tail.pop(REACHED))
        self.results = {name: tail.pop(RESULT + name) for name in self.modules}
        self.records = {name: text for name, text in tail.items() if name not in self.changed}
        self._before = {name: tail[name] for name in self.changed if name in tail}

    @classmethod
    def of(cls, document: Document, changes: freshness.Changes) -> Kept | None:
        """Return what *document* keeps, None if it is not what an index writes."""
        try:
            kept = cls(document, changes)
            kept.edges.items(), kept.found.items(), kept.failed.items(), kept.contents.items()
        except DAMAGE:
            return None
        return kept

    def reread(self, library: Library) -> None:
        """Read the changed modules; for reading, those that say the same as before didn't change.

        So the ``.pyc`` that a first import writes costs one reading. Records don't hold the bodies
        of functions: those that were looked into may do something else in a file that was edited,
        and so may all that is executed.
        """
        for name, text in self._before.items():
            edited = not self._has_its_stamp(library, name)
            self.edited = self.edited or edited
            if library.exists(name) and _says_the_same(library, name, text, edited):
                self.changed.discard(name)

    def _has_its_stamp(self, library: Library, name: str) -> bool:
        path = place(library, name) or ""
        taken = stamp.take(path)
        return taken is not None and list(taken) == self.files.get(path)

    def affected(self, library: Library, modules: Collection[str]) -> frozenset[str] | None:
        """Return the modules in scope whose result may differ now; None means all."""
        changed = self.changed | self.failed.keys()
        if self.moved:
            elsewhere = {n for n, path in self.found.items() if place(library, n) != path}
            if elsewhere:
                self._drop(elsewhere)
                return None
            changed |= set(modules) ^ (self.modules.keys() - set(self.reached))
        if changed & set(self.base_edges):
            return None
        reached = self._reached(changed)
        # An undecided module may import what its code doesn't name, and call what it imports.
        executed = set(self.undecided) if changed or self.moved or self.edited else set()
        return frozenset(reached | executed)

    def failing(self) -> dict[str, str]:
        """Return why modules are to be settled by running: they failed, and nobody edited them."""
        told = {name: decode(self.results[name])["undecided"] for name in self.undecided}
        known = {n: why for n, why in told.items() if why.startswith(FAILED)}
        new = {name: FAILED + str(one["message"]) for name, one in self.failed.items()}
        return {name: why for name, why in known.items() if name not in self.changed} | new

    def _drop(self, names: set[str]) -> None:
        """Forget the records of modules that are found elsewhere now, or no longer."""
        self.changed |= names
        for name in names:
            self.records.pop(name, None)

    def _reached(self, changed: set[str]) -> set[str]:
        """Return the modules from which a changed one is reached by following values."""
        users: dict[str, list[str]] = {}
        for name, targets in self.edges.items():
            for target in targets:
                users.setdefault(target, []).append(name)
        reached, rest = set(changed), list(changed)
        while rest:
            for user in users.get(rest.pop(), ()):
                if user not in reached:
                    reached.add(user)
                    rest.append(user)
        return reached


def _says_the_same(library: Library, name: str, text: Raw, edited: bool) -> bool:
    record = library.record(name)
    reading = library.readings.get(name)
    if record is None or reading is None or reading.problem or reading.stale:
        return False
    try:
        old = ModuleRecord.load(name, decode(text))
    except DAMAGE:
        return False
    if edited and old.functions:
        return False
    record.functions = old.functions  # worked out when asked, so not part of what was read
    return bool(decode(encode(record.dump())) == decode(text))


def place(library: Library, name: str) -> str | None:
    """Return where a module is found, None for nowhere."""
    file = library.file(name)
    return None if file is None else file.path or file.kind


class KeptLibrary(Library):
    """A library that takes the records of unchanged modules from a stored index.

    Those that the index doesn't have it takes from what packages ship, if their content fits.
    """

    def __init__(self, finder: Finder, kept: Kept | None, shipped: bool = True) -> None:
        super().__init__(finder)
        self.kept = kept
        self.shipments = Shipments(finder, shipped)
        self._texts: dict[str, Raw] = kept.records if kept else {}

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
