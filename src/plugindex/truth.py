"""Compare a listing with what importing everything gives."""

from __future__ import annotations

from plugindex.names import root
from plugindex.records import Problem, Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from typing import Any

    from plugindex.answer import Examination
    from plugindex.config import Scope
    from plugindex.records import Plugin

    Entry = tuple[Hashable, str]


class Truth(Record):
    """What a fresh process holds after importing every module of a scope in sorted name order.

    *entries* maps keys to object references, *failures* the modules that can't be imported to the
    reason. A key that two classes claim is in *problems*, not in *entries*. *refused* says why
    there is no truth: no child interpreter could be started.
    """

    entries: Mapping[Hashable, str] = {}
    failures: Mapping[str, Problem] = {}
    problems: tuple[Problem, ...] = ()
    seconds: Mapping[str, float] = {}
    refused: str = ""


class Comparison(Record):
    """How a listing differs from the truth, as sorted (key, object reference) pairs.

    *fails_at_import* are listed classes whose module fails, which only running it can show.
    """

    missing: tuple[Entry, ...] = ()
    extra: tuple[Entry, ...] = ()
    fails_at_import: tuple[Entry, ...] = ()

    @property
    def sound(self) -> bool:
        """Say whether reading found exactly what importing gives."""
        return not self.missing and not self.extra


def import_truth(scope: Scope, modules: Iterable[str], **options: Any) -> Truth:
    """Return the truth of one *scope*; the rest as :func:`import_truths`."""
    return import_truths([scope], modules, **options)[0]


def import_truths(
    scopes: Sequence[Scope],
    modules: Iterable[str],
    *,
    path: Sequence[str] | None = None,
    others: Sequence[str] = (),
    dropped: Mapping[str, str] | None = None,
    limit_s: float = 600.0,
    module_limit_s: float = 60.0,
) -> list[Truth]:
    """Import *modules* in one child interpreter and return what it then holds of each scope.

    Args:
        scopes: what to list.
        modules: the names of every module in the scopes, in any order.
        path: the child's ``sys.path``; this process's by default.
        others: modules whose classes count, though they lie outside of the scopes' packages.
        dropped: plugin folders by the package that stands for them.
        limit_s: the time for everything together.
        module_limit_s: the time for each module.
    """
    from plugindex import sandbox

    found = sandbox.examine_all(
        sorted(set(modules)),
        scopes,
        path=path,
        others=others,
        dropped=dropped,
        limit_s=limit_s,
        module_limit_s=module_limit_s,
        details=False,
    )
    return [_truth(*pair) for pair in zip(found, scopes, strict=True)]


def _truth(found: Examination, scope: Scope) -> Truth:
    entries, clashes = settle(found.plugins, scope.application)
    problems = (*found.problems, *clashes)
    return Truth(entries, found.failures, problems, found.seconds, found.refused)


def settle(plugins: Iterable[Plugin], host: str = "") -> tuple[dict[Hashable, str], list[Problem]]:
    """Give each key to one class, and to none where two classes claim it.

    A class that has the same reference as the holder is that class, defined again; one that names
    the holder in ``__replaces__`` takes the key over. The application *host* comes before others.
    """
    claims: dict[Hashable, dict[str, Plugin]] = {}
    for plugin in plugins:
        claims.setdefault(plugin.key, {})[plugin.reference] = plugin
    held = {key: _foremost([*rivals.values()], host) for key, rivals in claims.items()}
    entries = {key: holders[0].reference for key, holders in held.items() if len(holders) == 1}
    return entries, [_clash(*holders[:2]) for holders in held.values() if len(holders) > 1]


def _foremost(rivals: list[Plugin], host: str) -> list[Plugin]:
    """Return those of *rivals* that no other replaces, the host's alone where it has any."""
    names = {one.attributes.get("__replaces__") for one in rivals if not _replaces(one, one)}
    standing = [one for one in rivals if one.reference not in names] or rivals
    return [one for one in standing if root(one.module) == host] or standing


def _replaces(plugin: Plugin, other: Plugin) -> bool:
    return bool(plugin.attributes.get("__replaces__") == other.reference)


def _clash(first: Plugin, second: Plugin) -> Problem:
    text = f"the key {second.key!r} is claimed by {first.reference} and by {second.reference}"
    hint = "give one of them another key, or name the other in its __replaces__"
    return Problem("duplicate-key", second.module, text, hint, second.file, second.line)


def compare(
    listed: Mapping[Hashable, str],
    truth: Truth,
    contested: Mapping[Hashable, Iterable[str]] | None = None,
) -> Comparison:
    """Compare *listed*, keys and their object references, with the *truth*.

    Of keys that several classes claim, *contested* has their references: one whose module fails
    loses its claim, which only running it can show.
    """
    surplus = listed.items() - truth.entries.items()
    failing = {entry for entry in surplus if entry[1].partition(":")[0] in truth.failures}
    missing = truth.entries.items() - listed.items()
    for key, rivals in (contested or {}).items():
        lost = {(key, ref) for ref in rivals if ref.partition(":")[0] in truth.failures}
        failing |= lost
        missing -= {entry for entry in missing if lost and entry[0] == key}
    return Comparison(_sorted(missing), _sorted(surplus - failing), _sorted(failing))


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (entry[1], repr(entry[0]))))
