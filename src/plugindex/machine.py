"""What the statements of a body mean: imports, classes, names and calls."""

from __future__ import annotations

import builtins

from plugindex.expressions import CALLED, UNBOUND, bounded, platform_fact, undecided
from plugindex.joining import join, join_classes
from plugindex.pathstate import global_key
from plugindex.raising import ends_import, kind_of_call, publishes
from plugindex.slimming import slim, slim_names
from plugindex.walker import Walker

_STARRED = undecided("a starred base")
_FINER = "ModuleNotFoundError"
_COPYING = "module_from_spec"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any

    from plugindex.body import Body
    from plugindex.conditions import Condition
    from plugindex.expressions import Value

_MODULE_NAMES = ("__file__", "__path__", "__spec__", "__loader__", "__builtins__")
_ALWAYS_THERE = ("__future__", "sys", "builtins")
_ALIAS = ("c", None)  # the names that ``import a.b`` hands to IMPORT_NAME
# Names that the compiler or the class statement itself binds in a class body.
_IMPLICIT = frozenset({
    "__qualname__", "__firstlineno__", "__static_attributes__", "__annotations__",
    "__classcell__", "__type_params__", "__orig_bases__", "__classdictcell__",
})  # fmt: skip
NAMING = ("__module__", "__qualname__")  # what tells where a class is to be had, set from outside
_LONGEST_DOC = 200


