"""Group file names into patterns, and find the names that a pattern means."""

from __future__ import annotations

from openhcs.core.natural import well_key
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
    variable: tuple[str, ...],
    group_by: str | None = None,
) -> dict[str, Any]:
    """Return each well's patterns: its names with the *variable* components left open."""
    wells: dict[str, dict[str, list[str]]] = {}
    for name in names:
        found = handler.parse_filename(name)
        if not found:
            continue
        extension = found.pop("extension", None)
        group = str(found.get(group_by)) if group_by else ""
        opened = _opened(found, variable)
        pattern = handler.construct_filename(extension, **found, **opened)
        patterns = wells.setdefault(found["well"], {}).setdefault(group, [])
        if pattern not in patterns:
            patterns.append(pattern)
    ordered = {well: wells[well] for well in sorted(wells, key=well_key)}
    return dict(ordered) if group_by else {well: groups[""] for well, groups in ordered.items()}


def _opened(found: dict[str, Any], variable: tuple[str, ...]) -> dict[str, str]:
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
