"""From module records to the plugin classes of a scope: which, under which key, or why not."""

from __future__ import annotations

from plugindex.availability import Requirements, requirements_of
from plugindex.candidates import Candidate, CandidateReader
from plugindex.claims import Claims
from plugindex.eligibility import Eligibility
from plugindex.keyreading import KeyReader, Undecided, telling
from plugindex.makers import ANY_TIME, EVERYWHERE
from plugindex.namespaces import ALIASES
from plugindex.records import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugindex.config import Scope
    from plugindex.library import Library
    from plugindex.meaning import Found
    from plugindex.reader import ModuleRecord

_COMPILED = "it is compiled, and may hold classes of the family"


class Resolution(Record):
    """What reading tells of one module.

    *missing* is (requirement, module that needs it) where the module can't be imported. *spreads*
    names other modules in scope of which reading can't tell all because of what this one does.
    """

    candidates: tuple[Candidate, ...] = ()
    undecided: str = ""
    missing: tuple[str, str] | None = None
    requires: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    spreads: tuple[str, ...] = ()


class Resolver:
    """Resolves the modules of one scope; keeps what it worked out between modules."""

    def __init__(self, library: Library, scope: Scope) -> None:
        self.scope = scope
        self.library = library
        self.family = Requirements(library, scope.base, not scope.foreign, scope.package)
        self.keys = KeyReader(self.family, scope)
        self.claims = Claims(library, self.family)
        self.eligibility = Eligibility(self.family, scope)
        self._words: frozenset[bytes] | None = None
        self._telling = telling(scope)
        self._lending: dict[str, dict[str, list[Found]]] = {}
        self.candidates = CandidateReader(self.family, scope, self.keys)

    def problem(self) -> str:
        """Return why the scope's base can't serve, or ""."""
        base = self.family.base
        if base[0] in ("class", "unknown", "outside"):
            return "it is no class" if self.family.is_object(base) else ""
        if base[0] == "real" and isinstance(base[1], type):
            return ""
        return "it can't be found" if base[0] == "missing" else "it is no class"

    def resolve(self, module: str) -> Resolution:
        """Tell what module *module* contributes to the scope."""
        record = self.library.record(module)
        missing = self.family.unavailable(module)
        if record is None or record.unreadable:
            reason = record.unreadable if record else self._hidden(module)
            spreads = self._everywhere(module) if record and record.patches else ()
            return Resolution(undecided="" if missing else reason, missing=missing, spreads=spreads)
        if not missing and self._is_lost():
            return Resolution(undecided=f"what {self.scope.base} is")
        requires = requirements_of(record)
        problems: list[Problem] = []
        candidates, reasons = self._candidates(record, problems)
        named = record.names.get("__name__", ("c",))
        if candidates and named[0] != "c":  # else the classes say which module they are of
            reasons.append("it changes its name")
        if candidates:
            reasons += self.family.displaced(record) + self.family.rebound(record)
        if candidates and record.provides:
            reasons.append("it puts modules into sys.modules, maybe in its own place")
        if missing:  # it can't be imported to find out more
            return Resolution(tuple(candidates), "", missing, requires, tuple(problems))
        spreads = self._effects(record, reasons)
        for line, reason in self.family.skips(record) if candidates else ():
            reasons.append(f"line {line}: {reason}")
        file = self.library.file(module)
        if candidates and file is not None and file.kind == "extension":
            reasons += [] if self._is_compiled_as_read(module) else [_COMPILED]
            candidates = [one.replace(attributes={}) for one in candidates]
        if reasons:
            reasons.sort(key=lambda reason: not reason.endswith(ANY_TIME))
            return Resolution(undecided=reasons[0], requires=requires, spreads=spreads)
        return Resolution(tuple(candidates), "", None, requires, tuple(problems), spreads)

    def _is_lost(self) -> bool:
        """Tell whether the base may be anything, so that any class may be of its family."""
        told = self.scope.foreign and self.family.possible
        return self.family.base[0] == "unknown" and not told

    # -- classes -------------------------------------------------------------------------------

    def _candidates(
        self, record: ModuleRecord, problems: list[Problem]
    ) -> tuple[list[Candidate], list[str]]:
        """Return the plugin classes of a module, and why others are not told by reading."""
        candidates: list[Candidate] = []
        reasons: list[str] = []
        for cls in [*self._own_classes(record), *self._claimed(record)]:
            try:
                candidate = self._candidate(cls, problems)
            except Undecided as reason:
                reasons.append(self.eligibility.dated(cls, str(reason)))
                continue
            if candidate is not None:
                candidates.append(candidate)
        return candidates, reasons

    def _own_classes(self, record: ModuleRecord) -> Iterator[Found]:
        context = self.family.context(record)
        for number, entry in enumerate(record.classes):
            cls = ("class", record.name, number)
            if self.family.decide(entry[2], context) is not False and cls != self.family.base:
                yield cls

    def _claimed(self, record: ModuleRecord) -> Iterator[Found]:
        """Yield the classes of modules out of scope that say they are of this one."""
        twin = ALIASES.get(record.name, record.name)
        for module in {twin, *(star[0] for star in record.stars), *self.claims.sources(record)}:
            if not self._covers(module) and not self.family.is_elsewhere(module):
                self.family.follow(self.family.context(record), module)
                yield from self._lent(module).get(record.name, ())

    def _lent(self, module: str) -> dict[str, list[Found]]:
        """Return the classes of *module* that say they are of another one, by that one."""
        if module not in self._lending:
            lent = self._lending[module] = {}
            other = self.library.record(module)
            for cls in self._own_classes(other) if other else ():
                lent.setdefault(self.family.module_of(cls), []).append(cls)
        return self._lending[module]

    def _covers(self, module: str) -> bool:
        return self.scope.covers(module)

    def _candidate(self, cls: Found, problems: list[Problem]) -> Candidate | None:
        if self.family.belongs(cls) is False:
            return None
        if self.scope.foreign:
            if not self.eligibility.counts(cls):
                return None
        elif self._is_of_another(cls):
            return None
        self.eligibility.check(cls)
        if self.family.is_abstract(cls):
            return None
        key = self.keys.key(cls, problems)
        return None if key is None else self.candidates.candidate(cls, key)

    def _is_of_another(self, cls: Found) -> bool:
        """Tell whether a class says that it is of a module which isn't in scope as its own is."""
        module = self.family.module_of(cls)
        return module != cls[1] and not (self._covers(cls[1]) and self._covers(module))

    # -- what else a module does ---------------------------------------------------------------

    def _effects(self, record: ModuleRecord, reasons: list[str]) -> tuple[str, ...]:
        """Add why running may do more than reading tells; return the modules that it may change."""
        spreads: set[str] = set()
        late, moving = self.family.late(record)
        reasons += [late] if late else []
        spreads.update(cls[1] for cls in (self._members() if moving else ()))
        for line, reason, places in (*self._makings(record), *self._patches(record)):
            reasons.append(f"line {line}: {reason}")
            spreads |= places
        if self.family.base[0] != "class":
            reasons += self.claims.of_compiled(record)
        if spreads >= EVERYWHERE:
            spreads.update(self._everywhere(record.name))
        return tuple(sorted(one for one in spreads if one != record.name and self._covers(one)))

    def _everywhere(self, module: str) -> tuple[str, ...]:
        """Return the modules of the package but for *module*."""
        names = (file.name for file in self.library.modules(self.scope.package))
        return tuple(name for name in names if name != module and self._covers(name))

    def _makings(self, record: ModuleRecord) -> Iterator[tuple[int, str, frozenset[str]]]:
        """Yield the calls and class statements that may make classes of the family."""
        context = self.family.context(record)
        for condition, value, line in record.calls:
            if self.family.decide(condition, context) is not False:
                reason, places = self.family.makes(value, context)
                if reason:
                    yield line, reason, places
        for cls in self._own_classes(record):
            reason, places = self.family.makes_beside(cls)
            if reason:
                yield self.family.entry(cls)[1], reason, places

    def _patches(self, record: ModuleRecord) -> Iterator[tuple[int, str, frozenset[str]]]:
        """Yield the assignments to other modules' classes that decide what is listed of them."""
        context = self.family.context(record)
        for condition, target, name, value, line in record.patches:
            if target[0] != "k" and self.family.decide(condition, context) is not False:
                found, given = [self.family.evaluate(one, context) for one in (target, value)]
                places = self.family.replaced(found, name)
                if name == "__module__" and self.family.moves(record, found):
                    continue
                if name in self._telling:
                    places = self.family.renamed(found, given, record)
                if places:
                    yield line, f"it sets {name} of another class or module", places

    # -- compiled modules ----------------------------------------------------------------------

    def _hidden(self, module: str) -> str:
        """Return why a module without readable code may hold classes of the family, or ""."""
        file = self.library.file(module)
        if file is None or file.kind != "extension":
            return "its code can't be read"
        from plugindex import compiled

        data = self.library.compiled(module)
        if data is None:
            return "its code can't be read"
        if compiled.is_shared_part(module, data):
            return ""
        if self._is_python(self.family.base):
            held = compiled.may_hold_family(data, self._family_words())
        else:
            held = compiled.may_hold_classes(self.claims.binary(module))
        return _COMPILED if held else ""

    def _is_compiled_as_read(self, module: str) -> bool:
        """Tell whether the source beside a compiled module tells which classes it has.

        mypyc makes those that the source says; attributes may be such of their instances alone.
        """
        from plugindex.compiled import is_from_source

        return not self.scope.asks_attributes() and is_from_source(
            self.library.compiled(module) or b""
        )

    def _is_python(self, base: Found) -> bool:
        """Tell whether a class statement that isn't compiled makes the base."""
        file = self.library.file(base[1]) if base[0] == "class" else None
        return file is not None and file.kind != "extension"

    def _family_words(self) -> frozenset[bytes]:
        """Return the names of the classes of the family that are known by reading."""
        if self._words is None:
            words = {self.scope.base.rpartition(":")[2].rpartition(".")[2]}
            names = (
                self.family.entry(cls)[0] for cls in self._members() if self.family.belongs(cls)
            )
            words.update(name.rpartition(".")[2] for name in names)
            self._words = frozenset(word.encode() for word in words)
        return self._words

    def _members(self) -> Iterator[Found]:
        """Yield the classes in the package that are or may be of the family."""
        for file in self.library.modules(self.scope.package):
            record = self.library.record(file.name)
            for cls in self._own_classes(record) if record else ():
                if self.family.belongs(cls) is not False:
                    yield cls
