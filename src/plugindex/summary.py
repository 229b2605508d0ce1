"""From a function's code object to what calling it may give, make and change."""

from __future__ import annotations

from plugindex import bindings as _bindings  # noqa: F401  these three fill in what opcodes do
from plugindex import containers as _containers  # noqa: F401
from plugindex import invocations as _invocations  # noqa: F401
from plugindex import opcodes
from plugindex.body import Body
from plugindex.codes import names_in, stored_by, stored_inside, texts_in
from plugindex.conditions import Blurred, Conditions, TooMany, Unreadable
from plugindex.expressions import as_items, forget_weights
from plugindex.machine import Frame
from plugindex.pathstate import global_key
from plugindex.records import Record
from plugindex.slimming import is_plain, slim, slim_variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType
    from typing import Any

    from plugindex.expressions import Value

COMPUTING = "__getattr__"  # the function of a module that computes its attributes
_STARRED, _NAMED = 4, 8  # flags of code objects, as the inspect documentation tells them
_BINDING_GLOBALS = opcodes.numbers("STORE_GLOBAL", "DELETE_GLOBAL")
_SUSPENDING = 0x2A0  # generators and coroutines, whose calls give no class
_MOST_NODES = 1_500  # of the conditions of one function; most have less than a hundred


def as_value(data: Any) -> Any:
    """Return symbolic values as they were before JSON made lists of their tuples."""
    return tuple(map(as_value, data)) if isinstance(data, list | tuple) else data


class FunctionSummary(Record):
    """What reading tells of calling a function.

    Attributes:
        parameters: their names, but for starred ones.
        results: what it may give, as (condition, value).
        variables: what each numbered condition variable asks.
        classes: its class statements, as in :class:`plugindex.reader.ModuleRecord`.
        calls: its calls that may make classes, as (condition, value, line).
        mentions: the names that its code and that of functions in it has.
        qualifies: whether it names ``__qualname__``.
        starred: the parameter of all other arguments by place, or "".
        nodes: the table of conditions (:mod:`plugindex.conditions`).
        positional: how many parameters may be given by place.
        imports: those that nothing guards, as (module, names).
        texts: the texts in it that may be names.
        sets: the names of the attributes that it sets.
        sets_inside: the same with those of the functions in it.
        changes: the globals that it changes in place, and the parameters, with a dot before them.
        defaults: the literal ones, by parameter.
        renames: whether it sets ``__module__`` or ``__qualname__`` of what it is given or makes.
        patches: attributes that it sets, as in :class:`plugindex.reader.ModuleRecord`.
        options: the parameter of all other arguments by name, or "".
        placed: the names of the modules that it puts into ``sys.modules``.
        blurred: whether its conditions are not told apart (:class:`plugindex.conditions.Blurred`).
    """

    parameters: Sequence[str]
    results: Sequence[Any]
    variables: Sequence[Any]
    classes: Sequence[Any]
    calls: Sequence[Any]
    mentions: Sequence[str]
    qualifies: bool
    starred: str
    nodes: Sequence[Any]
    positional: int
    imports: Sequence[Any]
    texts: Sequence[str]
    sets: Sequence[str]
    sets_inside: Sequence[str]
    changes: Sequence[str]
    defaults: dict[str, Value]
    renames: bool
    patches: Sequence[Any]
    options: str
    placed: Sequence[Value]
    blurred: bool

    def dump(self) -> list[Any]:
        """Return the summary as JSON-ready data."""
        return list(self._values())

    @classmethod
    def load(cls, data: list[Any]) -> FunctionSummary:
        """Make a summary from what :meth:`dump` gave, or from that as JSON keeps it."""
        return cls(*map(as_value, data))


def read_function(
    code: CodeType, name: str, is_package: bool = False, defaults: Any = None
) -> FunctionSummary | None:
    """Return what calling a function gives, as far as reading tells.

    Of one with more conditions than are worth the work, all that any path does is told, but not
    when, and not what it gives.

    Args:
        code: the code object of the function.
        name: the dotted name of its module.
        is_package: whether the module is a package's ``__init__``.
        defaults: the values of a record's ``defaults`` for the function.

    Returns:
        the summary, None if the code can't be read.
    """
    if code.co_flags & _SUSPENDING:
        return None
    try:
        try:
            frame = _walked(code, Body(name, is_package, Conditions(_MOST_NODES)))
        except TooMany:
            frame = _walked(code, _blurred(name, is_package))
            del frame.body.variables[1:]  # but the one that its conditions have
    except (Unreadable, RecursionError):
        return None
    return _summary(code, frame, defaults)


def _blurred(name: str, is_package: bool) -> Body:
    body = Body(name, is_package, Blurred())
    body.fresh("too many conditions")
    return body


def _walked(code: CodeType, body: Body) -> Frame:
    """Walk a function's code, whatever it is called with."""
    frame = Frame(body, code, "function", None, True)
    body.keeps_tables = code.co_name == COMPUTING
    frame.names = {name: ("P", name) for name in (*_placed(code), *_starred(code)) if name}
    frame.options = _starred(code)[1]
    for _, number in opcodes.named(code, _BINDING_GLOBALS, 0, len(code.co_code)):
        name = code.co_names[number]
        frame.names[global_key(name)] = ("g", name, -1)
    try:
        frame.run()
    finally:
        frame.release()
        forget_weights()
    return frame


def _placed(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _starred(code: CodeType) -> tuple[str, str]:
    """Return the names of the parameters with one and with two stars, "" for none."""
    count = code.co_argcount + code.co_kwonlyargcount
    starred = code.co_varnames[count] if code.co_flags & _STARRED else ""
    named = code.co_varnames[count + bool(starred)] if code.co_flags & _NAMED else ""
    return starred, named


def _summary(code: CodeType, frame: Frame, defaults: Any) -> FunctionSummary:
    body, (starred, options) = frame.body, _starred(code)
    return FunctionSummary(
        parameters=_placed(code),
        starred=starred,
        options=options,
        positional=code.co_argcount,
        defaults=_literal_defaults(code, *defaults) if defaults else {},
        results=[(reached, slim(value)) for reached, value in frame.returns],
        variables=slim_variables(body.variables),
        nodes=body.conditions.nodes,
        classes=body.classes,
        calls=body.calls,
        imports=[(entry[1], entry[2]) for entry in body.imports],
        mentions=sorted(names_in(code)),
        qualifies="__qualname__" in code.co_names,
        texts=sorted(texts_in(code)),
        sets=sorted(stored_by(code)),
        sets_inside=sorted(stored_inside(code)),
        changes=sorted(body.changes),
        renames=body.names_others,
        patches=body.patches,
        placed=list(map(slim, body.placed)),
        blurred=isinstance(body.conditions, Blurred),
    )


def _literal_defaults(code: CodeType, placed: Value, named: Value) -> dict[str, Value]:
    """Return those of the parameters' defaults that are None, true, false, a number or a text."""
    values = as_items(placed) or ()
    names = code.co_varnames[code.co_argcount - len(values) : code.co_argcount]
    pairs = list(zip(names, values, strict=False))
    items = iter(named[1] if named[0] == "m" else ())
    pairs += [(key[1], next(items)) for key in items if key[0] == "c"]
    return {name: value for name, value in pairs if value[0] == "c" and is_plain(value[1])}
