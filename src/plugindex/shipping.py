"""Make the index that a package ships, and tell whether the one that it ships is up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from plugindex import shipment, stamp, store, targets
from plugindex.codec import decode, encode
from plugindex.errors import DAMAGE, DiscoveryError, message
from plugindex.finder import Finder
from plugindex.fingerprint import code_digest
from plugindex.footprints import Sources, base_of, result_of
from plugindex.index import SCHEMA
from plugindex.records import Record
from plugindex.shipment import root_of
from plugindex.shipments import registry_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from plugindex.config import Scope
    from plugindex.records import ModuleFile
    from plugindex.shipment import Footprint
    from plugindex.targets import Declared

# Compiles each file named on its input twice, the second time with the first result still there:
# which texts marshal takes for shared then differs, as it does from process to process. The name
# of the file can't stand in any source. An interpreter of its own, without site packages, gives
# every machine the same answer.
_MARK = "<plugindex \N{BULLET} source>"
_COMPILE = f"""
import marshal, sys
mark = {_MARK!r}
for line in sys.stdin.buffer:
    try:
        with open(line[:-1], "rb") as file:
            text = file.read()
        one = compile(text, mark, "exec", dont_inherit=True)
        first = marshal.dumps(one)
        two = compile(text, mark, "exec", dont_inherit=True)
        other = marshal.dumps(two)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        first = other = b""
    print(len(first), (first if first == other else b"").hex())
"""
_VERSIONED = (b"version_info", b"hexversion")
_HEADER = bytes(16)


class Made(Record):
    """A shipped index in the making: its bytes, and what they say.

    *path* is where it belongs, *undecided* are the modules that no result is shipped of.
    """

    package: str
    path: str
    data: bytes
    modules: int
    registries: tuple[str, ...]
    results: int


def make(package: str, root: str = "", distribution: str = "", hosts: Iterable[str] = ()) -> Made:
    """Read *package* and return the index to ship with it; nothing is written or imported.

    Args:
        package: its dotted name.
        root: the folder that it is imported from; where import finds it if "".
        distribution: the name of the distribution that it will be a part of.
        hosts: the applications whose registries it has plugins for, which must be there.

    Raises:
        DiscoveryError: there is no such package, or it can't be read.
    """
    finder = Finder([root, *sys.path] if root else None)
    file = found_package(finder, package, root)
    sources = Sources(finder)
    own = [one.name for one in finder.modules(package) if one.kind == "source"]
    for name in own:
        sources.record(name)
    own = [name for name in own if name in sources.texts_read]
    hosts = list(hosts)
    declared = _registries(finder, package, hosts)
    footprints, registries, results = _resolved(declared, package, sources)
    head: dict[str, Any] = {
        "cache_version": SCHEMA,
        "shipped": shipment.FORM,
        "package": package,
        "distribution": shipment.escaped(distribution),
        "hosts": hosts,
        "interpreter": shipment.interpreter(),
        "hexversion": sys.hexversion,
        "modules": _fingerprints(own, footprints, sources),
        "footprints": [[one.records, dict(one.states)] for one in footprints],
        "registries": registries,
    }
    tail = {name: _dumped(sources, name) for name in head["modules"]} | results
    path = os.path.join(file.locations[0], shipment.file_name())
    names = tuple(one.scope.name for one in declared)
    data = store.pack(head, "records", tail)
    return Made(package, path, data, len(own), names, len(results))


def found_package(finder: Finder, package: str, root: str) -> ModuleFile:
    """Return where *package* is, which must be a package that a folder holds.

    Raises:
        DiscoveryError: it is none.
    """
    targets.check_module(finder, package)
    file = finder.find(package)
    assert file is not None, package
    if file.kind != "source" or len(file.locations) != 1:
        cause = f"it is a {file.kind}" if file.is_package else "it is a plain module"
        fix = "name a package with an __init__.py, in a folder"
        text = f"{package} can't ship an index"
        raise DiscoveryError(message(text, [("cause", cause), ("fix", fix)]))
    if root and os.path.realpath(root_of(file)) != os.path.realpath(root):
        fix = f"--root {root_of(file)}"
        raise DiscoveryError(message(f"{package} is not in {root}", [("fix", fix)]))
    return file


class Order(Record):
    """What a project's pyproject.toml asks a build hook for."""

    packages: tuple[str, ...]
    root: str = ""
    hosts: tuple[str, ...] = ()


