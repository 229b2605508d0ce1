"""What a code object and those inside it hold: functions, names, texts, attributes that are set."""

from __future__ import annotations

from plugindex import opcodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_STORING = opcodes.numbers("STORE_ATTR")


def codes_in(code: CodeType) -> dict[tuple[str, int], CodeType | None]:
    """Return the code objects inside *code* by qualified name and first line.

    Where two have both the same, as lambdas on one line, None stands for them.
    """
    found: dict[tuple[str, int], CodeType | None] = {}
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            own = {(inner.co_qualname, inner.co_firstlineno): inner}
            for key, one in (*own.items(), *codes_in(inner).items()):
                found[key] = one if found.get(key, one) == one else None
    return found


def names_in(code: CodeType) -> set[str]:
    """Return the names of globals and attributes in *code*."""
    found = set(code.co_names)
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            found |= names_in(inner)
    return found


def texts_in(code: CodeType) -> set[str]:
    """Return the texts in *code* that may be names."""
    found = {one for one in code.co_consts if isinstance(one, str) and one.isidentifier()}
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            found |= texts_in(inner)
    return found


def stored_by(code: CodeType) -> set[str]:
    """Return the attributes that *code* itself sets."""
    instructions = opcodes.named(code, _STORING, 0, len(code.co_code))
    return {code.co_names[argument] for _, argument in instructions}


def stored_inside(code: CodeType) -> set[str]:
    """Return the attributes that the functions and classes in *code* set."""
    found: set[str] = set()
    for inner in code.co_consts:
        if hasattr(inner, "co_code"):
            found |= stored_by(inner) | stored_inside(inner)
    return found
