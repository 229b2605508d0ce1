"""What the statements of a body mean: imports, classes, names, calls and exceptions."""

from __future__ import annotations

import builtins

from plugindex.expressions import LONGEST_TEXT, as_items, pack, platform_fact, undecided
from plugindex.walker import Walker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from plugindex.conditions import Condition
    from plugindex.expressions import Value

BUILD = ("build",)

_EXCEPTIONS: dict[str, type[BaseException]] = {
    "import": ImportError, "name": NameError, "attr": AttributeError,
}  # fmt: skip
_MODULE_NAMES = ("__file__", "__path__", "__spec__", "__loader__", "__builtins__")
_ENDING_CALLS = {("sys", "exit"), ("os", "_exit")}
# Context managers of the standard library that never swallow an exception.
_TRANSPARENT = {("warnings", "catch_warnings"), ("contextlib", "nullcontext")}


class Frame(Walker):
    """One body being read: module, class or function."""

    @property
    def module_names(self) -> dict[str, Value]:
        """The names of the module that this body stands in."""
        frame: Walker = self
        while frame.outer is not None:
            frame = frame.outer
        return frame.names

    # -- names ---------------------------------------------------------------------------------

    def lookup(self, name: str) -> Value:
        """Return the value of a plain name, as a class or module body looks it up."""
        if self.body.everything:
            return ("n", name)
        value = self.names.get(name)
        if value is None and self.outer is not None and self.kind != "function":
            value = self.module_names.get(name)
        if value is None:
            value = self.implicit(name)
        if self.handler and value[0] in ("g", "u"):
            self._may_be_unbound(name, value)
        return value

    def implicit(self, name: str) -> Value:
        """Return the value of a name that no statement of this module binds."""
        if name == "__name__":
            return ("c", self.body.name)
        if name == "__package__":
            return ("c", self.body.package)
        return ("g", name, len(self.body.stars))

    def _may_be_unbound(self, name: str, value: Value) -> None:
        if value[0] == "u":
            self.throw(True, ("E", "name"))
        elif not _is_builtin(name):
            bound = self.body.variable("name", name, value[2]) if value[2] else False
            self.throw(self.body.conditions.negated(bound), ("E", "name"))

    def bind(self, name: str, value: Value) -> None:
        """Bind *name* in this body."""
        self.names[name] = value

    def global_value(self, name: str) -> Value:
        """Return the value of a global name as code inside a function sees it."""
        if self.kind == "function":
            return ("g", name, -1)  # looked up when called: the module's final names
        return self.module_names.get(name) or self.implicit(name)

    def local_value(self, name: str) -> Value:
        """Return the value of a fast local, cell or free variable."""
        value = self.names.get(name)
        if value is None and self.outer is not None and self.kind == "inline":
            value = self.outer.names.get(name)
        if value is None:
            value = ("V", name) if name in self.code.co_freevars else undecided("a local name")
        return value

    def set_local(self, name: str, value: Value) -> None:
        """Bind a fast local or cell."""
        self.names[name] = value

    def patch(self, target: Value, name: str, value: Value) -> None:
        """Record ``target.name = value``."""
        if self.kind != "function" and target[0] in "kfai":
            self.body.patches.append((self.reached, target, name, slim(value), self.line()))

    # -- imports -------------------------------------------------------------------------------

    def import_module(self, level: int, text: str, names: Value) -> None:
        """Read an import statement up to the module it finds."""
        wanted = names[1] if names[0] == "c" else None
        module = self.body.absolute(level, text)
        line = self.line()
        self.body.statements.append((level, text, wanted, line))
        if wanted is None and not self.body.everything:
            wanted = ()
        self.require(module, tuple(name for name in wanted or () if name != "*"), line)
        if self.alive:
            self.stack.append(("i", module if names != ("c", None) else self._bound(module)))

    def _bound(self, module: str) -> str:
        # ``import a.b`` binds a; ``import a.b as c`` goes on with IMPORT_FROM from a
        return module.partition(".")[0]

    def require(self, module: str, names: tuple[str, ...], line: int) -> None:
        """Note that *module* is imported here, and what happens when it can't be."""
        if module in ("__future__", "sys", "builtins"):
            return
        if self.handler is None:
            self.body.imports.append((self.reached, module, names, line))
            return
        found = self.body.variable("import", module, names)
        self.throw(self.body.conditions.negated(found), ("E", "import"))

    def imported(self, module: str, name: str) -> Value:
        """Return the value of *name* imported from *module*."""
        return platform_fact(module, name) or ("f", module, name)

    def import_star(self, module: Value) -> None:
        """Read ``from module import *``: names bound before may be bound anew by it."""
        number = len(self.body.stars)
        self.body.stars.append((module[1], self.reached))
        for name, value in self.names.items():
            if name[:1] != "_":
                self.names[name] = ("w", number, name, value)

    # -- classes and calls ---------------------------------------------------------------------

    def build_class(self, args: list[Value], keywords: tuple[str, ...]) -> Value:
        """Read a class statement; return the class."""
        code = self.body.codes[args[0][1], args[0][2]]
        keywords = tuple(name for name in keywords if name != "**")
        split = len(args) - len(keywords)
        number = len(self.body.classes)
        entry = [code.co_qualname, code.co_firstlineno, self.reached, None, None, None]
        self.body.classes.append(entry)
        inner = Frame(self.body, code, "class", self, self.reached)
        inner.handler = self.handler
        inner.run()
        entry[3] = tuple(slim(base) for base in args[2:split])
        entry[4] = tuple(zip(keywords, map(slim, args[split:]), strict=True))
        entry[5] = {name: slim_attribute(name, value) for name, value in inner.names.items()}
        for reached, error, _ in inner.failures:
            self.throw(reached, error)
        return ("k", number)

    def inline(self, function: Value) -> Value:
        """Read a function that the compiler calls at once (the scope of type parameters)."""
        inner = Frame(self.body, self.body.codes[function[1], function[2]], "inline", self, True)
        inner.reached = self.reached
        inner.run()
        return inner.returns[-1][1] if inner.returns else undecided("no result")

    def called(self, value: Value) -> None:
        """Note a call whose effects matter: it may end the import, raise, or make classes."""
        callee = value[1]
        if self._ends(callee):
            self.throw(True, ("E", "exit"))
            return
        if self.kind != "function" or callee[0] != "?":
            self.body.calls.append((self.reached, slim(value), self.line()))
        self._extend_all(callee, value[2])
        if self.handler:
            self.throw(self.body.fresh("a call may raise"), ("E", "call"))

    def _ends(self, callee: Value) -> bool:
        if callee[0] == "g":
            return callee[1] in ("exit", "quit")
        return (callee[0] == "f" and (callee[1], callee[2]) in _ENDING_CALLS) or (
            callee[0] == "a" and callee[1][0] == "i" and (callee[1][1], callee[2]) in _ENDING_CALLS
        )

    def _extend_all(self, callee: Value, args: tuple[Value, ...]) -> None:
        names = self.names.get("__all__")
        if names is None or callee[0] != "a" or callee[1] is not names or len(args) != 1:
            return
        items = args[0] if callee[2] != "append" else ("l", (args[0],))
        if callee[2] in ("append", "extend"):
            self.names["__all__"] = ("o", "+", names, items)
        else:
            self.names["__all__"] = undecided(f"__all__.{callee[2]}")

    # -- exceptions ----------------------------------------------------------------------------

    def matches(self, error: Value, types: Value) -> Condition:
        """Return the condition under which an ``except`` clause for *types* catches *error*."""
        if error[0] == "p":
            return self._any(error, lambda one: self.matches(one, types))
        items = as_items(types)
        names = [self._exception_name(item) for item in (items if items is not None else [types])]
        if "BaseException" in names or ("Exception" in names and error[1] != "exit"):
            return True
        kind = _EXCEPTIONS.get(error[1])
        if kind is None and error[1] not in ("call", "exit"):
            kind = _builtin_exception(error[1])
        classes = [_builtin_exception(name) for name in names]
        if kind is not None and any(c is not None and issubclass(kind, c) for c in classes):
            return True
        if (kind is not None and None not in classes) or error[1] == "exit":
            return False
        return self.body.fresh(f"which exception is raised, line {self.line()}")

    def _exception_name(self, value: Value) -> str:
        return value[1] if value[0] == "g" else ""

    def suppressed(self, manager: Value) -> Condition:
        """Return the condition under which a ``with`` block's manager swallows the exception."""
        if manager[0] == "x":
            callee = manager[1]
            name = (callee[1][1], callee[2]) if callee[0] == "a" else tuple(callee[1:])
            if name == ("contextlib", "suppress"):
                return self.matches(self.stack[-1], ("l", manager[2]))
            if name in _TRANSPARENT:
                return False
        return self.body.fresh("a context manager may swallow an exception")


