"""The environment variables of an application, which have its name in front."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.config import Scope

_NO = frozenset({"", "0", "false", "no", "off"})


def variable(application: str, switch: str) -> str:
    """Return the name of the environment variable *switch* of *application*."""
    return "".join(c if c.isalnum() else "_" for c in application.upper()) + "_" + switch


def value(application: str, switch: str) -> str:
    """Return what the environment variable *switch* of *application* says, "" if it isn't set."""
    return os.environ.get(variable(application, switch), "")


def switched_on(application: str, switch: str) -> bool:
    """Tell whether the environment variable *switch* of *application* says yes."""
    return value(application, switch).strip().lower() not in _NO


def safe_mode(scope: Scope) -> bool:
    """Tell whether only the application's own plugins are wanted."""
    return scope.selection.safe or switched_on(scope.application, "SAFE_MODE")


def limits(scope: Scope) -> bool:
    """Tell whether anything may leave plugins of *scope* out: asked at every start."""
    chosen = scope.selection
    if scope.leave_out or chosen.deny or chosen.allow is not None or safe_mode(scope):
        return True
    return any(value(scope.application, name) for name in ("PLUGINS_ALLOW", "PLUGINS_DENY"))
