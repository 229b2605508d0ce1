"""Whether an extension module may hold classes of a hierarchy, by the names in its file.

A class in C comes from a few functions of the C API, whose names a dynamic linker needs, and says
its module in a literal text (https://docs.python.org/3/c-api/type.html). A class statement in
Cython looks for ``__prepare__``, as every class statement does; a ``cdef class`` can't derive from
a class of Python. What calls Python code that makes classes isn't told from what doesn't.
"""

from __future__ import annotations

import re

# What gives a new type, or runs Python code that may.
_MAKING = (b"PyType_Ready", b"PyType_From", b"PyType_Type", b"PyErr_NewException",
           b"PyStructSequence_", b"PyRun_", b"Py_CompileString", b"PyEval_EvalCode",
           b"__build_class__")  # fmt: skip
_CYTHON = (b"cython_runtime", b"__pyx_capi__")
_CLASS_STATEMENT = b"__prepare__"
# Frameworks that make classes for the modules that use them, or put their names together.
_MYPYC = b"__mypyc"
_FRAMEWORKS = (_MYPYC, b"pybind11", b"nanobind", b"pyo3", b"boost", b"swig", b"SWIG", b"sip_api",
               b"sipAPI", b"Shiboken", b"Sbk", b"vtkPython")  # fmt: skip
_LARGEST_BLOCK = 1 << 22  # bytes


def is_shared_part(module: str, data: bytes) -> bool:
    """Tell whether mypyc put the code of other modules into a module, whose classes name those.

    Source: ``build_using_shared_lib`` of ``mypyc/build.py`` in https://github.com/python/mypy.
    """
    return module.endswith("__mypyc") and _MYPYC in data


def is_from_source(data: bytes) -> bool:
    """Tell whether mypyc made a module, which compiles plain Python as it is."""
    return _MYPYC in data


def may_hold_family(data: bytes, names: frozenset[bytes]) -> bool:
    """Tell whether a module may hold classes derived from those that have *names*.

    Args:
        data: what stands in its file.
        names: of classes that class statements in Python make.
    """
    if any(mark in data for mark in _FRAMEWORKS):
        return _MYPYC in data or bool(_words(data) & names)
    if not _makes_types(data):
        return False
    if not any(mark in data for mark in _CYTHON):
        return bool(_words(data) & names)
    text = _text(data)
    if text is None:
        return True
    states = _CLASS_STATEMENT in text or _CLASS_STATEMENT in data
    return states and any(name in text for name in names)


def may_hold_classes(data: bytes, module: str) -> bool:
    """Tell whether a module may hold classes that say they are its own.

    Args:
        data: what stands in its file.
        module: its dotted name.
    """
    if any(mark in data for mark in _FRAMEWORKS):
        return True
    if not _makes_types(data):
        return False
    if any(mark in data for mark in (*_CYTHON, b"__module__")):
        return True
    own = rb"(?<![\w.])" + re.escape(module.encode()) + rb"\.[A-Za-z_]\w*\0"
    return re.search(own, data) is not None


def _makes_types(data: bytes) -> bool:
    return any(name in data for name in _MAKING)


def _words(data: bytes) -> frozenset[bytes]:
    return frozenset(re.findall(rb"[A-Za-z_][A-Za-z0-9_]+", data))


def _text(data: bytes) -> bytes | None:
    """Return the text in a Cython module's file, None if it can't be got at."""
    if b"decompress" not in data:
        return data
    return b"\n".join(_inflated(data)) or None


def _inflated(data: bytes) -> list[bytes]:
    """Return what zlib inflates of *data*: Cython packs a module's texts into one such block."""
    import zlib

    found = []
    for mark in (b"\x78\xda", b"\x78\x9c", b"\x78\x01", b"\x78\x5e"):
        start = data.find(mark)
        while start >= 0:
            inflater = zlib.decompressobj()
            try:
                text = inflater.decompress(data[start : start + _LARGEST_BLOCK], _LARGEST_BLOCK)
            except zlib.error:
                text = b""
            if inflater.eof and b"__name__" in text:
                found.append(text)
            start = data.find(mark, start + 1)
    return found
