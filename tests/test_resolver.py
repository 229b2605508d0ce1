"""Which classes and keys reading gives for small packages, against what importing gives."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

from plugindex import DiscoveryError, LazyDiscoveryDict
from plugindex.config import KeyRule, Scope
from plugindex.finder import Finder
from plugindex.keys import EnumKey
from plugindex.library import Library
from plugindex.resolver import Resolver
from plugindex.truth import compare, import_truth

BASE = """
from plugindex import AutoRegisterMeta
class Base(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"
"""
PLAIN = "class Base: pass\n"
ONE = "from zoo.base import Base\nclass One(Base): pass\n"
OPEN = "from zoo.base import Base\nclass One(Base):\n"
ONE_INSIDE = "from zoo.base import Base\n    class One(Base): pass\n"


class Case:
    """A package of which one module is resolved, and what a child that imports it all holds."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder / "zoo"
        self.folder.mkdir()
        self.path = [str(folder), *sys.path]
        monkeypatch.setattr(sys, "path", self.path)
        self.write("__init__", "")

    def write(self, module, text):
        (self.folder / f"{module}.py").write_text(text)

    def resolve(self, rule=None, base="zoo.base:Base", **options):
        rule = rule or KeyRule("name")
        fields = {"name": "zoo", "application": "zoo"} | options
        self.scope = Scope(base, "zoo", rule, **fields)
        resolver = Resolver(Library(Finder()), self.scope)
        modules = [file.name for file in Finder().modules("zoo")]
        self.resolutions = {name: resolver.resolve(name) for name in modules}
        self.truth = import_truth(self.scope, modules, path=self.path)
        return self

    @property
    def listed(self):
        found = (c for one in self.resolutions.values() for c in one.candidates)
        return {c.key: f"{c.module}:{c.qualname}" for c in found}

    @property
    def undecided(self):
        return {name for name, one in self.resolutions.items() if one.undecided or one.missing}

    def is_sound(self):
        assert not self.undecided, [one.undecided for one in self.resolutions.values()]
        assert compare(self.listed, self.truth).sound
        return self.truth.entries == self.listed


@pytest.fixture
def case(tmp_path, monkeypatch):
    return Case(tmp_path, monkeypatch)


KEYS = {
    "a text": ("'a'", "a"),
    "a number": ("-7", -7),
    "bytes": ("b'x'", b"x"),
    "a tuple": ("('a', 1, (2,))", ("a", 1, (2,))),
    "a concatenation": ("'a' + 'b'", "ab"),
    "a name of the module": ("NAME", "named"),
    "a formatted text": ("f'{NAME}-{IMPORTED}-{7}'", "named-imported-7"),
    "an imported name": ("IMPORTED", "imported"),
    "a value of an enum": ("Color.RED.value", "red"),
}


@pytest.mark.parametrize(("written", "key"), KEYS.values(), ids=KEYS)
def test_keys_are_read_as_they_are_written(case, written, key):
    case.write("base", BASE)
    case.write("names", "import enum\nIMPORTED = 'imported'\nclass Color(enum.Enum): RED = 'red'\n")
    head = "from zoo.base import Base\nfrom zoo.names import *\nNAME = 'named'\n"
    case.write("one", f"{head}class One(Base):\n    name = {written}\n")
    assert case.resolve().is_sound()
    assert case.listed == {key: "zoo.one:One"}


@pytest.mark.parametrize("kind", ["Enum", "IntEnum", "StrEnum"])
def test_enum_members_are_keys_that_aliases_share(case, kind):
    value = "1" if kind == "IntEnum" else "'r'"
    case.write("base", BASE)
    case.write(
        "color", f"import enum\nclass Color(enum.{kind}):\n    RED = {value}\n    ROT = {value}\n"
    )
    head = "from zoo.base import Base\nfrom zoo.color import Color\n"
    case.write("one", f"{head}class One(Base):\n    name = Color.ROT\n")
    assert case.resolve().is_sound()
    assert list(case.listed) == [EnumKey("zoo.color", "Color", "RED", *_hashed(kind))]


def _hashed(kind):
    return {"Enum": (), "IntEnum": (1,), "StrEnum": ("r",)}[kind]


RULES = {
    "a mixin's key": "class Mixin: name = 'm'\nclass One(Mixin, Base): pass\n",
    "an abstract class's key": "import abc\nclass A(Base):\n    name = 'a'\n"
    "    @abc.abstractmethod\n    def run(self): ...\nclass One(A):\n    def run(self): ...\n",
    "a registered class's key": "class One(Base): name = 'o'\nclass Two(One): pass\n",
    "no key": "class One(Base): name = None\nclass Two(Base): pass\n",
    "a nearer None": "class Mixin: name = 'm'\nclass One(Mixin, Base): name = None\n",
    "a descriptor": "class One(Base):\n    @property\n    def name(self): return 'x'\n",
    "an assignment after the statement": "class One(Base): pass\nOne.name = 'late'\n",
    "a slotted dataclass": "import dataclasses\n@dataclasses.dataclass(slots=True)\n"
    "class One(Base):\n    size: int\n    name = 'o'\n",
    "a nested class": "class Outer:\n    class One(Base): name = 'n'\n",
    "a name that is bound anew": "class One(Base): name = 'o'\nOne = None\n",
    "a module imported by a call": "import importlib\nm = importlib.import_module('zoo.base')\n"
    "class One(m.Base): name = 'one'\n",
    "decorators that ask for what another one set": "import dataclasses\ndef strict(cls):\n"
    "    if not hasattr(cls, '__dataclass_fields__'):\n        raise TypeError\n    return cls\n"
    "@strict\n@dataclasses.dataclass\nclass One(Base):\n    name = 'o'\n",
    "a module by its name": "m = __import__('zoo.base')\nclass One(m.base.Base): name = 'one'\n",
    "what a function gives, unpacked": "def both(cls): return cls, None\n"
    "Same, none = both(Base)\nclass One(Same): name = 'one'\n",
    "a decorator with options that have defaults": "def mark(obj=None, *, single=False):\n"
    "    def deco(cls):\n        return cls() if single else cls\n"
    "    if obj:\n        return deco(obj)\n    return deco\n"
    "@mark\nclass One(Base): name = 'o'\n@mark()\nclass Two(Base): name = 't'\n"
    "@mark(single=True)\nclass Three(Base): name = 'h'\n",
    "a decorator that puts an instance in the place of the class": "def single(cls): return cls()\n"
    "@single\nclass One(Base): name = 'o'\n",
    "a condition on what another module has": "import zoo.base\n"
    "if getattr(zoo.base, 'VERSION', (0, 9)) < (0, 8):\n    raise Exception('too old')\n"
    "if getattr(zoo.base, 'Base', None) is None:\n    class No(Base): name = 'n'\n"
    "class One(Base): name = 'o'\n",
    "a decided condition": "import sys\nif sys.version_info < (3,):\n    class No(Base): name='n'\n"
    "else:\n    class Yes(Base): name = 'y'\n",
    "a replacement": "class One(Base): name = 'o'\nclass Two(Base):\n    name = 'o'\n"
    "    __replaces__ = 'zoo.one:One'\n",
}


@pytest.mark.parametrize("text", RULES.values(), ids=RULES)
def test_the_key_rules_are_those_of_importing(case, text):
    case.write("base", BASE)
    case.write("one", "from zoo.base import Base\n" + text)
    assert case.resolve().is_sound()


def test_a_suffix_extractor_is_asked_where_no_class_sets_a_key(case):
    extract = "    __key_extractor__ = make_suffix_extractor('Handler')\n"
    case.write("base", "from plugindex import make_suffix_extractor\n" + BASE + extract)
    head = "from zoo.base import Base\n"
    case.write("one", f"{head}class OneHandler(Base): pass\nclass Two(Base): name = 'two'\n")
    assert case.resolve(KeyRule("name", suffix="Handler")).is_sound()
    assert set(case.listed) == {"one", "two"}


def test_an_extractor_of_its_own_leaves_undecided_only_who_sets_no_key(case):
    extract = "    __key_extractor__ = lambda name, cls: name\n"
    case.write("base", BASE + extract)
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    case.write("two", "from zoo.base import Base\nclass Two(Base): name = 'two'\n")
    assert case.resolve(KeyRule("name", opaque=True)).undecided == {"zoo.one"}


UNDECIDED = {
    "a class made by a call": "One = type('One', (Base,), {'name': 'one'})\n",
    "a class made of bases looked up by name": "bases = tuple(globals()[n] for n in ['Base'])\n"
    "One = type('One', bases, {'name': 'one'})\n",
    "a class made by type.__new__": "One = type.__new__(type(Base), 'One', (Base,), {})\n",
    "a factory": "def make():\n    class One(Base): name = 'one'\n    return One\nOne = make()\n",
    "a class made where another is called": "class Maker:\n    def __init__(self, key):\n"
    "        class One(Base): name = key\nMaker('one')\n",
    "a class made where an instance is called": "class Maker:\n    def __call__(self, key):\n"
    "        self.made = type('One', (Base,), {'name': key})\nmake = Maker()\nmake('one')\n",
    "a class made by a function that calls a class": "class Maker:\n"
    "    def __new__(cls, key):\n        return type('One', (Base,), {'name': key})\n"
    "def make():\n    return Maker('one')\nOne = make()\n",
    "a twin made in a hook": "class Twin(Base):\n    def __init_subclass__(cls, **kw):\n"
    "        super().__init_subclass__(**kw)\n        if not cls.__name__.endswith('2'):\n"
    "            type(cls)(cls.__name__ + '2', (cls,), {'name': cls.name + '2'})\n"
    "class One(Twin): name = 'one'\n",
    "a twin made of the class's class": "class Twin(Base):\n"
    "    def __init_subclass__(cls, **kw):\n"
    "        super().__init_subclass__(**kw)\n        if not cls.__name__.endswith('2'):\n"
    "            cls.__class__(cls.__name__ + '2', (cls,), {'name': cls.name + '2'})\n"
    "class One(Twin): name = 'one'\n",
    "another qualified name": "class One(Base): name = 'one'\nOne.__qualname__ = 'Two'\n",
    "a qualified name of its own": "class One(Base):\n    name = 'one'\n    __qualname__ = 'Two'\n",
    "a loop": "for key in 'ab':\n    class One(Base): name = key\n",
    "a computed key": "class One(Base): name = ''.join(['a'])\n",
    "a condition that only running decides": "import os\nif os.environ.get('X'):\n"
    "    class One(Base): name = 'one'\n",
    "a base that an object holds": "class Late:\n    def __init__(self): self.Base = Base\n"
    "late = Late()\nclass One(late.Base): name = 'one'\n",
    "a base that an object gets": "class Late:\n    def __getattr__(self, name): return Base\n"
    "late = Late()\nclass One(late.Base): name = 'one'\n",
    "a base of values without a hash": "import sys\n"
    "class One(next(iter([Base]), sys.modules)): name = 'one'\n",
    "an unknown base": "import importlib\nm = importlib.import_module(''.join(['zoo', '.base']))\n"
    "class One(m.Base): name = 'one'\n",
}


@pytest.mark.parametrize("text", UNDECIDED.values(), ids=UNDECIDED)
def test_what_only_running_decides_is_left_to_it(case, text):
    case.write("base", BASE)
    case.write("one", "from zoo.base import Base\n" + text)
    assert case.resolve().undecided == {"zoo.one"}


FOREIGN = {
    "a decorated base": "import functools\ndef deco(*args, path=None):\n    def inner(cls):\n"
    "        return cls\n    return inner(*args) if args else inner\n"
    "@deco(path='x')\nclass One(Base): pass\nclass Two(One): pass\n",
    "a module of another name": "class One(Base): __module__ = 'zoo'\n",
    "a class that is not to be had by name": "def f():\n    class One(Base): pass\n",
    "a deleted class": "class One(Base): pass\ndel One\n",
    "an alias": "class One(Base): pass\nTwo = One\ndel One\n",
    "an abstract setter that is replaced": "import abc\nclass A(Base, abc.ABC):\n"
    "    @property\n    def size(self): ...\n"
    "    @size.setter\n    @abc.abstractmethod\n    def size(self, value): ...\n"
    "class One(A):\n    @A.size.setter\n    def size(self, value): ...\n"
    "class Two(A):\n    @A.size.getter\n    def size(self): ...\n",
    "an abstract property that is given a setter": "import abc\nclass A(Base, abc.ABC):\n"
    "    @property\n    @abc.abstractmethod\n    def size(self): ...\n"
    "class One(A):\n    @A.size.setter\n    def size(self, value): ...\n",
    "a decorator with options": "import dataclasses, functools\n"
    "frozen = functools.partial(dataclasses.dataclass, frozen=True)\n"
    "@frozen\nclass One(Base): pass\nclass Two(One): pass\n",
    "a metaclass that a closure stands for": "def outer(suffix):\n"
    "    def make(name, bases, body): return type(name, bases, body)\n    return make\n"
    "class One(Base, metaclass=outer(1)): pass\n",
    "a decorator with starred options": "def deco(*args):\n    return lambda cls: cls\n"
    "names = ('a', 'b')\n@deco(*names)\nclass No: pass\nclass One(Base): pass\n",
    "an abstract method that a slot stands for": "import abc\nclass A(Base, abc.ABC):\n"
    "    @abc.abstractmethod\n    def run(self): ...\n"
    "class Slot:\n    __slots__ = ('run',)\n"
    "class One(A):\n    __slots__ = 'run'\nclass Two(A):\n    __slots__ = ('walk',)\n"
    "class Three(Slot, A): pass\nclass Four(A, Slot): pass\n",
    "an abstract method that another class's stands for": "import abc\nclass A(Base, abc.ABC):\n"
    "    @abc.abstractmethod\n    def run(self): ...\nclass One(A):\n    def run(self): ...\n"
    "class Two(A):\n    run = One.run\n",
    "a hook that makes classes of another hierarchy": "class Other: pass\nclass Model(type):\n"
    "    def __init__(cls, name, bases, body):\n        super().__init__(name, bases, body)\n"
    "        cls.model = type(name + 'Model', (Other,), {})\n"
    "class One(Base, metaclass=Model): pass\n",
    "a decorator that asks whether it is given a class": "def deco(given):\n"
    "    if isinstance(given, type):\n        given.marked = True\n        return given\n"
    "    return given()\n@deco\nclass One(Base): pass\n@deco\ndef two(): pass\n",
    "a decorator that asks inspect": "import inspect\ndef deco(given):\n"
    "    if not inspect.isclass(given):\n        return None\n    return given\n"
    "@deco\nclass One(Base): pass\n",
    "a decorator that asks whether it can be called": "def deco(given=None):\n"
    "    return given if callable(given) else deco\n"
    "@deco\nclass One(Base): pass\n@deco()\nclass Two(Base): pass\n",
    "a decorator that asks for what no class is": "def deco(given):\n"
    "    if isinstance(given, (property, str)):\n        return None\n    return given\n"
    "@deco\nclass One(Base): pass\n",
    "a decorator that gives a partial of itself": "import functools\n"
    "def deco(given=None, *, mark=None):\n    if given is None:\n"
    "        return functools.partial(deco, mark=mark)\n    return None if mark else given\n"
    "@deco(mark=0)\nclass One(Base): pass\n"
    "@functools.partial(functools.partial(deco, mark=1), mark=0)\nclass Two(Base): pass\n",
    "a decorator that has a class of another hierarchy": "def deco(given):\n"
    "    class Property(property): pass\n    given.full = given.__qualname__\n"
    "    given.size = Property(len)\n    return given\n@deco\nclass One(Base): pass\n",
    "many decorators": "def marked(text, more=None):\n    return lambda cls: cls\n"
    + "".join(f"@marked('{text}', more=['{text}'])\n" for text in "abcdefghij")
    + "class One(Base): pass\n",
    "a decorator that warns": "import sys\nif sys.version_info >= (3, 13):\n"
    "    from warnings import deprecated\nelse:\n"
    "    def deprecated(text):\n        return lambda cls: cls\n"
    "@deprecated('use Two')\nclass One(Base): pass\nclass Two(Base): pass\n",
    "an abstract class without ABCMeta": "import abc\nclass One(Base):\n"
    "    @abc.abstractmethod\n    def run(self): ...\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_foreign_classes_are_those_that_their_names_lead_to(case, text):
    case.write("base", PLAIN)
    case.write("one", "from zoo.base import Base\n" + text)
    assert case.resolve(KeyRule(), foreign=True).is_sound()


MAKING = "def make(*args):\n    global One\n    class One(Base): pass\n    return True\n"
RUNNING = "import abc\nclass A(Base, abc.ABC):\n    @abc.abstractmethod\n    def run(self): ...\n"
LEFT_TO_RUNNING = {
    "a global class of a function": MAKING + "make()\n",
    "a call in a condition": MAKING + "if make(): pass\n",
    "a function in a table": MAKING + "{'make': make}['make']()\n",
    "a function that another calls": MAKING + "def call(function): function()\ncall(make)\n",
    "a function that map() calls": MAKING + "list(map(make, 'x'))\n",
    "a partial": MAKING + "import functools\nfunctools.partial(make)()\n",
    "a method": "class Maker:\n    def make(self):\n        global One\n"
    "        class One(Base): pass\nMaker().make()\n",
    "an import by a computed name": "import importlib\ndef load(path, part):\n"
    "    name = ''.join(reversed(path))\n"
    "    return getattr(importlib.import_module(name), part)\n"
    "class One(load('esab.ooz', 'Base')): pass\n",
    "a copy of a module": "import importlib.util\nspec = importlib.util.find_spec('zoo.base')\n"
    "copy = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(copy)\n"
    "class One(copy.Base): pass\n",
    "what eval() gives": "class One(eval('Base')): pass\n",
    "a module's dictionary": "import zoo.base\nclass One(zoo.base.__dict__['Base']): pass\n",
    "a property": "class Holder:\n    @property\n    def base(self): return Base\n"
    "class One(Holder().base): pass\n",
    "a module in the place of this one": "import sys, types\nclass One(Base): pass\n"
    "sys.modules[__name__] = types.ModuleType(__name__)\n",
    "a hook that renames": "class One(Base):\n    def __init_subclass__(cls):\n"
    "        cls.__module__ = 'zoo'\nclass Two(One): pass\n",
    "a metaclass that renames in the body": "class Meta(type):\n"
    "    def __new__(meta, name, bases, body):\n        body['__qualname__'] = 'zoo.' + name\n"
    "        return super().__new__(meta, name, bases, body)\n"
    "class One(Base, metaclass=Meta): pass\n",
    "a metaclass that renames by an update": "class Meta(type):\n"
    "    def __new__(meta, name, bases, body):\n        body.update(__qualname__='zoo.' + name)\n"
    "        return super().__new__(meta, name, bases, body)\n"
    "class One(Base, metaclass=Meta): pass\n",
    "a hook that completes": RUNNING + "class Part(A):\n    def __init_subclass__(cls):\n"
    "        cls.run = print\nclass One(Part): pass\n",
    "a decorator that marks a method": "import abc\ndef must(method):\n"
    "    method.__isabstractmethod__ = True\n    return method\n"
    "class One(Base, abc.ABC):\n    @must\n    def run(self): ...\n",
    "a decorator that marks by setattr": "import abc\ndef must(**marks):\n    def mark(method):\n"
    "        for name in marks: setattr(method, f'__{name}__', True)\n"
    "        return method\n    return mark\n"
    "class One(Base, abc.ABC):\n    @must(isabstractmethod=1)\n    def run(self): ...\n",
    "a decorator that takes a mark away": RUNNING + "def done(method):\n"
    "    method.__isabstractmethod__ = False\n    return method\n"
    "class One(A):\n    @done\n    @abc.abstractmethod\n    def run(self): ...\n",
    "marks that are taken away": RUNNING + "class One(A): pass\n"
    "One.__abstractmethods__ = frozenset()\n",
    "a metaclass that takes a base from the body": "class Renamed(type):\n"
    "    def __new__(meta, name, bases, body):\n"
    "        return super().__new__(meta, name, (*bases, body['now']), body)\n"
    "class One(metaclass=Renamed): now = Base\n",
    "a metaclass that adds a base of the family": "class Adding(type):\n"
    "    def __new__(meta, name, bases, body):\n"
    "        return super().__new__(meta, name, bases + (Base,), body)\n"
    "class One(metaclass=Adding): pass\n",
    "a decorator that asks for what a metaclass answers": "class Kind(type):\n"
    "    def __instancecheck__(cls, given): return True\nclass Any(metaclass=Kind): pass\n"
    "def deco(given): return None if isinstance(given, Any) else given\n"
    "@deco\nclass One(Base): pass\n",
    "a field with a slot": RUNNING + "import dataclasses\n@dataclasses.dataclass(slots=True)\n"
    "class One(A):\n    run: int\n",
    "a field without": RUNNING + "import dataclasses\n@dataclasses.dataclass(frozen=True)\n"
    "class One(A):\n    run: int = dataclasses.field(repr=False)\n",
    "a field of a named tuple": RUNNING + "import typing\nclass Pair(typing.NamedTuple):\n"
    "    run: int\nclass One(Pair, A): pass\n",
}  # fmt: skip


@pytest.mark.parametrize("text", LEFT_TO_RUNNING.values(), ids=LEFT_TO_RUNNING)
def test_what_only_running_tells_of_foreign_classes_is_left_to_it(case, text):
    case.write("base", PLAIN)
    case.write("one", "from zoo.base import Base\n" + text)
    assert case.resolve(KeyRule(), foreign=True).undecided == {"zoo.one"}


def test_a_metaclass_that_passes_on_its_bases_adds_none(case):
    case.write("base", PLAIN)
    meta = "class Plain(type):\n    def __new__(meta, name, bases, body, **options):\n"
    meta += "        return super().__new__(meta, name, bases, dict(body, made=True))\n"
    case.write("one", f"from zoo.base import Base\n{meta}class No(metaclass=Plain): now = Base\n")
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert case.listed == {}


def test_a_class_made_for_a_module_that_is_named_is_looked_for_there(case):
    case.write("base", PLAIN)
    make = "def make(module, names):\n"
    make += "    names['One'] = type('One', (Base,), {'__module__': module})\n"
    case.write("making", f"from zoo.base import Base\n{make}")
    case.write("one", "from zoo.two import *\n")
    case.write("two", "from zoo.making import make\nmake('zoo.one', globals())\n")
    assert "zoo.one" in case.resolve(KeyRule(), foreign=True).resolutions["zoo.two"].spreads
    assert list(case.truth.entries) == ["zoo.one:One"]


BUILTIN = {
    "an alias of typing": ("from typing import Generic as Base\n", "import typing\n"
    "class One(typing.Set[int]): pass\nclass Two(typing.Sized, dict): pass\n"
    "class Three(typing.Text): pass\nclass Four(typing.Sized, One): pass\n"),
    "a named tuple beside exceptions": ("Base = Exception\n", "import collections, typing\n"
    "Point = collections.namedtuple('Point', 'x')\nPair = typing.NamedTuple('Pair', [('x', int)])\n"
    "class Three(collections.namedtuple('Three', 'x')): pass\nclass One(ValueError): pass\n"),
}  # fmt: skip


@pytest.mark.parametrize(("base", "text"), BUILTIN.values(), ids=BUILTIN)
def test_classes_of_the_library_s_hierarchies_are_told(case, base, text):
    case.write("base", base)
    case.write("one", text)
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert "zoo.one:One" in case.listed.values()


COLLECTING = """
class Collecting(type):
    def __new__(meta, name, bases, body):
        cls = super().__new__(meta, name, bases, body)
        marked = {n for n, v in body.items() if getattr(v, "__isabstractmethod__", False)}
        for base in bases:
            for name in getattr(base, "__abstractmethods__", ()):
                if getattr(getattr(cls, name, None), "__isabstractmethod__", False):
                    marked.add(name)
        cls.__abstractmethods__ = frozenset(marked)
        return cls
class Base(metaclass=Collecting): pass
"""


def test_a_metaclass_that_collects_the_marks_itself_makes_abstract_classes(case):
    case.write("base", COLLECTING)
    case.write("part", "import abc\n" + OPEN + "    @abc.abstractmethod\n    def run(self): ...\n")
    case.write("whole", "from zoo.part import One\nclass Two(One):\n    def run(self): ...\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.part"}
    assert list(case.listed) == list(case.truth.entries) == ["zoo.whole:Two"]


def test_the_typed_dictionary_of_typing_extensions_is_a_dictionary(case):
    pytest.importorskip("typing_extensions")
    case.write("base", PLAIN)
    size = "from typing_extensions import TypedDict\nclass Size(TypedDict):\n    width: int\n"
    case.write("one", size + ONE)
    assert case.resolve(KeyRule(), foreign=True).is_sound()


def test_a_package_and_its_module_may_import_all_of_each_other(case):
    case.write("base", PLAIN)
    case.write("__init__", "from zoo.base import *\nfrom zoo.one import *\n")
    case.write("one", "from zoo import *\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_but_not_where_it_depends_on_when_they_do(case):
    case.write("base", PLAIN)
    case.write("other", PLAIN)
    stars = [f"from zoo.{name} import *\n" for name in ("base", "other", "one")]
    case.write("__init__", "import zoo.one\n".join([stars[0], stars[1] + stars[2]]))
    case.write("one", "from zoo import *\nclass One(Base): pass\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]


def test_a_star_import_gives_a_module_its_own_class_back(case):
    case.write("base", PLAIN + "from zoo.one import *\n")
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


MOVING = """
import sys
def move(name, space):
    def one(value):
        if isinstance(value, type):
            value.__module__ = name
    for value in list(space.values()):
        one(value)
def lift():
    move("zoo", sys._getframe(1).f_globals)
    for value in list(sys._getframe(1).f_globals.values()):
        if isinstance(value, type):
            value.__module__ = "zoo"
"""
MOVES = {
    "a loop over a module": "import zoo.one as it\nfor name in dir(it):\n"
    "    if name == 'One': getattr(it, name).__module__ = 'zoo'\n",
    "a function that is given the names": "move(__name__, globals())\n",
    "a function that takes its caller's names": "lift()\n",
}


@pytest.mark.parametrize("text", MOVES.values(), ids=MOVES)
def test_classes_that_a_package_shows_as_its_own_are_left_to_running(case, text):
    case.write("base", PLAIN)
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    case.write("moving", MOVING)
    case.write("__init__", "from zoo.one import One\nfrom zoo.moving import lift, move\n" + text)
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo"}
    assert "zoo.one" in case.resolutions["zoo"].spreads
    assert list(case.truth.entries) == ["zoo:One"]


WRAPPING = """
from functools import wraps
def alias(name, cls, choose=True):
    if choose:
        @wraps(cls)
        def made(*args): return cls(*args)
    else:
        def made(*args): return cls(args)
    {target}.__qualname__ = name
    {target}.__module__ = "zoo"
    return made
"""


@pytest.mark.parametrize(("target", "undecided"), [("made", set()), ("cls", {"zoo.one"})])
def test_naming_a_function_that_wraps_a_class_names_no_class(case, target, undecided):
    case.write("base", PLAIN)
    case.write("wrapping", WRAPPING.format(target=target))
    case.write("one", ONE + "from zoo.wrapping import alias\nuno = alias('Uno', One)\n")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == undecided
    assert list(case.truth.entries) == ([] if undecided else ["zoo.one:One"])


UNPACKED = {
    "a generator": "def give(cls):\n    yield cls\n    yield 1\n",
    "an instance": "class give:\n    def __init__(self, cls): self.cls = cls\n"
    "    def __iter__(self): return iter((self.cls, 1))\n",
    "a dict": "def give(cls): return {cls: 1, 2: 3}\n",
    "a hidden one": "def give(cls): return reversed([1, cls])\n",
}


@pytest.mark.parametrize("text", UNPACKED.values(), ids=UNPACKED)
def test_a_base_out_of_what_shows_no_items_is_left_to_running(case, text):
    case.write("base", PLAIN)
    take = "Same, other = give(Base)\nclass One(Same): pass\n"
    case.write("one", f"from zoo.base import Base\n{text}{take}")
    case.resolve(KeyRule(None), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]


HOOK = """
import sys
from importlib.machinery import ModuleSpec
class Hook:
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "zoo.made" else None
    def create_module(self, spec): return None
    def exec_module(self, module): module.size = 1
sys.meta_path.append(Hook())
"""


def test_a_module_that_a_hook_of_the_package_makes_is_supposed_to_be_there(case):
    case.write("__init__", "from zoo import hook\n")
    case.write("hook", HOOK)
    case.write("base", PLAIN)
    case.write("one", "from zoo.made import size\n" + ONE)
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


def test_what_is_inside_a_compiled_module_is_supposed_to_be_there(case):
    (case.folder / f"native{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    case.write("base", PLAIN)
    case.write("one", "from zoo.native.part import size\n" + ONE)
    case.write("two", f"try:\n    import zoo.native.part\nexcept ImportError:\n    {ONE_INSIDE}")
    case.resolve(KeyRule(), foreign=True)
    assert case.resolutions["zoo.one"].missing is None
    assert [one.qualname for one in case.resolutions["zoo.one"].candidates] == ["One"]
    assert case.undecided == {"zoo.two"}


def test_a_function_that_calls_a_metaclass_it_only_finds_at_run_time_may_make_classes(case):
    text = "import os\nif os.environ.get('NEVER'):\n    from zoo.fast import Meta\nelse:\n"
    meta = "    class Meta(type): pass\nclass Base(metaclass=Meta): pass\n"
    build = "def build(at):\n    at['One'] = Meta('One', (Base,), {'__module__': 'zoo.one'})\n"
    case.write("base", text + meta + build)
    case.write("fast", "class Meta(type): pass\n")
    case.write("one", "from zoo.base import build\nbuild(globals())\n")
    case.resolve(KeyRule(), foreign=True)
    assert "zoo.one" in case.undecided
    assert list(case.truth.entries) == ["zoo.one:One"]


def test_a_class_that_another_module_makes_leaves_both_undecided(case):
    make = (
        "def make(cls):\n    globals()[cls.__name__ + 'X'] = type(cls.__name__ + 'X', (cls,), {})\n"
    )
    case.write("base", PLAIN + make)
    case.write("one", "from zoo.base import Base, make\nclass One(Base): pass\nmake(One)\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.one"}
    assert case.resolutions["zoo.one"].spreads == ("zoo.base",)
    assert "zoo.base:OneX" in case.truth.entries.values()


def test_a_module_that_asks_pytest_for_what_is_missing_is_unavailable(case):
    case.write("base", PLAIN)
    text = "import pytest\npytest.importorskip('nowhere_at_all')\n"
    case.write("one", f"{text}from zoo.base import Base\nclass One(Base): pass\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.resolutions["zoo.one"].missing == ("nowhere_at_all", "zoo.one")


def test_a_package_that_says_what_its_modules_lack_takes_them_all_with_it(case):
    case.write("base", PLAIN)
    (case.folder / "extra").mkdir()
    text = "try:\n    from zoo.extra.needing import Two\n    from zoo.extra.one import One\n"
    case.write(
        "extra/__init__", f"{text}except ImportError as e:\n    raise ImportError('m') from e\n"
    )
    case.write("extra/needing", "import nowhere_at_all\n" + ONE.replace("One", "Two"))
    case.write("extra/one", ONE)
    case.resolve(KeyRule(), foreign=True)
    missing = ("nowhere_at_all", "zoo.extra.needing")
    names = ("zoo.extra", "zoo.extra.needing", "zoo.extra.one")
    assert [case.resolutions[name].missing for name in names] == [missing] * 3
    assert case.truth.entries == {}


def test_what_a_package_needs_from_a_path_that_it_adds_itself_is_supposed_to_be_there(case):
    case.write("__init__", "import os, sys\nsys.path.append(os.path.dirname(__file__) + '/own')\n")
    (case.folder / "own").mkdir()
    (case.folder / "own" / "bundled.py").write_text("")
    case.write("base", "import bundled\n" + PLAIN)
    case.write("one", "from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert "zoo.one:One" in case.listed.values()


OWN_FOLDERS = {
    "by its path": "sys.path.insert(0, __path__[0])",
    "by its file": "sys.path.append(os.path.dirname(os.path.abspath(__file__)))",
}


@pytest.mark.parametrize("added", OWN_FOLDERS.values(), ids=OWN_FOLDERS)
def test_what_lies_not_in_a_package_that_adds_itself_to_the_path_is_missing(case, added):
    case.write("__init__", f"import os, sys\n{added}\n")
    case.write("base", PLAIN)
    case.write("bundled", "class Mixin: pass\n")
    one = "from {} import Mixin\nfrom zoo.base import Base\nclass One(Base, Mixin): pass\n"
    case.write("one", one.format("nowhere_at_all"))
    case.write("two", one.format("bundled").replace("One", "Two"))
    case.resolve(KeyRule(None), foreign=True)
    assert case.resolutions["zoo.one"].missing == ("nowhere_at_all", "zoo.one")
    assert case.resolutions["zoo.two"].undecided
    assert list(case.truth.entries) == ["zoo.two:Two"]


def test_a_function_that_replaces_the_base_leaves_all_modules_to_running(case):
    case.write(
        "base", PLAIN + "import zoo\ndef swap():\n class Other: pass\n zoo.base.Base = Other\n"
    )
    case.write("later", "from zoo.base import Base\nclass Later(Base): pass\n")
    case.write("earlier", "from zoo.base import Base, swap\nclass Early(Base): pass\nswap()\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.undecided == {"zoo.earlier"}
    assert set(case.resolutions["zoo.earlier"].spreads) == {"zoo", "zoo.base", "zoo.later"}
    assert list(case.truth.entries) == ["zoo.later:Later"]  # Early is of the class before


def test_a_class_without_the_key_that_is_asked_for_costs_its_module(case):
    case.write("base", BASE + "    __skip_if_no_key__ = False\n")
    case.write("one", "from zoo.base import Base\nclass Good(Base): name = 'good'\n"
               "class One(Base): pass\n")  # fmt: skip
    case.resolve(KeyRule("name", skip=False))
    assert case.undecided == {"zoo.one"} and case.truth.entries == {}
    failure = case.truth.failures["zoo.one"]
    assert (failure.kind, failure.line) == ("missing-key", 3)
    assert "zoo.one:One" in failure.message and failure.hint


def test_a_class_that_a_decorator_makes_anew_with_a_metaclass_has_that_metaclass(case):
    again = "import abc\ndef again(meta):\n    def make(cls):\n        space = dict(vars(cls))\n"
    again += "        del space['__dict__'], space['__weakref__']\n"
    again += "        return meta(cls.__name__, cls.__bases__, space)\n    return make\n"
    abstract = "@again(abc.ABCMeta)\nclass Hash:\n    @abc.abstractmethod\n    def run(self): 0\n"
    case.write("base", f"{again}{abstract}class Base(Hash): pass\n")
    case.write("one", "from zoo.base import Base\nclass Half(Base): pass\n")
    case.write("two", "from zoo.base import Base\nclass Two(Base):\n    def run(self): 0\n")
    assert case.resolve(KeyRule(None, own=True), foreign=True).is_sound()
    assert list(case.listed.values()) == ["zoo.two:Two"]


@pytest.mark.parametrize("given", ["**options", "*options"])
def test_arguments_that_are_not_told_are_not_taken_for_the_defaults(case, given):
    case.write("base", PLAIN)
    value = "{'single': 1}" if given[:2] == "**" else "[1]"
    text = f"import json\nfrom zoo.base import Base\noptions = json.loads(json.dumps({value}))\n"
    deco = (
        "def mark(single=False):\n    return (lambda cls: cls()) if single else (lambda cls: cls)\n"
    )
    case.write("one", f"{text}{deco}@mark({given})\nclass One(Base): pass\n")
    case.resolve(KeyRule(), foreign=True)
    assert case.truth.entries == {}
    assert "zoo.one" in case.undecided


def test_where_the_base_may_be_one_of_two_what_derives_from_neither_is_decided(case):
    choose = "import os\nif os.environ.get('NEVER'):\n    class Base(Exception): pass\nelse:\n"
    case.write("base", choose + "    from zoo.other import Base\nclass First(Base): pass\n")
    case.write("other", PLAIN)
    case.write("one", "class One(ValueError): pass\nclass Two(One): pass\n")
    case.write("two", "from zoo.base import Base\nclass Two(Base): pass\n")
    case.write("three", "from zoo.two import Two\nclass Three(Two): pass\n")
    case.write("four", "from zoo.base import *\nFour = type('Four', (Base,), {})\n")
    case.resolve(KeyRule(), foreign=True)
    doubtful = {"zoo.base", "zoo.other", "zoo.two", "zoo.three", "zoo.four"}
    assert case.undecided == doubtful


GUARDED = """
from zoo.base import Base
try:
    import {0}
    size = {1}
except ImportError:
    size = 1
class One(Base): pass
"""


@pytest.mark.parametrize(
    "size", ["resource.getpagesize()", "resource.RLIMIT_CPU + resource.RUSAGE_SELF"]
)
def test_what_may_lack_an_attribute_is_listed_until_it_is_tried(case, size):
    case.write("base", PLAIN)
    case.write("one", GUARDED.format("resource", size))
    assert case.resolve(KeyRule(), foreign=True).is_sound()


def test_what_lacks_one_for_certain_is_not(case):
    case.write("base", PLAIN)
    case.write("one", GUARDED.format("json", "json.nowhere.at_all()"))
    assert case.resolve(KeyRule(), foreign=True).is_sound()
    assert case.listed == {}


ONCE = {
    "a name that isn't there": ("'loaded' in globals()", set()),
    "one that is": ("'here' not in globals()", set()),
    "one that was": ("'gone' in locals()", set()),
    "one of the import's": ("'__file__' not in globals()", {"zoo.one"}),
    "one that may be": ("'maybe' in globals()", {"zoo.one"}),
    "one that a star import may bring": ("'star' in globals()", {"zoo.one"}),
    "one that a call may bind": ("print() or 'loaded' in globals()", {"zoo.one"}),
    "another dict": ("'loaded' in str.__dict__", {"zoo.one"}),
}


@pytest.mark.parametrize(("test", "left"), ONCE.values(), ids=ONCE)
def test_a_module_that_refuses_to_be_imported_twice(case, test, left):
    case.write("base", PLAIN)
    case.write("other", "star = 1\n")
    text = "here = gone = 1\ndel gone\n"
    text += "import os\nif os.environ.get('ZOO_MAY'): maybe = 1\n" if "maybe" in test else ""
    text += "from zoo.other import *\n" if "star" in test else ""
    text += f"if {test}: raise RuntimeError\nloaded = 1\n"
    case.write("one", f"{text}from zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(), foreign=True).undecided == left
    assert left or compare(case.listed, case.truth).sound


SURE = """
import os
from zoo.base import Base
def own(*args): return args
try:
    import json
    size = {0}
    there = True
except {1}:
    there = False
if there:
    class One(Base): pass
"""


@pytest.mark.parametrize("clause", ["ImportError", "ModuleNotFoundError", "(ImportError,)"])
@pytest.mark.parametrize("size", ["bool(os.getenv('ZOO'))", "json.dumps(1)"])
def test_what_is_in_the_standard_library_is_not_missing(case, size, clause):
    case.write("base", PLAIN)
    case.write("one", SURE.format(size, clause))
    assert case.resolve(KeyRule(), foreign=True).is_sound()


@pytest.mark.parametrize(
    ("size", "clause"),
    [
        ("own()", "ImportError"),
        ("__import__('json')", "ImportError"),
        ("json.dumps(1)", "ValueError"),
        ("json.dumps(1)", "(ImportError, ValueError)"),
        ("len(own())", "ImportError"),
    ],
)
def test_what_others_call_may_be(case, size, clause):
    case.write("base", PLAIN)
    case.write("one", SURE.format(size, clause))
    assert case.resolve(KeyRule(), foreign=True).undecided == {"zoo.one"}


RELEASES = """
from packaging.version import Version, parse
from zoo import ext
from zoo.base import Base
def newer(version, other):
    if isinstance(version, str):
        version = Version(version)
    return version >= parse(other)
if {0}:
    class One(Base): pass
else:
    class Two(Base): pass
"""
COMPARED = {
    "Version": "Version(ext.__version__) >= Version('2.0.0')",
    "parse": "parse(ext.__version__) < parse('10')",
    "zeros": "Version(ext.__version__) == Version('2.1.0')",
    "a function of its own": "newer(ext.__version__, '3')",
    "several": "Version('2') <= parse(ext.__version__) and not newer(ext.__version__, 'v2.2')",
}


@pytest.mark.parametrize("test", COMPARED.values(), ids=COMPARED)
@pytest.mark.parametrize("version", ["2.1", "2.0.10", "3.0"])
def test_releases_are_compared(case, test, version):
    case.write("base", PLAIN)
    case.write("ext", f"__version__ = {version!r}\n")
    case.write("one", RELEASES.format(test))
    assert case.resolve(KeyRule(), foreign=True).is_sound()


@pytest.mark.parametrize(
    "version", ["'2.1rc1'", "'2.1.post1'", "str(2.1) + open(__file__).read(0)"]
)
def test_other_versions_are_not(case, version):
    case.write("base", PLAIN)
    case.write("ext", f"__version__ = {version}\n")
    case.write("one", RELEASES.format(COMPARED["Version"]))
    assert case.resolve(KeyRule(), foreign=True).undecided == {"zoo.one"}


CAUGHT = {
    "an error that is no builtin": "try: found = re.compile('(')\nexcept re.error:\n",
    "one of several": "try: found = re.compile('(')\nexcept (ImportError, re.error):\n",
    "a suppressed one": "found = None\nwith suppress(re.error):\n    found = re.compile('(')\n"
    "if not found:\n",
    "what is called after the library": "try:\n    re.compile('x')\n    import_module('nowhere')\n"
    "except ImportError:\n",
    "what the library is given": "try: tuple(map(import_module, ['no']))\nexcept ImportError:\n",
    "what it calls": "try: functools.reduce(ask, ['nowhere', 1])\nexcept ImportError:\n",
}


@pytest.mark.parametrize("text", CAUGHT.values(), ids=CAUGHT)
def test_what_a_clause_may_catch_is_left_open(case, text):
    case.write("base", PLAIN)
    head = "import functools\nimport re\nfrom contextlib import suppress\n"
    head += "from importlib import import_module\nfrom zoo.base import Base\n"
    head += "def ask(one, other): import nowhere\n"
    text += "    class One(Base): pass\nelse:\n    class Two(Base): pass\n"
    case.write("one", head + text)
    assert case.resolve(KeyRule(), foreign=True).undecided == {"zoo.one"}
    assert list(case.truth.entries) == ["zoo.one:One"]


STATED = {
    "a class of its own": "class Version:\n    new = False\n"
    "    def __init__(self, text): self.new = True\n"
    "def newer(version): return Version(version).new\n",
    "what it was told": "state = None\ndef tell(): global state; state = 1\ntell()\n"
    "def newer(version): return state is not None\n",
    "a limit that changes": "limit = '9'\ndef newer(version): return version < limit\n",
}


@pytest.mark.parametrize("text", STATED.values(), ids=STATED)
def test_a_function_with_state_compares_no_releases(case, text):
    case.write("base", PLAIN)
    case.write("ext", "__version__ = '2.1'\n")
    case.write("compat", text)
    use = "from zoo import ext\nfrom zoo.base import Base\nfrom zoo.compat import newer\n"
    case.write("one", f"{use}if newer(ext.__version__):\n    class One(Base): pass\n")
    assert case.resolve(KeyRule(), foreign=True).undecided == {"zoo.one"}


EXPORTING = {
    "a decorator": "def export(given):\n    __all__.append(given.__name__)\n    return given\n"
    "@export\nclass Part(Base): pass\n",
    "a function": "class Part(Base): pass\ndef export():\n    for name in ['Part']:\n"
    "        if name not in __all__: __all__.extend([name])\nexport()\n",
}


@pytest.mark.parametrize("text", EXPORTING.values(), ids=EXPORTING)
def test_a_star_brings_what_a_function_adds_to_the_list_of_names(case, text):
    case.write("base", PLAIN)
    case.write("parts", f"from zoo.base import Base\n__all__ = ['Base']\n{text}")
    case.write("every", "from zoo.parts import *\n")
    case.write("one", "from zoo.every import Part\nclass One(Part): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert "zoo.one:One" in case.listed


def test_a_package_whose_function_puts_modules_in_has_them(case):
    case.write("base", PLAIN)
    case.write("core", "class Other: pass\n")
    (case.folder / "parts").mkdir()
    case.write("parts/__init__", "import sys\ndef load():\n    import zoo.core as core\n"
               "    sys.modules['zoo.parts.core'] = core\nload()\n")  # fmt: skip
    case.write("one", "from zoo.parts.core import Other\nfrom zoo.base import Base\n"
               "class One(Base): pass\n")  # fmt: skip
    case.resolve(KeyRule(None), foreign=True)
    assert case.resolutions["zoo.one"].missing is None
    assert list(case.listed) == list(case.truth.entries) == ["zoo.one:One"]


def test_a_text_without_parts_is_read(case):
    case.write("base", PLAIN)
    case.write(
        "one", "from zoo.base import Base\nclass One(Base):\n    text = f''\n    more = f'' + 'x'\n"
    )
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]


OBJECTS = {
    "none": "    pass\n",
    "an object": "    def __new__(cls, *given): return object.__new__(cls)\n",
    "a class": "    def __new__(cls, *given):\n"
    "        return type('C', (), {}) if given else super().__new__(cls)\n",
}


@pytest.mark.parametrize("making", OBJECTS.values(), ids=OBJECTS)
def test_what_derives_from_an_object_is_no_class_unless_that_makes_one(case, making):
    case.write("base", f"class Kind:\n    def __init__(self, *given): pass\n{making}"
               "Thing = Kind()\nclass Base: pass\n")  # fmt: skip
    case.write("one", "from zoo.base import Base, Thing\nclass One(Thing): pass\n"
               "class Two(Base): pass\n")  # fmt: skip
    case.resolve(KeyRule(None), foreign=True)
    assert "zoo.one:One" not in case.listed
    assert case.undecided or case.listed == case.truth.entries


@pytest.mark.parametrize("making", ["", OBJECTS["an object"]], ids=["plain", "made"])
@pytest.mark.parametrize("how", ["class Base(Thing): pass", "Base = eval('Thing')"])
def test_a_base_that_turns_out_to_be_an_object_is_refused(tmp_path, monkeypatch, making, how):
    (tmp_path / "things").mkdir()
    text = f"class Kind:\n    def __init__(self, *given): pass\n{making}Thing = Kind()\n{how}\n"
    (tmp_path / "things" / "__init__.py").write_text(text)
    (tmp_path / "things" / "one.py").write_text("from things import Base\nclass One(Base): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = LazyDiscoveryDict.for_subclasses("things:Base", package="things", enable_cache=False)
    with pytest.raises(DiscoveryError, match="it is no class"):
        list(registry)


OPEN_LENGTH = """
import abc
class Base(abc.ABC):
    @abc.abstractmethod
    def run(self): ...
    @abc.abstractmethod
    def __len__(self): ...
"""
BEHIND = """
import array, typing
from zoo.base import Base
T = typing.TypeVar("T")
class Other({0}, Base): pass
class One(Other):
    def run(self): ...
class Two(Base):
    def run(self): ...
    def __len__(self): return 1
"""


@pytest.mark.parametrize(
    ("before", "listed"), [("typing.Generic[T]", {"Two"}), ("array.array", {"One", "Two"})]
)
def test_an_abstract_method_stays_so_behind_a_base_that_lacks_it(case, before, listed):
    case.write("base", OPEN_LENGTH)
    case.write("one", BEHIND.format(before))
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert {key.partition(":")[2] for key in case.listed} == listed


def test_a_package_that_puts_modules_in_after_a_star_import_has_them(case):
    case.write("base", PLAIN)
    (case.folder / "parts").mkdir()
    case.write("parts/inner", "import types\nnames = ['core']\n")
    case.write("parts/__init__", "import sys, types\nfrom .inner import *\nfor name in names:\n"
               "    sys.modules[f'zoo.parts.{name}'] = types.ModuleType(name)\n")  # fmt: skip
    case.write("one", "import zoo.parts.core\nfrom zoo.base import Base\nclass One(Base): pass\n")
    assert case.resolve(KeyRule(None), foreign=True).is_sound()
    assert list(case.listed) == ["zoo.one:One"]
