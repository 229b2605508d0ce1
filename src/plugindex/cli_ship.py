"""``plugindex build`` and ``plugindex check``: the index that a package ships in its wheel."""

from __future__ import annotations

import os

from plugindex import files, output, shipment, shipping, stamp, store
from plugindex.cli import FINDINGS, SOUND
from plugindex.errors import CacheError, DiscoveryError, message
from plugindex.finder import Finder
from plugindex.records import Record
from plugindex.shipment import recorded, root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from plugindex.shipping import Made


class Wanted(Record):
    """What a user names: the *package*, the folder that it is imported from, its distribution."""

    package: str
    root: str
    distribution: str


def run(options: Namespace, started: float) -> int:
    """Write the index of a package, or compare the one that is there with what it would be."""
    wanted = _wanted(options)
    if not options.writes and not options.host:
        options.host = _hosts(wanted, options)
    made = shipping.make(wanted.package, wanted.root, wanted.distribution, options.host)
    return _build(made, options) if options.writes else _check(made, options)


def _hosts(wanted: Wanted, options: Namespace) -> list[str]:
    """Return the applications for whose registries the file that is there was made."""
    file = shipping.found_package(Finder([wanted.root]), wanted.package, wanted.root)
    path = options.output or os.path.join(file.locations[0], shipment.file_name())
    return shipping.hosts_of(stamp.read(os.path.abspath(path), store.LIMIT) or b"")


def _build(made: Made, options: Namespace) -> int:
    path = os.path.abspath(options.output or made.path)
    try:
        _write(path, made.data)
    except (OSError, files.Refused) as error:
        cause = getattr(error, "strerror", "") or str(error)
        fix = "name a place that can be written: --output FILE"
        facts = [("cause", cause), ("fix", fix)]
        raise CacheError(message(f"{path} can't be written", facts)) from None
    facts_ = {"package": made.package, "file": path, "bytes": len(made.data)}
    counted = {"modules": made.modules, "registries": list(made.registries)}
    if options.json:
        output.document({**facts_, **counted, "results": made.results})
    else:
        output.say(f"wrote {path}")
        names = ", ".join(made.registries) or "none"
        output.say(f"  {made.modules} modules, registries: {names}")
    return SOUND


def _write(path: str, data: bytes) -> None:
    """Put the file there at once; it is for everybody to read, as the sources are."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise


def _check(made: Made, options: Namespace) -> int:
    found = _found(made, os.path.abspath(options.output or made.path))
    if options.json:
        output.document({"package": made.package, "different": found})
    elif not found:
        output.say(f"{made.package}: what it ships is up to date")
    else:
        output.say(f"{made.package}: what it ships is out of date")
        for path, texts in found.items():
            more = [f"and {len(texts) - 10} more"] if len(texts) > 10 else []
            output.say("\n".join(f"  {path}: {text}" for text in [*texts[:10], *more]))
        output.say(f"  fix:     {_command(options)}")
    return FINDINGS if found else SOUND


def _command(options: Namespace) -> str:
    named = [("--root", options.root), ("--distribution", options.distribution)]
    named += [("--host", host) for host in options.host]
    words = [word for option, value in named if value for word in (option, value)]
    written = ["--output", options.output] if options.output else []
    return " ".join(["plugindex build", options.target, *words, *written])


def _found(made: Made, path: str) -> dict[str, list[str]]:
    """Return what differs by the file in which it does, those for other interpreters included."""
    data = stamp.read(path, store.LIMIT)
    here = shipping.differences(made, data) if data is not None else ["there is no such file"]
    found = {path: here} if here else {}
    folder = os.path.dirname(path)
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):
        if shipment.is_file_name(name) and name != os.path.basename(path):
            other = os.path.join(folder, name)
            stale = shipping.outdated(made, stamp.read(other, store.LIMIT) or b"")
            found |= {other: stale} if stale else {}
    return found


# -- which package ------------------------------------------------------------------------------


def _wanted(options: Namespace) -> Wanted:
    package = options.target or ""
    if not package or not all(part.isidentifier() for part in package.split(".")):
        fix = "name a package, and the folder that holds it: plugindex build PACKAGE --root src"
        text = f"{package!r} is no dotted name of a package" if package else "no package is named"
        raise DiscoveryError(message(text, [("fix", fix)]))
    if options.root and not os.path.isdir(options.root):
        cause = [("cause", f"{options.root} is no folder")]
        raise DiscoveryError(message(f"there is no package {package}", cause))
    root = os.path.abspath(options.root) if options.root else _root(package)
    distribution = options.distribution or _distribution(package, root)
    return Wanted(package, root, distribution)


def _root(package: str) -> str:
    """Return the folder of a checkout that holds the package, "" where there is none here."""
    for folder in (".", "src"):
        if os.path.isfile(os.path.join(folder, *package.split("."), "__init__.py")):
            return os.path.abspath(folder)
    return ""


def _distribution(package: str, root: str) -> str:
    """Return the name of the distribution that a package belongs to."""
    finder = Finder([root] if root else None)
    folder = root_of(shipping.found_package(finder, package, root))
    name = _named_in_project(folder) or _installed(finder, package, folder)
    if not name:
        cause = f"no pyproject.toml around {folder} has a project.name"
        facts = [("cause", cause), ("fix", "add --distribution NAME")]
        raise DiscoveryError(message(f"which distribution has {package}?", facts))
    return name


def _named_in_project(folder: str) -> str:
    """Return the project's name in the nearest pyproject.toml above, "" for none."""
    above, parent = "", os.path.abspath(folder)
    while parent != above:
        path = os.path.join(parent, "pyproject.toml")
        if os.path.isfile(path):
            return _project(path)
        above, parent = parent, os.path.dirname(parent)
    return ""


def _project(path: str) -> str:
    table: Any = project_file(path).get("project")
    name = table.get("name") if isinstance(table, dict) else None
    return name if isinstance(name, str) else ""


def project_file(path: str) -> dict[str, Any]:
    """Return what a pyproject.toml says.

    Raises:
        DiscoveryError: it can't be read.
    """
    import tomllib

    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, ValueError) as error:
        text = f"{path} can't be read"
        raise DiscoveryError(message(text, [("cause", str(error))])) from None


def _installed(finder: Finder, package: str, root: str) -> str:
    """Return the installed distribution whose RECORD lists the package, "" for none."""
    path = f"{package.replace('.', '/')}/__init__.py"
    return next(recorded(finder, root, path), "")
