"""``plugindex list``: every plugin, known without importing it."""

from __future__ import annotations

import time

from plugindex import index, output, targets
from plugindex.cli import FINDINGS, SOUND, target_of
from plugindex.names import limits
from plugindex.narrowing import narrowed
from plugindex.records import Stats

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence
    from typing import Any

    from plugindex.config import Scope
    from plugindex.index import Settings
    from plugindex.records import Plugin, Problem
    from plugindex.snapshot import Snapshot
    from plugindex.targets import Declared

    Taken = Sequence[tuple[Declared, Snapshot]]

# The others cost no plugin that importing would give: they say why one isn't there.
_NO_FINDINGS = ("missing-requirement", "inherited-key", "stale-bytecode")


def run(options: Namespace, started: float) -> int:
    """Print the plugins of every registry that is meant."""
    found = take(targets.resolve(target_of(options)), options.cache)
    stats = total([snapshot.stats for _, snapshot in found], time.perf_counter() - started)
    if options.json:
        output.document({"registries": [_as_json(*one) for one in found], "stats": stats})
    else:
        _print(found, stats)
    problems = (problem for _, snapshot in found for problem in snapshot.problems)
    return FINDINGS if any(one.kind not in _NO_FINDINGS for one in problems) else SOUND


def take(declared: Iterable[Declared], cache: bool = True) -> Taken:
    """Return each registry with its snapshot, as the application would see it here and now."""
    found = []
    for one in declared:
        settings = one.settings if cache else one.settings.replace(cache=False)
        found.append((one, seen(one.scope, settings)))
    return found


def seen(scope: Scope, settings: Settings) -> Snapshot:
    """Return what the application would see of *scope* here and now."""
    snapshot = index.take(scope, settings)
    return narrowed(snapshot, scope) if limits(scope) else snapshot


def total(stats: Sequence[Stats], seconds: float) -> dict[str, Any]:
    """Add up what several discoveries cost; the verdict is "partial" where theirs differ."""
    verdicts = {one.cache for one in stats}
    return {
        "modules": sum(one.modules for one in stats),
        "read": sum(one.read for one in stats),
        "imported": sum(one.imported for one in stats),
        "cache": verdicts.pop() if len(verdicts) == 1 else "partial",
        "seconds": round(seconds, 6),
    }


def plugins(snapshot: Snapshot) -> list[Plugin]:
    """Return the available plugins in their order, then those that lack something."""
    return [*snapshot.plugins.values(), *snapshot.unavailable.values()]


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """Return a problem's fields."""
    return {name: getattr(problem, name) for name in problem._fields}


def _as_json(declared: Declared, snapshot: Snapshot) -> dict[str, Any]:
    listed = [
        {
            "key": output.plain(one.key),
            "class": one.reference,
            "status": one.status,
            "reason": one.reason,
        }
        for one in plugins(snapshot)
    ]
    return {
        "name": declared.scope.name,
        "package": declared.scope.package,
        "plugins": listed,
        "problems": [problem_as_json(one) for one in snapshot.problems],
    }


def _print(found: Taken, stats: dict[str, Any]) -> None:
    rows = [
        [declared.scope.name, output.shown(one.key), one.reference, one.status, one.reason]
        for declared, snapshot in found
        for one in plugins(snapshot)
    ]
    names = ["registry", "key", "class", "status", "reason"]
    output.table(f"{len(rows)} plugin{'s' * (len(rows) != 1)}", names, rows)
    for declared, snapshot in found:
        if not snapshot.plugins and not snapshot.unavailable:
            output.say(f"{declared.scope.name}: no plugin in {declared.scope.package}")
        for problem in snapshot.problems:
            output.say(problem_text(problem))
    counts = "{modules} modules, {read} read, {imported} imported".format(**stats)
    output.say(f"{counts}, cache {stats['cache']}, {stats['seconds']:.3f} s")


def problem_text(problem: Problem) -> str:
    """Return a problem as a line, and its remedy as a second one."""
    place = problem.file or problem.module
    place += f", line {problem.line}" if problem.line else ""
    text = f"{problem.kind}: {problem.module or place}: {problem.message}"
    text += f" ({place})" if place != problem.module else ""
    return text + (f"\n  fix:     {problem.hint}" if problem.hint else "")
