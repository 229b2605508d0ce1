"""The frozen values that pass between finding, reading, resolving, indexing and loading."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any, dataclass_transform
else:

    def dataclass_transform(**_):
        """Stand in for ``typing.dataclass_transform``: importing typing costs a start-up 13 ms."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Record:
    """A frozen value whose fields are the annotations of its class, in order.

    It does what a frozen dataclass does here, without importing ``dataclasses`` (45 modules).
    """

    _fields: tuple[str, ...] = ()
    _known: frozenset[str] = frozenset()
    _required: frozenset[str] = frozenset()

    def __init_subclass__(cls) -> None:
        # inspect.get_annotations would cost every start-up 41 modules
        annotations = cls.__dict__.get("__annotations__", ())  # noqa: RUF063
        cls._fields = cls._fields + tuple(name for name in annotations if name[0] != "_")
        cls._known = frozenset(cls._fields)
        cls._required = frozenset(name for name in cls._fields if not hasattr(cls, name))

    def __init__(self, *args: object, **named: object) -> None:
        values = dict(zip(self._fields, args, strict=False), **named)
        # Most are made of all their fields by place, where nothing is left to be checked.
        if named or not len(values) == len(args) == len(self._fields):
            self._check(values, args, named)
        self.__dict__.update(values)

    def _check(self, values: Any, args: tuple[object, ...], named: dict[str, object]) -> None:
        known = self._required <= values.keys() <= self._known
        if len(values) < len(args) + len(named) or not known:
            raise TypeError(f"{type(self).__name__} takes {self._fields}, not {args} {named}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; use replace({name}=...)")

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, field) for field in self._fields)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{f}={getattr(self, f)!r}" for f in self._fields)
        return f"{type(self).__name__}({inside})"

    def replace(self, **changes: Any) -> Any:
        """Return a copy with *changes* applied."""
        return type(self)(**{f: getattr(self, f) for f in self._fields} | changes)


class ModuleFile(Record):
    """Where a module's code lies, found without importing anything.

    *kind* is "source", "bytecode" (a sourceless ``.pyc``), "extension", "builtin", "frozen",
    "namespace", "dropped" (source in a plugin folder, without a ``.pyc``) or "loader" (zip and
    other importers: its code comes from ``loader.get_code``).
    *locations* are the folders in which a package's submodules are searched; empty for a module.
    """

    name: str
    kind: str
    path: str = ""
    is_package: bool = False
    locations: tuple[str, ...] = ()
    loader: Any = None


class Plugin(Record):
    """What is known of one plugin class without importing it.

    *status* is "available" or "unavailable"; *reason* says why when unavailable (a sentence with
    the missing requirement). *attributes* are the class's literal attributes, inherited ones
    included. *requires* are the third-party modules that its module imports unconditionally.
    *secondary* maps an attribute name of a secondary registry to that registry's key. *stands_in*
    is the module whose import makes the class, where that isn't its own: one that calls a factory.
    *stated_as* is the object reference that the class had at its statement, where it was given
    another name since. *beaten* are the object references of those that it replaces.
    """

    key: Hashable
    module: str
    qualname: str
    file: str = ""
    line: int = 0
    status: str = "available"
    reason: str = ""
    doc: str = ""
    attributes: Mapping[str, Any] = {}
    requires: tuple[str, ...] = ()
    secondary: Mapping[str, Hashable] = {}
    provider: str = ""
    stands_in: str = ""
    stated_as: str = ""
    beaten: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The object reference, ``module:QualName``."""
        return f"{self.module}:{self.qualname}"

    @property
    def home(self) -> str:
        """The module whose import makes the class."""
        return self.stands_in or self.module


class Problem(Record):
    """One thing that kept a module or class out of a registry, or may do so.

    *kind* is one of: syntax-error, unreadable, missing-requirement, import-failed, undecided,
    unlisted-key, duplicate-key, inherited-key, missing-key, stale-bytecode, refused, crashed,
    ignored, left-out, in-process.
    """

    kind: str
    module: str
    message: str
    hint: str = ""
    file: str = ""
    line: int = 0


class Stats(Record):
    """What one discovery cost: modules in scope, *read*, *imported*, cache verdict, seconds."""

    modules: int = 0
    read: int = 0
    imported: int = 0
    cache: str = "off"
    seconds: float = 0.0
