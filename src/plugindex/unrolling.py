"""A loop whose items are known is walked once for each of them, so that what each does is told.

That is done for the few loops which may set the module that classes say they are of.
"""

from __future__ import annotations

from plugindex import opcodes
from plugindex.expressions import SPACES, UNBOUND, as_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.blocks import Block
    from plugindex.expressions import Value
    from plugindex.machine import Frame
    from plugindex.walker import Walker

_FOR_ITER = opcodes.numbers("FOR_ITER")
_MAKING = opcodes.numbers("LOAD_BUILD_CLASS", "MAKE_FUNCTION", "IMPORT_NAME")
_MOST_ITEMS = 300
_MOST_BLOCKS = 12
_MOST_QUESTIONS = 240  # of all that one module may ask, for the items of its loops


def is_own_space(frame: Frame, value: Value) -> bool:
    """Tell whether *value* is the namespace of the module that is read: ``globals()``."""
    if frame.kind != "module" or frame.body.computes:
        return False
    return value[0] == "x" and value[1][0] == "g" and value[1][1] in SPACES and not value[2]


def held(frame: Frame, space: Value, key: Value) -> Value | None:
    """Return what ``globals()[key]`` is in the body of a module, None if that isn't told."""
    if key[0] != "c" or not is_own_space(frame, space):
        return None
    found = frame.names.get(key[1])
    if found is None and frame.body.stars and not frame.guarded and isinstance(key[1], str):
        found = ("g", key[1], len(frame.body.stars))
    if found is None or found[0] == "u" or (found[0] == "p" and frame.guarded):
        return None  # it may raise
    return found


def holds(frame: Frame, space: Value, name: object) -> bool | None:
    """Tell whether a module has a name already: ``name in globals()``; None if that isn't told.

    Nothing else may have run before that could bind or unbind names.
    """
    if not isinstance(name, str) or name[:2] == "__" or not is_own_space(frame, space):
        return None
    body = frame.body
    if body.calls or body.imports or body.stars or body.variables or body.classes:
        return None
    if any(is_own_space(frame, value) for value in frame.names.values()):
        return None
    found = frame.names.get(name, UNBOUND)
    return None if found[0] in "p?" else found[0] != "u"


def asks_of_item(value: Value) -> bool:
    """Tell whether a value is written ``getattr(item, ...).startswith(...)``.

    Asked later it gives the same answer: no other turn of the loop changes the item.
    """
    if value[0] != "x" or value[1][0] != "a" or value[1][2] != "startswith":
        return False
    owner = value[1][1]
    return bool(owner[0] == "x" and owner[1][:2] == ("g", "getattr") and _is_named(owner[2][0]))


def _is_named(value: Value) -> bool:
    return value[0] in "fkdi"


class Unrolling:
    """The loop of one walker that is walked item by item."""

    def __init__(self, walker: Walker, head: int) -> None:
        self.walker = walker
        self.head = head
        self.block = walker.blocks[head]
        self.members = walker.loops[head].members

    def items(self) -> tuple[Value, ...] | None:
        """Return what the loop runs over, None if it is none of those that are unrolled."""
        if not self._is_simple():
            return None
        items = _items(self.walker, self.walker.stack[-1])  # type: ignore[arg-type]
        return items if items is not None and len(items) <= _MOST_ITEMS else None

    def _is_simple(self) -> bool:
        walker = self.walker
        if self.block.jump not in _FOR_ITER or len(self.members) > _MOST_BLOCKS:
            return False
        if any(one in walker.loops for one in self.members if one != self.head):
            return False
        if len(walker.inside.get(self.head, ())) != 1:
            return False
        return not any(self._makes(walker.blocks[start]) for start in self.members)

    def _makes(self, block: Block) -> bool:
        return any(opcodes.named(self.walker.code, _MAKING, block.start, block.end))

    def run(self) -> bool:
        """Walk the loop for each of its items, if these are known.

        Returns:
            whether all of it was walked; else its head is where the walker is.
        """
        items = self.items()
        if items is None:
            return False
        inner = [
            start for start in self.walker.sequence if start in self.members and start != self.head
        ]
        self.walker.unrolled = self.head
        done = all(self._turn(item, inner) for item in items)
        self.walker.unrolled = -1
        if self.walker.alive and done:
            self.walker.exhaust(self.head, self.block.target)
        return not self.walker.alive

    def _turn(self, item: Value, inner: list[int]) -> bool:
        """Walk the body for one item; tell whether the next one can come."""
        walker = self.walker
        if len(walker.body.variables) > _MOST_QUESTIONS:
            return False
        walker.turned = []
        state = [walker.reached, [*walker.stack, item], walker.names]
        walker.pending[self.block.following] = [state]
        for start in inner:
            walker.visit(start)
        walker.alive = walker.arrive(walker.turned)
        return walker.alive


def _items(frame: Frame, value: Value) -> tuple[Value, ...] | None:
    if value[0] == "x" and value[1][0] == "g" and value[1][1] in ("list", "tuple", "iter"):
        return _items(frame, value[2][0]) if len(value[2]) == 1 else None
    if value[0] == "x":
        space = value[1][1] if value[1][0] == "a" and not value[2] else value
        return _names(frame, value[1]) if is_own_space(frame, space) else None
    items = as_items(value)
    return None if items is None or any(item[0] == "S" for item in items) else items


def _names(frame: Frame, callee: Value) -> tuple[Value, ...] | None:
    """Return what the namespace of a module holds by now, as the method *callee* gives it."""
    if frame.body.stars:
        return None
    pairs = [(n, v) for n, v in frame.names.items() if n[:1] != "." and v[0] != "u"]
    if callee[0] == "g":
        return tuple(("c", name) for name, _ in pairs)
    if callee[2] == "values":
        return tuple(value for _, value in pairs)
    if callee[2] == "items":
        return tuple(("l", (("c", name), value)) for name, value in pairs)
    return None
