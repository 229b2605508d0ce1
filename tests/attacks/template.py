"""Import beforehand what each try would import anew; a try is forked from this process.

Nothing here has seen a registry. Where a fresh interpreter matters, an attack starts one.
"""

import email.parser  # noqa: F401
import importlib.metadata  # noqa: F401
import json  # noqa: F401
import logging  # noqa: F401
import pkgutil
import subprocess  # noqa: F401
import tempfile  # noqa: F401
from importlib import import_module

import plugindex

_APART = {"__main__", "cli", "testing"}  # what runs the command, or needs pytest

for _, name, _ in pkgutil.iter_modules(plugindex.__path__):
    if name.partition("_")[0] not in _APART and name not in _APART:
        import_module(f"plugindex.{name}")
