"""The blocks of a code object: where jumps and exceptions lead, in what order, which are loops."""

from __future__ import annotations

from _bisect import bisect_right
from itertools import pairwise

from plugindex import opcodes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import TypeAlias

    Handler: TypeAlias = tuple[int, int, bool]  # (target, stack depth, keeps lasti)

# What a handler of an ``except`` or ``with`` begins with, or one inside ``except*``; handlers that
# begin otherwise only clean up and raise again.
_CATCHING = opcodes.numbers("PUSH_EXC_INFO", "LIST_APPEND")
_BINDING = opcodes.numbers("STORE_NAME", "DELETE_NAME", "STORE_GLOBAL")
_READING = opcodes.numbers("LOAD_NAME", "LOAD_GLOBAL")
_BINDING_FAST = opcodes.numbers(
    "STORE_FAST", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"
)
_COLLECTING = opcodes.numbers("LIST_APPEND", "SET_ADD", "MAP_ADD", "LIST_EXTEND", "DICT_UPDATE")
_LOADING_FAST = opcodes.numbers("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "LOAD_DEREF")
_PAIRS = opcodes.numbers("STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST", "LOAD_FAST_LOAD_FAST")
_ATTRIBUTES_ARE_METHODS = not opcodes.numbers("LOAD_METHOD")  # since 3.12, which shows in a bit
_STORING = opcodes.numbers("STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE")
_ASKING = opcodes.numbers("LOAD_ATTR", "LOAD_METHOD")
# The methods that change a list, dict or set.
_CHANGING = frozenset({
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update",
    "setdefault", "popitem", "add", "discard", "difference_update", "intersection_update",
    "symmetric_difference_update", "__setitem__", "__delitem__", "__iadd__", "__ior__",
})  # fmt: skip


class Block:
    """Instructions from *start* to *end* that run one after another, and what follows them."""

    __slots__ = ("end", "falls", "following", "jump", "returns", "start", "target")

    def __init__(self, start: int, following: int) -> None:
        self.start = start
        self.end = self.following = following
        self.jump = self.target = -1
        self.falls = True
        self.returns = False


class Loop:
    """A loop's blocks, and what they may change: names bound, names read, slots, collections.

    Of the slots that are *loaded*, the collections may change if the loop *changes* any.
    """

    def __init__(self) -> None:
        self.members: set[int] = set()
        # A comprehension's loop: it binds no name and is left only where its items end.
        self.quiet = False
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.slots: set[str] = set()
        self.loaded: set[str] = set()
        self.changes = False
        self.collects = False


def split(code: CodeType, raw: bytes) -> tuple[dict[int, Block], dict[int, Handler]]:
    """Split *code* into blocks; say which handler catches what each block raises."""
    table = opcodes.handlers(code) if code.co_exceptiontable else []
    leaders = {0, len(raw)}
    for first, last, target, _, _ in table:
        leaders.update((first, last, target))
    ends = {}
    for ending in opcodes.endings(raw):
        ends[ending[2]] = ending
        leaders.add(ending[2])
        if ending[3] >= 0:
            leaders.add(ending[3])
    starts = sorted(leaders)
    blocks = {
        start: _block(start, following, ends.get(following))
        for start, following in pairwise(starts)
    }
    return blocks, _catching(raw, blocks, table) if table else {}


def _block(start: int, following: int, ending: tuple[int, int, int, int] | None) -> Block:
    block = Block(start, following)
    if ending is None:
        return block
    offset, number, _, target = ending
    if target >= 0:
        block.end, block.jump, block.target = offset, number, target
        block.falls = number not in opcodes.ALWAYS
    else:
        block.falls, block.returns = False, number in opcodes.RETURNS
    return block


def _catching(
    raw: bytes, blocks: dict[int, Block], table: list[tuple[int, int, int, int, bool]]
) -> dict[int, Handler]:
    """Map each block to the handler that catches; those that only clean up are looked through."""
    starts = [entry[0] for entry in table]
    result = {}
    for start in blocks:
        entry = _entry(table, starts, start)
        for _ in table:
            if entry is None or raw[entry[2]] in _CATCHING:
                break
            entry = _entry(table, starts, _last(blocks, entry[2]))
        if entry is not None and raw[entry[2]] in _CATCHING:
            result[start] = entry[2:]
    return result


def _entry(
    table: list[tuple[int, int, int, int, bool]], starts: list[int], offset: int
) -> tuple[int, int, int, int, bool] | None:
    place = bisect_right(starts, offset) - 1
    return table[place] if place >= 0 and offset < table[place][1] else None


def _last(blocks: dict[int, Block], start: int) -> int:
    while blocks[start].falls and blocks[start].following in blocks:
        start = blocks[start].following
    return start


def successors(block: Block, handlers: dict[int, Handler]) -> list[int]:
    """Return the starts of the blocks that *block* may go on to."""
    result = [block.target] if block.target >= 0 else []
    if block.falls:
        result.append(block.following)
    if block.start in handlers:
        result.append(handlers[block.start][0])
    return result


def order(following: dict[int, list[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """Sort blocks so that each comes after its forward predecessors.

    Args:
        following: block start to the starts of its successors.

    Returns:
        the block starts in reverse post-order, and the (from, to) back edges of loops.
    """
    done: list[int] = []
    back: set[tuple[int, int]] = set()
    state = {0: 1}  # 1: on the path, 2: finished
    path = [(0, iter(following[0]))]
    while path:
        block, rest = path[-1]
        for successor in rest:
            if successor not in following:
                continue
            if successor not in state:
                state[successor] = 1
                path.append((successor, iter(following[successor])))
                break
            if state[successor] == 1:
                back.add((block, successor))
        else:
            state[block] = 2
            done.append(block)
            path.pop()
    return done[::-1], back


def loops(
    code: CodeType,
    blocks: dict[int, Block],
    following: dict[int, list[int]],
    back: set[tuple[int, int]],
) -> dict[int, Loop]:
    """Return what each loop changes, by the start of its first block."""
    before: dict[int, list[int]] = {}
    for start, nexts in following.items():
        for successor in nexts:
            before.setdefault(successor, []).append(start)
    result: dict[int, Loop] = {}
    for source, target in back:
        loop = result.setdefault(target, Loop())
        loop.members |= _members(before, source, target)
    for loop in result.values():
        for start in loop.members:
            _note(code, blocks[start], loop)
        loop.quiet = not loop.bound and _leaves_once(blocks, loop)
    return result


def _leaves_once(blocks: dict[int, Block], loop: Loop) -> bool:
    members = [blocks[start] for start in loop.members]
    targets = [block.target for block in members if block.target >= 0]
    targets += [block.following for block in members if block.falls]
    ends = any(not block.falls and block.target < 0 for block in members)
    return not ends and sum(target not in loop.members for target in targets) == 1


def around(loops: dict[int, Loop]) -> dict[int, list[tuple[int, Loop]]]:
    """Return the loops that each block stands in, with their heads."""
    result: dict[int, list[tuple[int, Loop]]] = {}
    for head, loop in loops.items():
        for start in loop.members:
            result.setdefault(start, []).append((head, loop))
    return result


def leave_first(following: dict[int, list[int]], inside: dict[int, list[tuple[int, Loop]]]) -> None:
    """Let :func:`order` follow the ways out of a loop first, which puts them behind its body."""
    for start, loops in inside.items():
        members = [loop.members for _, loop in loops]
        following[start].sort(key=lambda target: sum(target in one for one in members))


def _members(before: dict[int, list[int]], source: int, head: int) -> set[int]:
    """Return the blocks of a loop: those that reach its back edge without passing its head."""
    found = {head, source}
    waiting = [source] if source != head else []
    while waiting:
        for previous in before.get(waiting.pop(), ()):
            if previous not in found:
                found.add(previous)
                waiting.append(previous)
    return found


_NOTED = _BINDING | _READING | _BINDING_FAST | _COLLECTING | _LOADING_FAST | _STORING | _ASKING


def _note(code: CodeType, block: Block, loop: Loop) -> None:
    for number, argument in opcodes.named(code, _NOTED, block.start, block.end):
        if number in _BINDING:
            loop.bound.add(code.co_names[argument])
        elif number in _READING:
            plain = opcodes.NAMES[number] == "LOAD_NAME"
            loop.read.add(code.co_names[argument if plain else argument >> 1])
        elif number in _COLLECTING:
            loop.collects = True
        elif number in _STORING:
            loop.changes = True
        elif number in _ASKING:
            doubled = opcodes.NAMES[number] == "LOAD_ATTR" and _ATTRIBUTES_ARE_METHODS
            name = code.co_names[argument >> 1 if doubled else argument]
            loop.changes = loop.changes or name in _CHANGING
        else:
            indexes = (argument >> 4, argument & 15) if number in _PAIRS else (argument,)
            slots = loop.loaded if number in _LOADING_FAST else loop.slots
            slots.update(slot(code, index) for index in indexes)


def slot(code: CodeType, index: int) -> str:
    """Return the name of a "fast local" slot: locals, then cells, then free variables."""
    local = code.co_varnames
    if index < len(local):
        return local[index]
    cells = tuple(name for name in code.co_cellvars if name not in local) + code.co_freevars
    return cells[index - len(local)]
