"""The names that an application goes by: in modules, in its plugin folder, in the environment."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.config import Scope

# Files of a plugin folder are modules below a module of ours, so that no installed package can
# have their names, and any process that has plugindex can import them.
ENGINE = "plugindex"
DROPPED = "plugindex.dropped"
PLUGIN_FOLDER = "plugin folder"  # what stands for the folder where a provider is named

_NO = frozenset({"", "0", "false", "no", "off"})


def is_dropped(module: str) -> bool:
    """Tell whether *module* stands for a file of a plugin folder."""
    return module.startswith(DROPPED + ".")


def is_ours(module: str) -> bool:
    """Tell whether *module* is one of the engine's; those of a plugin folder are not."""
    return root(module) == ENGINE


def is_library(module: str) -> bool:
    """Tell whether *module* is one of the standard library's."""
    return root(module) in sys.stdlib_module_names


def root(module: str) -> str:
    """Return the root package of *module*: its first name, or what stands for its plugin folder."""
    return ".".join(module.split(".")[:3]) if is_dropped(module) else module.partition(".")[0]


def module_of(cls: object) -> str:
    """Return the ``__module__`` of a class, "" if it is no text: foreign code sets it."""
    module = getattr(cls, "__module__", "")
    return module if isinstance(module, str) else ""


def file_of(module: str) -> str:
    """Return the file of a module that is imported here, "" if it has none."""
    return str(getattr(sys.modules.get(module), "__file__", None) or "")


def variable(application: str, switch: str) -> str:
    """Return the name of the environment variable *switch* of *application*."""
    prefix = _prefixes.get(application)
    if prefix is None:
        prefix = "".join(c if c.isalnum() else "_" for c in application.upper())
        _prefixes[application] = prefix
    return f"{prefix}_{switch}"


# How the variables of each application begin: every class statement asks for some.
_prefixes: dict[str, str] = {}


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
    if scope.leave_out or chosen.deny or chosen.allow or safe_mode(scope):
        return True
    return any(value(scope.application, name) for name in ("PLUGINS_ALLOW", "PLUGINS_DENY"))
