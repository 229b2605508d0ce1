"""What an index tells of a plugin class besides its key: where it stands, its attributes."""

from __future__ import annotations

from plugindex.keyreading import Undecided, is_plain
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any

    from plugindex.availability import Requirements
    from plugindex.config import Scope
    from plugindex.keyreading import KeyReader
    from plugindex.meaning import Context, Found

# Kinds of values that may stand for a literal.
_SIMPLE = frozenset("cbfgaopsl")


class Candidate(Record):
    """One class of the family, as its module's record tells."""

    module: str
    qualname: str
    line: int = 0
    key: Any = None
    doc: str = ""
    attributes: Mapping[str, Any] = {}
    secondary: Mapping[str, Any] = {}
    replaces: str = ""


class CandidateReader:
    """Describes the plugin classes of one scope."""

    def __init__(self, family: Requirements, scope: Scope, keys: KeyReader) -> None:
        self.family = family
        self.scope = scope
        self.keys = keys
        self._inherited: dict[tuple[Found, ...], dict[str, Any]] = {}

    def candidate(self, cls: Found, key: Hashable) -> Candidate:
        """Return what is told of a class that has *key*.

        Raises:
            Undecided: only running tells a part of it.
        """
        entry = self.family.entry(cls)
        doc = entry[5].get("__doc__")
        return Candidate(
            self.family.module_of(cls),
            entry[0],
            entry[1],
            key,
            str(doc[1]) if doc and doc[0] == "c" else "",
            self._attributes(cls),
            self._secondary(cls, key),
            self._replaced(cls),
        )

    def _attributes(self, cls: Found) -> dict[str, Any]:
        """Return the simple literal attributes, inherited ones included."""
        bases = self.family.order(cls)[1:]
        inherited = self._inherited.get(bases)
        if inherited is None:
            inherited = self._inherited[bases] = {}
            for one in reversed(bases):
                self._add_body(inherited, one)
        result = dict(inherited)
        self._add_body(result, cls)
        return result

    def _add_body(self, result: dict[str, Any], cls: Found) -> None:
        """Let the attributes of one class hide those of its bases."""
        if cls[0] != "class":
            return
        body, posts = self.family.entry(cls)[5], self.family.posts(cls[1]).get(cls[2])
        for name, value in (body | posts if posts else body).items():
            if name[:2] != "__":
                result.pop(name, None)
                if value[0] in _SIMPLE:
                    self._add_literal(result, name, value, self.family.home(cls))

    def _add_literal(self, result: dict[str, Any], name: str, value: Any, home: Context) -> None:
        found = self.family.evaluate(value, home)
        if found[0] == "const" and _is_shown(found[1]):
            result[name] = found[1]

    def _secondary(self, cls: Found, key: Hashable) -> dict[str, Any]:
        """Return the keys under which a class shows in secondary registries, by attribute."""
        result: dict[str, Any] = {}
        for attribute, source in self.scope.secondary:
            found = self.family.class_attribute(cls, attribute)
            if found[0] == "unknown":
                raise Undecided(f"{attribute} of {self.family.entry(cls)[0]}")
            if found[0] == "missing" or found == ("const", None):
                continue
            other = key if source == "primary" else self._sourced(cls, source)
            if other is not None:
                result[attribute] = other
        return result

    def _sourced(self, cls: Found, source: str) -> Hashable:
        found = self.family.class_attribute(cls, source)
        return None if found[0] == "missing" else self.keys.plain(found)

    def _replaced(self, cls: Found) -> str:
        value = self.family.entry(cls)[5].get("__replaces__")
        found = self.family.evaluate(value, self.family.home(cls)) if value else ("const", "")
        if found[0] == "unknown":
            raise Undecided(f"__replaces__ of {self.family.entry(cls)[0]}")
        return str(found[1]) if found[0] == "const" and found[1] is not None else ""


def _is_shown(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_shown, value))
    if type(value) is int:
        return value.bit_length() < 4096  # beyond, the decimal conversions refuse
    return value is None or (type(value) in (str, float, bool) and is_plain(value))
