"""The steps of ``plugindex doctor`` for one plugin, named by its key or its class."""

from __future__ import annotations

from plugindex.cli_show import keys_like
from plugindex.describe import remedy
from plugindex.doctor import BROKEN, OK, Step
from plugindex.doctor_registry import base, cache, classes, filters, package, problems, shipped
from plugindex.doctor_search import searched
from plugindex.leaving import because
from plugindex.narrowing import claimed
from plugindex.records import Plugin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.doctor import Case


def steps(case: Case, subject: str) -> tuple[list[Step], bool]:
    """Return what each step found for the plugin that *subject* names, and whether any is."""
    found = find(case, subject)
    begin = [base(case), package(case)]
    if found:
        walks = [_walk(case, cls) for cls in found]
        return _joined(begin, min(walks, key=_depth)), True
    met, known = searched(case, subject)
    return [*begin, met], known


def _joined(begin: list[Step], walk: list[Step]) -> list[Step]:
    """Return both, a step of *walk* in the place of the one of that name in *begin*."""
    names = {step.name for step in walk}
    return [*(step for step in begin if step.name not in names), *walk]


def _depth(walk: list[Step]) -> int:
    """Return how far from whole a walk is: of several classes the best one is meant."""
    return 0 if walk[-1].verdict == OK else 100 - len(walk)


def find(case: Case, subject: str) -> list[Any]:
    """Return the class statements that *subject* may mean: by key, by reference, or by name."""
    keys = keys_like(subject, case.fresh)
    listed = {**case.fresh.unavailable, **case.fresh.plugins}
    references = {listed[key].reference for key in keys}
    rivals = case.fresh.conflicts.items()
    references |= {p.reference for k, ps in rivals if subject in (k, repr(k)) for p in ps}
    every = classes(case)
    by_key = [cls for cls in every if case.family.reference(cls) in references]
    by_key = by_key or [cls for cls in every if _has_key(case, cls, subject)]
    return by_key or [cls for cls in every if _has_name(case, cls, subject)]


def _has_key(case: Case, cls: Any, subject: str) -> bool:
    attribute = case.scope.rule.attribute
    value = case.family.entry(cls)[5].get(attribute) if attribute else None
    if value is None:
        return False
    found = case.family.evaluate(value, case.family.home(cls))
    return found[0] == "const" and subject in (found[1], repr(found[1]))


def _has_name(case: Case, cls: Any, subject: str) -> bool:
    qualname = case.family.entry(cls)[0]
    return subject in (case.family.reference(cls), qualname, qualname.rpartition(".")[2])


# -- one class ---------------------------------------------------------------------------------


def _walk(case: Case, cls: Any) -> list[Step]:
    """Return the steps for a class up to the first that is broken."""
    walked: list[Step] = []
    for check in (_file, _syntax, _base, _imports, _abstract, _key, _duplicate, _filter, *_LAST):
        walked.append(check(case, cls))
        if walked[-1].verdict == BROKEN:
            break
    return walked


def _file(case: Case, cls: Any) -> Step:
    file = case.made.library.file(cls[1])
    entry = case.family.entry(cls)
    text = f"{case.family.reference(cls)} in {file.path if file else cls[1]}, line {entry[1]}"
    if case.family.decide(entry[2], case.family.home(cls)) is False:
        text += ": it stands under a condition that doesn't hold here"
        return Step("file", BROKEN, text, "take the class out of that condition")
    return Step("file", OK, text)


def _syntax(case: Case, cls: Any) -> Step:
    return Step("syntax", OK, f"{cls[1]} can be compiled")


def _base(case: Case, cls: Any) -> Step:
    name = case.family.entry(cls)[0]
    if cls == case.family.base:
        fix = "name one of its subclasses"
        return Step("base", BROKEN, f"{name} is the base itself, which is no plugin", fix)
    if case.family.belongs(cls) is False:
        fix = f"let it derive from {case.scope.base}"
        return Step("base", BROKEN, f"{name} doesn't derive from {case.scope.base}", fix)
    return base(case)


def _imports(case: Case, cls: Any) -> Step:
    missing = case.made.results[cls[1]]["missing"]
    if missing is not None:
        requirement, needed_by = missing
        where = f", which {needed_by} imports," if needed_by != cls[1] else ""
        plugin = Plugin(None, cls[1], case.family.entry(cls)[0])
        top = requirement.partition(".")[0]
        fix = remedy(plugin, case.scope, (top,))
        if case.made.finder.find(top) is not None or top == cls[1].partition(".")[0]:
            fix = f"there is {top}, but no {requirement}: mend the import in {needed_by}"
        return Step("imports", BROKEN, f"{requirement}{where} is not installed", fix)
    failed = [p for p in problems(case) if p.module == cls[1] and p.kind in _FAILURES]
    if failed:
        fix = failed[0].hint or f"mend what importing {cls[1]} raises"
        return Step("imports", BROKEN, f"importing {cls[1]} fails: {failed[0].message}", fix)
    needs = ", ".join(case.made.results[cls[1]]["requires"])
    return Step("imports", OK, f"what it needs is there: {needs}" if needs else "it needs nothing")