class Frame(Walker):
    """One body being read: module, class, function, or the scope of type parameters ("inline")."""

    options = ""  # the parameter of a function that takes the arguments of any name

    def __init__(
        self, body: Body, code: CodeType, kind: str, outer: Frame | None, reached: Condition
    ) -> None:
        super().__init__(body, code, kind, outer, reached)
        self.top: Frame = self if outer is None else outer.top
        # Globals of a function are looked up when it is called: they have their final values.
        self.late = self.top.kind == "function"

    def release(self) -> None:
        """Let go of itself, so that no cycle of references keeps what was walked."""
        del self.top

    # -- names ---------------------------------------------------------------------------------

    def lookup(self, name: str) -> Value:
        """Return the value of a plain name, as a class or module body looks it up."""
        if self.body.everything:
            return ("n", name)
        value = self.names.get(name)
        if value is None or value[0] == "u" or (name in self.body.reset and self is self.top):
            return self.global_value(name)
        return value

    def global_value(self, name: str) -> Value:
        """Return the value of a global name."""
        if self.body.everything:
            return ("n", name)
        if name in self.body.reset and not self.late:
            return undecided("a function may have set it")
        value = self.top.names.get(global_key(name) if self.late else name)
        if value is None or value[0] == "u":
            value = self._implicit(name)
            if self.guarded and value[0] == "g" and value[2] >= 0:
                self._may_be_unbound(name, value[2])
        return value

    def scope_value(self, name: str) -> Value:
        """Return the value of a name as the scope of type parameters looks it up."""
        frame: Frame | None = self
        while frame is not None and frame.kind == "inline":
            frame = frame.outer
        return self.global_value(name) if frame is None else frame.lookup(name)

    def _implicit(self, name: str) -> Value:
        """Return the value of a name that no statement of this module binds."""
        if name == "__name__":
            return ("c", self.body.name)
        if name == "__package__":
            return ("c", self.body.package)
        return ("g", name, -1 if self.late else len(self.body.stars))

    def _may_be_unbound(self, name: str, stars: int) -> None:
        if not hasattr(builtins, name) and name not in _MODULE_NAMES:
            bound = self.body.variable("name", name, stars) if stars else False
            self.throw(self.body.conditions.negated(bound), ("E", "name"))

    def bind(self, name: str, value: Value) -> None:
        """Bind *name* in this body."""
        self.names[name] = value
        self.frozen = None

    def bind_global(self, name: str, value: Value) -> None:
        """Bind a global name; what a function binds when it is called only itself sees."""
        self.top.bind(global_key(name) if self.late else name, value)
        self.frozen = None

    def local_value(self, name: str) -> Value:
        """Return the value of a fast local, cell or free variable."""
        if self.body.everything and name[:1] != ".":
            return ("n", name)
        value = self.names.get(self.slot_key(name))
        if value is not None:
            return value
        if self.outer is not None and name in self.code.co_freevars:
            found: Value = self.outer.local_value(name)
            return found
        return ("V", name) if name in self.code.co_freevars else undecided("a local name")

    def clear_local(self, name: str) -> Value:
        """Unbind a fast local and return what it held, for a comprehension to restore."""
        key = self.slot_key(name)
        value = self.names.get(key, UNBOUND)
        self.bind(key, UNBOUND)
        return value

    def patch(self, target: Value, name: str, value: Value) -> None:
        """Record ``target.name = value``."""
        if self.kind == "function" and name in NAMING and target[0] != "a":
            self.body.names_others = True
        known = "" if self.kind == "function" else "kfaid" if self.kind == "module" else "kfai"
        copied = target[0] == "x" and target[1][-1] == _COPYING
        if target[0] in known or name in NAMING or copied:
            self.body.patches.append((self.reached, slim(target), name, slim(value), self.line()))

    def computes_names(self) -> None:
        """Note that this module binds names that reading can't tell."""
        self.body.computes = self.body.computes or not self.late

    def changed(self, container: Value) -> None:
        """Note that a list or table was changed in place, under whatever names it stands."""
        if self.late and container[0] == "g":
            self.body.changes.add(container[1])
        if container[0] == "P":
            self.body.changes.add(f".{container[1]}")
        if container[0] == "P" and container[1] == self.options:
            self.bind(container[1], undecided("a changed container"))
        if container[0] in ("l", "m", "o"):
            for name in [name for name, value in self.names.items() if value is container]:
                self.bind(name, undecided("a changed container"))

    # -- imports -------------------------------------------------------------------------------

    def import_module(self, level: int, text: str, names: Value) -> None:
        """Read an import statement up to the module it finds."""
        wanted = names[1] if names[0] == "c" else None
        line = self.line()
        if self.body.everything:
            self.body.statements.append((level, text, wanted, line))
            self.stack.append(("i", text))
            return
        module = self.body.absolute(level, text)
        if module is None:
            self.throw(True, ("E", "import", "", ()))  # beyond the top-level package
            return
        self._require(module, tuple([name for name in wanted or () if name != "*"]), line)
        if self.alive:
            # ``import a.b`` binds a; ``import a.b as c`` goes on with IMPORT_FROM from a
            self.stack.append(("i", module.partition(".")[0] if names == _ALIAS else module))

    def _require(self, module: str, names: tuple[str, ...], line: int) -> None:
        """Note that *module* is imported here, and what happens when it can't be."""
        if module in _ALWAYS_THERE:
            return
        if not self.guarded:
            self.body.imports.append((self.reached, module, names, line))
            return
        if _FINER in self.code.co_names:  # which asks this, too; far apart, they'd grow together
            self.body.variable("import", module, ())
        found = self.body.variable("import", module, names)
        self.throw(self.body.conditions.negated(found), ("E", "import", module, names))

    def imported(self, module: str, name: str) -> Value:
        """Return the value of *name* imported from *module*."""
        if module == self.body.name and self.kind != "function" and name in self.top.names:
            return self.top.names[name]
        return platform_fact(module, name) or ("f", module, name)

    def import_star(self, module: Value) -> None:
        """Read ``from module import *``: names bound before may be bound anew by it."""
        if module[0] != "i" or self.body.everything:
            return
        number = len(self.body.stars)
        self.body.stars.append((module[1], self.reached))
        for name, value in self.names.items():
            if name[:1] not in "_.":
                self.names[name] = ("w", number, name, value)
        self.frozen = None

    # -- classes and calls ---------------------------------------------------------------------

    def build_class(self, args: list[Value], keywords: tuple[tuple[str, Value], ...]) -> Value:
        """Read a class statement: its code, name and bases; return the class."""
        if not args or args[0][0] != "d":
            return undecided("a class made by a call")
        code = self.body.codes[args[0][1], args[0][2]]
        number = self._class_number(code.co_qualname, code.co_firstlineno)
        reached = self.reached
        inner = Frame(self.body, code, "class", self, reached)
        inner.run()
        bases = tuple([slim(b) if self._is_told(b) else _STARRED for b in args[2:]])
        told = (bases, tuple([(name, slim(value)) for name, value in keywords]), inner.attributes())
        self._enter_class(number, [code.co_qualname, code.co_firstlineno, reached, *told])
        for condition, error, _ in inner.failures:
            self.throw(condition, error)
        return ("k", number)

    def _is_told(self, base: Value) -> bool:
        """Tell whether it is known what a base with a star stands for when it is evaluated."""
        if base[0] != "S":
            return True
        if base[1][0] != "p":
            return False
        return all(any(one is made for made in self.body.tuples) for _, one in base[1][1])

    def enter_class(self, name: str, bases: Iterable[Value], body: dict[str, Value]) -> Value:
        """Note a class that this module makes by a call; return the class."""
        number = self._class_number(f"{name}()", self.line())
        told = (tuple(map(slim, bases)), ((CALLED, UNBOUND),), slim_names(body))
        self._enter_class(number, [name, self.line(), self.reached, *told])
        return ("k", number)

    def _class_number(self, *key: Any) -> int:
        """Return the number of a class statement, the same when it is compiled twice."""
        number = self.body.built.get(key)
        if number is None:
            number = self.body.built[key] = len(self.body.classes)
            self.body.classes.append([])
        return number

    def _enter_class(self, number: int, entry: list[Any]) -> None:
        before = self.body.classes[number]
        joined = join_classes(self.body.conditions, before, entry) if before else entry
        self.body.classes[number] = joined

    def attributes(self) -> dict[str, Value]:
        """Return what a class body binds, as a record keeps it."""
        if self.body.everything:
            return {name: value for name, value in self.names.items() if name[:1] != "."}
        body = slim_names(self.names)
        for name in _IMPLICIT & body.keys():
            if name != "__qualname__" or body[name] == ("c", self.code.co_qualname):
                del body[name]
        if body.get("__module__") == ("c", self.body.name):
            del body["__module__"]
        doc = body.get("__doc__")
        if doc and doc[0] == "c" and isinstance(doc[1], str):
            body["__doc__"] = ("c", doc[1].strip().partition("\n")[0][:_LONGEST_DOC])
        return body

    def inline(self, function: Value) -> Value:
        """Read a function that the compiler calls at once (the scope of type parameters)."""
        code = self.body.codes[function[1], function[2]]
        inner = Frame(self.body, code, "inline", self, self.reached)
        inner.run()
        for condition, error, _ in inner.failures:
            self.throw(condition, error)
        if not inner.returns:
            return undecided("no result")
        return join(self.body.conditions, inner.returns)

    def called(self, value: Value) -> None:
        """Note a call whose effects matter: it may end the import, raise, or make classes."""
        callee, args = value[1], value[2]
        if ends_import(callee):
            self.throw(True, ("E", "SystemExit"))
            return
        if self.kind == "module" and publishes(callee):
            self.body.published = True
        if self.kind != "function" or callee[0] != "?":
            self.body.calls.append((self.reached, slim(value), self.line()))
        if callee[0] == "a":
            self._method_called(callee[1], callee[2], args)
        elif callee[:2] == ("g", "setattr") and len(args) == 3 and args[1][0] == "c":
            self.patch(args[0], args[1][1], args[2])
        self.may_raise("a call may raise", kind_of_call(value))

    def _method_called(self, owner: Value, method: str, args: tuple[Value, ...]) -> None:
        exported = self.names.get("__all__")
        if exported is not None and owner is exported and len(args) == 1:
            self._extend_exported(exported, method, args[0])
        elif owner[0] == "x" and owner[1][:2] == ("g", "globals") and method in _UPDATING:
            self.computes_names()
        elif method not in _READING:
            self.changed(owner)

    def _extend_exported(self, exported: Value, method: str, item: Value) -> None:
        if method in ("append", "extend"):
            items = item if method == "extend" else ("l", (item,))
            self.bind("__all__", bounded(("o", "+", exported, items)))
        else:
            self.bind("__all__", undecided(f"__all__.{method}"))


_READING = frozenset({"get", "keys", "values", "items", "copy", "index", "count"})
_UPDATING = ("update", "setdefault", "__setitem__", "pop", "__delitem__")