# What a build hook may find in its table; the later ones are hatch's, for every hook.
_ORDERED = frozenset({
    "packages", "hosts", "root",
    "dependencies", "path", "enable-by-default", "require-runtime-dependencies",
    "require-runtime-features",
})  # fmt: skip


def order_from(table: Mapping[str, Any], name: str) -> Order:
    """Return what the *table* of that *name* in a pyproject.toml asks for.

    Raises:
        DiscoveryError: it is none that we know.
    """
    packages, hosts = table.get("packages"), table.get("hosts", [])
    unknown = sorted(table.keys() - _ORDERED)
    if unknown:
        fix = f"write packages, hosts or root in [{name}]"
        raise DiscoveryError(message(f"{unknown[0]} is no option of a build hook", [("fix", fix)]))
    if not _are_texts(packages) or not packages:
        fix = f'write packages = ["PACKAGE"] in [{name}]'
        raise DiscoveryError(message("which packages shall ship an index?", [("fix", fix)]))
    if not _are_texts(hosts) or not isinstance(table.get("root", ""), str):
        fix = f'write hosts = ["PACKAGE"], root = "FOLDER" in [{name}]'
        raise DiscoveryError(message("hosts and root are names", [("fix", fix)]))
    return Order(tuple(packages), table.get("root", ""), tuple(hosts))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _registries(finder: Finder, package: str, hosts: Iterable[str]) -> list[Declared]:
    """Return the registries that the package or its hosts declare."""
    declared = targets.declared_in(finder, package)
    for host in hosts:
        targets.check_module(finder, host)
        declared += targets.declared_in(finder, host)
    return declared


def _resolved(
    declared: Iterable[Declared], package: str, sources: Sources
) -> tuple[list[Footprint], dict[str, Any], dict[str, Any]]:
    """Return the footprints, the registries by digest, and the results by entry of the tail."""
    numbers: dict[Footprint, int] = {}
    registries: dict[str, Any] = {}
    results: dict[str, Any] = {}
    for one in declared:
        base = base_of(one.scope, sources)
        digest = registry_digest(one.scope)
        if base is None or digest in registries:
            continue
        registries[digest] = {"base": numbers.setdefault(base, len(numbers))}
        for name in _in_scope(one.scope, package, sources.finder):
            found = result_of(name, one.scope, sources)
            if found is not None:
                number = numbers.setdefault(found[0], len(numbers))
                results[f"{shipment.RESULT}{digest}/{name}"] = [number, found[1]]
    return list(numbers), registries, results


def _in_scope(scope: Scope, package: str, finder: Finder) -> list[str]:
    """Return the modules of *package* that a registry covers: it is its host, or offers plugins."""
    prefix = f"{package}."
    within = f"{scope.package}.".startswith(prefix)
    files = finder.modules(*((scope.package, scope.recursive) if within else (package,)))
    names = [file.name for file in files if f"{file.name}.".startswith(prefix)]
    return [name for name in names if name not in scope.excluded]


def _fingerprints(
    own: Iterable[str], footprints: Iterable[Footprint], sources: Sources
) -> dict[str, Any]:
    """Return the content of every module of which a record is shipped.

    Modules of others that a result leans on are among them: their records serve wherever their
    content is the same.
    """
    names = sorted({*own, *(name for one in footprints for name in one.records)})
    codes = _codes([sources.finder.find(name).path for name in names])  # type: ignore[union-attr]
    entries = {}
    for name, code in zip(names, codes, strict=True):
        start = _start(code)
        digest = code_digest(_HEADER + code, start) if start else ""
        text = sources.texts_read[name]
        versioned = any(mark in code or mark in text for mark in _VERSIONED)
        entries[name] = [stamp.digest(text), start, digest, versioned]
    return entries


