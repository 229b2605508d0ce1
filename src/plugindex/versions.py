"""Releases that are compared, as packages do to support several versions of another.

Told are releases alone, without a part that says they are before or after one, by the order of
https://packaging.python.org/en/latest/specifications/version-specifiers/#version-scheme.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found

# What the module ``version`` of packaging has, and of each copy of it in another package.
MARKS = frozenset({"InvalidVersion", "VERSION_PATTERN", "Version", "parse"})
_MAKING = ("Version", "parse")


class Release:
    """A version of numbers alone; it compares with others of its kind."""

    __slots__ = ("numbers",)

    def __init__(self, text: str) -> None:
        numbers = [int(part) for part in text.split(".")]
        while len(numbers) > 1 and not numbers[-1]:  # 2.0 is 2
            numbers.pop()
        self.numbers = tuple(numbers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Release) and self.numbers == other.numbers

    def __hash__(self) -> int:
        return hash(self.numbers)

    def __lt__(self, other: Release) -> bool:
        return self.numbers < other.numbers if isinstance(other, Release) else NotImplemented

    def __le__(self, other: Release) -> bool:
        return self.numbers <= other.numbers if isinstance(other, Release) else NotImplemented

    def __gt__(self, other: Release) -> bool:
        return self.numbers > other.numbers if isinstance(other, Release) else NotImplemented

    def __ge__(self, other: Release) -> bool:
        return self.numbers >= other.numbers if isinstance(other, Release) else NotImplemented


def release(name: str, args: tuple[Found, ...]) -> Found | None:
    """Return what ``Version(text)`` of packaging gives, or ``parse``; None if that isn't told."""
    text = args[0][1] if len(args) == 1 and args[0][0] == "const" else None
    if name not in _MAKING or not isinstance(text, str):
        return None
    text = text.strip().removeprefix("v")
    plain = all(part.isascii() and part.isdigit() for part in text.split("."))
    return ("const", Release(text)) if plain else None
