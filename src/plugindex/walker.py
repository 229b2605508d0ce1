"""A symbolic walk through a code object: every block after its predecessors, nothing is run.

For each block it keeps the condition under which it is reached, the operand stack and the names
bound. Where paths meet, values that differ become a choice ("p"). Loop bodies are walked once,
names bound in them being undecided; a few are walked for each item (:mod:`plugindex.unrolling`).
"""

from __future__ import annotations

import sys

from plugindex import blocks as flow
from plugindex import opcodes
from plugindex.conditions import Unreadable
from plugindex.expressions import NONE, truth, undecided
from plugindex.joining import join, join_names
from plugindex.pathstate import PathState, global_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from plugindex.conditions import Condition
    from plugindex.expressions import Value
    from plugindex.pathstate import State

# What each opcode does to a walker, by number; the modules of operations fill it in.
ACTIONS: list[Callable[[Any, int], None] | None] = [None] * 256
_FOR_ITER = opcodes.numbers("FOR_ITER")
_FAILING = opcodes.numbers("LOAD_ASSERTION_ERROR")
_SEND = opcodes.numbers("SEND")
_NONE_TESTS = frozenset(n for n in opcodes.JUMPS if "NONE" in opcodes.NAMES[n])
_KEEPING = frozenset(n for n in opcodes.JUMPS if opcodes.NAMES[n].startswith("JUMP_IF"))
_NEGATED = frozenset(
    n for n in opcodes.JUMPS if opcodes.NAMES[n].endswith(("FALSE", "FALSE_OR_POP", "NOT_NONE"))
)
# Opcodes that neither touch the stack nor bind a name.
NOTHING = opcodes.numbers(
    "NOP", "RESUME", "CACHE", "PRECALL", "SETUP_ANNOTATIONS", "MAKE_CELL", "COPY_FREE_VARS",
    "TO_BOOL", "END_SEND", "LIST_TO_TUPLE",
)  # fmt: skip


