"""The bases of the classes that the interpreter's own compiled modules hold.

Source: the modules of CPython 3.11 to 3.13; ``tests/test_ancestry.py`` compares. Those that stand
before any program starts are looked at instead, and a class that is not named here has no base but
``object``.
"""

from __future__ import annotations

import builtins

_BASES = {
    "_asyncio": {"Task": "Future"},
    "_collections": {"OrderedDict": "dict", "defaultdict": "dict"},
    "_csv": {"Error": "Exception"},
    "_ctypes": {
        "ArgumentError": "Exception",
        "Array": "_CData",
        "CFuncPtr": "_CData",
        "Structure": "_CData",
        "Union": "_CData",
        "_Pointer": "_CData",
        "_SimpleCData": "_CData",
    },
    "_curses": {"error": "Exception"},
    "_curses_panel": {"error": "Exception"},
    "_datetime": {"datetime": "date", "timezone": "tzinfo"},
    "_decimal": {
        "Clamped": "DecimalException",
        "ConversionSyntax": "InvalidOperation",
        "DecimalException": "ArithmeticError",
        "DecimalTuple": "tuple",
        "DivisionByZero": "DecimalException ZeroDivisionError",
        "DivisionImpossible": "InvalidOperation",
        "DivisionUndefined": "InvalidOperation ZeroDivisionError",
        "FloatOperation": "DecimalException TypeError",
        "Inexact": "DecimalException",
        "InvalidContext": "InvalidOperation",
        "InvalidOperation": "DecimalException",
        "Overflow": "Inexact Rounded",
        "Rounded": "DecimalException",
        "Subnormal": "DecimalException",
        "Underflow": "Inexact Rounded Subnormal",
    },
    "_elementtree": {"ParseError": "SyntaxError"},
    "_hashlib": {"HASHXOF": "HASH", "UnsupportedDigestmodError": "ValueError"},
    "_locale": {"Error": "Exception"},
    "_lsprof": {"profiler_entry": "tuple", "profiler_subentry": "tuple"},
    "_lzma": {"LZMAError": "Exception"},
    "_pickle": {
        "PickleError": "Exception",
        "PicklingError": "PickleError",
        "UnpicklingError": "PickleError",
    },
    "_queue": {"Empty": "Exception"},
    "_socket": {
        "error": "OSError",
        "gaierror": "OSError",
        "herror": "OSError",
        "timeout": "TimeoutError",
    },
    "_sqlite3": {
        "DataError": "DatabaseError",
        "DatabaseError": "Error",
        "Error": "Exception",
        "IntegrityError": "DatabaseError",
        "InterfaceError": "Error",
        "InternalError": "DatabaseError",
        "NotSupportedError": "DatabaseError",
        "OperationalError": "DatabaseError",
        "ProgrammingError": "DatabaseError",
        "Warning": "Exception",
    },
    "_ssl": {
        "SSLCertVerificationError": "SSLError ValueError",
        "SSLEOFError": "SSLError",
        "SSLError": "OSError",
        "SSLSyscallError": "SSLError",
        "SSLWantReadError": "SSLError",
        "SSLWantWriteError": "SSLError",
        "SSLZeroReturnError": "SSLError",
    },
    "_struct": {"error": "Exception"},
    "_tkinter": {"TclError": "Exception"},
    "_zoneinfo": {"ZoneInfo": "_datetime:tzinfo"},
    "binascii": {"Error": "ValueError", "Incomplete": "Exception"},
    "grp": {"struct_group": "tuple"},
    "mmap": {"error": "OSError"},
    "pwd": {"struct_passwd": "tuple"},
    "pyexpat": {"ExpatError": "Exception", "error": "Exception"},
    "resource": {"error": "OSError", "struct_rusage": "tuple"},
    "select": {"error": "OSError"},
    "termios": {"error": "Exception"},
    "zlib": {"error": "Exception"},
}
# Modules that hold what is not told here, or not on every platform: too new, or for tests.
_UNTOLD = ("_ast", "_interp", "_xx", "xx", "_test", "_winapi", "winreg", "msvcrt", "_scproxy",
           "spwd", "nis", "ossaudiodev", "audioop")  # fmt: skip


# Classes in modules of others, many of whose users derive from them, that have no base at all.
# Source: https://numpy.org/doc/stable/reference/arrays.ndarray.html and the modules themselves.
_OF_OTHERS = frozenset({
    "numpy._core._multiarray_umath:ndarray", "numpy.core._multiarray_umath:ndarray",
})  # fmt: skip


def is_plain(reference: str) -> bool:
    """Tell whether a class ``module:Name`` in C that is not ours has no base but ``object``."""
    return reference in _OF_OTHERS


def is_told(reference: str) -> bool:
    """Tell whether the bases are known of a class ``module:Name`` of a compiled module of ours."""
    module, _, name = reference.partition(":")
    return "." not in name and not module.startswith(_UNTOLD)


def bases_of(reference: str) -> list[tuple[str, str]]:
    """Return (module, name) of the bases of the class ``module:Name``, ``object`` left out."""
    module, _, name = reference.partition(":")
    own = _BASES.get(module, {})
    return [_place(module, one) for one in own.get(name, "").split()]


def _place(module: str, name: str) -> tuple[str, str]:
    if ":" in name:
        module, _, name = name.partition(":")
    elif name not in _BASES[module] and hasattr(builtins, name):
        module = "builtins"
    return module, name
