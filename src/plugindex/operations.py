"""What each opcode of CPython 3.11 to 3.13 does to a frame of the symbolic machine.

Names and stack effects are those of the ``dis`` documentation of the three versions. An opcode
that is missing here makes the module unreadable, never wrong.
"""

from __future__ import annotations

import sys

from plugindex.expressions import NONE, attribute, call, literal, operate, subscript, undecided
from plugindex.machine import BUILD, Frame
from plugindex.opcodes import opmap
from plugindex.walker import ACTIONS, NULL, Unreadable, cell, is_impure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from plugindex.expressions import Value

    Action = Callable[[Frame, int], None]

_BINARY_SIGNS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
_SIGNS = frozenset({"+", "&", "//", "*", "%", "|", "-", "/", "^"})
_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
# Builtins whose calls bring no class into a module and end no import.
_HARMLESS = frozenset({
    "print", "len", "range", "set", "dict", "list", "tuple", "property", "staticmethod",
    "classmethod", "isinstance", "issubclass", "hasattr", "frozenset", "object", "str", "int",
    "float", "bool", "bytes", "bytearray", "sorted", "zip", "enumerate", "max", "min", "repr",
    "iter", "next", "id", "hash", "abs", "ord", "chr", "super", "any", "all", "sum", "slice",
})  # fmt: skip


def operation(*names: str) -> Callable[[Action], Action]:
    """Enter a function as what the opcodes *names* do, where this interpreter has them."""

    def enter(action: Action) -> Action:
        for name in names:
            if name in opmap and opmap[name] < 256:
                ACTIONS[opmap[name]] = action
        return action

    return enter


def _fixed(pops: int, pushes: int) -> Action:
    def action(frame: Frame, argument: int) -> None:
        if pops:
            if len(frame.stack) < pops:
                raise Unreadable("an unbalanced stack")
            del frame.stack[-pops:]
        frame.stack.extend([undecided("an operation")] * pushes)

    return action


for _pops, _pushes, _names in (
    (0, 0, "NOP RESUME CACHE PRECALL SETUP_ANNOTATIONS MAKE_CELL COPY_FREE_VARS TO_BOOL END_SEND"
           " FOR_ITER SEND JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT"
           " POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_NONE"
           " POP_JUMP_FORWARD_IF_NOT_NONE POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE"
           " POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE POP_JUMP_IF_FALSE"
           " POP_JUMP_IF_TRUE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE JUMP_IF_FALSE_OR_POP"
           " JUMP_IF_TRUE_OR_POP CONVERT_VALUE"),
    (1, 0, "POP_TOP LIST_APPEND SET_ADD SET_UPDATE DICT_MERGE DICT_UPDATE PRINT_EXPR POP_EXCEPT"
           " DELETE_ATTR"),
    (2, 0, "MAP_ADD DELETE_SUBSCR"),
    (4, 0, "STORE_SLICE"),
    (0, 1, "GET_LEN MATCH_MAPPING MATCH_SEQUENCE MATCH_KEYS LOAD_ASSERTION_ERROR LOAD_LOCALS"
           " GET_ANEXT RETURN_GENERATOR"),
    (1, 1, "GET_ITER GET_AITER FORMAT_SIMPLE YIELD_VALUE GET_AWAITABLE GET_YIELD_FROM_ITER"
           " ASYNC_GEN_WRAP CHECK_EG_MATCH"),
    (2, 1, "FORMAT_WITH_SPEC CALL_INTRINSIC_2 PREP_RERAISE_STAR"),
    (3, 1, "MATCH_CLASS BINARY_SLICE"),
    (2, 0, "END_ASYNC_FOR"),
    (1, 2, "BEFORE_ASYNC_WITH"),
):  # fmt: skip
    operation(*_names.split())(_fixed(_pops, _pushes))


# -- the stack ------------------------------------------------------------------------------------


@operation("END_FOR")
def _end_for(frame: Frame, argument: int) -> None:
    del frame.stack[-2 if sys.version_info < (3, 13) else -1 :]


@operation("PUSH_NULL")
def _push_null(frame: Frame, argument: int) -> None:
    frame.stack.append(NULL)


