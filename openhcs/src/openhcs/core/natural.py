"""Order names the way people count: ``A2`` before ``A10``, and wells as they lie on the plate."""

from __future__ import annotations


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that compares runs of digits in *name* as numbers.

    The original text of each part breaks ties, so that ``s1`` and ``s01`` have a fixed order.
    """
    import re  # only listing needs it

    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts)


def well_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts wells in order of their rows, A to Z and then AA, and columns.

    What is no well in that form, such as ``R01C03``, is ordered as by :func:`natural_key`.
    """
    letters = name.rstrip("0123456789")
    if not (letters.isalpha() and letters.isupper() and len(letters) < len(name)):
        return natural_key(name)
    return ((1, len(letters), letters), *natural_key(name[len(letters) :]))
