"""What reading one module collects, whichever of its bodies is being walked."""

from __future__ import annotations

from plugindex.conditions import Conditions, EveryPath, TooMany

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from plugindex.conditions import Condition
    from plugindex.expressions import Value

MOST_VARIABLES = 400


class Body:
    """What the statements of one module were read to do; shared by the frames of its bodies.

    Args:
        name: the module's dotted name.
        is_package: whether the module is a package's ``__init__``.
        conditions: those of its branches.
    """

    def __init__(self, name: str, is_package: bool, conditions: Conditions) -> None:
        self.name = name
        self.package = name if is_package else name.rpartition(".")[0]
        # Walk dead branches too, for comparison with the source.
        self.everything = isinstance(conditions, EveryPath)
        self.conditions = conditions
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
        self.beginnings: list[tuple[Value, Condition]] = []  # asked calls of ``startswith``
        self.placed: list[Value] = []  # under which names modules are put into ``sys.modules``
        self.computes = False
        self.published = False  # whether it shows others none but the names in ``__all__``
        self.reset: frozenset[str] = frozenset()  # globals that functions may set meanwhile
        self.keeps_tables = False  # of any size: a ``__getattr__`` looks names up in them
        self.changes: set[str] = set()  # globals that a function changes in place
        self.defaults: dict[tuple[str, int], tuple[Value, Value]] = {}  # by place and by name
        self.names_others = False  # whether it sets the naming of what it is given or makes
        self.tuples: list[Value] = []  # that the module made: nobody changes what is in them
        self.codes: dict[tuple[str, int], CodeType] = {}

    def place(self, name: Value, reached: Condition) -> None:
        """Note that a module is put into ``sys.modules``; how its name begins is told, maybe."""
        self.provides = True
        # The very value that was asked, and none that stands for whatever a loop goes through.
        asked = [
            value
            for value, condition in self.beginnings
            if value[1][1] is name
            and name[0] != "?"
            and self.conditions.both(reached, condition) == reached
        ]
        self.placed.append(asked[0] if asked else name)

    def variable(self, kind: str, *facts: Any) -> Condition:
        """Return the condition variable for *facts*; equal facts share one."""
        key = (kind, *facts)
        number = self.known.get(key)
        if number is None:
            if len(self.variables) >= MOST_VARIABLES and not self.conditions.endless:
                raise TooMany
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
