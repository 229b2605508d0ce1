"""What calls give: decorators, factories and aliases, followed through the functions' own code."""

from __future__ import annotations

from plugindex.evaluation import STARRED, SUPER
from plugindex.keepers import (
    KEEPER,
    MARKS,
    PARTIAL,
    completed,
    keeps_class,
    kept,
    marked,
    partial,
)
from plugindex.lazymodules import module_behind
from plugindex.made import made_by
from plugindex.meaning import (
    CHOICE,
    CHOSEN,
    LOADED,
    TYPED_DICT,
    Context,
    Parameters,
    unknown,
    unknown_result,
)
from plugindex.standardcalls import StandardCalls
from plugindex.tables import called
from plugindex.versions import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Found
    from plugindex.namespaces import Library
    from plugindex.reader import ModuleRecord
    from plugindex.summary import FunctionSummary

# Aliases of typing whose ``__mro_entries__`` give the class that they stand for.
_ALIASING = frozenset({
    "_SpecialGenericAlias", "_GenericAlias", "_DeprecatedGenericAlias", "_CallableType",
    "_TupleType", "_BaseGenericAlias",
})  # fmt: skip
_REGISTER = "abc:ABCMeta.register"  # gives what it is given, after the class
_TYPED_DICT_FORM = "_TypedDictSpecialForm"
DEEPEST_CALL = 5
MOST_CALLS = 60  # followed for one question; code that needs more is not told by reading


