"""A symbolic walk through a code object: every block after its predecessors, nothing is run.

For each block it keeps the condition under which it is reached, the operand stack and the names
bound. Where paths meet, values that differ become a choice ("p"). Loop bodies are walked once,
names bound in them being undecided.
"""

from __future__ import annotations

import sys
from _bisect import bisect_right

from plugindex import blocks as flow
from plugindex import opcodes
from plugindex.conditions import Conditions, EveryPath
from plugindex.expressions import NONE, UNBOUND, is_bounded, operate, truth, undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, TypeAlias

    from plugindex.conditions import Condition
    from plugindex.expressions import Value

    State: TypeAlias = list[Any]  # [condition, operand stack, names] of one way into a block

NULL = ("null",)
MOST_VARIABLES = 400
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


class Unreadable(Exception):
    """The code holds something that reading does not know."""


class Body:
    """What the statements of one module were read to do; shared by the frames of its bodies."""

    def __init__(self, name: str, is_package: bool, *, everything: bool = False) -> None:
        self.name = name
        self.package = name if is_package else name.rpartition(".")[0]
        self.everything = everything  # walk dead branches too, for comparison with the source
        self.conditions = EveryPath() if everything else Conditions()
        self.variables: list[Value] = []
        self.known: dict[Value, int] = {}
        self.classes: list[list[Any]] = []
        self.built: dict[tuple[str, int], int] = {}
        self.imports: list[tuple[Any, ...]] = []
        self.statements: list[tuple[Any, ...]] = []
        self.stars: list[tuple[str, Condition]] = []
        self.calls: list[tuple[Any, ...]] = []
        self.patches: list[tuple[Any, ...]] = []
        self.surprised: Condition = False  # when any code raised an exception
        self.provides = False
        self.computes = False
        self.codes: dict[tuple[str, int], CodeType] = {}

    def variable(self, kind: str, *facts: Any) -> Condition:
        """Return the condition variable for *facts*; equal facts share one."""
        key = (kind, *facts)
        number = self.known.get(key)
        if number is None:
            if len(self.variables) >= MOST_VARIABLES and not self.everything:
                raise Unreadable("too many conditions")
            number = self.known[key] = len(self.variables)
            self.variables.append(key)
        return self.conditions.variable(number)

    def fresh(self, reason: str) -> Condition:
        """Return a condition that only running decides."""
        return self.variable("may", reason, len(self.variables))

    def absolute(self, level: int, module: str) -> str | None:
        """Return the absolute name of an imported module; None if there is no such package."""
        if not level:
            return module
        parts = self.package.split(".") if self.package else []
        if level > len(parts):
            return None
        base = ".".join(parts[: len(parts) - level + 1])
        return f"{base}.{module}" if module else base


