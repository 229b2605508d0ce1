"""Which extension modules may hold classes of a hierarchy, against importing real ones."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig

import pytest

from plugindex.compiled import examined, may_give_classes, may_hold_classes, may_hold_family
from plugindex.config import KeyRule
from test_resolver import PLAIN, Case

HEAD = "#define PY_SSIZE_T_CLEAN\n#include <Python.h>\n"
PLAIN_C = """
static PyObject *one(PyObject *self, PyObject *args) { Py_RETURN_NONE; }
static PyMethodDef methods[] = {{"one", one, METH_NOARGS, 0}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "native", 0, -1, methods};
PyMODINIT_FUNC PyInit_native(void) { return PyModule_Create(&def); }
"""
MAKING_C = """
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "native", 0, -1, 0};
PyMODINIT_FUNC PyInit_native(void) {
    PyObject *module = PyModule_Create(&def);
    PyModule_AddObject(module, "Failure", PyErr_NewException("NAME", BASE, 0));
    return module;
}
"""
METACLASS_C = """
static PyObject *message;
static PyTypeObject Meta;
static PyObject *make(PyTypeObject *meta, PyObject *args, PyObject *options) {
    PyObject *name, *bases, *body;
    if (!PyArg_ParseTuple(args, "OOO", &name, &bases, &body)) return 0;
    PyObject *added = PyTuple_Pack(1, message);
    PyObject *given = Py_BuildValue("(OOO)", name, PyObject_Size(bases) ? bases : added, body);
    return PyType_Type.tp_new(meta, given, options);
}
static PyType_Slot none[] = {{0, 0}};
#define OPEN (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE)
static PyType_Spec spec = {"zoo.native.Message", 0, 0, OPEN, none};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "native", 0, -1, 0};
PyMODINIT_FUNC PyInit_native(void) {
    PyObject *module = PyModule_Create(&def);
    message = PyType_FromSpec(&spec);
    Meta.tp_name = "zoo.native.Meta";
    Meta.tp_base = &PyType_Type;
    Meta.tp_flags = OPEN;
    Meta.tp_new = make;
    PyType_Ready(&Meta);
    PyModule_AddObject(module, "Message", message);
    PyModule_AddObject(module, "Meta", (PyObject *)&Meta);
    return module;
}
"""
COMPILER = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])


@pytest.fixture
def case(tmp_path, monkeypatch):
    if COMPILER is None:
        pytest.skip("there is no compiler")
    case = Case(tmp_path, monkeypatch)
    case.write("base", PLAIN)
    return case


def compile_native(case, text, name="native"):
    source = case.folder.parent / "native.c"
    source.write_text(HEAD + text)
    target = case.folder / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    include = sysconfig.get_paths()["include"]
    command = [COMPILER, "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be compiled here: {done.stderr[-200:]}")


@pytest.mark.parametrize("base", ["builtins:Exception", "zoo.base:Base"])
def test_a_module_that_makes_no_type_holds_no_class(case, base):
    compile_native(case, PLAIN_C)
    case.write("one", "class One(Exception): pass\nfrom zoo.base import Base\nclass Two(Base): 1\n")
    assert case.resolve(KeyRule(None), base=base, foreign=True).is_sound()
    assert len(case.listed) == 1


@pytest.mark.parametrize(
    ("name", "undecided"), [("zoo.native.Failure", True), ("elsewhere.Failure", False)]
)
def test_one_that_makes_a_type_of_its_own_name_is_left_to_running(case, name, undecided):
    text = MAKING_C.replace("NAME", name).replace("BASE", "PyExc_ValueError")
    compile_native(case, text)
    case.resolve(KeyRule(None), base="builtins:Exception", foreign=True)
    assert case.undecided == ({"zoo.native"} if undecided else set())
    assert list(case.truth.entries) == (["zoo.native:Failure"] if undecided else [])


def test_one_that_names_a_class_of_the_family_is_left_to_running(case):
    take = 'PyObject_GetAttrString(PyImport_ImportModule("zoo.base"), "Base")'
    compile_native(case, MAKING_C.replace("NAME", "zoo.native.Failure").replace("BASE", take))
    case.write("base", "class Base(Exception): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.native"}
    assert list(case.truth.entries) == ["zoo.native:Failure"]


METACLASSES = {
    "by a statement": "from zoo.native import Meta\nclass One(metaclass=Meta): pass\n",
    "by a call": "from zoo import native\nOne = native.Meta('One', (), {})\n",
    "by a call of a metaclass in Python": "from zoo.native import Meta\nclass Own(Meta): pass\n"
    "One = Own('One', (), {})\n",
    "by a function": "from zoo.native import Meta\ndef make(name): return Meta(name, (), {})\n"
    "One = make('One')\n",
    "of a metaclass in Python": "from zoo.native import Meta\nclass Own(Meta): pass\n"
    "class One(metaclass=Own): pass\n",
    "of a metaclass in one of two modules": "import sys\nif sys.argv:\n    from zoo import native\n"
    "else:\n    native = None\nclass One(metaclass=native.Meta): pass\n",
}


@pytest.mark.parametrize("text", METACLASSES.values(), ids=METACLASSES)
def test_a_class_that_a_compiled_metaclass_gives_its_base_is_left_to_running(case, text):
    compile_native(case, METACLASS_C)
    case.write("one", text)
    case.resolve(KeyRule(), base="zoo.native:Message", foreign=True)
    assert "zoo.one" in case.undecided
    assert list(case.truth.entries) == ["zoo.one:One"]


CYTHON = b"\0cython_runtime\0PyType_Ready\0PyType_Type\0zoo.native.Thing\0decorated Base\0"
NAMES = b"Base__main____name____test__"


def test_cython_makes_a_subclass_of_a_python_class_by_a_class_statement_alone():
    names = frozenset({b"Base"})
    assert not may_hold_family(CYTHON, names)
    assert may_hold_family(CYTHON + b"__prepare__\0", names)
    assert not may_hold_family(CYTHON + b"__prepare__\0", frozenset({b"Other"}))
    assert may_hold_family(CYTHON + b"LZSS decompression failed\0", names)
    assert may_hold_classes(examined(CYTHON, "zoo.native"))


def packed(text):
    """Pack a text as Cython 3.3 does, with a reference where its last four bytes came before."""
    again = text.index(text[-4:])
    steps = [(1, bytes([one])) for one in text[:-4]]
    steps.append((0, bytes([len(text) - 8 - again, 1])))
    result = b""
    for start in range(0, len(steps), 8):
        part = steps[start : start + 8]
        flags = sum(literal << bit for bit, (literal, _) in enumerate(part))
        result += bytes([flags]) + b"".join(one for _, one in part)
    return result


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (NAMES + b"zoo__main", False),
        (NAMES + b"__prepare__" + b"zoo__main", True),
        (b"\n\r\r\n  in " + NAMES + b"zoo__main", False),
        (b"\0" + NAMES + b"zoo__main", True),  # it isn't found
        (NAMES.replace(b"__test__", b"\xff\xff") + b"zoo__main", True),
    ],
    ids=["no class statement", "a class statement", "lines first", "no text", "not all of it"],
)
def test_the_texts_that_cython_packs_are_read(text, held):
    binary = CYTHON + b"LZSS string data decompression failed\0" + packed(text) + bytes(99)
    assert may_hold_family(binary, frozenset({b"Base"})) is held


CYTHON_C = """
const char *made_by = "cython_runtime TEXT";
typedef struct { PyObject_HEAD char own[SIZE]; } Own;
static PyTypeObject Thing = {
    PyVarObject_HEAD_INIT(0, 0)
    "zoo.native.Thing",
    sizeof(Own),
};
static PyObject *one(PyObject *self, PyObject *args) {
    PyErr_SetString(PyExc_KeyError, "zoo.native.one");
    return 0;
}
static PyMethodDef methods[] = {{"one", one, METH_NOARGS, 0}, {0}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "native", 0, -1, methods};
PyMODINIT_FUNC PyInit_native(void) {
    PyObject *module = PyModule_Create(&def);
    Thing.tp_base = PARENT;
    Thing.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE;
    if (PyType_Ready(&Thing)) return 0;
    PyModule_AddObject(module, "Thing", (PyObject *)&Thing);
    return module;
}
"""
ANY, FAILURE = "&PyBaseObject_Type", "(PyTypeObject *)PyExc_ValueError"


@pytest.mark.skipif(sys.platform != "linux", reason="the format of such files differs")
@pytest.mark.parametrize(
    ("base", "size", "text", "undecided"),
    [
        (ANY, "16", "", False),
        (ANY, "160", "", True),
        (ANY, "16", "__prepare__", True),
        (FAILURE, "160", "", True),
        (FAILURE, "sizeof(PyBaseExceptionObject) - sizeof(PyObject)", "", True),
    ],
    ids=["small", "large", "a class statement", "an exception", "one without data of its own"],
)
def test_a_type_in_cython_with_small_instances_is_no_exception(case, base, size, text, undecided):
    c = CYTHON_C.replace("PARENT", base).replace("SIZE", size).replace("TEXT", text)
    compile_native(case, c)
    case.resolve(KeyRule(None), base="builtins:Exception", foreign=True)
    assert case.undecided == ({"zoo.native"} if undecided else set())
    assert list(case.truth.entries) == (["zoo.native:Thing"] if base is FAILURE else [])


@pytest.mark.parametrize("mark", [b"__mypyc", b"Shiboken", b"sip_api", b"pybind11"])
def test_what_makes_classes_for_others_is_left_to_running(mark):
    assert may_hold_classes(examined(mark + b"\0", "zoo.native"))
    assert may_hold_family(mark + b"\0Base\0", frozenset({b"Base"}))


@pytest.mark.parametrize(
    ("data", "held"),
    [
        (b"pybind11 PyType_FromSpec", False),
        (b"pybind11 PyErr_NewException", True),
        (b"pybind11 PyRun_String", True),
        (b"pyo3 PyErr_NewException", False),
        (b"pyo3 PyErr_NewException zoo.native.Failure", True),
        (b"pyo3 PyErr_NewException Py_CompileString", True),
        (b"pyo3 PyType_FromSpec __module__", True),
    ],
)
def test_frameworks_make_exceptions_by_what_needs_their_names(data, held):
    assert may_hold_classes(examined(data, "zoo.native", ValueError)) is held


@pytest.mark.parametrize(
    ("data", "given"),
    [
        (b"PyType_Ready zoo.native.Failure\0", False),
        (b"PyType_Ready zoo.Failure\0", True),
        (b"PyType_Ready zoo.Other\0", False),
        (b"PyType_Ready zoo.%s\0", True),
        (b"PyType_Ready zoo\0", False),
        (b"PyType_Ready __module__ zoo\0", True),
        (b"pyo3 PyErr_NewException zoo.native zoo", False),
        (b"pyo3 PyErr_NewException zoo.Failure", True),
        (CYTHON + b"__prepare__ zoo.native.run zoo.native_own", False),
        (CYTHON + b"__prepare__ zoo__name__", True),
        (CYTHON + b"__prepare__ zoo.Failure__name__", True),
    ],
)
def test_a_module_gives_another_one_classes_that_name_it(data, given):
    binary = examined(data, "zoo.native", ValueError)
    assert may_give_classes(binary, "zoo", {"Failure"}) is given


def test_what_mypyc_puts_together_for_other_modules_holds_no_class_of_its_own(case):
    text = PLAIN_C.replace("native", "native__mypyc")
    compile_native(case, f'const char *made_by = "__mypyc Base";\n{text}', "native__mypyc")
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()


@pytest.mark.parametrize(("mark", "undecided"), [("__mypyc", set()), ("", {"zoo.native"})])
def test_the_source_beside_what_mypyc_made_is_believed(case, mark, undecided):
    text = MAKING_C.replace("NAME", "zoo.native.Failure").replace("BASE", "PyExc_ValueError")
    compile_native(case, f'const char *made_by = "{mark}";\n{text}')
    case.write("native", "class Failure(ValueError):\n    code = 7\n")
    case.resolve(KeyRule(None), base="builtins:ValueError", foreign=True)
    assert case.undecided == undecided
    assert list(case.truth.entries) == ["zoo.native:Failure"]
    if not undecided:
        assert case.is_sound()
        assert case.resolutions["zoo.native"].candidates[0].attributes == {}


def test_whether_a_class_that_mypyc_made_is_abstract_is_left_to_running(case):
    text = MAKING_C.replace("NAME", "zoo.native.Failure").replace("BASE", "PyExc_ValueError")
    compile_native(case, f'const char *made_by = "__mypyc";\n{text}')
    body = "    @abc.abstractmethod\n    def run(self): ...\n"
    case.write("native", f"import abc\nclass Failure(ValueError, abc.ABC):\n{body}")
    case.write("one", "from zoo.native import Failure\nclass One(Failure): pass\n")
    case.resolve(KeyRule(None), base="builtins:ValueError", foreign=True)
    assert case.undecided == {"zoo.native", "zoo.one"}
    assert set(case.truth.entries) == {"zoo.native:Failure", "zoo.one:One"}


@pytest.mark.parametrize("text", ["", 'const char *note = "some parts";\n'], ids=["", "named"])
def test_a_star_of_a_compiled_module_brings_no_name_that_it_does_not_hold(case, text):
    compile_native(case, PLAIN_C + text)
    case.write("__init__", "from zoo.native import *\n")
    case.write("parts", "from zoo.base import Base\nclass Part(Base): pass\n")
    case.write("one", "from zoo import parts\nclass One(parts.Part): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == ({"zoo.one"} if text else set())
    assert text or case.is_sound()
    assert list(case.truth.entries) == ["zoo.one:One", "zoo.parts:Part"]


@pytest.mark.parametrize(
    ("star", "undecided"), [("zoo.nowhere", False), ("builtins", True), ("zoo.native", False)]
)
def test_a_star_of_what_has_no_file_is_asked_no_text(case, star, undecided):
    compile_native(case, PLAIN_C)
    guarded = f"try: from {star} import *\nexcept ImportError: pass\n"
    case.write("__init__", f"{guarded}from zoo.native import *\n")
    case.write("parts", "from zoo.base import Base\nclass Part(Base): pass\n")
    case.write("one", "from zoo import parts\nclass One(parts.Part): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    assert ("zoo.one" in case.undecided) is undecided
    assert undecided or case.is_sound()


@pytest.mark.parametrize("mark", ["__mypyc", "cython_runtime", ""])
def test_the_source_beside_a_module_written_in_c_is_none_of_its(case, mark):
    compile_native(case, f'const char *made_by = "{mark}";\n{PLAIN_C}')
    case.write("native", "import nowhere\n")
    case.write("one", "from zoo import native\nfrom zoo.base import Base\nclass One(Base): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    missing = ("nowhere", "zoo.native") if mark else None
    assert case.resolutions["zoo.one"].missing == missing
    assert list(case.truth.entries) == ["zoo.one:One"]


@pytest.mark.parametrize(("mark", "named"), [(b"", True), (b" PyObject_GetTypeData", False)])
def test_exceptions_for_every_version_are_named_unless_types_need_no_layout(mark, named):
    data = b"pyo3 PyErr_NewException PyType_FromSpec" + mark
    binary = examined(data, "zoo.native", ValueError, "native.abi3.so")
    assert binary.is_named is (named or sys.version_info < (3, 12))
