"""Group file names into patterns, and find the names that a pattern means."""

from __future__ import annotations

from enum import Enum

from openhcs.core.natural import well_key
from openhcs.errors import ComponentError
from openhcs.microscopes.filename_parser import FIRST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from openhcs.microscopes.microscope_base import MicroscopeHandler

OPEN = "{iii}"


def patterns_by_well(
    handler: MicroscopeHandler,
    names: Iterable[str],
    variable: str | Enum | Iterable[str | Enum],
    group_by: str | Enum | None = None,
) -> dict[str, Any]:
    """Return each well's patterns: its names with the *variable* components left open.

    Raises:
        ComponentError: when a component is none that names tell, or the well.
    """
    opened = [variable] if isinstance(variable, (str, Enum)) else variable
    no_group = (group_by.value if isinstance(group_by, Enum) else group_by) is None
    group = None if no_group else _component(group_by)
    found = _grouped(handler, names, [_component(one) for one in opened], group)
    wells = {well: found[well] for well in sorted(found, key=well_key)}
    return dict(wells) if group else {well: groups[""] for well, groups in wells.items()}


def _component(given: object) -> str:
    """Return the name of the component *given* as a text or as a member of the host's enums."""
    name = given.value if isinstance(given, Enum) else given
    if not isinstance(name, str) or name not in FIRST:
        raise ComponentError(
            f"{given!r} is no component that patterns leave open or are grouped by",
            fix=f"use {', '.join(FIRST)}, or such a member of VariableComponents or GroupBy",
        )
    return name


def _grouped(
    handler: MicroscopeHandler, names: Iterable[str], opened: Iterable[str], group: str | None
) -> dict[str, dict[str, list[str]]]:
    """Return the patterns of *names* by well and by the value of the component *group*."""
    wells: dict[str, dict[str, list[str]]] = {}
    for name in names:
        found = handler.parse_filename(name)
        if not found:
            continue
        extension, value = found.pop("extension", None), str(found.get(group)) if group else ""
        left_open = _opened(found, opened)
        pattern = handler.construct_filename(extension, **found, **left_open)
        patterns = wells.setdefault(found["well"], {}).setdefault(value, [])
        if pattern not in patterns:
            patterns.append(pattern)
    return wells


def _opened(found: dict[str, Any], variable: Iterable[str]) -> dict[str, str]:
    """Take the *variable* components out of *found* and return them left open."""
    return {name: OPEN for name in variable if found.pop(name, None) is not None}


def matching_names(handler: MicroscopeHandler, names: Iterable[str], pattern: str) -> list[str]:
    """Return those of *names* that tell what *pattern* tells.

    Values are compared, not texts: instruments pad numbers differently from us.
    """
    parts = handler.parser.split(pattern)
    if parts is None:
        return []
    fixed = {n for n, text in parts.items() if not (text or "").startswith("{")} - {"extension"}
    wanted = _complete(handler.parse_filename(pattern))
    found = ((name, _complete(handler.parse_filename(name))) for name in names)
    return [n for n, values in found if values and all(values[c] == wanted[c] for c in fixed)]


def _complete(found: dict[str, Any] | None) -> dict[str, Any]:
    """Return *found* with 1 for each component that the name doesn't tell."""
    if not found:
        return {}
    return found | {name: 1 for name in FIRST if found.get(name) is None}