class Walker:
    """One body being walked: module, class or function."""

    def __init__(
        self, body: Body, code: CodeType, kind: str, outer: Any, reached: Condition
    ) -> None:
        self.body = body
        self.code = code
        self.kind = kind
        self.outer = outer
        self.reached = reached
        self.names: dict[str, Value] = {}
        self.stack: list[Value] = []
        self.keywords: tuple[str, ...] = ()
        self.returns: list[tuple[Condition, Value]] = []
        self.failures: list[tuple[Condition, Value, int]] = []
        self.offset = 0
        self.alive = True
        self.pending: dict[int, list[State]] = {}
        self.raw = b""
        self.back: set[tuple[int, int]] = set()
        self.loops: dict[int, flow.Loop] = {}
        self.inside: dict[int, list[tuple[int, flow.Loop]]] = {}
        self.leaving: dict[int, State] = {}  # by the head of a loop: the first way out of it
        self.starts: tuple[int, ...] = ()  # of the line table, which is decoded when asked for
        self.numbers: tuple[int | None, ...] = ()
        self.handler: flow.Handler | None = None
        # Whether an exception that arises here may be caught, also by an enclosing body.
        self.caught_outside: bool = outer is not None and outer.guarded
        self.guarded = self.caught_outside
        # A copy of the names that several exceptions share, until a name is bound again.
        self.frozen: dict[str, Value] | None = None
        self.surprised: Any = None

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
        blocks, handlers = flow.split(self.code, raw)
        following = {start: flow.successors(block, handlers) for start, block in blocks.items()}
        sequence, self.back = flow.order(following)
        if self.back:
            self.loops = flow.loops(self.code, blocks, following, self.back)
            self.inside = flow.around(self.loops)
            flow.leave_first(following, self.inside)
            sequence, self.back = flow.order(following)
        self.pending = {0: [[self.reached, [], self.names]]}
        ends: list[State] = []
        for start in sequence:
            if self._enter(self.pending.pop(start, ())):
                if start in self.loops:
                    self._forget(self.loops[start])
                self._catch(handlers.get(start))
                self._run_block(raw, blocks[start], ends)
        if not self._enter(ends):
            self.reached = False

    def _run_block(self, raw: bytes, block: flow.Block, ends: list[State]) -> None:
        self._walk(raw, block.start, block.end)
        if self.alive and block.jump >= 0:
            self.offset = block.end
            self._jump(block)
        if not self.alive:
            return
        if block.returns or block.following >= len(raw):
            ends.append([self.reached, [], self.names])
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
            self.names[name] = undecided("bound in a loop")
        for name in sorted(loop.slots):
            self.names[self.slot_key(name)] = undecided("bound in a loop")
        for name in sorted(loop.read):
            if self.names.get(name, NONE)[0] in "lmo":
                self.names[name] = undecided("changed in a loop")
        if loop.collects:
            self.stack = [
                undecided("collected in a loop") if value[0] in "lm" else value
                for value in self.stack
            ]

    def slot_key(self, name: str) -> str:
        """Return under which name a "fast local" stands among the names."""
        return name if self.kind == "function" else f".{name}"

    def _enter(self, states: Any) -> bool:
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
        if (start, target) in self.back:
            # The turn that is walked is the last one: what would turn back leaves the loop.
            way_out = self.leaving.get(target)
            if way_out is not None:
                way_out[0] = self.body.conditions.either(way_out[0], reached)
            return
        state: State = [reached, self.stack, self.names]
        if not leave:
            state = [reached, list(self.stack), dict(self.names)]
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
        exhausted = self.pending[target][-1][1]
        if sys.version_info < (3, 12):
            del exhausted[-1:]
        else:
            exhausted.append(undecided("loop"))
        self.stack.append(undecided("bound in a loop"))

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
        if (block.start, block.target) in self.back:
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

    # -- exceptions ----------------------------------------------------------------------------

    def throw(self, when: Condition, error: Value) -> None:
        """Let an exception arise here under the condition *when*; otherwise go on."""
        conditions = self.body.conditions
        raised = conditions.both(self.reached, when)
        if raised is False:
            return
        if self.handler is None:
            self._fail(raised, error)
        else:
            self._raise(raised, error, self.handler)
        self.reached = conditions.both(self.reached, conditions.negated(when))
        self.alive = self.reached is not False

    def _fail(self, raised: Condition, error: Value) -> None:
        for condition, one in error[1] if error[0] == "p" else ((True, error),):
            one = one if one[0] in "Ep" else ("E", "call")
            if one[0] == "p":
                self._fail(self.body.conditions.both(raised, condition), one)
            else:
                both = self.body.conditions.both(raised, condition)
                self.failures.append((both, one, self.offset))

    def _raise(self, raised: Condition, error: Value, handler: flow.Handler) -> None:
        target, depth, lasti = handler
        if self.frozen is None:
            self.frozen = dict(self.names)
        states = self.pending.setdefault(target, [])
        stack = self.stack[:depth] + ([NULL] if lasti else []) + [error]
        if states and states[-1][2] is self.frozen and states[-1][1] == stack:
            raised = self.body.conditions.either(states.pop()[0], raised)
        states.append([raised, stack, self.frozen])

    def may_raise(self, reason: str) -> None:
        """Let any code raise any exception here, if something may catch it."""
        if not self.guarded or self.body.everything:
            return
        # Another surprise before a name is bound changes nothing that can be told apart.
        if self.frozen is None or self.surprised is not self.frozen:
            raised = self.body.fresh(reason)
            body, conditions = self.body, self.body.conditions
            body.surprised = conditions.either(
                body.surprised, conditions.both(self.reached, raised)
            )
            self.throw(raised, ("E", "call"))
            if self.frozen is None:
                self.frozen = dict(self.names)
            self.surprised = self.frozen

    # -- conditions ----------------------------------------------------------------------------

    def condition(self, value: Value) -> Condition:
        """Return the condition under which *value* is true."""
        conditions = self.body.conditions
        if value[0] == "T":
            result: Condition = value[1]
            return result
        if value[0] == "p":
            return self.any_of(value, self.condition)
        if value[0] == "o" and value[1] == "not":
            return conditions.negated(self.condition(value[2]))
        known = truth(value)
        return self._test(value) if known is None or self.body.everything else known

    def _test(self, value: Value) -> Condition:
        if self.body.everything or value[0] == "?" or is_impure(value):
            return self.body.fresh(f"a condition at line {self.line()}")
        return self.body.variable("test", value)

    def is_none(self, value: Value) -> Condition:
        """Return the condition under which *value* is None."""
        if value[0] == "p":
            return self.any_of(value, self.is_none)
        test = operate("is", value, NONE)
        return bool(test[1]) if test[0] == "c" else self._test(test)

    def any_of(self, choice: Value, test: Callable[[Value], Condition]) -> Condition:
        """Return the condition under which *test* holds of what *choice* chooses."""
        conditions = self.body.conditions
        result: Condition = False
        for condition, value in choice[1]:
            if conditions.both(self.reached, condition) is not False:
                result = conditions.either(result, conditions.both(condition, test(value)))
        return result

    def line(self) -> int:
        """Return the source line of the current instruction."""
        return self.line_of(self.offset)

    def line_of(self, offset: int) -> int:
        """Return the source line of the instruction at *offset*."""
        if not self.starts:
            self.starts, _, self.numbers = zip(*self.code.co_lines(), strict=True)
        place = bisect_right(self.starts, offset) - 1
        while place >= 0 and not self.numbers[place]:
            place -= 1
        return self.numbers[place] or self.code.co_firstlineno