class Walker(PathState):
    """One body being walked: module, class or function."""

    # These are of a body with jumps; most have none.
    raw: bytes
    blocks: dict[int, flow.Block]
    handlers: dict[int, flow.Handler]
    sequence: list[int]  # where the blocks start, each after those that lead to it
    ends: list[State]
    back: set[tuple[int, int]]
    loops: dict[int, flow.Loop]
    inside: dict[int, list[tuple[int, flow.Loop]]]
    leaving: dict[int, State]  # by the head of a loop: the first way out of it
    moving = False  # whether it is a module's that may set where classes say they are of
    turned: list[State]  # the turns of the loop that is walked item by item, where they ended

    # -- walking ------------------------------------------------------------------------------

    def run(self) -> None:
        """Walk all blocks; afterwards names, returns and failures say what the body does."""
        raw = self.code.co_code
        if opcodes.is_straight(self.code, raw):
            self._walk(raw, 0, len(raw))
            if not self.alive:
                self.reached = False
        else:
            self._run_blocks(raw)

    def _run_blocks(self, raw: bytes) -> None:
        self.raw = raw
        self.moving = self.kind == "module" and opcodes.mentions(self.code, "__module__")
        self.loops, self.inside, self.leaving = {}, {}, {}
        self.blocks, self.handlers = flow.split(self.code, raw)
        blocks = self.blocks.items()
        following = {start: flow.successors(block, self.handlers) for start, block in blocks}
        self.sequence, self.back = flow.order(following)
        if self.back:
            self.loops = flow.loops(self.code, self.blocks, following, self.back)
            self.inside = flow.around(self.loops)
            flow.leave_first(following, self.inside)
            self.sequence, self.back = flow.order(following)
        self.pending = {0: [[self.reached, [], self.names]]}
        self.ends = []
        for start in self.sequence:
            self.visit(start)
        if not self.arrive(self.ends):
            self.reached = False

    def visit(self, start: int) -> None:
        """Walk the block at *start*, if any way leads to it."""
        if self.arrive(self.pending.pop(start, ())):
            if start in self.loops and not self._unroll(start):
                self._forget(self.loops[start])
            if self.alive:
                self._catch(self.handlers.get(start))
                self._run_block(self.blocks[start])

    def _unroll(self, head: int) -> bool:
        """Walk a loop once for each item, if these are known; tell whether all is done then."""
        if not self.moving:
            return False
        from plugindex.unrolling import Unrolling

        return Unrolling(self, head).run()

    def _run_block(self, block: flow.Block) -> None:
        self._walk(self.raw, block.start, block.end)
        if self.alive and block.jump >= 0:
            self.offset = block.end
            self._jump(block)
        if not self.alive:
            return
        if block.returns or block.following >= len(self.raw):
            self.ends.append([self.reached, [], self.names])
        elif block.falls:
            self._go(block.start, block.following, self.reached, leave=True)

    def _catch(self, handler: flow.Handler | None) -> None:
        self.handler = handler
        self.guarded = self.caught_outside or handler is not None
        if handler is not None and self.body.everything:
            self.throw(self.body.fresh("anything raises"), ("E", "call"))

    def _forget(self, loop: flow.Loop) -> None:
        """Leave open what a later turn of a loop may have changed before this one."""
        for name in sorted(loop.bound):
            key = global_key(name) if self.kind == "function" else name
            self.names[key] = undecided("bound in a loop")
        for name in sorted(loop.slots):
            self.names[self.slot_key(name)] = undecided("bound in a loop")
        for name in self._changing(loop):
            self.names[name] = undecided("changed in a loop")
        for name in sorted(loop.read):
            if self.names.get(name, NONE)[0] in "lmo":
                self.names[name] = undecided("changed in a loop")
        if loop.collects:
            self.stack = [
                undecided("collected in a loop") if value[0] in "lm" else value
                for value in self.stack
            ]

    def _changing(self, loop: flow.Loop) -> list[str]:
        """Return the local names of collections that a loop may change, or call a method of."""
        keys = {self.slot_key(name) for name in loop.loaded}
        held = {name: value for name, value in self.names.items() if value[0] in "lmo"}
        owners = [self.names[key][1] for key in keys if self.names.get(key, NONE)[0] == "a"]
        loaded = keys & held.keys() if loop.changes else set()
        called = {name for name, value in held.items() if any(value is one for one in owners)}
        return sorted(loaded | called)

    def arrive(self, states: Any) -> bool:
        """Go on where *states* meet; tell whether there are any."""
        if not states:
            return False
        self.frozen = self.surprised = None
        if len(states) == 1:
            self.reached, self.stack, self.names = states[0]
        else:
            conditions = self.body.conditions
            self.reached = states[0][0]
            for state in states[1:]:
                self.reached = conditions.either(self.reached, state[0])
            depth = min(len(state[1]) for state in states)
            self.stack = [
                join(conditions, [(state[0], state[1][i]) for state in states])
                for i in range(depth)
            ]
            self.names = join_names(conditions, [(state[0], state[2]) for state in states])
        self.alive = self.reached is not False
        return self.alive

    def _go(self, start: int, target: int, reached: Condition, leave: bool = False) -> None:
        """Enter *target* later; with *leave* nothing goes on from here, so nothing is copied."""
        if reached is False:
            return
        turns = (start, target) in self.back
        if turns and target != self.unrolled:
            # The turn that is walked is the last one: what would turn back leaves the loop.
            way_out = self.leaving.get(target)
            if way_out is not None:
                way_out[0] = self.body.conditions.either(way_out[0], reached)
            return
        state: State = [reached, self.stack, self.names]
        if not leave:
            state = [reached, list(self.stack), dict(self.names)]
        if turns:
            self.turned.append(state)
            return
        self.pending.setdefault(target, []).append(state)
        for head, loop in self.inside.get(start, ()):
            if target not in loop.members:
                self.leaving.setdefault(head, state)

    def _walk(self, raw: bytes, offset: int, end: int) -> None:
        actions, widths, extended_arg = ACTIONS, opcodes.WIDTHS, opcodes.EXTENDED_ARG
        extended = 0
        try:
            while offset < end:
                number = raw[offset]
                if number == extended_arg:
                    extended = (extended | raw[offset + 1]) << 8
                    offset += 2
                    continue
                action = actions[number]
                if action is not None:
                    self.offset = offset
                    action(self, raw[offset + 1] | extended)
                    if not self.alive:
                        return
                elif number not in NOTHING:
                    raise Unreadable(f"opcode {opcodes.NAMES.get(number, number)}")
                extended = 0
                offset += widths[number]
        except IndexError:
            raise Unreadable(f"an unbalanced stack at offset {self.offset}") from None

    def _jump(self, block: flow.Block) -> None:
        number, target = block.jump, block.target
        if number in opcodes.ALWAYS:
            self._go(block.start, target, self.reached, leave=True)
            self.alive = False
        elif number in _FOR_ITER:
            self._loop(block.start, target)
        elif number in _SEND:
            self._go(block.start, target, self.reached)
        else:
            self._branch(block)

    def _loop(self, start: int, target: int) -> None:
        conditions = self.body.conditions
        loop = self.loops.get(start)
        if loop is not None and loop.quiet:
            self._go(start, target, self.reached, leave=True)
            self.stack = list(self.stack)
        else:
            inside = self.body.fresh("a loop")
            self._go(start, target, conditions.both(self.reached, conditions.negated(inside)))
            self.reached = conditions.both(self.reached, inside)
        self._end(self.pending[target][-1][1])
        self.stack.append(undecided("bound in a loop"))

    def exhaust(self, head: int, target: int) -> None:
        """Leave a loop that was walked for each of its items."""
        self._go(head, target, self.reached, leave=True)
        self._end(self.stack)
        self.alive = False

    def _end(self, stack: list[Value]) -> None:
        """Leave on *stack* what the end of the items does."""
        if sys.version_info < (3, 12):
            del stack[-1:]
        else:
            stack.append(undecided("loop"))

    def _branch(self, block: flow.Block) -> None:
        start, number, target = block.start, block.jump, block.target
        test = self.stack[-1] if number in _KEEPING else self.stack.pop()
        taken, rest = self._ways(block, test)
        self._go(start, target, taken, leave=rest is False)
        self.reached = rest
        self.alive = rest is not False
        if self.alive and number in _KEEPING:
            self.stack.pop()

    def _ways(self, block: flow.Block, test: Value) -> tuple[Condition, Condition]:
        """Return the conditions under which a branch is taken, and under which the code goes on."""
        conditions = self.body.conditions
        if self._is_open(test):
            if self.raw[block.target] in _FAILING:
                return False, self.reached
            if self.raw[block.following] in _FAILING:
                return self.reached, False
        taken = self.is_none(test) if block.jump in _NONE_TESTS else self.condition(test)
        if block.jump in _NEGATED:
            taken = conditions.negated(taken)
        ahead = conditions.both(self.reached, taken)
        if block.target != self.unrolled and (block.start, block.target) in self.back:
            # A loop's last turn, which is walked, doesn't turn back: there the rest is all.
            return ahead, self.reached
        return ahead, conditions.both(self.reached, conditions.negated(taken))

    def _is_open(self, test: Value) -> bool:
        """Tell whether only running tells *test*, and its failure would end the import.

        Where an ``assert`` fails, the module is listed until it is tried.
        """
        if self.guarded or self.body.everything or test[0] == "p":
            return False
        return truth(test) is None if test[0] != "T" else test[1] not in (True, False)
