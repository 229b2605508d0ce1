"""Where a plugin may be that no class statement in scope shows, for ``plugindex doctor``."""

from __future__ import annotations

import os
from itertools import islice

from plugindex import stamp
from plugindex.choices import safety
from plugindex.cli_show import keys_like
from plugindex.doctor import BROKEN, OK, Step
from plugindex.doctor_registry import classes
from plugindex.names import safe_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugindex.doctor import Case

_LARGEST = 1 << 24  # bytes of a file in which a name is searched
_MOST = 5_000  # files in folders that no listing goes into


def searched(case: Case, subject: str) -> tuple[Step, bool]:
    """Return where the name *subject* is met, and whether it is met at all."""
    for look in (_by_result, _broken_file, _mentioned_outside, _mentioned):
        found = look(case, subject)
        if found is not None:
            return found, True
    return _unknown(case, subject), False


def _by_result(case: Case, subject: str) -> Step | None:
    """Say where a plugin comes from that no class statement shows: a child found it."""
    for plugin in case.fresh.plugins.values():
        if plugin.key in keys_like(subject, case.fresh):
            text = f"{plugin.reference} is made by code in {plugin.file}, and is listed"
            return Step("file", OK, text)
    return None


def _broken_file(case: Case, subject: str) -> Step | None:
    """Look for the name in the files that can't be read: there the plugin may be.

    A key may be made of the name of a class, so case and underscores don't count.
    """
    name = _loosely(subject.rpartition(":")[2].rpartition(".")[2].encode("utf-8", "replace"))
    for problem in case.fresh.problems:
        step = {"syntax-error": "syntax", "unreadable": "file"}.get(problem.kind)
        data = stamp.read(problem.file, _LARGEST) if step and problem.file else None
        if step and data is not None and name in _loosely(data + problem.module.encode()):
            line = f", line {problem.line}" if problem.line else ""
            text = f"{problem.file}{line}: {problem.message}; it mentions {subject!r}"
            return Step(step, BROKEN, text, problem.hint or "mend the file")
    return None


def _loosely(text: bytes) -> bytes:
    return text.lower().replace(b"_", b"")


def _mentioned_outside(case: Case, subject: str) -> Step | None:
    """Look for the name in folders of the package that have no ``__init__``."""
    forms = _forms_of(subject)
    for path in islice(_outside(case), _MOST):
        data = stamp.read(path, _LARGEST)
        if data is not None and any(form in data for form in forms):
            folder = os.path.dirname(path)
            text = (
                f"{path} mentions it, but {folder} has no __init__.py, so nothing in it is listed"
            )
            return Step("file", BROKEN, text, f"put an __init__.py into {folder}")
    return None


def _outside(case: Case) -> Iterator[str]:
    """Yield the sources below the host's package in folders that are no packages."""
    package = case.made.finder.find(case.scope.package)
    for location in package.locations if package else ():
        for folder, _, names in os.walk(location):
            if folder != location and not any(name.startswith("__init__.") for name in names):
                yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(".py"))


def _mentioned(case: Case, subject: str) -> Step | None:
    """Look for the name in the files in scope: it may stand in code that doesn't run here."""
    forms = _forms_of(subject)
    for module in case.made.modules:
        file = case.made.library.file(module)
        data = stamp.read(file.path, _LARGEST) if file and file.kind == "source" else None
        if data is not None and file and any(form in data for form in forms):
            text = f"{file.path} mentions it, but no class statement that runs here has it"
            return Step("file", BROKEN, text, "look at the conditions around it")
    return None


def _forms_of(subject: str) -> list[bytes]:
    """Return how a key, or the name of a class, may be written."""
    name = subject.rpartition(":")[2].rpartition(".")[2]
    forms = [f'"{name}"', f"'{name}'", f"class {name}(", f"class {name}:"]
    return [form.encode("utf-8", "replace") for form in forms]


def _unknown(case: Case, subject: str) -> Step:
    from difflib import get_close_matches

    family = case.family
    named = [family.entry(cls)[0] for cls in classes(case) if family.belongs(cls)]
    fresh = case.fresh
    known = [str(key) for key in (*fresh.plugins, *fresh.unavailable, *fresh.conflicts)]
    near = get_close_matches(subject, [*known, *named], 3, 0.5)
    if safe_mode(case.scope):
        reason, lift = safety(case.scope)
        told = f"the application has no {subject!r}"
        told += f" (but {', '.join(near)})" if near else ""
        return Step("filter", BROKEN, f"{told}, and {reason}", lift)
    text = f"no key and no class in {case.scope.package} is called {subject!r}"
    fix = f"did you mean {', '.join(near)}?" if near else f"known keys: {', '.join(known[:20])}"
    return Step("key", BROKEN, text, fix)
