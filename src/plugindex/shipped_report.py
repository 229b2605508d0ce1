"""What became of the index that each distribution of a registry ships."""

from __future__ import annotations

from plugindex.build import build
from plugindex.records import Record
from plugindex.shipment import file_name, is_file_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from plugindex.build import Build
    from plugindex.config import Scope
    from plugindex.index import Settings


class Report(Record):
    """One distribution's shipped index.

    *package* is what it offers, *distribution* its name ("" where that isn't known), *path* where
    its file lies ("" if there is none). Of *modules* in scope *used* are taken from it; *read* are
    the others. *why* says why not all are taken.
    """

    package: str
    distribution: str = ""
    path: str = ""
    modules: int = 0
    used: int = 0
    read: tuple[str, ...] = ()
    why: str = ""

    @property
    def text(self) -> str:
        """The report as one line."""
        who = f"{self.package} ({self.distribution})" if self.distribution else self.package
        if not self.path:
            return f"{who}: {self.why}"
        more = f"; {self.why}" if self.why else ""
        return f"{who}: {self.used} of {self.modules} modules from the index that it ships{more}"


def reports(scope: Scope, settings: Settings) -> list[Report]:
    """Return what became of each shipped index, the host's first; nothing is imported."""
    made = build(scope, settings.replace(cache=False, adopted=None), None, None)
    providers = dict.fromkeys(made.modules.values())
    return [_report(made, provider) for provider in providers]


def _report(made: Build, provider: str) -> Report:
    names = [name for name, other in made.modules.items() if other == provider]
    package = min(names, key=len)
    shipments = made.library.shipments
    one = shipments.around(package)
    if one is None:
        return Report(package, provider, modules=len(names), why=_nothing(made, package))
    used = [name for name in names if name in shipments.same[one.package]]
    read = tuple(name for name in names if name not in used)
    why = one.why or _differing(shipments, one, read)
    whose = provider or one.distribution
    return Report(package, whose, one.path, len(names), len(used), read, why)


def _nothing(made: Build, package: str) -> str:
    """Say why a package ships nothing for this interpreter."""
    file = made.finder.find(package)
    folders = file.locations if file is not None else ()
    listings = [found for one in folders if (found := made.finder.listing(one))]
    others = sorted(name for found in listings for name in found.names if is_file_name(name))
    if others:
        return f"what it ships is for another Python ({', '.join(others)}, not {file_name()})"
    return "it ships no index"


def _differing(shipments: Any, one: Any, read: Sequence[str]) -> str:
    other = [name for name in read if name in shipments.other[one.package]]
    names = ", ".join((other or list(read))[:3])
    more = f" and {len(other or read) - 3} more" if len(other or read) > 3 else ""
    if other:
        return f"{names}{more} isn't what was shipped, and is read"
    return f"{names}{more} isn't in it, and is read" if read else ""
