# ruff: noqa: E501 - tables of fragments
"""Family 6: generated modules are read and imported; what is decided by reading must be the same."""

from __future__ import annotations

import textwrap

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from attacks.changes import SMALL
from attacks.scores import times
from attacks.targets import Target, text
from attacks.tries import attempt
from plugindex.build import build
from plugindex.index import Settings

FAMILY = "reader fuzz"
HELP = {
    "target/help.py": """
        import abc, enum
        from target.base import Base
        DEBUG = False
        NAMES = ("p", "q")
        class Kind(enum.Enum):
            A = "a"
            B = "b"
        class Mixin:
            name = "mixin"
        class Abstract(Base, abc.ABC):
            @abc.abstractmethod
            def run(self): ...
        class Plain: pass
        def keep(cls): return cls
        def drop(cls): return None
        def named(value):
            def wrap(cls):
                cls.name = value
                return cls
            return wrap
        def make(key):
            class Made(Base):
                name = key
            return Made
        def other(cls):
            return type(cls)(cls.__name__ + "Twin", (cls,), {"__module__": cls.__module__})
    """
}
CLASSES = st.sampled_from(["A", "B", "C", "D"])
BASES = st.sampled_from([
    "Base", "Base", "Base", "A", "B", "C", "Mixin, Base", "Abstract", "Plain", "Plain, A", "object",
    "help.Abstract", "help.Mixin, help.Base", "base.Base", "make('m')", "Alias", "*[Base]", "(Base)",
    "Base, metaclass=type(Base)", "Missing", "", "Generic[T], Base", "Kind", "Base if DEBUG else A",
])  # fmt: skip
VALUES = st.sampled_from([
    "'x'", "'y'", "'z'", "1", "True", "None", "b'x'", "('x', 1)", "Kind.A", "Kind.A.value", "NAMES[0]",
    "help.NAMES[1]", "'a' 'b'", "'a' + 'b'", "f'{1}'", "'x'.upper()", "str(1)", "-1", "2 ** 3", "1.5",
    "frozenset({1})", "[]", "lambda: 1", "'%s' % 'x'", "LOCAL", "'x' if DEBUG else 'y'", "not 1", "...",
    "__name__", "A.name", "'x' * 2", "(x := 'w')", "'xy'[0]", "sorted('ba')[0]", "{'k': 'v'}['k']",
])  # fmt: skip
DECORATORS = st.sampled_from(
    [
        "",
        "",
        "",
        "",
        "@keep",
        "@drop",
        "@named('n')",
        "@other",
        "@help.keep",
        "@dataclass",
        "@final",
    ]
)
CONDITIONS = st.sampled_from([
    "TYPE_CHECKING", "not TYPE_CHECKING", "sys.version_info >= (3, 8)", "sys.version_info < (3, 8)",
    "DEBUG", "not DEBUG", "True", "0", "sys.platform == 'win32'", "os.name == 'posix'", "__debug__",
    "os.environ.get('NOT_SET')", "help.DEBUG", "len(NAMES) > 1", "NAMES", "nothing is None", "A", "True or X",
    "isinstance(A, type)", "__name__ == '__main__'", "'A' in globals()", "LOCAL == 'local'",
])  # fmt: skip
IMPORTS = st.sampled_from([
    "import json", "import nowhere_at_all", "from target import help as h", "from target.help import *",
    "from nowhere_at_all import x", "import target.help", "from . import base as b2", "from .help import Mixin",
    "from target.help import missing_name", "from target import missing_module", "import os.path as p",
])  # fmt: skip
STATEMENTS = st.sampled_from([
    "pass", "LOCAL = 'local'", "A.name = 'late'", "B.name = 'late'", "del A", "Alias = A", "Alias = Base",
    "A = None", "A = B", "make('made')", "E = make('e')", "F = type(Base)('F', (Base,), {'name': 'f'})",
    "G = type('G', (Base,), {'name': 'g', '__module__': __name__})", "raise ImportError", "A.__qualname__ = 'Z'",
    "setattr(A, 'name', 's')", "[make(k) for k in 'uv']", "A.run = lambda self: 1", "A()", "exec('x = 1')",
    "globals()['H'] = A", "A, B = B, A", "assert A", "A.__abstractmethods__ = frozenset()", "C = A = B",
    "print(A.name)", "import sys; sys.modules[__name__].X = A", "DEBUG = True", "Base = Plain", "x: int = 1",
])  # fmt: skip
METHODS = st.sampled_from([
    "", "", "def run(self): ...", "@abc.abstractmethod\ndef stop(self): ...", "run = None", "__slots__ = ()",
    "class Inner(Base):\n    name = 'inner'", "name = 'second'", "if DEBUG:\n    name = 'debug'",
    "for name in ('i', 'j'): pass", "__module__ = 'target'", "__abstract__ = True", "del name",
    "@property\ndef name(self): return 1", "locals()['name'] = 'l'", "def __init_subclass__(cls): cls.name = 'is'",
    "name: str = 'annotated'", "try:\n    name = missing\nexcept NameError:\n    name = 'guarded'",
])  # fmt: skip
HEADER = """\
import abc, os, sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, final
from target import base, help
from target.base import Base
from target.help import DEBUG, NAMES, Abstract, Kind, Mixin, Plain, drop, keep, make, named, other
T = TypeVar("T")
nothing = None
LOCAL = "first"
"""