# Opcodes that neither touch the stack nor bind a name.
NOTHING = opcodes.numbers(
    "NOP", "RESUME", "CACHE", "PRECALL", "SETUP_ANNOTATIONS", "MAKE_CELL", "COPY_FREE_VARS",
    "TO_BOOL", "END_SEND", "CONVERT_VALUE", "LIST_TO_TUPLE",
)  # fmt: skip


def join(conditions: Conditions, states: list[tuple[Condition, Value]]) -> Value:
    """Return the value that holds where paths meet, a choice if they differ."""
    choices: list[list[Any]] = []
    for condition, value in states:
        for choice in choices:
            if same(choice[1], value):
                choice[0] = conditions.either(choice[0], condition)
                break
        else:
            choices.append([condition, value])
    if len(choices) == 1:
        return choices[0][1]
    joined = ("p", tuple((condition, value) for condition, value in choices))
    return joined if is_bounded(joined) else undecided("too many choices")


def same(one: Value, other: Value) -> bool:
    """Tell whether two values are the same; 1 and True, which are equal, are not."""
    return one is other or (one == other and (one[0] != "c" or repr(one) == repr(other)))


def join_names(
    conditions: Conditions, states: list[tuple[Condition, dict[str, Value]]]
) -> dict[str, Value]:
    """Return the names bound where paths meet."""
    first = states[0][1]
    differing = set()
    for _, other in states[1:]:
        if other is not first:
            differing.update([n for n, value in other.items() if first.get(n) is not value])
            differing.update(first.keys() - other.keys())
    result = dict(first)
    for name in sorted(differing):
        result[name] = join(conditions, [(c, bound.get(name, UNBOUND)) for c, bound in states])
    return result


def is_impure(value: Value) -> bool:
    """Tell whether evaluating *value* twice may give two answers."""
    if value[0] in ("x", "?", "s", "m", "l"):
        return not (value[0] == "x" and value[1][0] == "g" and value[1][1] == "hasattr")
    if value[0] == "a":
        return is_impure(value[1])
    return value[0] == "o" and (is_impure(value[2]) or is_impure(value[3]))
