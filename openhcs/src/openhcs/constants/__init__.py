"""The components of an image's name as enums; see :mod:`openhcs.constants.constants`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.constants.constants import AllComponents, GroupBy, VariableComponents

__all__ = ["AllComponents", "GroupBy", "VariableComponents"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from openhcs.constants import constants

    return getattr(constants, name)


def __dir__() -> list[str]:
    return __all__