def slim(value: Value, depth: int = 6) -> Value:
    """Return *value* as a record keeps it: bounded, and without the machine's own marks."""
    kind = value[0]
    if kind == "c":
        return _slim_literal(value)
    if kind in _LEAVES:
        return value
    if not depth or kind not in _PARTS:
        return undecided("deep expression" if not depth else "an inner value")
    return _PARTS[kind](value, depth - 1)


def slim_attribute(name: str, value: Value) -> Value:
    """Return the value of a class's or module's name as a record keeps it: no tables of data."""
    if value[0] in "clm" and name != "__all__" and _count(value) > MOST_ITEMS_KEPT:
        return undecided("large data")
    return slim(value)


def _count(value: Value) -> int:
    return len(value[1]) if isinstance(value[1], tuple | frozenset) else 0


MOST_ITEMS_KEPT = 40
_LEAVES = frozenset("bifkdgPVun?")
_PARTS: dict[str, Callable[[Value, int], Value]] = {
    "x": lambda v, n: ("x", slim(v[1], n), tuple(slim(a, n) for a in v[2]), v[3]),
    "S": lambda v, n: ("S", slim(v[1], n)),
    "l": lambda v, n: ("l", tuple(slim(item, n) for item in v[1])),
    "m": lambda v, n: ("m", tuple(slim(item, n) for item in v[1][:MOST_ITEMS_KEPT])),
    "p": lambda v, n: ("p", tuple((condition, slim(one, n)) for condition, one in v[1])),
    "o": lambda v, n: ("o", v[1], slim(v[2], n), slim(v[3], n)),
    "s": lambda v, n: ("s", slim(v[1], n), slim(v[2], n)),
    "a": lambda v, n: ("a", slim(v[1], n + 1), v[2]),
    "w": lambda v, n: ("w", v[1], v[2], slim(v[3], n)),
}


def _slim_literal(value: Value) -> Value:
    plain = value[1]
    if plain is None or isinstance(plain, (str, int, float)):
        return (
            undecided("long text")
            if isinstance(plain, str) and len(plain) > LONGEST_TEXT
            else value
        )
    return undecided("a slice") if isinstance(plain, slice) else ("b", pack(plain))


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name) or name in _MODULE_NAMES


def _builtin_exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
