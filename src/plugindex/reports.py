"""What a registry says: why a key isn't there, and what went wrong."""

from __future__ import annotations

from plugindex.errors import (
    DuplicateKeyError,
    FailedPluginError,
    RegistryError,
    UnavailablePluginError,
    UnknownKeyError,
    message,
)
from plugindex.loader import doctor
from plugindex.names import safe_mode
from plugindex.portable import is_portable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from typing import Any

    from plugindex.config import Scope
    from plugindex.contents import Contents
    from plugindex.records import Plugin, Problem

_MAY_HIDE_KEYS = ("syntax-error", "unreadable", "undecided", "import-failed", "crashed", "ignored")


def absent(key: Hashable, contents: Contents, scope: Scope | None) -> RegistryError:
    """Return the error for a *key* that isn't among the keys: the best that is known of it."""
    if scope is None:
        text = f"no plugin is registered as {key!r}: no base class names this registry yet"
        return UnknownKeyError(text, key=key, next="set it as the __registry__ of a base class")
    if key in contents.refused:
        return _refused(key, contents.refused[key], scope)
    if key in contents.failed:
        return _failed(key, contents.failed[key], scope)
    plugin = contents.unavailable.get(key)
    return _unavailable(plugin, scope) if plugin else _unknown(key, contents, scope)


def _refused(key: Hashable, claimants: tuple[str, ...], scope: Scope) -> RegistryError:
    facts = [("class", name) for name in claimants]
    facts += [("fix", "give one another key, or set __replaces__ in the one that is to stay")]
    text = message(f"several classes claim the {scope.name} key {key!r}", facts)
    return DuplicateKeyError(text, key=key, claimants=claimants)


def _failed(key: Hashable, error: Any, scope: Scope) -> RegistryError:
    text = f"{error}\n  {'note:':<9}it failed earlier in this process; refresh() tries again"
    found = FailedPluginError(
        text, key=key, reference=error.reference, file=error.file, line=error.line
    )
    found.__cause__ = error
    return found


def _unavailable(plugin: Plugin, scope: Scope) -> RegistryError:
    from plugindex.describe import missing_modules, remedy
    from plugindex.leaving import because

    left_out = because(plugin, scope) is not None
    missing = () if left_out else missing_modules(plugin)
    facts = {
        "class": plugin.reference,
        "file": plugin.file,
        "cause" if left_out else "missing": plugin.reason or ", ".join(missing),
        "fix": remedy(plugin, scope, missing),
    }
    text = message(f"{scope.name} {plugin.key!r} is not available here", facts.items())
    return UnavailablePluginError(
        text,
        key=plugin.key,
        reference=plugin.reference,
        file=plugin.file,
        missing=missing,
        remedy=facts["fix"],
    )


def _unknown(key: Hashable, contents: Contents, scope: Scope) -> RegistryError:
    hiding = [p for p in contents.all_problems if p.kind in _MAY_HIDE_KEYS or may_bring(p, key)]
    missing = tuple(map(_may_hide, hiding))
    lift = doctor(scope)
    if safe_mode(scope):
        from plugindex.choices import safety

        reason, lift = safety(scope)
        missing = (f"{reason}; others may have it", *missing)
    return UnknownKeyError(
        f"no {scope.name} is registered as {key!r}",
        key=key,
        known=tuple(contents.entries),
        missing=missing,
        next=lift,
    )


def may_bring(problem: Problem, key: Hashable) -> bool:
    """Tell whether importing the module of a *problem* may bring a *key* that isn't listed."""
    return problem.kind == "undecided" or (problem.kind == "unlisted-key" and not is_portable(key))


def _may_hide(problem: Problem) -> str:
    place = f"line {problem.line}: " if problem.line else ""
    return f"{problem.module or problem.file} ({place}{problem.message}) and may define it"


def log(scope: Scope, contents: Contents, fresh: Iterable[Problem], warned: bool) -> None:
    """Log one warning per registry and process that sums up, and one debug record per problem."""
    from logging import getLogger

    logger = getLogger("plugindex")
    if not warned:
        problems = contents.all_problems
        kinds = sorted({one.kind for one in problems})
        counts = ", ".join(f"{sum(p.kind == kind for p in problems)} {kind}" for kind in kinds)
        text = "registry %r of %s has problems: %s; see its `problems` or run: %s"
        logger.warning(text, scope.name, scope.package, counts, doctor(scope))
    for one in fresh:
        logger.debug("%s: %s: %s", one.kind, one.module or one.file, one.message)
