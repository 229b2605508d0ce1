"""Order names the way people count: ``A2`` before ``A10``."""

from __future__ import annotations


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that compares runs of digits in *name* as numbers.

    The original text of each part breaks ties, so that ``s1`` and ``s01`` have a fixed order.
    """
    import re  # only listing needs it

    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts)