@operation("COPY")
def _copy(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.stack[-argument])


@operation("SWAP")
def _swap(frame: Frame, argument: int) -> None:
    stack = frame.stack
    stack[-1], stack[-argument] = stack[-argument], stack[-1]


@operation("LOAD_CONST")
def _load_const(frame: Frame, argument: int) -> None:
    value = frame.code.co_consts[argument]
    frame.stack.append(("code", value) if hasattr(value, "co_code") else literal(value))


@operation("FORMAT_VALUE")
def _format_value(frame: Frame, argument: int) -> None:
    _pop(frame, 2 if argument & 4 else 1)
    frame.stack.append(undecided("formatted text"))


def _pop(frame: Frame, count: int) -> list[Value]:
    if not count:
        return []
    items = frame.stack[-count:]
    if len(items) < count:
        raise Unreadable("an unbalanced stack")
    del frame.stack[-count:]
    return items


@operation("BUILD_TUPLE", "BUILD_LIST", "BUILD_SET")
def _build_items(frame: Frame, argument: int) -> None:
    items = _pop(frame, argument)
    frame.stack.append(("l", tuple(items)) if len(items) < 1000 else undecided("large data"))


@operation("BUILD_MAP")
def _build_map(frame: Frame, argument: int) -> None:
    frame.stack.append(("m", tuple(_pop(frame, 2 * argument)[:200])))


@operation("BUILD_CONST_KEY_MAP")
def _build_const_key_map(frame: Frame, argument: int) -> None:
    frame.stack.append(("m", tuple(_pop(frame, argument + 1)[:200])))


@operation("BUILD_SLICE")
def _build_opaque(frame: Frame, argument: int) -> None:
    items = _pop(frame, argument)
    if all(item[0] == "c" for item in items) and len(items) in (2, 3):
        frame.stack.append(("c", slice(*(item[1] for item in items))))
    else:
        frame.stack.append(undecided("a slice"))


@operation("BUILD_STRING")
def _build_string(frame: Frame, argument: int) -> None:
    _pop(frame, argument)
    frame.stack.append(undecided("formatted text"))


@operation("LIST_EXTEND")
def _list_extend(frame: Frame, argument: int) -> None:
    items = frame.stack.pop()
    target = frame.stack[-argument]
    frame.stack[-argument] = operate("+", target, items) if target[0] == "l" else target


@operation("LIST_TO_TUPLE")
def _list_to_tuple(frame: Frame, argument: int) -> None:
    """A tuple of starred items has the items of the list."""


@operation("UNPACK_SEQUENCE")
def _unpack_sequence(frame: Frame, argument: int) -> None:
    value = frame.stack.pop()
    items: tuple[Value, ...] = ()
    if value[0] == "l":
        items = tuple(value[1])
    elif value[0] == "c" and isinstance(value[1], tuple):
        items = tuple(literal(item) for item in value[1])
    if len(items) != argument:
        items = (undecided("unpacked"),) * argument
    frame.stack.extend(reversed(items))


@operation("UNPACK_EX")
def _unpack_ex(frame: Frame, argument: int) -> None:
    frame.stack.pop()
    frame.stack.extend([undecided("unpacked")] * (1 + (argument & 255) + (argument >> 8)))


# -- operators ------------------------------------------------------------------------------------


