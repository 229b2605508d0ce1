"""From module records to the plugin classes of a scope: which, under which key, or why not."""

from __future__ import annotations

from plugindex.config import KeyRule, Scope
from plugindex.makers import Family
from plugindex.records import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from plugindex.evaluation import Context, Found, Library
    from plugindex.reader import ModuleRecord


class Candidate(Record):
    """One class of the family, as its module's record tells.

    *undecided* says why reading can't tell whether or how it counts, or is "".
    """

    module: str
    qualname: str
    line: int = 0
    key: Any = None
    doc: str = ""
    attributes: dict[str, Any] = {}
    secondary: dict[str, Any] = {}
    replaces: str = ""


class Resolution(Record):
    """What reading tells of one module.

    *missing* is (requirement, module that needs it) where the module can't be imported.
    """

    candidates: tuple[Candidate, ...] = ()
    undecided: str = ""
    missing: tuple[str, str] | None = None
    requires: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Undecided(Exception):
    """Reading does not tell."""


class Resolver:
    """Resolves the modules of one scope; keeps what it worked out between modules."""

    def __init__(self, library: Library, scope: Scope) -> None:
        self.scope = scope
        self.library = library
        self.family = Family(library, scope.base, not scope.foreign)
        self._available: dict[str, tuple[str, str] | None] = {}

    def problem(self) -> str:
        """Return why the scope's base can't serve, or ""."""
        base = self.family.base
        if base[0] in ("class", "unknown", "outside"):
            return ""
        if base[0] == "real" and isinstance(base[1], type):
            return ""
        return "it can't be found" if base[0] == "missing" else "it is no class"

    def resolve(self, module: str) -> Resolution:
        """Tell what module *module* contributes to the scope."""
        record = self.library.record(module)
        if record is None:
            return Resolution(undecided="its code can't be read")
        if record.unreadable:
            return Resolution(undecided=record.unreadable)
        missing = self.unavailable(module)
        requires = self.requirements(record)
        try:
            candidates, problems = self._candidates(record)
            self._check_calls(record)
        except _Undecided as reason:
            return Resolution(undecided=str(reason), missing=missing, requires=requires)
        return Resolution(tuple(candidates), "", missing, requires, tuple(problems))

    # -- classes -------------------------------------------------------------------------------

    def _candidates(self, record: ModuleRecord) -> tuple[list[Candidate], list[Problem]]:
        candidates, problems = [], []
        context = self.family.context(record)
        for number, entry in enumerate(record.classes):
            cls = ("class", record.name, number)
            if self.family.decide(entry[2], context) is False or cls == self.family.base:
                continue
            if self.family.belongs(cls) is not False:
                candidate = self._candidate(cls, context, problems)
                if candidate is not None:
                    candidates.append(candidate)
        return candidates, problems

    def _candidate(
        self, cls: Found, context: Context, problems: list[Problem]
    ) -> Candidate | None:
        entry = self.family.entry(cls)
        if self.scope.foreign and not self._counts(cls, context):
            return None
        if self.family.belongs(cls) is None:
            raise _Undecided(f"line {entry[1]}: the bases of {entry[0]} are not told by reading")
        if self.family.decide(entry[2], context) is None:
            raise _Undecided(f"line {entry[1]}: only running decides whether {entry[0]} exists")
        abstract = self.family.is_abstract(cls)
        if abstract is None:
            raise _Undecided(f"line {entry[1]}: whether {entry[0]} is abstract")
        if abstract:
            return None
        key = self._key(cls, problems)
        return None if key is None else self._described(cls, key)

    def _counts(self, cls: Found, context: Context) -> bool:
        """Tell whether the qualified name leads to the class after the import."""
        qualname = self.family.entry(cls)[0]
        names = qualname.split(".")
        found = self.family.member(cls[1], names[0])
        for name in names[1:]:
            found = self.family.attribute(found, name)
        if found == cls:
            return self._in_scope(self.family.module_of(cls))
        if found[0] == "unknown":
            raise _Undecided(f"line {self.family.entry(cls)[1]}: {found[1]} ({qualname})")
        return False

    def _in_scope(self, module: str) -> bool:
        return module == self.scope.package or module.startswith(self.scope.package + ".")

    # -- keys ----------------------------------------------------------------------------------

    def _key(self, cls: Found, problems: list[Problem]) -> Hashable:
        rule = self.scope.rule
        if rule.attribute is None:
            return self.family.reference(cls)
        if rule.opaque:
            raise _Undecided("a key extractor of its own must be asked")
        if rule.own:
            return self._own_key(cls, rule.attribute)
        return self._nearest_key(cls, rule, problems)

    def _own_key(self, cls: Found, attribute: str) -> Hashable:
        value = self.family.posts(cls[1]).get(cls[2], {}).get(attribute)
        value = value or self.family.entry(cls)[5].get(attribute)
        return None if value is None else self._literal(cls, attribute, value)

    def _literal(self, cls: Found, attribute: str, value: Any) -> Hashable:
        """Return a key written in a class body."""
        found = self.family.evaluate(value, self.family.home(cls))
        if found[0] == "const":
            return found[1]  # type: ignore[no-any-return]
        if found[0] == "items" and all(one[0] == "const" for one in found[1]) and value[0] == "l":
            return tuple(one[1] for one in found[1])
        if found[0] == "member":
            return ("member", *found[1:])
        if found[0] in ("function", "bound") or _is_descriptor(found):
            return None
        line = self.family.entry(cls)[1]
        raise _Undecided(f"line {line}: {attribute} is not a literal")

    def _nearest_key(self, cls: Found, rule: KeyRule, problems: list[Problem]) -> Hashable:
        attribute = rule.attribute or ""
        for one in self.family.order(cls):
            if one[0] != "class":
                continue
            value = self.family.entry(one)[5].get(attribute)
            if value is None:
                continue
            key = self._literal(one, attribute, value)
            if key is None and one is not cls:
                continue
            if key is not None and one != cls and self._registers(one):
                problems.append(self._inherited(cls, one, key))
                return None
            return key
        return None if rule.suffix is None else self._extracted(cls, rule.suffix)

    def _registers(self, cls: Found) -> bool:
        if cls == self.family.base or self.family.belongs(cls) is not True:
            return False
        return self.family.is_abstract(cls) is False

    def _inherited(self, cls: Found, owner: Found, key: Hashable) -> Problem:
        name, holder = self.family.entry(cls)[0], self.family.reference(owner)
        return Problem(
            "inherited-key",
            str(cls[1]),
            f"{name} inherits the key {key!r} of {holder} and is not registered",
            hint=f"give {name} a {self.scope.rule.attribute} of its own",
            line=self.family.entry(cls)[1],
        )

    def _extracted(self, cls: Found, suffix: str) -> str:
        name = str(self.family.entry(cls)[0]).rpartition(".")[2]
        return (name.removesuffix(suffix) if suffix else name).lower()

    # -- description ---------------------------------------------------------------------------

    def _described(self, cls: Found, key: Hashable) -> Candidate:
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
        result: dict[str, Any] = {}
        for one in reversed(self.family.order(cls)):
            if one[0] != "class":
                continue
            body = self.family.entry(one)[5] | self.family.posts(one[1]).get(one[2], {})
            for name, value in body.items():
                if name[:2] == "__":
                    continue
                result.pop(name, None)
                if value[0] in "cb":
                    result[name] = self.family.evaluate(value, self.family.home(one))[1]
        return result

    def _secondary(self, cls: Found, key: Hashable) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for attribute, source in self.scope.secondary:
            found = self.family.class_attribute(cls, attribute)
            if found[0] == "missing" or found == ("const", None):
                continue
            other = ("const", key) if source == "primary" else None
            other = other or self.family.class_attribute(cls, source)
            if other[0] == "const" and other[1] is not None:
                result[attribute] = other[1]
        return result

    def _replaced(self, cls: Found) -> str:
        value = self.family.entry(cls)[5].get("__replaces__")
        return str(value[1]) if value and value[0] == "c" else ""

    # -- calls ---------------------------------------------------------------------------------

    def _check_calls(self, record: ModuleRecord) -> None:
        context = self.family.context(record)
        for condition, value, line in record.calls:
            if self.family.decide(condition, context) is False:
                continue
            reason = self.family.makes(value, context)
            if reason:
                raise _Undecided(f"line {line}: {reason}")

    # -- requirements --------------------------------------------------------------------------

    def requirements(self, record: ModuleRecord) -> tuple[str, ...]:
        """Return the third-party packages that a module's unguarded imports name, sorted."""
        import sys

        roots = {entry[1].partition(".")[0] for entry in record.imports}
        own = record.name.partition(".")[0]
        return tuple(sorted(roots - {own} - set(sys.stdlib_module_names)))

    def unavailable(self, module: str) -> tuple[str, str] | None:
        """Return (missing requirement, module that needs it) if importing *module* must fail."""
        if module not in self._available:
            self._available[module] = None
            self._available[module] = self._unavailable(module)
        return self._available[module]

    def _unavailable(self, module: str) -> tuple[str, str] | None:
        parent = module.rpartition(".")[0]
        missing = self.unavailable(parent) if parent else None
        record = self.library.record(module)
        if missing is not None or record is None:
            return missing
        context = self.family.context(record)
        for condition, name, names, _ in record.imports:
            if self.family.decide(condition, context) is True:
                missing = self._lacks(context, name, names)
                if missing is not None:
                    return missing
        return self._fails(record, context)

    def _lacks(self, context: Context, name: str, names: Any) -> tuple[str, str] | None:
        module = context.record.name
        if not self.library.exists(name):
            return (name, module)
        if name.partition(".")[0] != module.partition(".")[0]:
            return None
        self.family.follow(context, name)
        missing = self.unavailable(name)
        for sub in names:
            full = f"{name}.{sub}"
            if missing is None and self.library.exists(full) and not self._binds(name, sub):
                self.family.follow(context, full)
                missing = self.unavailable(full)
        return missing

    def _binds(self, module: str, name: str) -> bool:
        record = self.library.record(module)
        return record is not None and name in record.names

    def _fails(self, record: ModuleRecord, context: Context) -> tuple[str, str] | None:
        """Look for an exception that certainly ends the import for want of a module."""
        for condition, _, _ in record.failures:
            if self.family.decide(condition, context) is True:
                for question in context.variables:
                    if question[0] == "import" and not self.library.exists(question[1]):
                        return (question[1], record.name)
        return None


def _is_descriptor(found: Found) -> bool:
    return found[0] == "instance" and found[1] in (
        ("real", property),
        ("real", classmethod),
        ("real", staticmethod),
    )

