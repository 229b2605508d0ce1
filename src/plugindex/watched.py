"""Note what a discovery function looks at while it runs in a child: modules and the environment."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_Environ: Any = type(os.environ)


class Watch:
    """Note, from now to the end of this process, what comes in and is asked for.

    A variable counts when Python code asks for it, also by copying the whole environment.
    """

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self._before = set(sys.modules)
        variables = self.variables

        class Watched(_Environ):  # type: ignore[misc]
            """The environment; all its lookups come through here."""

            def __getitem__(self, name: str) -> Any:
                variables.add(name)
                return super().__getitem__(name)

        os.environ.__class__ = Watched

    def told(self) -> dict[str, Any]:
        """Return the variables, and the file behind each module that came in, by its name."""
        variables = sorted(name for name in self.variables if isinstance(name, str))
        return {"variables": variables, "imported": self._files()}

    def _files(self) -> dict[str, str]:
        found = {}
        for name, module in list(sys.modules.items()):
            spec = None if name in self._before else getattr(module, "__spec__", None)
            origin = getattr(getattr(spec, "loader", None), "archive", None)
            origin = origin or getattr(spec, "origin", None)
            if isinstance(origin, str) and getattr(spec, "has_location", False):
                found[name] = origin
        return found
