"""The bases of classes in compiled modules of the interpreter, against those modules."""

from __future__ import annotations

import importlib
import sys

import pytest

from plugindex.ancestry import bases_of, is_told
from plugindex.config import KeyRule
from plugindex.finder import Finder
from plugindex.namespaces import is_own
from test_resolver import Case

TEXT = """
import array, collections, csv, ctypes, datetime, decimal, select, socket, sqlite3, ssl, zoneinfo
class A(socket.gaierror): pass
class B(ctypes.Structure): pass
class C(csv.Error): pass
class D(select.error): pass
class E(ssl.SSLCertVerificationError): pass
class F(decimal.Overflow): pass
class G(socket.socket): pass
class H(array.array): pass
class I(sqlite3.IntegrityError): pass
class J(collections.OrderedDict): pass
class K(collections.defaultdict): pass
class L(collections.deque): pass
class M(decimal.Decimal): pass
class N(zoneinfo.ZoneInfo): pass
"""
BASES = {
    "builtins:Exception": "ACDEFI",
    "builtins:OSError": "ADE",
    "builtins:ArithmeticError": "F",
    "builtins:dict": "JK",
    "_ctypes:Structure": "B",
    "ctypes:Structure": "B",
}


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


@pytest.mark.parametrize(("base", "names"), BASES.items(), ids=BASES)
def test_the_bases_of_compiled_classes_are_known(case, base, names):
    case.write("one", TEXT)
    case.resolve(KeyRule(None), base=base, foreign=True)
    assert {name.partition(":")[2] for name in case.listed} == set(names)
    assert case.is_sound()


def own_modules():
    finder = Finder()
    names = {*sys.stdlib_module_names, *sys.builtin_module_names} - {"builtins"}
    return [name for name in sorted(names) if is_own(finder.find(name)) and is_told(f"{name}:x")]


@pytest.mark.parametrize("name", own_modules())
def test_what_is_told_is_what_the_modules_hold(name):
    try:
        module = importlib.import_module(name)
    except ImportError:  # a library that it needs isn't there
        pytest.skip("it can't be imported here")
    held = {k: v for k, v in vars(module).items() if isinstance(v, type) and k[:2] != "__"}
    if name in ("sys", "posix", "nt", "_io", "time", "_thread", "_signal", "marshal"):
        return  # looked at as they are
    for attribute, cls in held.items():
        told = [base for _, base in bases_of(f"{name}:{attribute}")]
        own = cls.__bases__ if cls.__module__ != "builtins" else (cls,)
        assert told == [base.__name__ for base in own if base is not object], attribute


TYPING = """
import typing, typing_extensions, collections
from typing import Generic, NamedTuple, NewType, Protocol, TypedDict, TypeVar
T = TypeVar("T")
class Movie(TypedDict): name: str
class Sequel(Movie, total=False): number: int
class Late(typing_extensions.TypedDict): name: str
class Later(Late): number: int
class Box(TypedDict, Generic[T]): held: T
class Crate(Box[int]): size: int
class Point(NamedTuple): x: int
class Place(Point): pass
class Pair(NamedTuple, Generic[T]): one: T
class Couple(Pair[int]): pass
Plain = NamedTuple("Plain", [("x", int)])
class Made2(Plain): pass
class Made3(collections.namedtuple("Made3", "a b")): pass
class Proto(Protocol):
    def run(self): ...
class Wider(Proto, Protocol): pass
class Runs(Wider):
    def run(self): pass
Number = NewType("Number", int)
"""
TYPED = {
    "zoo.one:Movie": set(),
    "zoo.one:Late": set(),
    "zoo.one:Box": set(),
    "zoo.one:Point": {"Place"},
    "zoo.one:Pair": {"Couple"},
    "zoo.one:Proto": {"Wider", "Runs"},
    "builtins:dict": {"Movie", "Sequel", "Late", "Later", "Box", "Crate"},
    "typing:Generic": {"Box", "Crate", "Pair", "Couple", "Proto", "Wider", "Runs"},
}


@pytest.mark.parametrize(("base", "names"), TYPED.items(), ids=TYPED)
def test_the_classes_that_typing_makes_have_the_bases_that_they_have_at_run_time(case, base, names):
    pytest.importorskip("typing_extensions")
    case.write("one", TYPING)
    case.resolve(KeyRule(None), base=base, foreign=True)
    assert {name.partition(":")[2] for name in case.truth.entries} == names
    assert case.is_sound()


def test_a_class_that_a_call_of_typed_dict_makes_is_left_to_running(case):
    made = 'from typing import TypedDict\nMade = TypedDict("Made", {"in": str})\n'
    case.write("one", made + "class Grown(Made): number: int\n")
    case.resolve(KeyRule(None), base="builtins:dict", foreign=True)
    assert case.undecided == {"zoo.one"}
    assert set(case.truth.entries) == {"zoo.one:Made", "zoo.one:Grown"}
    assert case.resolve(KeyRule(None), base="builtins:tuple", foreign=True).is_sound()


ARRAYS = """
import numpy
from array import array
class Grid(numpy.ndarray): pass
class Image(Grid): pass
class Row(array): pass
class Bad(Exception): pass
"""


@pytest.mark.parametrize(("base", "names"), {
    "builtins:Exception": {"Bad"},
    "builtins:dict": set(),
    "builtins:object": {"Grid", "Image", "Row", "Bad"},
}.items())  # fmt: skip
def test_an_array_of_numpy_is_an_object_and_nothing_else(case, base, names):
    pytest.importorskip("numpy")
    case.write("one", ARRAYS)
    case.resolve(KeyRule(None), base=base, foreign=True)
    assert {name.partition(":")[2] for name in case.truth.entries} == names
    assert case.is_sound()
