"""``plugindex doctor``: walk the way from a base class to a plugin and find the broken link."""

from __future__ import annotations

import time

from plugindex import index, output, store, targets
from plugindex.build import build
from plugindex.cli import FINDINGS, SOUND, target_of
from plugindex.cli_list import seen
from plugindex.errors import DiscoveryError
from plugindex.narrowing import narrowed
from plugindex.records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from plugindex.build import Build
    from plugindex.snapshot import Snapshot
    from plugindex.targets import Declared

OK, NOTE, BROKEN, SKIPPED = "ok", "note", "broken", "skipped"
STEPS = (
    "base", "package", "file", "syntax", "imports", "abstract methods", "key", "duplicate",
    "filter", "shipped", "cache",
)  # fmt: skip


class Step(Record):
    """What one step found: *verdict* is "ok", "note", "broken" or "skipped"."""

    name: str
    verdict: str
    text: str = ""
    fix: str = ""


class Diagnosis(Record):
    """The steps of one registry, for one *subject* (a key or class) or for the whole of it.

    *known* says that something has the subject's name.
    """

    registry: str
    subject: str
    steps: tuple[Step, ...]
    known: bool = True

    @property
    def broken(self) -> Step | None:
        """The first broken link."""
        return next((step for step in self.steps if step.verdict == BROKEN), None)


class Case:
    """One registry under examination: read anew, and as the cache has it.

    Attributes:
        declared: what it covers.
        made: the fresh reading.
        family: the classes of the registry's hierarchy, as reading tells them.
        whole: the snapshot of that.
        fresh: the same, less what is left out now.
        cached: what the application would see, from its index where that holds.
        stored: what lay at the index's place before.
    """

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.scope = declared.scope
        reading = declared.settings.replace(cache=False, shipped=False)
        self.made: Build = build(declared.scope, reading, None, None)
        self.family: Any = self.made.family()
        self.whole: Snapshot = self.made.snapshot(time.perf_counter())
        self.fresh: Snapshot = narrowed(self.whole, self.scope)
        self.path = index.cache_path(declared.scope, declared.settings)
        self.stored = store.read(self.path) if self.path else None
        self.cached: Snapshot = seen(declared.scope, declared.settings)


def run(options: Namespace, started: float) -> int:
    """Print each step's verdict, the first broken link, and how to mend it."""
    found = [diagnose(one, options.plugin) for one in targets.resolve(target_of(options))]
    if options.plugin:
        found = _relevant(found)
    if options.json:
        output.document({"registries": [_as_json(one) for one in found]})
    else:
        for one in found:
            _print(one)
    return FINDINGS if any(one.broken for one in found) else SOUND


def _relevant(found: Sequence[Diagnosis]) -> list[Diagnosis]:
    """Return the registries to whose family the subject belongs, else those that know it at all."""
    known = [one for one in found if one.known]
    kin = [one for one in known if one.broken is None or one.broken.name != "base"]
    return kin or known or list(found)


def diagnose(declared: Declared, subject: str | None = None) -> Diagnosis:
    """Walk one registry, for the plugin that *subject* names or for all."""
    from plugindex import doctor_plugin, doctor_registry

    try:
        case = Case(declared)
    except DiscoveryError as error:
        fix = error.fix or "name a base class that is there"
        base = Step("base", BROKEN, error.cause or str(error.args[0]), fix)
        return Diagnosis(declared.scope.name, subject or "", _filled([base]))
    if not subject:
        return Diagnosis(declared.scope.name, "", _filled(doctor_registry.steps(case)))
    steps, known = doctor_plugin.steps(case, subject)
    return Diagnosis(declared.scope.name, subject, _filled(steps), known)


def _filled(given: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps in their order, those that weren't reached as skipped."""
    by_name = {step.name: step for step in given}
    return tuple(by_name.get(name) or Step(name, SKIPPED, "not reached") for name in STEPS)


def _as_json(one: Diagnosis) -> dict[str, Any]:
    broken = one.broken
    return {
        "name": one.registry,
        "subject": one.subject or None,
        "steps": [{f: getattr(step, f) for f in step._fields} for step in one.steps],
        "broken": broken.name if broken else None,
        "fix": broken.fix if broken else None,
    }


def _print(one: Diagnosis) -> None:
    title = f"{one.registry}: {output.shown(one.subject)}" if one.subject else one.registry
    rows = [(step.name, step.verdict, step.text) for step in one.steps]
    output.table(title, ("step", "verdict", ""), rows)
    broken = one.broken
    if broken is None:
        output.say("  no broken link")
    else:
        output.say(f"  first broken link: {broken.name}: {broken.text}")
        output.say(f"  fix:     {broken.fix}" if broken.fix else "")
