"""What the opcodes for names, attributes and imports do to a frame of the symbolic machine."""

from __future__ import annotations

import sys

from plugindex.blocks import slot
from plugindex.expressions import MODULES, NONE, UNBOUND, attribute, call, operate, undecided
from plugindex.joining import is_impure
from plugindex.machine import NAMING
from plugindex.operations import operation, pop
from plugindex.pathstate import NULL
from plugindex.raising import kind_of_call
from plugindex.success import SETTING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.expressions import Value
    from plugindex.machine import Frame

_OWN_NAMES = ("locals", "vars")
_OF_SPEC = ("name", "parent")
_NULL_FIRST = sys.version_info < (3, 13)


# -- names ----------------------------------------------------------------------------------------


@operation("LOAD_NAME")
def _load_name(frame: Frame, argument: int) -> None:
    value = frame.lookup(frame.code.co_names[argument])
    if frame.alive:
        frame.stack.append(value)


@operation("LOAD_GLOBAL")
def _load_global(frame: Frame, argument: int) -> None:
    value = frame.global_value(frame.code.co_names[argument >> 1])
    if frame.alive:
        push_callable(frame, value, bool(argument & 1))


@operation("LOAD_FROM_DICT_OR_GLOBALS")
def _load_from_dict_or_globals(frame: Frame, argument: int) -> None:
    frame.stack.pop()
    value = frame.scope_value(frame.code.co_names[argument])
    if frame.alive:
        frame.stack.append(value)


@operation("STORE_NAME")
def _store_name(frame: Frame, argument: int) -> None:
    frame.names[frame.code.co_names[argument]] = frame.stack.pop()
    frame.frozen = None


@operation("STORE_GLOBAL")
def _store_global(frame: Frame, argument: int) -> None:
    frame.bind_global(frame.code.co_names[argument], frame.stack.pop())


@operation("DELETE_NAME")
def _delete_name(frame: Frame, argument: int) -> None:
    frame.bind(frame.code.co_names[argument], UNBOUND)


@operation("DELETE_GLOBAL")
def _delete_global(frame: Frame, argument: int) -> None:
    frame.bind_global(frame.code.co_names[argument], UNBOUND)


@operation("DELETE_FAST", "DELETE_DEREF")
def _delete_fast(frame: Frame, argument: int) -> None:
    frame.clear_local(slot(frame.code, argument))


@operation("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLOSURE")
def _load_fast(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.local_value(slot(frame.code, argument)))


@operation("LOAD_FAST_AND_CLEAR")
def _load_fast_and_clear(frame: Frame, argument: int) -> None:
    frame.stack.append(frame.clear_local(slot(frame.code, argument)))


@operation("LOAD_FAST_LOAD_FAST")
def _load_fast_twice(frame: Frame, argument: int) -> None:
    for index in (argument >> 4, argument & 15):
        _load_fast(frame, index)


@operation("LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF")
def _load_class_deref(frame: Frame, argument: int) -> None:
    if sys.version_info >= (3, 12):
        frame.stack.pop()
    name = slot(frame.code, argument)
    own = None if frame.body.everything else frame.names.get(name)
    frame.stack.append(own or frame.local_value(name))


@operation("STORE_FAST", "STORE_DEREF")
def _store_fast(frame: Frame, argument: int) -> None:
    frame.bind(frame.slot_key(slot(frame.code, argument)), frame.stack.pop())


@operation("STORE_FAST_LOAD_FAST")
def _store_load_fast(frame: Frame, argument: int) -> None:
    _store_fast(frame, argument >> 4)
    _load_fast(frame, argument & 15)


@operation("STORE_FAST_STORE_FAST")
def _store_fast_twice(frame: Frame, argument: int) -> None:
    for index in (argument >> 4, argument & 15):
        _store_fast(frame, index)


# -- attributes and items -------------------------------------------------------------------------


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
    owner, name = frame.stack.pop(), frame.code.co_names[index]
    value = attribute(owner, name)
    if owner[0] == "g" and owner[1] == "__spec__" and name in _OF_SPEC:
        value = ("c", frame.body.package if name == "parent" else frame.body.name)
    if frame.guarded and value[0] == "a" and not frame.body.everything:
        _may_be_missing(frame, value)
    if frame.alive:
        push_callable(frame, value, method)


