"""From what a user names to the registries that are meant; nothing of it is imported."""

from __future__ import annotations

from plugindex.errors import DiscoveryError, message
from plugindex.index import Settings
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugindex.config import Scope


class Declared(Record):
    """A registry as its declaration tells: its *scope*, and how its index is kept."""

    scope: Scope
    settings: Settings


class Target(Record):
    """What a user names: *name* alone, or a foreign hierarchy by *package*, *base* and *key*."""

    name: str = ""
    package: str = ""
    base: str = ""
    key: str | None = None

    def __str__(self) -> str:
        if self.name:
            return self.name
        by = f" --key {self.key}" if self.key else ""
        return f"--package {self.package} --base {self.base}{by}"


def resolve(target: Target) -> Sequence[Declared]:
    """Return the registries that *target* names.

    Raises:
        DiscoveryError: it names none.
    """
    if target.name and (target.package or target.base or target.key):
        raise _misuse("a target and a foreign hierarchy are named together", "name one of them")
    if target.name:
        from plugindex.declarations import find

        return find(target.name)
    if not target.package and not target.base:
        raise _misuse("no target is named", "name one: module:ATTRIBUTE, or a package")
    if not target.package or not target.base:
        lacks = "--base module:Class" if target.package else "--package PACKAGE"
        raise _misuse("a foreign hierarchy needs a package and a base", f"add {lacks}")
    return [_foreign(target)]


def _foreign(target: Target) -> Declared:
    from plugindex.foreign import foreign_family

    family = foreign_family(target.base, target.package, target.key, True, None, True)
    return Declared(family.scope, Settings())


def _misuse(text: str, fix: str) -> DiscoveryError:
    facts = [("fix", fix), ("next", "plugindex --help")]
    return DiscoveryError(message(text, facts))
