"""What names of modules tell: whose they are, and which stand for files of a plugin folder."""

from __future__ import annotations

# Files of a plugin folder are modules below a module of ours, so that no installed package can
# have their names, and any process that has plugindex can import them.
DROPPED = "plugindex.dropped"
PLUGIN_FOLDER = "plugin folder"  # what stands for the folder where a provider is named


def is_dropped(module: str) -> bool:
    """Tell whether *module* stands for a file of a plugin folder."""
    return module.startswith(DROPPED + ".")


def root(module: str) -> str:
    """Return the root package of *module*: its first name, or what stands for its plugin folder."""
    return ".".join(module.split(".")[:3]) if is_dropped(module) else module.partition(".")[0]
