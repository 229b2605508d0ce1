"""Whether an extension module may hold classes of a hierarchy, by what stands in its file.

A class in C comes from a few functions of the C API, whose names a dynamic linker needs, and says
its module in a literal text (https://docs.python.org/3/c-api/type.html). A class statement in
Cython looks for ``__prepare__``, as every class statement does; a ``cdef class`` is a type in C,
which can't derive from a class of Python. What calls Python code that makes classes isn't told from
what doesn't.
"""

from __future__ import annotations

import re
import sys

from plugindex.cythontext import texts
from plugindex.records import Record
from plugindex.statictypes import StaticTypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# What gives a new type, or runs Python code that may.
_NEW_EXCEPTION = b"PyErr_NewException"
_RUNNING = (b"PyRun_", b"Py_CompileString", b"PyEval_EvalCode")
_FROM_SPEC, _STRUCTURE, _MODULE = b"PyType_From", b"PyStructSequence_", b"__module__"
_MAKING = (b"PyType_Ready", _FROM_SPEC, b"PyType_Type", _NEW_EXCEPTION, _STRUCTURE,
           b"__build_class__", *_RUNNING)  # fmt: skip
_CYTHON = (b"cython_runtime", b"__pyx_capi__")
_CLASS_STATEMENT = b"__prepare__"
# Functions that make classes, of which Cython code may take the results for its own.
_CALLED = (b"new_class", b"make_dataclass")
_CALLED_FOR_DATA = (b"namedtuple", b"NamedTuple", b"TypedDict")
_GENERATED = "__pyx_"  # begins the names of types for closures; they derive from object alone
# What Cython adds to a module that has views of memory; these have no relatives outside.
_VIEWS, _VIEW_TYPES = b"View.MemoryView", ("Enum", "array", "memoryview", "_memoryviewslice")
# Frameworks that make classes for the modules that use them, or put their names together.
_MYPYC, _PYO3 = b"__mypyc", b"pyo3"
_BINDING = (b"pybind11", b"nanobind")  # whose classes derive from none but their own
_FRAMEWORKS = (_MYPYC, _PYO3, *_BINDING, b"boost6python", b"boost_python", b"Boost.Python",
               b"swig_runtime_data", b"SwigPy", b"sip_api", b"sipAPI", b"Shiboken", b"SbkObject",
               b"vtkPython")  # fmt: skip
