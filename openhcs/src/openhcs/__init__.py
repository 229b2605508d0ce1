"""Read high-content screening plates; see :mod:`openhcs.microscopes` and :mod:`openhcs.io`."""

__version__ = "0.1.0"

__all__ = ["__version__"]
