"""Tell whether there is a screen to open a window on."""

from __future__ import annotations

import os
import sys

QT_BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def has_screen() -> bool:
    """Say whether this session has a screen; on Linux the variables of X or Wayland tell."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def has_qt() -> bool:
    """Say whether one of the bindings of Qt that napari can use is installed."""
    from importlib.util import find_spec

    return any(find_spec(binding) for binding in QT_BINDINGS)
