"""A symbolic walk through a code object: every block after its predecessors, nothing is run.

For each block it keeps the condition under which it is reached, the operand stack and the names
bound. Where paths meet, values that differ become a choice ("p"). Loop bodies are walked once,
names bound in them being undecided.
"""

from __future__ import annotations

import sys
from _bisect import bisect_right

from plugindex import opcodes
from plugindex.conditions import Conditions, EveryPath
from plugindex.expressions import NONE, UNBOUND, operate, truth, undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    from plugindex.conditions import Condition
    from plugindex.expressions import Value

NULL = ("null",)
MOST_VARIABLES = 400
# What each opcode does to a walker, by number; plugindex.operations fills it in.
ACTIONS: list[Callable[[Any, int], None] | None] = [None] * 256


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
        self.imports: list[tuple[Any, ...]] = []
        self.statements: list[tuple[Any, ...]] = []
        self.stars: list[tuple[str, Condition]] = []
        self.calls: list[tuple[Any, ...]] = []
        self.patches: list[tuple[Any, ...]] = []
        self.provides = False
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

    def absolute(self, level: int, module: str) -> str:
        """Return the absolute name of an imported module."""
        if not level:
            return module
        parts = self.package.split(".") if self.package else []
        if level > len(parts):
            raise Unreadable("a relative import beyond the top-level package")
        base = ".".join(parts[: len(parts) - level + 1])
        return f"{base}.{module}" if module else base


