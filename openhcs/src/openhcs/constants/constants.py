"""The component enums, made from the component configuration when they are first asked for."""

from __future__ import annotations

from enum import Enum

from openhcs.constants import components

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    AllComponents: type[Component]
    VariableComponents: type[Component]
    GroupBy: type[Grouping]

_NAMES = ("AllComponents", "VariableComponents", "GroupBy")


class Component(Enum):
    """A component of an image's name, such as ``AllComponents.SITE`` with the value "site"."""

    # A Grouping equals a member with the same value, so the two must have the same hash.
    def __hash__(self) -> int:
        return hash(self.value)


class Grouping(Component):
    """A component that results are grouped by; equal to whatever has or is the same value."""

    @property
    def component(self) -> str | None:
        """The name of the component, None for no grouping."""
        name: str | None = self.value
        return name

    def __eq__(self, other: object) -> bool:
        value = other.value if isinstance(other, Enum) else other
        if value is None or isinstance(value, str):
            return bool(self.value == value)
        return NotImplemented

    __hash__ = Component.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    __str__ = __repr__


def _create_enums() -> tuple[type[Component], type[Component], type[Grouping]]:
    """Return the three component enums, the same ones at every call."""
    return (
        _enum("AllComponents", "all_components", Component),
        _enum("VariableComponents", "variable_components", Component),
        _enum("GroupBy", "group_by", Grouping),
    )


def _enum(name: str, part: str, base: Any) -> Any:
    from openhcs import __version__
    from plugindex import cached_enum

    return cached_enum(
        name,
        components.component_members,
        part=part,
        module=__name__,
        base=base,
        cache_name="component_enums",
        version=__version__,
        file_mtimes_getter=_configuration_file,
    )


def _configuration_file() -> dict[str, float]:
    """Return when the configuration changed; where it has no file, the version alone counts."""
    import os

    try:
        return {components.__file__: os.stat(components.__file__).st_mtime}
    except OSError:
        return {}


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals().update(zip(_NAMES, _create_enums(), strict=True))
    return globals()[name]