@st.composite
def class_statements(draw):
    """Draw a class statement."""
    key = draw(st.sampled_from(["name", "name", "name", "other"]))
    lines = [f"{key} = {draw(VALUES)}", draw(METHODS)]
    body = textwrap.indent("\n".join(line for line in lines if line), "    ")
    return f"{draw(DECORATORS)}\nclass {draw(CLASSES)}({draw(BASES)}):\n{body}".strip()


def blocks(inner):
    """Return statements with other statements inside."""
    body = st.lists(inner, min_size=1, max_size=2).map("\n".join)
    body = body.map(lambda lines: textwrap.indent(lines, "    "))
    return st.one_of(
        st.builds("if {}:\n{}".format, CONDITIONS, body),
        st.builds("if {}:\n{}\nelse:\n{}".format, CONDITIONS, body, body),
        st.builds("try:\n{}\nexcept ImportError:\n{}".format, body, body),
        st.builds("try:\n{}\nexcept Exception:\n{}\nelse:\n{}".format, body, body, body),
        st.builds("try:\n{}\nfinally:\n{}".format, body, body),
        st.builds("for x in {}:\n{}".format, st.sampled_from(["'ab'", "()", "NAMES"]), body),
        st.builds("while not {}:\n{}\n    break".format, st.sampled_from(["0", "1"]), body),
        st.builds("with open(os.devnull) as f:\n{}".format, body),
        st.builds("def f():\n{}\nf()".format, body),
        st.builds("match LOCAL:\n    case 'first':\n{}".format, body.map(lambda b: textwrap.indent(b, "    "))),
    )  # fmt: skip


PLAIN = st.one_of(class_statements(), class_statements(), STATEMENTS, IMPORTS)
PROGRAMS = st.lists(st.recursive(PLAIN, blocks, max_leaves=4), min_size=1, max_size=6).map(
    "\n".join
)


def generated(score, folder, scale):
    """Generated modules: hierarchies, imports, conditions, decorators, handlers, loops, values."""
    target = Target(folder, SMALL | HELP)
    (target.site / "target/a.py").unlink()
    counts = {"undecided": 0}

    @seed(int(scale * 1000))
    @settings(
        max_examples=times(60, scale),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(PROGRAMS)
    def compare(program):
        target.write({"target/m.py": HEADER + program + "\n"})
        read = attempt(lambda: _read(target))
        if read.kind == "answered" and read.value is None:
            counts["undecided"] += 1
            score.judge(program, attempt(lambda: None), None)
            return
        truth = attempt(target.truth)
        assert truth.kind == "answered", truth.value
        failed = "target.m" in truth.value["failed"]
        score.judge(program, read, truth.value["entries"], *([read.value] if failed else []))

    compare()
    score.notes.append(f"undecided: {counts['undecided']} of {score.tries}")


def _read(target):
    """Return what reading finds, None where it leaves that to a child."""
    target.enter()
    made = build(target.registry().scope, Settings(cache=False), None, None)
    if made.undecided:
        return None
    return {text(key): one.reference for key, one in made.snapshot(0.0).plugins.items()}


ATTACKS = {"generated modules, read and imported": generated}