class Walker:
    """One body being walked: module, class or function."""

    def __init__(
        self, body: Body, code: CodeType, kind: str, outer: Walker | None, reached: Condition
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
        self.pending: dict[int, list[Any]] = {}
        self.lines: list[tuple[int, int, int | None]] | None = None
        self.handler: tuple[int, int, bool] | None = None

    # -- walking ------------------------------------------------------------------------------

    def run(self) -> None:
        """Walk all blocks; afterwards names, returns and failures say what the body does."""
        blocks, handlers = _blocks(self.code)
        successors = {start: _successors(block, handlers) for start, block in blocks.items()}
        sequence, back = opcodes.order(successors)
        loops = _loop_names(self.code, blocks, back)
        self.pending = {0: [(self.reached, [], self.names)]}
        ends = []
        for start in sequence:
            if not self._enter(self.pending.pop(start, ())):
                continue
            for name in loops.get(start, ()):
                self.names[name] = undecided("bound in a loop")
            block = blocks[start]
            self.handler = handlers.get(start)
            if self.body.everything and self.handler:
                self.throw(self.body.fresh("anything raises"), ("E", "call"))
            self._walk(block, back)
            if self.alive and block.next not in blocks:
                ends.append((self.reached, [], self.names))
            elif self.alive and block.falls:
                self._go(start, block.next, self.reached, back)
            if block.returns and self.alive:
                ends.append((self.reached, [], self.names))
        if not self._enter(ends):
            self.reached = False

    def _enter(self, states: Any) -> bool:
        if not states:
            return False
        conditions = self.body.conditions
        self.reached = states[0][0]
        for state in states[1:]:
            self.reached = conditions.either(self.reached, state[0])
        self.alive = self.reached is not False
        if len(states) == 1:
            self.stack, self.names = states[0][1], states[0][2]
        else:
            depth = min(len(state[1]) for state in states)
            self.stack = [
                _join([(state[0], state[1][i]) for state in states]) for i in range(depth)
            ]
            self.names = _join_names([(state[0], state[2]) for state in states])
        return self.alive

    def _go(self, start: int, target: int, reached: Condition, back: Any) -> None:
        if (start, target) not in back and reached is not False:
            self.pending.setdefault(target, []).append(
                (reached, list(self.stack), dict(self.names))
            )

    def _walk(self, block: _Block, back: Any) -> None:
        table = ACTIONS
        try:
            for offset, number, argument, target in block.instructions:
                self.offset = offset
                action = table[number]
                if action is None:
                    raise Unreadable(f"opcode {opcodes.NAMES.get(number, number)}")
                if target >= 0:
                    self._jump(block.start, number, target, back)
                else:
                    action(self, argument)
                if not self.alive:
                    return
        except IndexError:
            raise Unreadable(f"an unbalanced stack at offset {self.offset}") from None

    def _jump(self, start: int, number: int, target: int, back: Any) -> None:
        name = opcodes.NAMES[number]
        conditions = self.body.conditions
        if number in opcodes.ALWAYS:
            self._go(start, target, self.reached, back)
            self.alive = False
            return
        if name == "FOR_ITER":
            inside = self.body.fresh("a loop")
            if sys.version_info < (3, 12):
                self._go(start, target, self.reached, back)
                del self.pending[target][-1][1][-1:]
            else:
                self._go(start, target, self.reached, back)
                self.pending[target][-1][1].append(undecided("loop"))
            self.reached = conditions.both(self.reached, inside)
            self.stack.append(undecided("bound in a loop"))
            return
        if name == "SEND":
            self._go(start, target, self.reached, back)
            return
        test = self.stack[-1]
        keeps = name.startswith("JUMP_IF")
        if not keeps:
            self.stack.pop()
        taken = self.condition(test) if "NONE" not in name else self.is_none(test)
        if name.endswith(("FALSE", "FALSE_OR_POP", "NOT_NONE")):
            taken = conditions.negated(taken)
        self._go(start, target, conditions.both(self.reached, taken), back)
        self.reached = conditions.both(self.reached, conditions.negated(taken))
        self.alive = self.reached is not False
        if keeps:
            self.stack.pop()

    def throw(self, when: Condition, error: Value) -> None:
        """Let an exception arise here under the condition *when*; otherwise go on."""
        conditions = self.body.conditions
        raised = conditions.both(self.reached, when)
        if raised is False:
            return
        if self.handler is None:
            self.failures.append((raised, error, self.offset))
        else:
            target, depth, lasti = self.handler
            stack = self.stack[:depth] + ([NULL] if lasti else []) + [error]
            self.pending.setdefault(target, []).append((raised, stack, dict(self.names)))
        self.reached = conditions.both(self.reached, conditions.negated(when))
        self.alive = self.reached is not False

    # -- conditions ----------------------------------------------------------------------------

    def condition(self, value: Value) -> Condition:
        """Return the condition under which *value* is true."""
        conditions = self.body.conditions
        if value[0] == "T":
            result: Condition = value[1]
            return result
        if value[0] == "p":
            return self._any(value, self.condition)
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
            return self._any(value, self.is_none)
        test = operate("is", value, NONE)
        return bool(test[1]) if test[0] == "c" else self._test(test)

    def _any(self, choice: Value, test: Callable[[Value], Condition]) -> Condition:
        conditions = self.body.conditions
        result: Condition = False
        for condition, value in choice[1]:
            result = conditions.either(result, conditions.both(condition, test(value)))
        return result

    def line(self) -> int:
        """Return the source line of the current instruction."""
        return self.line_of(self.offset)

    def line_of(self, offset: int) -> int:
        """Return the source line of the instruction at *offset*."""
        if self.lines is None:
            self.lines = [entry for entry in self.code.co_lines() if entry[2] is not None]
        place = bisect_right(self.lines, offset, key=_start) - 1
        found = self.lines[place][2] if place >= 0 else None
        return found or self.code.co_firstlineno


def _start(entry: tuple[int, int, int | None]) -> int:
    return entry[0]


class _Block:
    __slots__ = ("falls", "instructions", "next", "returns", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.instructions: list[tuple[int, int, int, int]] = []
        self.next = -1
        self.falls = True
        self.returns = False


def _blocks(code: CodeType) -> tuple[dict[int, _Block], dict[int, tuple[int, int, bool]]]:
    """Split *code* into blocks; say which handler catches what each block raises."""
    instructions = opcodes.instructions(code)
    table = opcodes.handlers(code) if code.co_exceptiontable else []
    leaders = {0}
    for start, end, target, _, _ in table:
        leaders.update((start, end, target))
    blocks: dict[int, _Block] = {}
    block = blocks[0] = _Block(0)
    for _, _, _, target in instructions:
        if target >= 0:
            leaders.add(target)
    ended = False
    for instruction in instructions:
        offset = instruction[0]
        if offset and (ended or offset in leaders):
            block.next = offset
            block = blocks[offset] = _Block(offset)
        block.instructions.append(instruction)
        ended = instruction[3] >= 0 or instruction[1] in opcodes.ENDS
        if ended:
            block.falls = instruction[1] not in opcodes.ENDS
            block.returns = opcodes.NAMES[instruction[1]].startswith("RETURN_")
    return blocks, _catching(blocks, table) if table else {}


def _catching(blocks: dict[int, _Block], table: Any) -> dict[int, tuple[int, int, bool]]:
    """Map each block to the handler that catches; those that only clean up are looked through."""
    entries = {}
    for start in blocks:
        for entry in table:
            if entry[0] <= start < entry[1]:
                entries[start] = entry
                break
    result = {}
    for start, entry in entries.items():
        for _ in range(len(table)):
            first = blocks[entry[2]].instructions[0]
            if opcodes.NAMES[first[1]] == "PUSH_EXC_INFO":
                result[start] = (entry[2], entry[3], entry[4])
                break
            entry = entries.get(_last(blocks, entry[2]))
            if entry is None:
                break
    return result


def _last(blocks: dict[int, _Block], start: int) -> int:
    while blocks[start].falls and blocks[start].next in blocks:
        start = blocks[start].next
    return start


def _successors(block: _Block, handlers: dict[int, tuple[int, int, bool]]) -> list[int]:
    result = []
    last = block.instructions[-1]
    if last[3] >= 0:
        result.append(last[3])
    if block.falls and block.next >= 0 and last[1] not in opcodes.ALWAYS:
        result.append(block.next)
    if block.start in handlers:
        result.append(handlers[block.start][0])
    return result


_BINDING = {"STORE_NAME", "DELETE_NAME", "STORE_GLOBAL", "STORE_FAST", "STORE_DEREF"}


def _loop_names(code: CodeType, blocks: dict[int, _Block], back: Any) -> dict[int, set[str]]:
    result: dict[int, set[str]] = {}
    for source, target in back:
        names = result.setdefault(target, set())
        for start, block in blocks.items():
            if target <= start <= source:
                for _, number, argument, _ in block.instructions:
                    if opcodes.NAMES[number] in _BINDING:
                        names.add(_bound_name(code, opcodes.NAMES[number], argument))
    return result


def _bound_name(code: CodeType, operation: str, argument: int) -> str:
    if operation == "STORE_FAST":
        return code.co_varnames[argument]
    return cell(code, argument) if operation == "STORE_DEREF" else code.co_names[argument]


def cell(code: CodeType, index: int) -> str:
    """Return the name of a "fast local" slot: locals, then cells, then free variables."""
    local = code.co_varnames
    if index < len(local):
        return local[index]
    cells = tuple(name for name in code.co_cellvars if name not in local) + code.co_freevars
    return cells[index - len(local)]


def _join(states: list[tuple[Condition, Value]]) -> Value:
    first = states[0][1]
    if all(value is first or value == first for _, value in states[1:]):
        return first
    choices: list[tuple[Condition, Value]] = []
    for condition, value in states:
        choices.append((condition, value))
    return ("p", tuple(choices))


def _join_names(states: list[tuple[Condition, dict[str, Value]]]) -> dict[str, Value]:
    result = dict(states[0][1])
    names = set()
    for _, other in states[1:]:
        for name, value in other.items():
            if result.get(name) is not value:
                names.add(name)
        names.update(result.keys() - other.keys())
    for name in sorted(names):
        result[name] = _join([(c, bound.get(name, UNBOUND)) for c, bound in states])
    return result


def is_impure(value: Value) -> bool:
    """Tell whether evaluating *value* twice may give two answers."""
    if value[0] in ("x", "?", "s", "m", "l"):
        return not (value[0] == "x" and value[1][0] == "g" and value[1][1] == "hasattr")
    if value[0] == "a":
        return is_impure(value[1])
    return value[0] == "o" and (is_impure(value[2]) or is_impure(value[3]))
