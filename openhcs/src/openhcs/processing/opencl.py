"""Import pyclesperanto, with OpenCL on the processor where nothing else is configured."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Where the OpenCL loader of a system looks for the platforms that are installed.
VENDORS = "/etc/OpenCL/vendors"
_CONFIGURED_BY = ("OCL_ICD_FILENAMES", "OCL_ICD_VENDORS")


def import_pyclesperanto() -> Any:
    """Return the module pyclesperanto, or what is there of it without a platform.

    The package pocl-binary-distribution brings an OpenCL platform that runs on the processor, but
    the loader looks for it only where ``OCL_ICD_FILENAMES`` says, and only once.

    Raises:
        ImportError: it isn't installed.
    """
    import sys

    if "pyclesperanto" in sys.modules:
        return sys.modules["pyclesperanto"]
    from importlib import import_module

    from openhcs.processing.capture import quietly

    if not _is_platform_configured():
        _configure_pocl()
    with quietly():  # it warns when it finds no platform; we say so with a remedy
        return import_module("pyclesperanto")


def _is_platform_configured() -> bool:
    if any(os.environ.get(name) for name in _CONFIGURED_BY):
        return True
    try:
        return any(name.endswith(".icd") for name in os.listdir(VENDORS))
    except OSError:
        return False


def _configure_pocl() -> None:
    from importlib.metadata import PackageNotFoundError, files

    try:
        shipped = files("pocl-binary-distribution") or []
    except PackageNotFoundError:
        return
    for file in shipped:
        if file.name.startswith("libpocl-") and file.suffix == ".so":
            os.environ["OCL_ICD_FILENAMES"] = str(file.locate())
