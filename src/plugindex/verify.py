"""``plugindex verify``: what reading finds against what importing gives."""

from __future__ import annotations

import time

from plugindex import output, targets
from plugindex.build import build
from plugindex.cli import FINDINGS, SOUND, target_of
from plugindex.errors import RegistryError, message
from plugindex.records import Record
from plugindex.truth import compare, import_truth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from typing import Any

    from plugindex.targets import Declared
    from plugindex.truth import Comparison

    Entry = tuple[Hashable, str]


class Verdict(Record):
    """How the listing of one registry compares with the truth.

    *undecided* maps the modules that had to be imported for the listing to the reason, *failures*
    the modules that can't be imported to what they raise.
    """

    declared: Declared
    modules: int
    plugins: int
    comparison: Comparison
    undecided: Mapping[str, str]
    failures: Mapping[str, str]
    seconds: float

    @property
    def undecided_percent(self) -> float:
        """The part of the modules that reading didn't settle."""
        return _percent(len(self.undecided), self.modules)

    @property
    def fails_percent(self) -> float:
        """The part of the modules that hold listed plugins and fail when they are imported."""
        failing = {ref.partition(":")[0] for _, ref in self.comparison.fails_at_import}
        return _percent(len(failing), self.modules)


def run(options: Namespace, started: float) -> int:
    """Compare each registry that is meant, and print the differences by name."""
    verdicts = [verify(one) for one in targets.resolve(target_of(options))]
    sound = all(one.comparison.sound for one in verdicts)
    if options.json:
        seconds = round(time.perf_counter() - started, 3)
        registries = [_as_json(one) for one in verdicts]
        output.document({"sound": sound, "registries": registries, "seconds": seconds})
    else:
        for one in verdicts:
            _print(one)
    return SOUND if sound else FINDINGS


def verify(declared: Declared) -> Verdict:
    """Read one registry anew, import it in a child interpreter, and compare.

    Raises:
        RegistryError: no child could be started, or the registry can't be listed.
    """
    started = time.perf_counter()
    reading = declared.settings.replace(cache=False, shipped=False)
    made = build(declared.scope, reading, None, None)
    undecided = made.reasons()
    snapshot = made.snapshot(started)
    listed = {key: plugin.reference for key, plugin in snapshot.plugins.items()}
    truth = import_truth(declared.scope, made.to_import(), **made.for_child())
    if truth.refused:
        fix = "run this from a plain Python interpreter"
        facts = [("cause", truth.refused), ("fix", fix)]
        raise RegistryError(message("there is nothing to compare the listing with", facts))
    failures = {name: one.message for name, one in truth.failures.items()}
    seconds = time.perf_counter() - started
    contested = {k: [p.reference for p in rivals] for k, rivals in snapshot.conflicts.items()}
    compared = compare(listed, truth, contested)
    return Verdict(declared, len(made.modules), len(listed), compared, undecided, failures, seconds)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _as_json(verdict: Verdict) -> dict[str, Any]:
    compared, scope = verdict.comparison, verdict.declared.scope
    return {
        "name": scope.name,
        "package": scope.package,
        "modules": verdict.modules,
        "plugins": verdict.plugins,
        "missing": _entries(compared.missing),
        "extra": _entries(compared.extra),
        "fails_at_import": [
            {**one, "reason": verdict.failures[one["class"].partition(":")[0]]}
            for one in _entries(compared.fails_at_import)
        ],
        "fails_at_import_percent": verdict.fails_percent,
        "undecided": [{"module": n, "reason": r} for n, r in verdict.undecided.items()],
        "undecided_percent": verdict.undecided_percent,
        "seconds": round(verdict.seconds, 3),
    }


def _entries(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [{"key": output.plain(key), "class": reference} for key, reference in entries]


def _print(verdict: Verdict) -> None:
    compared, scope = verdict.comparison, verdict.declared.scope
    output.say(f"{scope.name} in {scope.package}: {'sound' if compared.sound else 'NOT SOUND'}")
    output.say(f"  modules  {verdict.modules}, plugins {verdict.plugins}")
    for name in ("missing", "extra"):
        _print_entries(name, getattr(compared, name))
    share = f", {verdict.fails_percent} % of the modules"
    _print_entries("fails_at_import", compared.fails_at_import, share)
    for _, reference in compared.fails_at_import:
        module = reference.partition(":")[0]
        output.say(f"    {module}: {verdict.failures[module]}")
    percent = f"{len(verdict.undecided)}, {verdict.undecided_percent} % of the modules"
    output.say(f"  undecided {percent}")
    for name, reason in verdict.undecided.items():
        output.say(f"    {name}: {reason}")


def _print_entries(name: str, entries: Sequence[Entry], more: str = "") -> None:
    output.say(f"  {name} {len(entries)}{more}")
    for key, reference in entries:
        output.say(f"    {output.shown(key)}  {reference}")
