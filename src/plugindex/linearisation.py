"""The order in which attributes are looked up: C3, as CPython's ``type.mro`` computes it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.meaning import Found


def merged(sequences: list[tuple[Found, ...]]) -> list[Found]:
    """Merge linearisations by C3; where they conflict, go on in the order written."""
    rest = [list(sequence) for sequence in sequences if sequence]
    result: list[Found] = []
    while rest:
        head = next(
            (s[0] for s in rest if not any(s[0] in other[1:] for other in rest)), rest[0][0]
        )
        result.append(head)
        rest = [left for s in rest if (left := s[1:] if s[0] == head else s)]
    return result
