"""Microscope handlers: which instrument wrote a plate, and what is on it.

Importing this package imports no handler; a handler's module is imported when it is first used.
"""

from openhcs.microscopes.microscope_base import (
    FILENAME_PARSERS,
    METADATA_HANDLERS,
    MICROSCOPE_HANDLERS,
    MicroscopeHandler,
    create_microscope_handler,
)

__all__ = [
    "FILENAME_PARSERS",
    "METADATA_HANDLERS",
    "MICROSCOPE_HANDLERS",
    "MicroscopeHandler",
    "create_microscope_handler",
]