_FAILURES = ("import-failed", "missing-key", "crashed", "refused", "undecided")


def _abstract(case: Case, cls: Any) -> Step:
    marks = case.family.abstract_names(cls)
    names = sorted(name for name, mark in marks.items() if mark)
    if case.family.is_abstract(cls) is True:
        text = f"it leaves abstract: {', '.join(names)}"
        fix = f"define {', '.join(names)} in {case.family.entry(cls)[0]}"
        return Step("abstract methods", BROKEN, text, fix)
    return Step("abstract methods", OK, "none is left abstract")


def _key(case: Case, cls: Any) -> Step:
    reference = case.family.reference(cls)
    held = [p for p in _listed(case) if p.reference == reference]
    if held:
        return Step("key", OK, repr(held[0].key))
    told = [p for p in problems(case) if p.module == cls[1] and p.kind in _KEY_KINDS]
    told = [p for p in told if p.line in (0, case.family.entry(cls)[1])]
    if told:
        return Step("key", BROKEN, told[0].message, told[0].hint)
    undecided = case.made.results[cls[1]]["undecided"]
    if undecided:
        text = (
            f"reading doesn't tell ({undecided}), and importing {cls[1]} registered no {reference}"
        )
        return Step("key", BROKEN, text, _key_fix(case, cls))
    if case.scope.rule.attribute is None:
        text = f"{reference} doesn't lead back to it after all imports"
        return Step("key", BROKEN, text, "bind the class to its own name in its own module")
    return Step("key", BROKEN, _keyless(case, cls, case.scope.rule.attribute), _key_fix(case, cls))


def _keyless(case: Case, cls: Any, attribute: str) -> str:
    value = case.family.entry(cls)[5].get(attribute)
    if value is not None and value != ("c", None):
        return f"its {attribute} is no key: it is a method, a property or another descriptor"
    return f"it sets no {attribute}"


_KEY_KINDS = ("inherited-key", "unlisted-key")


def _key_fix(case: Case, cls: Any) -> str:
    name = case.family.entry(cls)[0]
    return f"set {case.scope.rule.attribute} in the body of {name} to a literal"


def _listed(case: Case) -> list[Plugin]:
    """Return every plugin that reading tells of, whoever has its key and whatever leaves it out."""
    return [*case.fresh.plugins.values(), *case.fresh.unavailable.values(), *claimed(case.whole)]


def _duplicate(case: Case, cls: Any) -> Step:
    reference = case.family.reference(cls)
    for key, rivals in case.fresh.conflicts.items():
        names = [one.reference for one in rivals]
        if reference in names:
            others = ", ".join(name for name in names if name != reference)
            fix = f"give one another key, or set __replaces__ = {others!r} in {reference}"
            return Step("duplicate", BROKEN, f"{key!r} is claimed by {others} too", fix)
    return _lost(case, reference) or Step("duplicate", OK, "no other class claims its key")


def _lost(case: Case, reference: str) -> Step | None:
    """Say who has the key of a class: the host's, which comes first, or one that replaces it."""
    for plugin in claimed(case.whole):
        holder = case.fresh.plugins.get(plugin.key)
        if plugin.reference != reference or holder is None or holder.reference == reference:
            continue
        text = f"{plugin.key!r} is the key of {holder.reference}"
        if holder.attributes.get("__replaces__") == reference:
            return Step("duplicate", BROKEN, f"{text}, which replaces it", "give it another key")
        fix = f"give it another key, or set __replaces__ = {holder.reference!r} in it"
        return Step("duplicate", BROKEN, f"{text}, which comes first", fix)
    return None


def _filter(case: Case, cls: Any) -> Step:
    if any(cls[1] == name or cls[1].startswith(name + ".") for name in case.scope.excluded):
        return Step("filter", BROKEN, f"{cls[1]} is left out", "take it off the list of exclusions")
    for plugin in _listed(case):
        if plugin.reference == case.family.reference(cls):
            why = because(plugin, case.scope)
            if why is not None:
                return Step("filter", BROKEN, why.reason, why.remedy)
    return filters(case)


def _shipped(case: Case, cls: Any) -> Step:
    return shipped(case)


def _cache(case: Case, cls: Any) -> Step:
    return cache(case)


_LAST = (_shipped, _cache)
