"""Find an object by its reference, ``module:name``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def named(reference: str) -> Any:
    """Import and return the object that *reference*, ``module:name``, stands for."""
    from importlib import import_module

    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
