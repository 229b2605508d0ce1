"""What an index keeps of its modules between runs, and which of it a change leaves standing."""

from __future__ import annotations

from plugindex import freshness
from plugindex.codec import decode, encode
from plugindex.index import CONTENTS, DETAILS
from plugindex.library import Library
from plugindex.reader import ModuleRecord
from plugindex.store import Raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from plugindex.answer import Examination
    from plugindex.finder import Finder
    from plugindex.records import Plugin, Problem
    from plugindex.resolver import Candidate, Resolution, Resolver
    from plugindex.store import Document

# Entries of an index's tail beside the records, which are named by their modules.
RESULTS, EDGES, FOUND, BASE_EDGES = "/results", "/edges", "/found", "/base_edges"
_DAMAGE = (LookupError, TypeError, ValueError, AttributeError)


class Kept:
    """The usable part of a stored index.

    Attributes:
        changed: the modules of which a file changed.
        results: what each module in scope came to, by name.
        records: the records of modules as JSON text, by name.
        edges: the modules that each module's values were followed into.
        files: path to stamp.
        contents: path to [content digest, module].
        found: every name that was looked up, with the path that was found, None for nothing.
    """

    def __init__(self, document: Document, changes: freshness.Changes) -> None:
        self.changed = set(changes.modules)
        self.files = freshness.by_path(document.head("files"))
        self.failed: dict[str, Any] = document.head("failed")
        tail = document.raw_tail()
        self.contents: dict[str, Any] = decode(tail.pop(CONTENTS))
        self.results: dict[str, Any] = decode(tail.pop(RESULTS))
        self.edges: dict[str, list[str]] = decode(tail.pop(EDGES))
        self.found: dict[str, str | None] = decode(tail.pop(FOUND))
        self.base_edges: list[str] = decode(tail.pop(BASE_EDGES))
        del tail[DETAILS]
        self.records = {name: text for name, text in tail.items() if name not in self.changed}

    @classmethod
    def of(cls, document: Document, changes: freshness.Changes) -> Kept | None:
        """Return what *document* keeps, None if it is not what an index writes."""
        try:
            kept = cls(document, changes)
            kept.results.keys(), kept.edges.keys(), kept.found.keys(), kept.failed.keys()
        except _DAMAGE:
            return None
        return kept if kept.records or not kept.results else None

    def affected(self, library: Library, modules: Collection[str]) -> frozenset[str] | None:
        """Return the modules in scope whose result may differ now; None means all."""
        moved = {name for name, path in self.found.items() if self._place(library, name) != path}
        if moved:
            self._drop(moved)
            return None
        changed = self.changed | (set(modules) ^ self.results.keys())
        if changed & set(self.base_edges):
            return None
        reached = self._reached(changed)
        if changed:
            reached |= {name for name, result in self.results.items() if result["undecided"]}
        return frozenset(reached)

    def _drop(self, names: set[str]) -> None:
        """Forget the records of modules that are found elsewhere now, or no longer."""
        self.changed |= names
        for name in names:
            self.records.pop(name, None)

    def _place(self, library: Library, name: str) -> str | None:
        file = library.file(name)
        return None if file is None else file.path or file.kind

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

    def failures(self, affected: Collection[str]) -> dict[str, Any]:
        """Return the failures of modules that nothing has touched since."""
        return {name: fields for name, fields in self.failed.items() if name not in affected}