class CallingEvaluator(StandardCalls):
    """An evaluator that follows calls of functions whose code can be read."""

    _calls = 0  # how deep the call is that is followed now
    _followed = 0  # how many were followed since the outermost
    _given_up = 0  # how many were not followed because of either

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self._results: dict[Any, tuple[Found, Found]] = {}  # with the function, whose id counts

    def call(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call gives."""
        kind = callee[0]
        if kind == "real":
            return self.call_real(callee[1], args, names)
        if kind == "method":
            return called(callee, args, names)
        if kind == "keeper":
            return args[0] if args else unknown("a call", callee)
        if kind == "function":
            return self._call_function(callee, args, names)
        if kind == "bound":
            return self._call_function(callee[1], (callee[2], *args), names)
        if kind == "class":
            return self._call_class(callee, args)
        if kind == "partial":
            return self.call(callee[1], *completed(callee, args, names))
        if kind == "outside" and callee[1] in PARTIAL and args:
            return partial(args, names)
        if kind == "unknown" and callee[1] == CHOSEN:
            return self._call_each(callee, args, names)
        if kind == "instance" and callee[1][0] == "class":
            if self.is_typed_dict_form(callee):
                return TYPED_DICT
            if callee[1][1] == MARKS:
                return marked(callee, args, names)
            method = self.class_attribute(callee, "__call__")
            if method[0] == "bound":
                return self.call(method, args, names)
        return unknown_result("a call", callee, args)

    def _call_each(self, callee: Found, args: tuple[Found, ...], names: tuple[str, ...]) -> Found:
        """Return what a call of one of several gives, if all give the same."""
        given = [self.call(one, args, names) for one in callee[2]]
        same = bool(given) and all(one == given[0] for one in given)
        return given[0] if same else unknown_result("a call", callee, args)

    def is_typed_dict_form(self, found: Found) -> bool:
        """Tell whether an instance is the ``TypedDict`` of typing_extensions."""
        if found[1][:2] != ("class", "typing_extensions"):
            return False
        record = self.library.record("typing_extensions")
        return record is not None and record.classes[found[1][2]][0] == _TYPED_DICT_FORM

    def _call_class(self, callee: Found, args: tuple[Found, ...]) -> Found:
        entry = self.library.record(callee[1]).classes[callee[2]]  # type: ignore[union-attr]
        qualname = entry[0]
        if callee[1] == "typing" and qualname in _ALIASING and args:
            return args[0]
        if keeps_class(f"{callee[1]}:{qualname}"):
            return KEEPER
        told = release(qualname, args) if self.is_packaging(callee[1]) else None
        behind = module_behind(callee, entry, args, self.library)
        return told or (("module", behind) if behind else ("instance", callee))

    def _call_function(self, callee: Found, args: tuple[Found, ...], names: Any) -> Found:
        reference = f"{callee[1]}:{callee[2]}"
        if self.adds_metaclass(callee):  # what this gives is given the class
            return KEEPER
        if keeps_class(reference):
            return kept(args, names)
        if reference == _REGISTER and len(args) == 2:
            return args[1]
        if reference == "typing:TypedDict":
            return TYPED_DICT
        made = made_by(callee, args, names)
        if made is None and self.is_packaging(callee[1]):
            made = release(callee[2], args)
        if made is not None:
            return made
        loaded = self.loaded(reference, args)
        if loaded is not None:
            return loaded
        if callee[2] == "with_metaclass" and args:
            return ("with_metaclass", args[0], args[1:])
        kinds = tuple([type(arg[1]) for arg in args if arg[0] == "const"])  # for 1 equals true
        key = (callee[1:4], id(callee[4]), args, names, kinds)
        try:
            known = self._results.get(key)
        except TypeError:  # a function among the arguments, with what it closes over
            return self._follow_call(callee, args, names)
        if known is not None:
            return known[1]
        limits, given_up = self._limits, self._given_up
        found = self._follow_call(callee, args, names)
        given_up = self._given_up - given_up
        # The outermost call has all that may be followed to itself, so it ends so each time.
        if self._limits - limits == (0 if self._calls else given_up):
            self._results[key] = (callee, found)
        return found

    def _follow_call(self, callee: Found, args: tuple[Found, ...], names: Any) -> Found:
        self._followed = self._followed + 1 if self._calls else 0
        if self._calls >= DEEPEST_CALL or self._followed > MOST_CALLS:
            self._limits += 1
            self._given_up += 1
            return unknown_result("a call too deep to follow", callee, args)
        self._calls += 1
        try:
            return self._result(callee, args, names)
        finally:
            self._calls -= 1

    def _result(self, callee: Found, args: tuple[Found, ...], names: Any) -> Found:
        context = self.inside(callee, args, names)
        summary = self.library.function(*callee[1:4])
        if context is None or summary is None:
            return unknown_result("a call", callee, args)
        found = self.evaluate(("p", summary.results), context)
        if found[0] != "unknown":
            return found
        reason = CHOICE if found[1] == CHOSEN else found[1]
        return unknown_result(reason, callee, (*args, LOADED) if LOADED in found[2] else args)

    def inside(self, callee: Found, args: tuple[Found, ...], names: Any) -> Context | None:
        """Return the context of a function's body for one call, None if it can't be read.

        The name "**" says that there may be arguments which are not told.
        """
        summary = self.library.function(*callee[1:4])
        record = self.library.record(callee[1])
        if summary is None or record is None:
            return None
        frame = Parameters(callee[4] or {})
        unspelled = "**" in names
        told = {} if unspelled else summary.defaults
        names = tuple(name for name in names if name != "**")
        frame.update(
            (name, ("const", told[name][1]) if name in told else ("default", name))
            for name in summary.parameters
        )
        split = len(args) - len(names)
        frame.update(zip(summary.parameters[: summary.positional], args[:split], strict=False))
        if summary.starred:
            frame[summary.starred] = _spread(args[summary.positional : split])
        given = dict(zip(names, args[split:], strict=True))
        frame.update(given)
        if summary.options and not unspelled:
            others = given.keys() - set(summary.parameters)
            table = tuple((("const", name), given[name]) for name in names if name in others)
            frame[summary.options] = ("table", table)
        frame.pop(SUPER, None)  # of the function around it
        frame.update(self._super_of(callee, record, frame, summary))
        return Context(record, summary.variables, summary.nodes, frame, summary)

    def _super_of(
        self, callee: Found, record: ModuleRecord, frame: Parameters, summary: FunctionSummary
    ) -> dict[str, Found]:
        """Return what ``super()`` gives, of a method that stands in a class of its module."""
        if "super" not in summary.mentions or not summary.positional:
            return {}
        name = callee[2].rpartition(".")[0]
        named = [(entry[1], i) for i, entry in enumerate(record.classes) if entry[0] == name]
        around = [place for place in named if place[0] <= callee[3]]  # one of that name may follow
        if not around:
            return {}
        cls = ("class", callee[1], max(around)[1])
        return {SUPER: ("super", cls, frame[summary.parameters[0]])}


def _spread(args: tuple[Found, ...]) -> Found:
    """Return a starred parameter; how many there are isn't told if one argument stands for some."""
    open_ended = any(arg[0] == "unknown" and arg[1] == STARRED for arg in args)
    return unknown("starred arguments", *args) if open_ended else ("items", args)
