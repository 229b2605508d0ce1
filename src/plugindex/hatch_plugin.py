"""Hatchling's build hook ``plugindex``: wheels that bring their index along.

It does what ``plugindex build`` does. The interface is that of "Build hook plugins" in the
documentation of Hatch; hatchling finds it by the entry point group ``hatch``.
"""

from __future__ import annotations

import os
import tempfile

# Only hatchling loads this module, so it is there.
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

from plugindex import shipping
from plugindex.shipping import order_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ShippedIndexHook(BuildHookInterface):
    """Adds the index of each package to a wheel; an editable install gets none.

    Configuration: ``packages`` are the dotted names, ``root`` the folder that holds them, from the
    project's; ``src`` where that has the first of them, by default. ``hosts`` are the applications
    that they have plugins for.
    """

    PLUGIN_NAME = "plugindex"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the indexes right before a wheel is built."""
        if self.target_name != "wheel" or version == "editable":
            return
        order = order_from(self.config, "tool.hatch.build.hooks.plugindex")
        root = os.path.join(self.root, order.root or _root(self.root, order.packages[0]))
        self._made = tempfile.mkdtemp(prefix="plugindex-")
        for package in order.packages:
            made = shipping.make(package, root, self.metadata.name, order.hosts)
            name = os.path.basename(made.path)
            path = os.path.join(self._made, f"{package}-{name}")
            with open(path, "wb") as file:
                file.write(made.data)
            build_data["force_include"][path] = f"{package.replace('.', '/')}/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made: the wheel has it."""
        import shutil

        if made := getattr(self, "_made", ""):
            shutil.rmtree(made, ignore_errors=True)


def _root(project: str, package: str) -> str:
    folder = os.path.join(project, "src", *package.split("."))
    return "src" if os.path.isdir(folder) else "."


@hookimpl
def hatch_register_build_hook() -> type[ShippedIndexHook]:
    """Return the hook, as hatchling asks for it."""
    return ShippedIndexHook
