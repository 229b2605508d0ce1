"""What one module came to, as an index stores it: its plugins, its problems, what it lacks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

    from plugindex.answer import Examination
    from plugindex.candidates import Candidate
    from plugindex.library import Library
    from plugindex.records import ModuleFile, Plugin, Problem
    from plugindex.resolver import Resolution


def stored_result(library: Library, name: str, resolution: Resolution) -> dict[str, Any]:
    """Return what a module came to, as an index stores it."""
    file = library.file(name)
    reading = library.readings.get(name)
    found = [*resolution.problems, *((reading.problem, reading.stale) if reading else ())]
    return {
        "file": file.path if file else "",
        "undecided": "" if reading and reading.problem else resolution.undecided,
        "missing": list(resolution.missing) if resolution.missing else None,
        "requires": list(resolution.requires),
        "problems": [_placed(fields_of(one), file) for one in found if one is not None],
        "plugins": [_stored_plugin(one, one.replaces) for one in resolution.candidates],
    }


def _placed(problem: dict[str, Any], file: ModuleFile | None) -> dict[str, Any]:
    return {**problem, "file": problem["file"] or (file.path if file else "")}


def same_keys(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two results of a module give the same keys to the same classes."""
    if one["problems"] or other["problems"] or one["missing"] != other["missing"]:
        return False
    return [_claim(p) for p in one["plugins"]] == [_claim(p) for p in other["plugins"]]


def _claim(plugin: dict[str, Any]) -> list[Any]:
    return [plugin[n] for n in ("key", "module", "qualname", "secondary", "replaces")]


def fields_of(problem: Problem) -> dict[str, Any]:
    """Return the fields of a problem, as an index stores it."""
    return {name: getattr(problem, name) for name in problem._fields}


def _stored_plugin(one: Candidate | Plugin, replaces: str) -> dict[str, Any]:
    from plugindex.portable import portable

    stated_as = getattr(one, "stated_as", "")
    named = {"stated_as": stated_as} if stated_as else {}
    marked = {"__replaces__": replaces} if replaces else {}
    return {
        "key": portable(one.key),
        "module": one.module,
        "qualname": one.qualname,
        "line": one.line,
        "doc": one.doc,
        "attributes": {n: portable(v) for n, v in (dict(one.attributes) | marked).items()},
        "secondary": {n: portable(v) for n, v in one.secondary.items()},
        "replaces": replaces,
        **named,
    }


def take_examination(
    results: dict[str, dict[str, Any]],
    names: Collection[str],
    found: Examination,
    result_of: Callable[[str], dict[str, Any] | None],
) -> None:
    """Put what a child found of the modules *names* into their results.

    Args:
        results: those of the modules that were resolved now; changed here.
        names: the modules that were imported for being undecided.
        found: what the child found.
        result_of: returns the result of any module in scope, None for no such module.
    """
    for name in names:
        result = results[name]
        result["plugins"] = [_examined(one) for one in found.plugins if one.home == name]
        failure = found.failures.get(name)
        told = {(one["kind"], one["message"]) for one in result["problems"]}
        met = [one for one in found.problems if one.module == name]
        result["problems"] += [fields_of(p) for p in met if (p.kind, p.message) not in told]
        if failure is not None:
            result["problems"] = [fields_of(failure)]
        elif found.refused:
            result["problems"] = [_not_examined(name, result["undecided"], found.refused)]
    for one in found.plugins:  # a class may claim another module than the one that made it
        if one.home not in names and not _is_known(one, result_of(one.home)):
            results[next(iter(names))]["plugins"].append(_examined(one))


def examined_result(
    plugins: list[Plugin], failure: Problem | None, undecided: str
) -> dict[str, Any]:
    """Return what a module came to that only a child interpreter has looked at.

    Args:
        plugins: what it holds.
        failure: why it couldn't be imported.
        undecided: why reading doesn't tell.
    """
    return {
        "file": plugins[0].file if plugins else "",
        "undecided": undecided,
        "missing": None,
        "requires": [],
        "problems": [] if failure is None else [fields_of(failure)],
        "plugins": [_examined(one) for one in plugins],
    }


def _examined(one: Plugin) -> dict[str, Any]:
    return _stored_plugin(one, str(one.attributes.get("__replaces__", "")))


def _is_known(one: Plugin, result: dict[str, Any] | None) -> bool:
    return result is not None and any(p["qualname"] == one.qualname for p in result["plugins"])


def _not_examined(name: str, reason: str, refused: str) -> dict[str, str]:
    return {
        "kind": "undecided",
        "module": name,
        "message": f"reading doesn't tell what it holds ({reason}), and {refused}",
        "hint": f"import {name} to register what it holds",
    }
