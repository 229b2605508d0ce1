"""Find the colormap of the pictures: a member of the colormap enum, as matplotlib draws it."""

from __future__ import annotations

from openhcs.errors import JobError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import Enum
    from typing import Any


def find_colormap(name: str) -> Any:
    """Return matplotlib's colormap for the member of the colormap enum called *name*.

    Args:
        name: the member's name or value, in any case.

    Raises:
        JobError: when there is none of that name.
    """
    from openhcs.utils.enum_factory import create_colormap_enum, matplotlib_colormap

    # The lazy enum first: it has the usual ones, and imports no library to find the others.
    for is_lazy in (True, False):
        for member in create_colormap_enum(lazy=is_lazy):
            if name.casefold() in (member.name.casefold(), str(member.value).casefold()):
                return matplotlib_colormap(member)
    raise _unknown(name, create_colormap_enum())


def _unknown(name: str, known: type[Enum]) -> JobError:
    from difflib import get_close_matches

    names = [str(member.value) for member in known]
    near = get_close_matches(name, names, 3) or names[:8]
    headless = known.__name__ == "HeadlessColormap"
    why = "; CI or OPENHCS_HEADLESS is set, which leaves out the rarer ones" if headless else ""
    return JobError(f"there is no colormap {name!r}", fix=f"use one such as {', '.join(near)}{why}")
