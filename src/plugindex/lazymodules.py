"""Objects that stand for a module and import it when they are asked for one of its names.

Generated code has a class for them, whose ``__init__`` keeps the name of the module::

    def __getattr__(self, name):
        if self.module is None:
            self.module = importlib.import_module(self.name)
        return getattr(self.module, name)

So do the packages that jsii makes (https://aws.github.io/jsii).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from plugindex.meaning import Found

_METHODS = ("__init__", "__getattr__")


def module_behind(cls: Found, entry: Any, args: tuple[Found, ...], library: Any) -> str:
    """Return the module for which an instance stands that is made with *args*, "" for none.

    Args:
        cls: the class that is called.
        entry: its statement, as the record of its module has it.
        args: the evaluated arguments.
        library: where the class's methods are read.
    """
    body = entry[5]
    if "__getattr__" not in body or entry[3] or len(args) != 1 or args[0][0] != "const":
        return ""
    if {name for name, value in body.items() if value[0] == "d"} != set(_METHODS):
        return ""
    init, asked = (library.function(cls[1], *body[name][1:3]) for name in _METHODS)
    if init is None or asked is None or len(init.parameters) != 2 or len(asked.parameters) != 2:
        return ""
    name = str(args[0][1])
    loads = any(_loads(call, asked.parameters[0], init.sets) for _, call, _ in asked.calls)
    gives = all(_gives(value, *asked.parameters) for _, value in asked.results)
    return name if loads and gives and library.exists(name) else ""


def _loads(call: Any, own: str, kept: Any) -> bool:
    """Tell whether a call is ``importlib.import_module(self.name)`` of what ``__init__`` keeps."""
    callee, given = call[1], call[2]
    loader = ("a", ("i", "importlib"), "import_module"), ("f", "importlib", "import_module")
    if tuple(callee) not in loader or len(given) != 1:
        return False
    return bool(given[0][0] == "a" and given[0][1] == ("P", own) and given[0][2] in kept)


def _gives(value: Any, own: str, name: str) -> bool:
    """Tell whether a value is ``getattr(self.module, name)``."""
    if value[0] != "x" or value[1][:2] != ("g", "getattr") or len(value[2]) != 2:
        return False
    owner, asked = value[2]
    return bool(asked == ("P", name) and owner[0] == "a" and owner[1] == ("P", own))
