"""The steps of ``plugindex doctor`` for a whole registry."""

from __future__ import annotations

import time

from plugindex import store
from plugindex.choices import idle, safety
from plugindex.doctor import BROKEN, NOTE, OK, Step
from plugindex.files import obstacle
from plugindex.leaving import because
from plugindex.names import safe_mode, variable
from plugindex.narrowing import claimed
from plugindex.shipped_report import reports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.doctor import Case
    from plugindex.leaving import Because
    from plugindex.records import Problem

_KINDS = {
    "file": ("unreadable", "stale-bytecode", "ignored"),
    "syntax": ("syntax-error",),
    "imports": ("missing-requirement", "import-failed", "crashed", "refused"),
    "key": ("missing-key", "inherited-key", "unlisted-key", "undecided"),
    "duplicate": ("duplicate-key",),
}
_NOTES = ("stale-bytecode", "missing-requirement", "inherited-key")


def steps(case: Case) -> list[Step]:
    """Return what each step found over all modules of the registry."""
    count = len(case.cached.plugins)
    good = {
        "file": f"{len(case.made.modules)} modules found",
        "syntax": "every module can be compiled",
        "imports": "nothing that is imported is missing",
        "key": f"{count} key{'s' * (count != 1)}",
        "duplicate": "no key is claimed twice",
    }
    of_problems = [_of_problems(case, name, text) for name, text in good.items()]
    begin = [base(case), package(case), *of_problems, _abstract(case)]
    return [*begin, filters(case), shipped(case), cache(case)]


def base(case: Case) -> Step:
    """Say where the base class stands."""
    found = case.family.base
    place = ""
    if found[0] == "class":
        file = case.made.library.file(found[1])
        place = f" ({file.path}, line {case.family.entry(found)[1]})" if file else ""
    return Step("base", OK, f"{case.scope.base}{place}")


def package(case: Case) -> Step:
    """Say which package is searched, and who else offers plugins."""
    others = sorted({name for name in case.made.modules.values() if name})
    text = f"{case.scope.package}" + (f", and offered by {', '.join(others)}" if others else "")
    return Step("package", OK, text)


def _of_problems(case: Case, name: str, good: str) -> Step:
    found = [one for one in problems(case) if one.kind in _KINDS[name]]
    if not found:
        return Step(name, OK, good)
    broken = [one for one in found if one.kind not in _NOTES]
    first = (broken or found)[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    text = f"{_place(first)}: {first.message}{more}"
    return Step(name, BROKEN if broken else NOTE, text, first.hint)


def problems(case: Case) -> list[Problem]:
    """Return what the fresh reading met, and what the index remembers besides."""
    known = {(one.kind, one.module, one.message) for one in case.fresh.problems}
    kept = case.cached.problems
    return [
        *case.fresh.problems,
        *(one for one in kept if (one.kind, one.module, one.message) not in known),
    ]


def _place(problem: Problem) -> str:
    line = f", line {problem.line}" if problem.line else ""
    return f"{problem.module or problem.file}{line}"


def _abstract(case: Case) -> Step:
    """Name the classes that have a key of their own, but are abstract: somebody forgot a method."""
    names = [case.family.reference(cls) for cls in classes(case) if _is_forgotten(case, cls)]
    if not names:
        return Step("abstract methods", OK, "no class with a key is abstract")
    text = f"abstract, though with a key: {', '.join(names[:5])}"
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    fix = f"plugindex doctor TARGET {names[0]}"
    return Step("abstract methods", NOTE, text + more, fix)


def _is_forgotten(case: Case, cls: Any) -> bool:
    attribute = case.scope.rule.attribute
    value = case.family.entry(cls)[5].get(attribute) if attribute else None
    if value is None or value == ("c", None) or cls == case.family.base:
        return False
    return case.family.belongs(cls) is True and case.family.is_abstract(cls) is True


def classes(case: Case) -> list[Any]:
    """Return every class statement in the modules of the registry."""
    found = []
    for name in case.made.modules:
        record = case.made.library.record(name)
        count = len(record.classes) if record is not None else 0
        found += [("class", name, number) for number in range(count)]
    return found


def filters(case: Case) -> Step:
    """Say what is left out on purpose."""
    plugins = case.fresh.unavailable.items()
    out = [(key, why) for key, plugin in plugins if (why := because(plugin, case.scope))]
    if out:
        return _left_out(out)
    idlers = idle(claimed(case.whole), case.scope)
    if idlers:
        place, entry = idlers[0]
        text = f"{place} names {entry!r}, which is no key and brings no plugin here"
        return Step("filter", NOTE, text, f"correct it, or take it out of {place}")
    if safe_mode(case.scope):
        return Step("filter", NOTE, *safety(case.scope))
    left_out = ", ".join(case.scope.excluded)
    return Step("filter", OK, f"left out: {left_out}" if left_out else "nothing is left out")


def _left_out(out: list[tuple[Any, Because]]) -> Step:
    """Say which keys are left out, by reason, and how to have the first again."""
    reasons: dict[str, list[str]] = {}
    for key, why in out:
        reasons.setdefault(why.reason, []).append(repr(key))
    told = "; ".join(f"{', '.join(keys)}: {reason}" for reason, keys in reasons.items())
    return Step("filter", NOTE, f"left out: {told}", out[0][1].remedy)


def shipped(case: Case) -> Step:
    """Say of each distribution whether the index that it ships is used, and if not, why."""
    found = reports(case.scope, case.declared.settings)
    text = "; ".join(one.text for one in found)
    ignored = next((one for one in found if one.path and one.why), None)
    if ignored is None:
        return Step("shipped", OK, text)
    return Step("shipped", NOTE, text, f"plugindex build {ignored.package}")


def cache(case: Case) -> Step:
    """Say where the index lies, and whether it says what a fresh reading says."""
    if not case.path or case.stored is None:
        return Step("cache", OK, "no index is kept")
    before = case.stored
    if before.verdict not in (store.OK, store.ABSENT):
        fix = "plugindex cache clear TARGET"
        return Step("cache", NOTE, f"{case.path} was {before.verdict}: {before.why}", fix)
    if case.cached.stats.cache != "hit" and store.read(case.path).verdict == store.ABSENT:
        why = obstacle(case.path) or "nothing says why"
        text = f"{case.path} can't be stored, so every start reads all anew: {why}"
        return Step("cache", NOTE, text, _elsewhere(case))
    age = _age(before.head("timestamp"))
    known = {key: one.reference for key, one in case.cached.plugins.items()}
    fresh = {key: one.reference for key, one in case.fresh.plugins.items()}
    lost = [key for key in fresh if key not in known]
    if known != fresh and not _remembered(case, lost):
        text = f"{case.path} says something else than the files"
        return Step("cache", BROKEN, text, "plugindex cache clear TARGET")
    return Step("cache", OK, f"{case.path}, {case.cached.stats.cache}{age}")


def _elsewhere(case: Case) -> str:
    name = variable(case.scope.application, "CACHE_DIR")
    return f"mend that, or name another folder in {name}"


def _remembered(case: Case, lost: list[Any]) -> bool:
    """Say whether all keys that the index leaves out failed to load before."""
    failed = {one.module for one in case.cached.problems if one.kind == "import-failed"}
    return all(case.fresh.plugins[key].module in failed for key in lost) and bool(lost)


def _age(written: Any) -> str:
    if not isinstance(written, int | float):
        return ""
    return f", written {time.time() - written:.0f} s ago"
