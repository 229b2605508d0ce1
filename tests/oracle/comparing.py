"""Compare a reader of code objects with the oracle, file by file."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sysconfig
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType
from typing import Any, NamedTuple

from .folding import same_value
from .reading import EXCLUDED, facts

Facts = dict[str, list[Any]]
Reader = Callable[[CodeType], Facts]
SHOWN = 160
CHUNKS_PER_PROCESS = 8
UNCOMPILABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)
KINDS = ("files", "skipped", "classes", "bases", "keywords", "attributes", "imports", "dead")


class Difference(NamedTuple):
    """One item on which the oracle and the reader disagree, both sides as text."""

    path: str
    kind: str
    name: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} {self.name}: expected {self.expected}, found {self.found}"


def _difference(path: str, kind: str, name: str, expected: object, found: object) -> Difference:
    return Difference(path, kind, name, _shown(expected), _shown(found))


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text)} characters)"


class Outcome(NamedTuple):
    """What a comparison counted, by kind, and where the two sides differ."""

    counts: Counter[str]
    differences: list[Difference]

    def __str__(self) -> str:
        return "compared " + ", ".join(f"{self.counts[kind]:,} {kind}" for kind in KINDS)


def compare_in_processes(paths: Sequence[str], reader: str, processes: int) -> Outcome:
    """Compare as :func:`compare` does, the files shared out to several processes.

    Args:
        paths: files to compare on.
        reader: where the reader is, as "module:function".
        processes: how many to run.
    """
    chunks = processes * CHUNKS_PER_PROCESS
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes) as pool:
        parts = pool.starmap(_compare_named, [(paths[i::chunks], reader) for i in range(chunks)])
    counts = sum((part.counts for part in parts), Counter[str]())
    return Outcome(counts, sorted(each for part in parts for each in part.differences))


def _compare_named(paths: Sequence[str], reader: str) -> Outcome:
    module, _, function = reader.partition(":")
    return compare(paths, getattr(importlib.import_module(module), function))


def compare(paths: Iterable[str], reader: Reader) -> Outcome:
    """Compare a reader with the oracle on source files.

    Args:
        paths: files to compare on; one that doesn't compile is counted as skipped.
        reader: turns a module's code object into the neutral form.
    """
    outcome = Outcome(Counter(), [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in paths:
            _compare_file(path, reader, outcome)
    return outcome


def _compare_file(path: str, reader: Reader, outcome: Outcome) -> None:
    with open(path, "rb") as file:
        source = file.read()
    try:
        expected = facts(source, path)
        code = compile(source, path, "exec", dont_inherit=True)
    except UNCOMPILABLE:
        outcome.counts["skipped"] += 1
        return
    outcome.counts.update(_count(expected))
    outcome.differences.extend(_differences(path, expected, _read(code, reader)))


def _read(code: CodeType, reader: Reader) -> Facts | Exception:
    try:
        return reader(code)
    except Exception as error:  # noqa: BLE001 a crash on one file is a difference like any other
        return error


def _count(expected: Facts) -> Counter[str]:
    classes = expected["classes"]
    counts = Counter(files=1, classes=len(classes), imports=len(expected["imports"]))
    for part in ("bases", "keywords", "attributes"):
        counts[part] = sum(len(each[part]) for each in classes)
    counts["dead"] = len(expected["dead_classes"]) + len(expected["dead_imports"])
    return counts


def _differences(path: str, expected: Facts, found: Facts | Exception) -> Iterator[Difference]:
    if isinstance(found, Exception):
        yield _difference(path, "crash", "reader", "facts", repr(found))
        return
    dead_lines = {each["line"] for each in expected["dead_classes"]}
    read = [each for each in found["classes"] if each["line"] not in dead_lines]
    yield from _class_list_differences(path, expected["classes"], read)
    by_line = {each["line"]: each for each in read}
    for each in expected["classes"]:
        if each["line"] in by_line:
            yield from _class_differences(path, each, by_line[each["line"]])
    yield from _import_differences(path, expected, found)


def _class_list_differences(
    path: str, expected: list[Any], found: list[Any]
) -> Iterator[Difference]:
    wanted, read = (
        [(each["line"], each["qualname"]) for each in side] for side in (expected, found)
    )
    extra = list((Counter(read) - Counter(wanted)).elements())
    missing = list((Counter(wanted) - Counter(read)).elements())
    yield from (_difference(path, "class", name, line, None) for line, name in missing)
    yield from (_difference(path, "class", name, None, line) for line, name in extra)
    if not (extra or missing) and wanted != read:
        yield _difference(path, "order", "classes", wanted, read)


def _class_differences(path: str, expected: Any, found: Any) -> Iterator[Difference]:
    name = f"{expected['qualname']} (line {expected['line']})"
    for part in ("bases", "keywords"):
        if list(expected[part]) != list(found[part]):
            yield _difference(path, part, name, expected[part], list(found[part]))
    ignored = expected["unsure"] | EXCLUDED
    for key in sorted((expected["attributes"].keys() | found["attributes"].keys()) - ignored):
        wanted, read = (side["attributes"].get(key, ABSENT) for side in (expected, found))
        if not same_value(wanted, read):
            yield _difference(path, "attributes", f"{name} {key}", wanted, read)


class _Absent:
    def __repr__(self) -> str:
        return "no literal"


ABSENT = _Absent()


def _import_differences(path: str, expected: Facts, found: Facts) -> Iterator[Difference]:
    # A finally block is compiled twice, so an import in it may be found twice.
    dead = set(expected["dead_imports"])
    wanted, read = (set(map(_plain, side["imports"])) for side in (expected, found))
    for item in sorted(wanted - read, key=repr):
        yield _difference(path, "import", item[1] or "." * item[0], item, None)
    for item in sorted(read - wanted - dead, key=repr):
        yield _difference(path, "import", item[1] or "." * item[0], None, item)


def _plain(item: Any) -> Any:
    level, module, names, line = item
    return level, module or "", None if names is None else tuple(names), line


def source_files(roots: Iterable[str]) -> list[str]:
    """Return the Python files under folders, and files themselves, each once, in name order."""
    found: set[str] = set()
    for root in roots:
        if os.path.isfile(root):
            found.add(os.path.realpath(root))
        for folder, _, names in os.walk(root):
            paths = (os.path.join(folder, name) for name in names if name.endswith(".py"))
            found.update(os.path.realpath(path) for path in paths if os.path.isfile(path))
    return sorted(found)


def corpus() -> list[str]:
    """Return the source files of the standard library and of the installed packages."""
    paths = sysconfig.get_paths()
    library = paths["stdlib"]
    elsewhere = tuple(
        os.path.join(library, name, "") for name in ("site-packages", "dist-packages")
    )
    own = [path for path in source_files([library]) if not path.startswith(elsewhere)]
    return own + source_files(sorted({paths["purelib"], paths["platlib"]}))