def _may_be_missing(frame: Frame, value: Value) -> None:
    if is_impure(value):
        # What the standard library made has attributes of its own, too.
        frame.may_raise("a missing attribute", kind_of_call(value[1]))
    else:
        present = frame.body.variable("attr", value)
        frame.throw(frame.body.conditions.negated(present), ("E", "attr"))


def push_callable(frame: Frame, value: Value, with_null: bool) -> None:
    """Push a value that is looked up, with the empty slot that a call of it needs."""
    if not with_null:
        frame.stack.append(value)
    else:
        frame.stack += [NULL, value] if _NULL_FIRST else [value, NULL]


@operation("LOAD_SUPER_ATTR")
def _load_super_attr(frame: Frame, argument: int) -> None:
    made, *given = pop(frame, 3)
    if made[0] == "g":  # as other versions call it
        value = attribute(call(made, tuple(given) if argument & 2 else ()), _named(frame, argument))
    else:
        value = undecided("super")
    push_callable(frame, value, bool(argument & 1))


def _named(frame: Frame, argument: int) -> str:
    return str(frame.code.co_names[argument >> 2])


@operation("STORE_ATTR")
def _store_attr(frame: Frame, argument: int) -> None:
    value, target = pop(frame, 2)
    frame.patch(target, frame.code.co_names[argument], value)
    if frame.unrolled >= 0:  # what one item refuses decides what becomes of the others
        frame.may_raise("an attribute that can't be set", SETTING)


@operation("STORE_SUBSCR")
def _store_subscr(frame: Frame, argument: int) -> None:
    value, container, key = pop(frame, 3)
    if _is_modules(container):
        frame.body.place(key, frame.reached)
    elif container[0] == "x" and container[1][0] == "g" and not container[2]:
        _store_in_namespace(frame, container[1][1], key, value)
    else:
        if frame.kind == "function" and key[0] == "c" and key[1] in NAMING:  # of a body, maybe
            frame.body.names_others = True
        frame.changed(container)


def _is_modules(container: Value) -> bool:
    """Tell whether a container is ``sys.modules``; no star import is taken to bind another sys."""
    if container[0] == "a" and container[1][0] == "w":
        container = ("a", container[1][3], container[2])
    return container in MODULES


def _store_in_namespace(frame: Frame, function: str, key: Value, value: Value) -> None:
    """Read ``globals()[key] = value`` and its like in the body of a module or class."""
    named = key[0] == "c" and isinstance(key[1], str)
    if function == "globals" or (frame is frame.top and function in _OWN_NAMES):
        if named:
            frame.bind_global(key[1], value)
        else:
            frame.computes_names()
    elif function in _OWN_NAMES and frame.kind == "class" and named:
        frame.bind(key[1], value)


@operation("DELETE_SUBSCR")
def _delete_subscr(frame: Frame, argument: int) -> None:
    container, _ = pop(frame, 2)
    frame.changed(container)


# -- imports --------------------------------------------------------------------------------------


@operation("IMPORT_NAME")
def _import_name(frame: Frame, argument: int) -> None:
    level, names = pop(frame, 2)
    frame.import_module(level[1], frame.code.co_names[argument], names)


@operation("IMPORT_FROM")
def _import_from(frame: Frame, argument: int) -> None:
    module = frame.stack[-1]
    name = frame.code.co_names[argument]
    if module[0] == "i":
        frame.stack.append(frame.imported(module[1], name))
    else:
        frame.stack.append(attribute(module, name))  # import a.b.c as d


@operation("IMPORT_STAR")
def _import_star(frame: Frame, argument: int) -> None:
    frame.import_star(frame.stack.pop())


def _star(frame: Frame, value: Value) -> Value:
    frame.import_star(value)
    return NONE


def _generic_base(frame: Frame, value: Value) -> Value:
    # In the source text this base does not stand.
    return ("n", ".generic_base") if frame.body.everything else ("f", "typing", "Generic")


_INTRINSICS = {
    2: _star,  # INTRINSIC_IMPORT_STAR
    5: lambda frame, value: operate("pos", value),  # INTRINSIC_UNARY_POSITIVE
    6: lambda frame, value: value,  # INTRINSIC_LIST_TO_TUPLE
    10: _generic_base,  # INTRINSIC_SUBSCRIPT_GENERIC
}


@operation("CALL_INTRINSIC_1")
def _call_intrinsic(frame: Frame, argument: int) -> None:
    value = frame.stack.pop()
    result = _INTRINSICS.get(argument)
    frame.stack.append(result(frame, value) if result else undecided("a type parameter"))
