"""What an index keeps of its modules between runs, and which of it a change leaves standing."""

from __future__ import annotations

from plugindex import freshness, stamp
from plugindex.codec import decode, encode
from plugindex.errors import DAMAGE
from plugindex.index import CONTENTS, MODULES, RESULT, UNDECIDED
from plugindex.reader import ModuleRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from plugindex.library import Library
    from plugindex.store import Document, Raw

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
