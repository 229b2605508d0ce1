"""The index file that a wheel brings along: where it lies, whom it serves, what it says.

Its place is the package's own folder, ``plugindex.<interpreter>.json``. Its form is that of an
index file (:mod:`plugindex.store`), and it holds no path, no time and nothing of the machine.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER

from plugindex import stamp, store
from plugindex.distributions import normal
from plugindex.errors import DAMAGE
from plugindex.fingerprint import Fingerprint, archived
from plugindex.index import SCHEMA
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from plugindex.finder import Finder
    from plugindex.records import ModuleFile
    from plugindex.store import Raw

FORM = 3
RESULT = "="  # begins the tail's entries that hold results; the others are records of modules
_LARGEST_RECORD = 16 << 20  # bytes of a distribution's list of files
_FIRST_LINE = b'{"seal":'


class Footprint(Record):
    """What one result depends on besides its own module.

    *records* are the modules whose content decided it, *states* says of each module that was
    looked up what it is: a kind of file, "virtual", or "" for none.
    """

    records: tuple[str, ...]
    states: tuple[tuple[str, str], ...]


def interpreter() -> list[Any]:
    """Return what reading takes from the interpreter, less the exact version."""
    return [
        sys.implementation.cache_tag or sys.implementation.name,
        MAGIC_NUMBER.hex(),
        sys.flags.optimize,
        sys.platform,
        os.name,
        sys.byteorder,
        sys.maxsize,
        getattr(sys, "abiflags", ""),
    ]


def file_name() -> str:
    """Return the name of the file that serves this interpreter."""
    tag = sys.implementation.cache_tag or sys.implementation.name
    optimized = f"-O{sys.flags.optimize}" if sys.flags.optimize else ""
    return f"plugindex.{tag}{getattr(sys, 'abiflags', '')}-{sys.platform}{optimized}.json"


def is_file_name(name: str) -> bool:
    """Tell whether a file of that name serves some interpreter."""
    return name.startswith("plugindex.") and name.endswith(".json") and name.count(".") == 2


class Shipment:
    """What one package ships.

    Attributes:
        package: its dotted name.
        path: where the file lies.
        why: why it isn't used, "" if it is.
        distribution: the distribution that it says it belongs to.
    """

    def __init__(self, package: str, path: str, data: bytes | None, why: str = "") -> None:
        self.package, self.path = package, path
        self.why, self.distribution = why, ""
        self.modules: dict[str, list[Any]] = {}
        self._exact = False
        self._heads: dict[str, Any] = {}
        self._footprints: dict[int, Footprint] = {}
        self._document = store.Document(store.ABSENT)
        try:
            self.why = why or self._opened(data)
        except DAMAGE as error:
            self.why = f"it is damaged ({type(error).__name__})"

    def _opened(self, data: bytes | None) -> str:
        """Take the file in, and return why it isn't used, if it isn't."""
        if data is None or len(data) > store.LIMIT or not data.startswith(_FIRST_LINE):
            return "it is damaged" if data else "it can't be read"
        document = self._document = store.parse(data)
        if document.verdict != store.OK:
            return f"it is damaged: {document.why}"
        self.distribution = _text(document.head("distribution"))
        if (document.head("shipped"), document.head("cache_version")) != (FORM, SCHEMA):
            return "it is of another version of plugindex (other schema)"
        if document.head("interpreter") != interpreter():
            return "it was made by another Python, or for another platform"
        if document.head("package") != self.package:
            return "it is of another package"
        self._exact = document.head("hexversion") == sys.hexversion
        self.modules = dict(document.head("modules"))
        document.entry("")  # so that the tail's hash is checked
        return "" if document.verdict == store.OK else f"it is damaged: {document.why}"

    def fingerprint(self, module: str) -> Fingerprint | None:
        """Return what a module's content must be for what is said of it to hold, if it may.

        Raises:
            LookupError, TypeError, ValueError: the file isn't what a build writes.
        """
        entry = self.modules.get(module)
        if entry is None:
            return None
        source, start, code, versioned = entry
        if versioned and not self._exact:  # its code asks for the version to the last digit
            return None
        return Fingerprint(_text(source), start + 0, _text(code))

    def record(self, module: str) -> Raw | None:
        """Return the record of a module as undecoded text."""
        return self._document.entry(module)

    def result(self, registry: str, module: str) -> Any:
        """Return [footprint's number, result] of a module in a registry, None for nothing."""
        from plugindex.codec import decode

        text = self._document.entry(f"{RESULT}{registry}/{module}")
        return None if text is None else decode(text)

    def base(self, registry: str) -> int | None:
        """Return the number of the footprint of a registry's base, None where it has none."""
        found = self._head("registries").get(registry)
        return None if found is None else found["base"] + 0

    def footprint(self, number: int) -> Footprint:
        """Return a footprint by its number."""
        if number not in self._footprints:
            records, states = self._head("footprints")[number]
            found = Footprint(tuple(map(_text, records)), tuple(states.items()))
            self._footprints[number] = found
        return self._footprints[number]

    def _head(self, name: str) -> Any:
        if name not in self._heads:
            self._heads[name] = self._document.head(name)
        return self._heads[name]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("a text is expected")
    return value


def at(finder: Finder, file: ModuleFile) -> Shipment | None:
    """Return what the package *file* ships, None where it ships nothing for this interpreter."""
    if file.kind == "namespace" or not file.is_package or len(file.locations) != 1:
        return None
    folder, name = file.locations[0], file_name()
    path = os.path.join(folder, name)
    if file.kind == "loader":  # an archive can't be an editable install
        data = archived(file.loader, path)
        return None if data is None else Shipment(file.name, path, data)
    listing = finder.listing(folder)
    if listing is None or name not in listing.files:
        return None
    made = Shipment(file.name, path, stamp.read(path, store.LIMIT))
    if not made.why and not _is_installed(finder, file, made.distribution):
        made.why = (
            f"no installed distribution {made.distribution} lists it in its RECORD there"
            " (an editable install or a checkout)"
        )
    return made


def _is_installed(finder: Finder, package: ModuleFile, distribution: str) -> bool:
    """Tell whether the distribution's RECORD, which lies beside the package, lists the file.

    RECORD is told by "Recording installed projects" in the Python packaging specifications.
    """
    path = f"{package.name.replace('.', '/')}/{file_name()}"
    return any(recorded(finder, root_of(package), path, distribution))


def recorded(finder: Finder, root: str, path: str, wanted: str | None = None) -> Iterator[str]:
    """Yield the distributions in the folder *root* whose RECORD lists *path*.

    Args:
        finder: lists folders.
        root: the folder that holds the ``.dist-info`` folders.
        path: as RECORD spells it.
        wanted: the only distribution to look at, if given.
    """
    row = f"{path},".encode()
    listing = finder.listing(root)
    for name in sorted(listing.names if listing else ()):
        stem, _, kind = name.rpartition(".")
        distribution = escaped(stem.partition("-")[0])
        if kind == "dist-info" and (wanted is None or distribution == escaped(wanted)):
            rows = stamp.read(os.path.join(root, name, "RECORD"), _LARGEST_RECORD) or b""
            if rows.startswith(row) or b"\n" + row in rows:
                yield distribution


def root_of(package: ModuleFile) -> str:
    """Return the folder from which *package* is imported."""
    root = package.locations[0]
    for _ in package.name.split("."):
        root = os.path.dirname(root)
    return root


def escaped(distribution: str) -> str:
    """Return a distribution's name in the one spelling that its ``.dist-info`` folder has."""
    return normal(distribution).replace("-", "_")