def _start(code: bytes) -> int:
    """Return where the name of the source stands in a ``.pyc`` with this code, 0 for nowhere."""
    mark = _MARK.encode()
    at = code.find(mark)
    return len(_HEADER) + at - 5 if at >= 5 else 0


def _codes(paths: Iterable[str]) -> list[bytes]:
    """Return the code of each file as marshal writes it, b"" where that differs from run to run."""
    options = ["-I", "-S", *["-O"] * sys.flags.optimize]
    given = b"".join(os.fsencode(path) + b"\n" for path in paths)
    command = [sys.executable, *options, "-W", "ignore", "-c", _COMPILE]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    if done.returncode:
        cause = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise DiscoveryError(message("the sources can't be compiled", [("cause", cause)]))
    return [bytes.fromhex(line.partition(" ")[2]) for line in done.stdout.decode().splitlines()]


def _dumped(sources: Sources, name: str) -> store.Raw:
    record = sources.record(name)
    assert record is not None, name
    record.functions = dict(sorted(record.functions.items()))
    return store.Raw(encode(record.dump()))


# -- is it up to date --------------------------------------------------------------------------


def differences(made: Made, shipped: bytes) -> list[str]:
    """Return what a shipped index says otherwise than the one that a build would write now.

    Records of modules that are not the package's own don't count: those of another machine hold
    where they fit, and are passed over elsewhere.
    """
    document = store.parse(shipped)
    document.entry("")
    if document.verdict != store.OK:
        return [f"it is damaged: {document.why}"]
    now = _told(store.parse(made.data), made.package)
    try:
        then = _told(document, made.package)
    except DAMAGE:
        return ["it is not what a build writes"]
    found = [f"{name}: {_what(now, then, name)}" for name in sorted({*now, *then})]
    return [text for text in found if not text.endswith(": ")]


def hosts_of(shipped: bytes) -> list[str]:
    """Return the applications for whose registries a shipped index was made."""
    hosts = store.parse(shipped).head("hosts")
    return hosts if _are_texts(hosts) else []


def outdated(made: Made, shipped: bytes) -> list[str]:
    """Return the modules of which an index for another interpreter was made from another text."""
    document = store.parse(shipped)
    then, now = document.head("modules"), store.parse(made.data).head("modules")
    if document.verdict != store.OK or not isinstance(then, dict):
        return [f"it is damaged: {document.why or 'it names no modules'}"]
    prefix = f"{made.package}."
    own = [name for name in sorted({*now, *then}) if f"{name}.".startswith(prefix)]
    same = [name for name in own if now.get(name, [""])[:1] == then.get(name, [0])[:1]]
    return [f"{name}: it was made from another text" for name in own if name not in same]


def _told(document: store.Document, package: str) -> dict[str, Any]:
    """Return what a shipped index says of the package's own modules, comparable, by subject."""
    names = ("cache_version", "shipped", "package", "distribution", "interpreter")
    told = {name.replace("_", " "): document.head(name) for name in names}
    modules, footprints = document.head("modules") or {}, document.head("footprints") or []
    told["registries"] = sorted(document.head("registries") or ())
    for name, text in document.raw_tail().items():
        registry, _, module = name.partition("/")
        if registry[:1] == shipment.RESULT:
            number, result = decode(text)
            told[f"{module} in a registry"] = [footprints[number], result]
        elif f"{name}.".startswith(f"{package}."):
            told[name] = [modules.get(name), text]
    return told


def _what(now: Mapping[str, Any], then: Mapping[str, Any], name: str) -> str:
    if name not in then:
        return "not in it"
    if name not in now:
        return "no longer there"
    return "" if now[name] == then[name] else "not what it says"