class KeptLibrary(Library):
    """A library that takes the records of unchanged modules from a stored index."""

    def __init__(self, finder: Finder, kept: Kept | None) -> None:
        super().__init__(finder)
        self.kept = kept
        self._texts: dict[str, Raw] = kept.records if kept else {}

    def _read(self, name: str) -> ModuleRecord | None:
        text = self._texts.get(name)
        if text is None:
            return super()._read(name)
        try:
            data = decode(text)
            return None if data is None else ModuleRecord.load(name, data)
        except _DAMAGE:
            del self._texts[name]
            return super()._read(name)

    def stored(self, resolver: Resolver | None, modules: Iterable[str]) -> dict[str, Any]:
        """Return the entries that tell what was followed, and the files by path."""
        edges = dict(self.kept.edges) if self.kept else {}
        base_edges = self.kept.base_edges if self.kept else []
        if resolver is not None:
            new = resolver.family.edges
            edges.update((name, sorted(targets)) for name, targets in new.items())
            base_edges = _followed(edges, resolver.scope.base, resolver.family.base)
        found = {name: self._path(name) for name in self._asked(modules)}
        return {EDGES: edges, BASE_EDGES: base_edges, FOUND: found}

    def _asked(self, modules: Iterable[str]) -> list[str]:
        return sorted({*modules, *self.asked, *(self.kept.found if self.kept else ())})

    def _path(self, name: str) -> str | None:
        file = self.finder.find(name)
        return None if file is None else file.path or file.kind

    def files(self, provided: Iterable[Any]) -> dict[str, tuple[Any, str, str]]:
        """Return stamp, content digest and module of each file that decided something."""
        files: dict[str, tuple[Any, str, str]] = {}
        if self.kept:
            for path, (digest, module) in self.kept.contents.items():
                if module and module not in self.readings and module not in self.kept.changed:
                    files[path] = (self.kept.files[path], digest, module)
        for name, reading in self.readings.items():
            for path, taken, digest in reading.inputs:
                files[path] = (taken, digest, name)
        for path, taken, digest in provided:
            files[path] = (taken, digest, "")
        return files

    def records_text(self) -> dict[str, Any]:
        """Return the record of every module that was needed, as JSON text."""
        texts: dict[str, Any] = dict(self._texts)
        for name, record in self._records.items():
            if name not in texts:
                texts[name] = Raw(encode(None if record is None else record.dump()))
        return texts


def _followed(edges: dict[str, list[str]], reference: str, base: Any) -> list[str]:
    """Return the modules that decide what the base class is."""
    rest = [reference.partition(":")[0], str(base[1])] if base[0] == "class" else []
    seen = set(rest)
    while rest:
        for target in edges.get(rest.pop(), ()):
            if target not in seen:
                seen.add(target)
                rest.append(target)
    return sorted(seen)


def stored_result(library: Library, name: str, resolution: Resolution) -> dict[str, Any]:
    """Return what a module came to, as an index stores it."""
    file = library.file(name)
    reading = library.readings.get(name)
    found = [*resolution.problems, *((reading.problem, reading.stale) if reading else ())]
    return {
        "file": file.path if file else "",
        "undecided": "" if reading and reading.problem else resolution.undecided,
        "missing": list(resolution.missing) if resolution.missing else None,
        "requires": list(resolution.requires),
        "problems": [fields_of(problem) for problem in found if problem is not None],
        "plugins": [_stored_plugin(one, one.replaces) for one in resolution.candidates],
    }


def fields_of(problem: Problem) -> dict[str, Any]:
    """Return the fields of a problem, as an index stores it."""
    return {name: getattr(problem, name) for name in problem._fields}


def _stored_plugin(one: Candidate | Plugin, replaces: str) -> dict[str, Any]:
    from plugindex.portable import portable

    marked = {"__replaces__": replaces} if replaces else {}
    return {
        "key": portable(one.key),
        "module": one.module,
        "qualname": one.qualname,
        "line": one.line,
        "doc": one.doc,
        "attributes": {n: portable(v) for n, v in (dict(one.attributes) | marked).items()},
        "secondary": {n: portable(v) for n, v in one.secondary.items()},
        "replaces": replaces,
    }


def take_examination(
    results: dict[str, dict[str, Any]], names: Collection[str], found: Examination
) -> None:
    """Put what a child found of the modules *names* into their results."""
    for name in names:
        result = results[name]
        result["plugins"] = [
            _stored_plugin(one, str(one.attributes.get("__replaces__", "")))
            for one in found.plugins
            if one.module == name
        ]
        failure = found.failures.get(name)
        if failure is not None:
            result["problems"] = [fields_of(failure)]
        elif found.refused:
            result["problems"] = [_not_examined(name, result["undecided"], found.refused)]


def _not_examined(name: str, reason: str, refused: str) -> dict[str, str]:
    return {
        "kind": "undecided",
        "module": name,
        "message": f"reading doesn't tell what it holds ({reason}), and {refused}",
        "hint": f"import {name} to register what it holds",
    }
