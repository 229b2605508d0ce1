"""What ``isinstance``, ``callable`` and ``type`` tell of values; decorators ask them much.

They are told of nothing that an ``__instancecheck__`` decides.
"""

from __future__ import annotations

from types import FunctionType, ModuleType

from plugindex.meaning import unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Found

_ON_THE_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE, in Include/object.h
_KINDS: dict[str, type] = {"class": type, "function": FunctionType, "module": ModuleType}


def told(function: Any, args: tuple[Found, ...]) -> Found:
    """Return what a call of ``isinstance`` or ``callable`` gives.

    Args:
        function: one of the two.
        args: the evaluated arguments.
    """
    answer = None
    if function is callable and len(args) == 1:
        answer = _is_callable(args[0])
    elif function is isinstance and len(args) == 2:
        kinds = args[1][1] if args[1][0] == "items" else args[1:]
        answers = [_is_instance(args[0], kind) for kind in kinds]
        answer = True if True in answers else None if None in answers else False
    return unknown("what a value is", *args) if answer is None else ("const", answer)


def type_of(found: Found) -> Found | None:
    """Return what ``type(value)`` gives; None for what may be of a class that isn't told."""
    if found[0] == "instance":
        owner: Found = found[1]
        return owner
    if found[0] in ("const", "real"):
        return ("real", type(found[1]))
    return ("real", FunctionType) if found[0] == "function" else None


def _is_callable(found: Found) -> bool | None:
    if found[0] in ("class", "function", "bound"):
        return True
    return False if found[0] == "const" else None


def _is_instance(found: Found, kind: Found) -> bool | None:
    """Tell whether a value is an instance of a class of the interpreter's own."""
    wanted = kind[1] if kind[0] == "real" else None
    if not isinstance(wanted, type) or type(wanted) is not type:
        return None
    if found[0] in ("const", "real"):
        return isinstance(found[1], wanted)
    own = _KINDS.get(found[0])
    if own is None:
        return None
    if issubclass(own, wanted):
        return True
    # A class may be of a metaclass, but of none that derives from another static class.
    return None if wanted.__flags__ & _ON_THE_HEAP or issubclass(wanted, own) else False