_RELATIVE = b"PyObject_GetTypeData"  # by which a class needs no layout of its base (PEP 697)
_MARKS = (*_FRAMEWORKS, *_MAKING, *_CYTHON, _CLASS_STATEMENT, _MODULE, _VIEWS, _RELATIVE)
_LETTERS = tuple(
    letter.encode() for letter in "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
_PART_OF_NAME = re.compile(rb"[\w.]")
_LIMITED = ".abi3."  # in the name of a file for every version from some on (PEP 384)


def is_shared_part(module: str, data: bytes) -> bool:
    """Tell whether mypyc put the code of other modules into a module, whose classes name those.

    Source: ``build_using_shared_lib`` of ``mypyc/build.py`` in https://github.com/python/mypy.
    """
    return module.endswith("__mypyc") and _MYPYC in data


def is_from_source(data: bytes) -> bool:
    """Tell whether mypyc made a module, which compiles plain Python as it is."""
    return _MYPYC in data


def is_translated(data: bytes) -> bool:
    """Tell whether a module was made of Python code, by Cython or by mypyc."""
    return any(mark in data for mark in (_MYPYC, *_CYTHON))


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
    text = texts(data)
    if text is None:
        return True
    states = _CLASS_STATEMENT in text or _CLASS_STATEMENT in data
    return states and any(name in text for name in names)


def mentions(data: bytes, name: str) -> bool:
    """Tell whether a text in a module's file, whose contents are *data*, holds *name*."""
    text = texts(data) if any(mark in data for mark in _CYTHON) else data
    return text is None or name.encode() in text


class Binary(Record):
    """An extension module, and what its classes of the family derive from, where that is known.

    *marks* are those that stand in its file; *data* is what it holds, or of a module of Cython the
    texts that were found in it. *types* are the names of the types in C of such a module that may
    be of the family, None where these aren't told.
    """

    data: bytes
    module: str
    base: type | None
    file_name: str
    marks: frozenset[bytes]
    types: frozenset[str] | None = None

    def has(self, *marks: bytes) -> bool:
        """Tell whether one of *marks* stands in the file."""
        return not self.marks.isdisjoint(marks)

    @property
    def frameworks(self) -> frozenset[bytes]:
        """The marks of frameworks in the file."""
        return self.marks.intersection(_FRAMEWORKS)

    @property
    def of_exceptions(self) -> bool:
        """Tell whether the family is one of exceptions."""
        return self.base is not None and issubclass(self.base, BaseException)

    @property
    def is_named(self) -> bool:
        """Tell whether all classes that PyO3 makes here have literal names: exceptions alone.

        Others derive from an exception only where the layout of that is known.
        """
        limited = _LIMITED in self.file_name
        opaque = limited and (sys.version_info < (3, 12) or not self.has(_RELATIVE))
        return not self.has(*_RUNNING) and (
            not self.has(_FROM_SPEC) or (self.of_exceptions and opaque)
        )

    @property
    def is_cython(self) -> bool:
        """Tell whether Cython alone made the module."""
        return self.has(*_CYTHON) and not self.frameworks

    @property
    def states(self) -> bool:
        """Tell whether a module of Cython may hold classes that are no types in C."""
        if not self.data or self.has(_CLASS_STATEMENT) or _CLASS_STATEMENT in self.data:
            return True
        if self.has(_NEW_EXCEPTION, _STRUCTURE, *_RUNNING):
            return True
        called = _CALLED if self.of_exceptions else (*_CALLED, *_CALLED_FOR_DATA)
        return any(name in self.data for name in called)

    def says(self, owner: str, names: Collection[str] | None, end: bytes = b"") -> bool:
        """Tell whether a text says *owner*, a dot, and one of *names*, or any where they are None.

        *end* follows it.
        """
        begin = f"{owner}.".encode()
        wanted = tuple([name.encode() + end for name in names]) if names is not None else _LETTERS
        place = self.data.find(begin) + 1
        while place > 0:
            if self.data.startswith(wanted, place + len(begin) - 1):
                return True
            place = self.data.find(begin, place) + 1
        return False


def examined(data: bytes, module: str, base: type | None = None, file_name: str = "") -> Binary:
    """Return an extension module with what stands in its file.

    Args:
        data: what the file holds.
        module: the module's dotted name.
        base: what the classes that are looked for derive from, None if that isn't known.
        file_name: what the file is called.
    """
    marks = frozenset(mark for mark in _MARKS if mark in data)
    found = Binary(data, module, base, file_name, marks)
    if not found.is_cython:
        return found
    return Binary(texts(data) or b"", module, base, file_name, marks, _types(data, found))


def may_hold_classes(binary: Binary) -> bool:
    """Tell whether a module may hold classes that say they are its own."""
    if binary.frameworks:
        return _may_hold_bound(binary, binary.module, None)
    if not binary.has(*_MAKING):
        return False
    if binary.is_cython:
        return binary.states or binary.types is None or bool(binary.types)
    return binary.has(_MODULE) or any(True for _ in _own(binary.data, binary.module))


def may_give_classes(binary: Binary, owner: str, names: Collection[str] | None) -> bool:
    """Tell whether a module may hold classes that say they are of another one.

    Args:
        binary: the module.
        owner: the other one's name.
        names: those under which the other one has what may be such a class; None if any.
    """
    if binary.frameworks:
        return _may_hold_bound(binary, owner, names)
    if not binary.has(*_MAKING):
        return False
    if binary.is_cython:
        told = binary.types if names is None or binary.types is None else binary.types & {*names}
        return (binary.states or told != frozenset()) and _mentions(binary, owner, names)
    if binary.says(owner, names, b"\0") or binary.says(owner, ("",), b"\0"):
        return True
    if binary.says(owner, ("%",)):  # the name is put in behind it
        return True
    return binary.has(_MODULE) and owner.encode() + b"\0" in binary.data


def _mentions(binary: Binary, owner: str, names: Collection[str] | None) -> bool:
    """Tell whether *owner* is named otherwise than in the name of another module.

    Texts may stand there one behind the other, so a name may go on in what isn't its own.
    """
    if not binary.data:
        return True
    tail = re.compile(rb"(?:\.([A-Za-z_]\w*))?")
    for end in _ends(binary.data, owner.encode(), binary.module.encode()):
        told = (tail.match(binary.data, end)[1] or b"").decode()  # type: ignore[index]
        if names is None or not told or told.startswith(tuple(names)):
            return True
    return False


def _ends(data: bytes, name: bytes, but: bytes) -> Iterator[int]:
    """Yield where *name* ends each time it stands in *data*, less where it is within *but*."""
    place = data.find(name)
    while place >= 0:
        # A pattern for both would go through every byte, which takes a hundred times as long.
        within = data.find(but, max(0, place - len(but) + 1), place + len(but))
        if within < 0:
            yield place + len(name)
        place = data.find(name, max(place + 1, within + len(but) if within >= 0 else 0))


def _may_hold_bound(binary: Binary, owner: str, names: Collection[str] | None) -> bool:
    """Tell of a module that a framework binds to Python whether it may hold classes of *owner*."""
    marks = binary.frameworks
    if marks <= {*_BINDING} and binary.of_exceptions:
        return binary.has(_NEW_EXCEPTION, *_RUNNING)
    if marks == {_PYO3} and binary.is_named:
        return binary.says(owner, names)
    if marks == {_PYO3} and not binary.has(*_RUNNING, _MODULE):
        return owner.encode() in binary.data
    return owner == binary.module or owner.encode() in binary.data


def _types(data: bytes, binary: Binary) -> frozenset[str] | None:
    """Return the types of a Cython module that may derive from the base, by their instances' size.

    It is None where a file doesn't tell.
    """
    own = [one for one in _own(data, binary.module) if not one[0].startswith(_GENERATED)]
    try:
        types = StaticTypes(data) if own else None
    except ValueError:
        return None
    least = 0 if binary.base is None else binary.base.__basicsize__
    found = set()
    for name, place in own:
        sizes = [] if types is None else list(types.sizes(place))
        view = name in _VIEW_TYPES and binary.has(_VIEWS) and len(sizes) == 1
        if not view and any(not 0 < size < least for size in sizes):
            found.add(name)
    return frozenset(found)


def _own(data: bytes, module: str) -> Iterator[tuple[str, int]]:
    """Yield the names behind the name of *module* in a file, and where the texts stand."""
    own, behind = f"{module}.".encode(), re.compile(rb"([A-Za-z_]\w*)\0")
    place = data.find(own)
    while place >= 0:
        match = behind.match(data, place + len(own))
        if match and not _PART_OF_NAME.match(data, place - 1 if place else len(data)):
            yield match[1].decode(), place
        place = data.find(own, place + 1)


def _makes_types(data: bytes) -> bool:
    return any(name in data for name in _MAKING)


def _words(data: bytes) -> frozenset[bytes]:
    return frozenset(re.findall(rb"[A-Za-z_][A-Za-z0-9_]+", data))
