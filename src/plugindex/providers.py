"""Third-party packages that offer plugins by an entry point, found without importing anything.

The file and its format are those of the entry points specification of the Python packaging
documentation; the group is ``<application>.plugins`` and the value names a package.
"""

from __future__ import annotations

import os

from plugindex import plugin_files, stamp
from plugindex.names import safe_mode
from plugindex.records import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.config import Scope
    from plugindex.finder import Finder

_LIMIT = 1 << 20  # bytes of an entry_points.txt


class Provider(Record):
    """A distribution that offers a package of plugins."""

    distribution: str
    version: str
    package: str


class Providers(Record):
    """The providers of one application, by name, and the files that were read for them."""

    found: tuple[Provider, ...] = ()
    files: tuple[tuple[str, stamp.Stamp | None, str], ...] = ()


def find(finder: Finder, application: str) -> Providers:
    """Read the entry points of every installed distribution."""
    found: dict[str, Provider] = {}
    files = []
    for folder in dict.fromkeys(finder.path):
        listing = finder.listing(folder)
        for name in sorted(listing.names) if listing else ():
            if name.endswith((".dist-info", ".egg-info")):
                path = os.path.join(folder, name, "entry_points.txt")
                data = stamp.read(path, _LIMIT)
                # One that isn't there may come without a change of the folder's names.
                files.append((path, stamp.take(path), stamp.digest(data) if data else ""))
                if data is not None:
                    for provider in _offered(name, data, f"{application}.plugins"):
                        found.setdefault(f"{provider.distribution}:{provider.package}", provider)
    ordered = sorted(found.values(), key=lambda one: (one.distribution, one.package))
    return Providers(tuple(ordered), tuple(files))


def packages(
    finder: Finder, scope: Scope
) -> tuple[list[tuple[str, str]], tuple[tuple[str, stamp.Stamp | None, str], ...]]:
    """Return what others offer to *scope*, as (package, provider), and the files that say so.

    Distributions come by name, then the plugin folder. In safe mode nobody is asked.
    """
    if safe_mode(scope):
        return [], ()
    read = find(finder, scope.application)
    if scope.foreign:
        return [], read.files
    there = [one for one in read.found if _is_there(finder, one, scope)]
    offered = [(one.package, one.distribution) for one in there]
    return offered + plugin_files.offered(finder, scope), read.files


def _is_there(finder: Finder, offer: Provider, scope: Scope) -> bool:
    """Tell whether what a distribution offers is a package or module, and note if it isn't."""
    why = "" if _is_dotted(offer.package) else "that is no name of a package"
    if not why and finder.find(offer.package) is None:
        why = "there is no such package"
    if why:
        finder.troubles.append(_nothing(offer, scope, why))
    return not why


def _nothing(offer: Provider, scope: Scope, why: str) -> Problem:
    group = f"{scope.application}.plugins"
    text = f"{offer.distribution} offers {offer.package!r} in the group {group}: {why}"
    fix = f"name a package of {offer.distribution} there, or install what provides it"
    return Problem("ignored", "", text, fix)


def offers(application: str, distribution: str, module: str) -> bool:
    """Tell whether a distribution that is installed now offers the package of *module*.

    A loader asks this before it imports a module outside the application, because an index file
    may name any distribution.
    """
    from plugindex.finder import Finder

    return any(
        one.distribution == distribution and f"{module}.".startswith(f"{one.package}.")
        for one in find(Finder(), application).found
    )


def _offered(folder: str, data: bytes, group: str) -> list[Provider]:
    stem = folder.rpartition(".")[0]
    distribution, _, version = stem.partition("-")
    section, result = "", []
    for line in data.decode("utf-8", "replace").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
        elif section == group and "=" in line and line[:1] not in "#;":
            value = line.partition("=")[2].partition("[")[0].partition(":")[0].strip()
            result.append(Provider(distribution, version, value))
    return result


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def version_of(finder: Finder, application: str) -> str:
    """Return the version of the distribution named like *application*, or "unknown"."""
    wanted = application.replace("-", "_").lower()
    for folder in finder.path:
        listing = finder.listing(folder)
        for name in listing.names if listing else ():
            if name.endswith(".dist-info"):
                distribution, _, version = name[: -len(".dist-info")].partition("-")
                if distribution.replace("-", "_").lower() == wanted:
                    return version
    return "unknown"
