"""setuptools' part of shipping an index: a step of ``build`` that makes it.

It does what ``plugindex build`` does, on the files that go into the wheel. setuptools finds it by
the entry point group ``setuptools.finalize_distribution_options``, for every project that is built
where plugindex is installed; one without a table ``[tool.plugindex]`` is left alone. The step is a
sub-command as "Supporting sdists and editable installs in build sub-commands" in the documentation
of setuptools describes it.
"""

from __future__ import annotations

import os

# Only setuptools loads this module, so it is there.
from setuptools import Command

from plugindex import shipping
from plugindex.shipping import Order, order_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

_STEP = "plugindex_index"
_TABLE = "tool.plugindex"


class ShippedIndex(Command):
    """The step of ``build`` that makes the index of each package in ``build_lib``."""

    description = "make the index that each package ships"
    user_options: ClassVar[list[Any]] = []
    editable_mode = False

    def initialize_options(self) -> None:
        """Set what setuptools fills in."""
        self.build_lib: Any = None

    def finalize_options(self) -> None:
        """Take the folder of what will be installed from the step that copies it."""
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def run(self) -> None:
        """Make the indexes, but for an editable install, which never uses one."""
        order = _order()
        for package in () if self.editable_mode else order.packages:
            name = self.distribution.get_name()
            made = shipping.make(package, self.build_lib, name, order.hosts)
            with open(made.path, "wb") as file:
                file.write(made.data)

    def get_outputs(self) -> list[str]:
        """Return the files that are made."""
        from plugindex.shipment import file_name

        packages = () if self.editable_mode else _order().packages
        return [os.path.join(self.build_lib, *p.split("."), file_name()) for p in packages]

    def get_output_mapping(self) -> dict[str, str]:
        """Return nothing: no file of the project becomes one of these."""
        return {}

    def get_source_files(self) -> list[str]:
        """Return nothing: the sources are there for the package's own sake."""
        return []


def finalize(distribution: Any) -> None:
    """Add the step to ``build`` where the project asks for it."""
    if not _table():
        return
    build = distribution.get_command_class("build")
    if _STEP not in (name for name, _ in build.sub_commands):
        steps = [*build.sub_commands, (_STEP, None)]
        distribution.cmdclass["build"] = type("build", (build,), {"sub_commands": steps})
        distribution.cmdclass[_STEP] = ShippedIndex


def _order() -> Order:
    return order_from(_table(), _TABLE)


def _table() -> dict[str, Any]:
    """Return the project's table ``[tool.plugindex]``; setuptools runs in the project's folder."""
    import tomllib

    try:
        with open("pyproject.toml", "rb") as file:
            found = tomllib.load(file).get("tool", {}).get("plugindex", {})
    except (OSError, ValueError):  # setuptools itself says what is wrong with it
        return {}
    return found if isinstance(found, dict) else {}