@operation("UNARY_NEGATIVE")
def _negative(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("neg", frame.stack[-1])


@operation("UNARY_POSITIVE")
def _positive(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("pos", frame.stack[-1])


@operation("UNARY_INVERT")
def _invert(frame: Frame, argument: int) -> None:
    frame.stack[-1] = operate("~", frame.stack[-1])


@operation("UNARY_NOT")
def _not(frame: Frame, argument: int) -> None:
    value = frame.stack[-1]
    if value[0] in ("T", "p"):
        frame.stack[-1] = ("T", frame.body.conditions.negated(frame.condition(value)))
    else:
        frame.stack[-1] = operate("not", value)


def _operate(frame: Frame, sign: str) -> None:
    left, right = _pop(frame, 2)
    if left[0] == "p" and right[0] == "c" and sign in ("is", "is not"):
        condition = frame.is_none(left) if right == NONE else None
        if condition is not None:
            flip = frame.body.conditions.negated
            frame.stack.append(("T", condition if sign == "is" else flip(condition)))
            return
    if "T" in (left[0], right[0]):
        frame.stack.append(undecided("an operator on a test"))
        return
    frame.stack.append(operate(sign, left, right))


@operation("BINARY_OP")
def _binary_op(frame: Frame, argument: int) -> None:
    sign = _BINARY_SIGNS[argument % 13]
    if sign in _SIGNS:
        _operate(frame, sign)
    else:
        _pop(frame, 2)
        frame.stack.append(undecided(f"the operator {sign}"))


@operation("COMPARE_OP")
def _compare_op(frame: Frame, argument: int) -> None:
    shift = {11: 0, 12: 4}.get(sys.version_info[1], 5)
    _operate(frame, _COMPARISONS[argument >> shift])


@operation("IS_OP")
def _is_op(frame: Frame, argument: int) -> None:
    _operate(frame, "is not" if argument else "is")


@operation("CONTAINS_OP")
def _contains_op(frame: Frame, argument: int) -> None:
    _operate(frame, "not in" if argument else "in")


@operation("BINARY_SUBSCR")
def _binary_subscr(frame: Frame, argument: int) -> None:
    value, index = _pop(frame, 2)
    result = subscript(value, index)
    if frame.handler and result[0] != "c" and value[0] not in "fk":
        frame.throw(frame.body.fresh("a missing key"), ("E", "call"))
    frame.stack.append(result)


@operation("STORE_SUBSCR")
def _store_subscr(frame: Frame, argument: int) -> None:
    value, container, key = _pop(frame, 3)
    if container[0] == "x" and container[1][:2] == ("g", "globals") and key[0] == "c":
        frame.module_names[key[1]] = value
    if container in (("a", ("i", "sys"), "modules"), ("f", "sys", "modules")):
        frame.body.provides = True


# -- names ----------------------------------------------------------------------------------------


@operation("LOAD_NAME")
def _load_name(frame: Frame, argument: int) -> None:
    value = frame.lookup(frame.code.co_names[argument])
    if frame.alive:
        frame.stack.append(value)


@operation("LOAD_GLOBAL")
def _load_global(frame: Frame, argument: int) -> None:
    name = frame.code.co_names[argument >> 1]
    value = frame.global_value(name)
    if not argument & 1:
        frame.stack.append(value)
    elif sys.version_info < (3, 13):
        frame.stack += [NULL, value]
    else:
        frame.stack += [value, NULL]


@operation("STORE_NAME")
def _store_name(frame: Frame, argument: int) -> None:
    frame.bind(frame.code.co_names[argument], frame.stack.pop())


@operation("STORE_GLOBAL")
def _store_global(frame: Frame, argument: int) -> None:
    value = frame.stack.pop()
    if frame.kind != "function":
        frame.module_names[frame.code.co_names[argument]] = value


@operation("DELETE_NAME")
def _delete_name(frame: Frame, argument: int) -> None:
    frame.bind(frame.code.co_names[argument], ("u",))


@operation("DELETE_GLOBAL", "DELETE_FAST", "DELETE_DEREF")
def _delete_other(frame: Frame, argument: int) -> None:
    """Deleting a function's own variable shows nowhere."""


@operation("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLOSURE")
def _load_fast(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.local_value(cell(frame.code, argument)))


@operation("LOAD_FAST_AND_CLEAR")
def _load_fast_and_clear(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.local_value(cell(frame.code, argument)))


@operation("LOAD_FAST_LOAD_FAST")
def _load_fast_twice(frame: Frame, argument: int) -> None:
    for index in (argument >> 4, argument & 15):
        frame.stack.append(frame.local_value(cell(frame.code, index)))


@operation("LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")
def _load_class_deref(frame: Frame, argument: int) -> None:
    if sys.version_info >= (3, 12):
        frame.stack.pop()
    name = cell(frame.code, argument)
    frame.stack.append(frame.names.get(name) or frame.local_value(name))


@operation("LOAD_FROM_DICT_OR_GLOBALS")
def _load_from_dict_or_globals(frame: Frame, argument: int) -> None:
    frame.stack.pop()
    frame.stack.append(frame.lookup(frame.code.co_names[argument]))


@operation("STORE_FAST", "STORE_DEREF")
def _store_fast(frame: Frame, argument: int) -> None:
    frame.set_local(cell(frame.code, argument), frame.stack.pop())


@operation("STORE_FAST_LOAD_FAST")
def _store_load_fast(frame: Frame, argument: int) -> None:
    frame.set_local(cell(frame.code, argument >> 4), frame.stack.pop())
    frame.stack.append(frame.local_value(cell(frame.code, argument & 15)))


@operation("STORE_FAST_STORE_FAST")
def _store_fast_twice(frame: Frame, argument: int) -> None:
    for index in (argument >> 4, argument & 15):
        frame.set_local(cell(frame.code, index), frame.stack.pop())


@operation("LOAD_ATTR")
def _load_attr(frame: Frame, argument: int) -> None:
    if sys.version_info < (3, 12):
        _attribute(frame, argument, False)
    else:
        _attribute(frame, argument >> 1, bool(argument & 1))


@operation("LOAD_METHOD")
def _load_method(frame: Frame, argument: int) -> None:
    _attribute(frame, argument, True)


def _attribute(frame: Frame, index: int, method: bool) -> None:
    value = attribute(frame.stack.pop(), frame.code.co_names[index])
    if frame.handler and value[0] == "a" and not is_impure(value):
        present = frame.body.variable("attr", value)
        frame.throw(frame.body.conditions.negated(present), ("E", "attr"))
    if frame.alive:
        _push_callable(frame, value, method)


def _push_callable(frame: Frame, value: Value, method: bool) -> None:
    if not method:
        frame.stack.append(value)
    elif sys.version_info < (3, 13):
        frame.stack += [NULL, value]
    else:
        frame.stack += [value, NULL]


@operation("LOAD_SUPER_ATTR")
def _load_super_attr(frame: Frame, argument: int) -> None:
    _pop(frame, 3)
    _push_callable(frame, undecided("super"), bool(argument & 1))


@operation("STORE_ATTR")
def _store_attr(frame: Frame, argument: int) -> None:
    value, target = _pop(frame, 2)
    frame.patch(target, frame.code.co_names[argument], value)


# -- imports --------------------------------------------------------------------------------------


@operation("IMPORT_NAME")
def _import_name(frame: Frame, argument: int) -> None:
    level, names = _pop(frame, 2)
    frame.import_module(level[1], frame.code.co_names[argument], names)


@operation("IMPORT_FROM")
def _import_from(frame: Frame, argument: int) -> None:
    module = frame.stack[-1]
    name = frame.code.co_names[argument]
    if module[0] != "i":
        frame.stack.append(attribute(module, name))  # import a.b.c as d
        return
    frame.stack.append(frame.imported(module[1], name))


@operation("IMPORT_STAR")
def _import_star(frame: Frame, argument: int) -> None:
    frame.import_star(frame.stack.pop())


@operation("CALL_INTRINSIC_1")
def _call_intrinsic(frame: Frame, argument: int) -> None:
    value = frame.stack.pop()
    if argument == 2:  # INTRINSIC_IMPORT_STAR
        frame.import_star(value)
        frame.stack.append(NONE)
    elif argument == 10:  # INTRINSIC_SUBSCRIPT_GENERIC
        frame.stack.append(("f", "typing", "Generic"))
    elif argument == 6:  # INTRINSIC_LIST_TO_TUPLE
        frame.stack.append(value)
    elif argument == 5:  # INTRINSIC_UNARY_POSITIVE
        frame.stack.append(operate("pos", value))
    else:
        frame.stack.append(undecided("a type parameter"))


# -- functions, classes and calls -----------------------------------------------------------------


@operation("LOAD_BUILD_CLASS")
def _load_build_class(frame: Frame, argument: int) -> None:
    frame.stack.append(BUILD)


@operation("MAKE_FUNCTION")
def _make_function(frame: Frame, argument: int) -> None:
    code: CodeType = frame.stack.pop()[1]
    if sys.version_info < (3, 13):
        _pop(frame, bin(argument & 15).count("1"))
    key = (code.co_qualname, code.co_firstlineno)
    frame.body.codes[key] = code
    frame.stack.append(("d", *key))


@operation("SET_FUNCTION_ATTRIBUTE")
def _set_function_attribute(frame: Frame, argument: int) -> None:
    _, function = _pop(frame, 2)
    frame.stack.append(function)


@operation("KW_NAMES")
def _kw_names(frame: Frame, argument: int) -> None:
    frame.keywords = frame.code.co_consts[argument]


@operation("CALL")
def _call(frame: Frame, argument: int) -> None:
    names, frame.keywords = frame.keywords, ()
    _call_with(frame, _pop(frame, argument), names)


@operation("CALL_KW")
def _call_kw(frame: Frame, argument: int) -> None:
    names = frame.stack.pop()[1]
    _call_with(frame, _pop(frame, argument), names)


@operation("CALL_FUNCTION_EX")
def _call_function_ex(frame: Frame, argument: int) -> None:
    extra = _pop(frame, 1) if argument & 1 else []
    star = frame.stack.pop()
    args = list(star[1]) if star[0] == "l" else [("star", star)]
    names: tuple[str, ...] = ("**",) if extra else ()
    _call_with(frame, [*args, *extra], names)


def _call_with(frame: Frame, args: list[Value], names: tuple[str, ...]) -> None:
    first, second = _pop(frame, 2)
    if first is NULL:
        callee = second
    else:
        callee = first
        if second is not NULL:
            args = [second, *args]
    if callee is BUILD:
        value = frame.build_class(args, names)
    else:
        value = _plain_call(frame, callee, args, names)
    if frame.alive:
        frame.stack.append(value)


def _plain_call(frame: Frame, callee: Value, args: list[Value], names: tuple[str, ...]) -> Value:
    if callee[0] == "d" and "<generic parameters of" in callee[1]:
        return frame.inline(callee)
    value = call(callee, tuple(_argument(arg) for arg in args), names)
    if value[0] == "x" and not (callee[0] == "g" and callee[1] in _HARMLESS):
        frame.called(value)
    elif frame.handler and value[0] == "x" and callee[1] not in ("hasattr", "isinstance"):
        frame.throw(frame.body.fresh("a call may raise"), ("E", "call"))
    return value


def _argument(value: Value) -> Value:
    if value[0] == "T":
        return undecided("a test")
    return undecided("starred") if value[0] in ("star", "null", "code") else value


@operation("RETURN_VALUE")
def _return_value(frame: Frame, argument: int) -> None:
    frame.returns.append((frame.reached, frame.stack.pop()))


@operation("RETURN_CONST")
def _return_const(frame: Frame, argument: int) -> None:
    frame.returns.append((frame.reached, literal(frame.code.co_consts[argument])))


# -- exceptions and context managers --------------------------------------------------------------


@operation("PUSH_EXC_INFO")
def _push_exc_info(frame: Frame, argument: int) -> None:
    frame.stack.insert(-1, NULL)


@operation("CHECK_EXC_MATCH")
def _check_exc_match(frame: Frame, argument: int) -> None:
    types = frame.stack.pop()
    frame.stack.append(("T", frame.matches(frame.stack[-1], types)))


@operation("RAISE_VARARGS")
def _raise_varargs(frame: Frame, argument: int) -> None:
    items = _pop(frame, argument)
    kind = "call"
    if items:
        error = items[0][1] if items[0][0] == "x" else items[0]
        kind = error[1] if error[0] == "g" else "call"
    frame.throw(True, ("E", kind))


@operation("RERAISE")
def _reraise(frame: Frame, argument: int) -> None:
    frame.throw(True, frame.stack.pop())


@operation("BEFORE_WITH")
def _before_with(frame: Frame, argument: int) -> None:
    manager = frame.stack.pop()
    frame.stack += [("exit", manager), undecided("bound by with")]


@operation("WITH_EXCEPT_START")
def _with_except_start(frame: Frame, argument: int) -> None:
    manager = frame.stack[-4]
    frame.stack.append(("T", frame.suppressed(manager[1] if manager[0] == "exit" else NONE)))
