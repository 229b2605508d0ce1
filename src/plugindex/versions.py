"""What comparing versions gives, as packages do to support several releases of another.

Told are releases alone, without a part that says they are before or after one, by the order of
https://packaging.python.org/en/latest/specifications/version-specifiers/#version-scheme.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

_RELEASE = re.compile(r"v?[0-9]+(?:\.[0-9]+)*")
_MODULE = "packaging.version"  # that of packaging, or of a copy of it inside another package
_MAKING = ("Version", "parse")


class Release(tuple[int, ...]):
    """The numbers of a release, without zeros at the end; it compares with others alone."""

    __slots__ = ()


def compared(module: str, name: str, args: tuple[Found, ...]) -> Found | None:
    """Return what ``packaging.version.Version(text)`` gives, or ``parse``, if that is told."""
    if name not in _MAKING or not module.endswith(_MODULE) or len(args) != 1:
        return None
    text = args[0][1] if args[0][0] == "const" else None
    if not isinstance(text, str) or _RELEASE.fullmatch(text.strip()) is None:
        return None
    numbers = [int(part) for part in text.strip().lstrip("v").split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return ("const", Release(numbers))
