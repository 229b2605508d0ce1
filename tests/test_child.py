"""The child interpreter: what it reports of modules, and what can't keep it from reporting."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from http import HTTPStatus

import pytest

from plugindex.answer import Examination
from plugindex.config import KeyRule, Scope
from plugindex.sandbox import examine

BASE = """
class Base:
    pass
"""

PLUGIN = """
from pkg.base import Base
class {name}(Base):
    pass
"""

# A base that registers its subclasses through the documented protocol, and nothing else.
REGISTERING = """
from plugindex import journal
from plugindex.records import Problem

class Base:
    key = None
    def __init_subclass__(cls):
        if cls.key == "bad":
            journal.active().met(Base, Problem("missing-key", cls.__module__, "no good key"))
        elif cls.key is not None:
            journal.active().registered(Base, cls.key, cls)
"""


@pytest.fixture
def package(tmp_path):
    """Return a function that writes modules of the package ``pkg``."""

    def write(**modules: str) -> list[str]:
        folder = tmp_path / "pkg"
        folder.mkdir(exist_ok=True)
        for name, text in {"__init__": "", "base": BASE, **modules}.items():
            file = folder / f"{name.replace('__in__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(textwrap.dedent(text))
        return sorted(f"pkg.{name.replace('__in__', '.')}" for name in modules)

    write.path = [str(tmp_path), *sys.path]
    return write


def foreign(**fields) -> Scope:
    return Scope(**{"base": "pkg.base:Base", "package": "pkg", "foreign": True, **fields})


def registry(**fields) -> Scope:
    return foreign(foreign=False, rule=KeyRule("key"), **fields)


@pytest.fixture
def look(package):
    """Return a function that writes modules and examines them."""

    def run(scope: Scope | None = None, /, limits=None, **modules: str) -> Examination:
        names = package(**modules)
        return examine(names, scope or foreign(), path=package.path, **(limits or {}))

    return run


def names(outcome: Examination) -> list[str]:
    return [plugin.qualname for plugin in outcome.plugins]


# What counts


def test_concrete_strict_subclasses_are_listed(look):
    outcome = look(
        a="""
        import abc
        from pkg.base import Base
        class Shape(Base, abc.ABC):
            @abc.abstractmethod
            def area(self): ...
        class Disc(Shape):
            def area(self): return 3
        class Other: pass
        """
    )
    assert [(p.key, p.reference) for p in outcome.plugins] == [("pkg.a:Disc", "pkg.a:Disc")]
    assert outcome.failures == {}


def test_nested_classes_are_listed_by_their_qualified_name(look):
    outcome = look(
        a="""
        from pkg.base import Base
        class Outer:
            class Inner(Base): pass
        """
    )
    assert names(outcome) == ["Outer.Inner"]


def test_classes_that_their_name_does_not_lead_to_do_not_count(look):
    outcome = look(
        a="""
        from pkg.base import Base
        def make():
            class Local(Base): pass
            return Local
        kept = make()
        class Gone(Base): pass
        also_kept = Gone
        del Gone
        class Twice(Base): first = True
        first = Twice
        class Twice(Base): first = False
        """
    )
    assert [(p.qualname, p.attributes) for p in outcome.plugins] == [("Twice", {"first": False})]


def test_a_virtual_subclass_does_not_count(look):
    outcome = look(
        foreign(base="pkg.a:Base"),
        a="""
        import abc
        class Base(abc.ABC): pass
        class Real(Base): pass
        class Virtual: pass
        Base.register(Virtual)
        """,
    )
    assert names(outcome) == ["Real"]


def test_a_base_that_is_a_metaclass_has_its_subclasses_listed(look):
    outcome = look(foreign(base="builtins:type"), a="class Meta(type): pass\nclass B(Meta): pass")
    assert names(outcome) == ["Meta", "B"]


def test_a_class_counts_for_the_module_that_it_names(look):
    outcome = look(
        a="""
        from pkg.base import Base
        class Moved(Base): __module__ = "pkg.api"
        class Away(Base): __module__ = "json"
        class Nowhere(Base): __module__ = "pkg.nowhere"
        class Odd(Base): __module__ = 7
        """,
        api="from pkg.a import Moved",
    )
    assert [p.reference for p in outcome.plugins] == ["pkg.api:Moved"]


def test_only_a_keys_own_attribute_gives_a_foreign_key(look):
    outcome = look(
        foreign(rule=KeyRule("name", own=True)),
        a="""
        from pkg.base import Base
        class One(Base): name = "one"
        class Heir(One): pass
        class Nothing(Base): name = None
        class Unhashable(Base): name = ["two"]
        class Three(Base): name = ("a", 3, b"x", frozenset([None, True]))
        """,
    )
    three = ("a", 3, b"x", frozenset([None, True]))
    assert [(p.key, p.qualname) for p in outcome.plugins] == [("one", "One"), (three, "Three")]


def test_a_key_of_a_kind_that_cannot_be_stored_is_a_problem(look):
    outcome = look(
        foreign(rule=KeyRule("name", own=True)),
        a="from pkg.base import Base\nclass One(Base): name = object()",
    )
    assert names(outcome) == []
    assert [(p.kind, p.module) for p in outcome.problems] == [("unlisted-key", "pkg.a")]
    assert "pkg.a:One" in outcome.problems[0].message


def test_two_classes_with_one_key_are_both_reported(look):
    outcome = look(
        foreign(rule=KeyRule("name", own=True)),
        a="from pkg.base import Base\nclass A(Base): name = 'x'",
        b="from pkg.base import Base\nclass B(Base): name = 'x'",
    )
    assert [(p.key, p.qualname) for p in outcome.plugins] == [("x", "A"), ("x", "B")]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (foreign(), ["A", "Deep"]),
        (foreign(recursive=False), ["A"]),
        (foreign(package="pkg.sub"), ["Deep"]),
        (foreign(package="pkg.sub", excluded=("pkg.sub.deep",)), []),
        (foreign(package="pkg.a"), ["A"]),
        (foreign(package="pk"), []),
    ],
)
def test_the_scope_decides_which_modules_count(look, scope, expected):
    deep = {"sub__in____init__": "", "sub__in__deep": PLUGIN.format(name="Deep")}
    assert names(look(scope, a=PLUGIN.format(name="A"), **deep)) == expected


def test_plugins_come_by_module_and_then_as_they_stand_in_the_file(look):
    outcome = look(
        b=PLUGIN.format(name="B"),
        a="from pkg.base import Base\nclass Z(Base): pass\nclass Y(Z): pass\nclass X(Base): pass",
    )
    assert names(outcome) == ["Z", "Y", "X", "B"]


def test_a_base_outside_the_scope_is_found(look):
    outcome = look(foreign(base="collections:OrderedDict"), a="import pkg.b", b="x = 1")
    assert (names(outcome), outcome.problems) == ([], ())


def test_a_base_that_is_not_there_is_a_problem(look):
    outcome = look(foreign(base="pkg.a:Nothing"), a="number = 1")
    assert [(p.kind, p.module) for p in outcome.problems] == [("import-failed", "pkg.a")]


def test_a_base_that_is_no_class_can_not_serve(look):
    outcome = look(foreign(base="pkg.a:number"), a="number = 1")
    assert (outcome.plugins, outcome.problems, outcome.unfit) == ((), (), "it is no class")


def test_a_base_whose_module_fails_is_a_problem(look):
    outcome = look(foreign(base="pkg.broken:Base"), a="x = 1", broken="1/0")
    assert "ZeroDivisionError" in outcome.problems[0].message


# What is told of a plugin


def test_a_plugin_is_described(look):
    outcome = look(
        foreign(secondary=(("companion", "primary"), ("companion2", "code"))),
        a="""
        from pkg.base import Base
        class Common(Base):
            level = 1
            shared = "yes"
        @object.__new__.__class__ and (lambda cls: cls)
        class Deep(Common):
            '''Measure the depth.

            And more.
            '''
            level = -2
            sizes = (1, 2.5, ("x", None, True))
            _code = "c"
            code = "C"
            skipped = [1]
            unequal = (1, float("nan"))
            def method(self): ...
        Deep.companion = object
        Deep.companion2 = object
        """,
    )
    common, deep = outcome.plugins
    assert (deep.line, deep.doc) == (6, "Measure the depth.")
    assert os.path.basename(deep.file) == "a.py"
    assert deep.attributes == {
        "level": -2,
        "shared": "yes",
        "sizes": (1, 2.5, ("x", None, True)),
        "_code": "c",
        "code": "C",
    }
    assert deep.secondary == {"companion": "pkg.a:Deep", "companion2": "C"}
    assert (common.secondary, common.doc) == ({}, "")


def test_without_details_only_keys_and_references_are_told(look):
    outcome = look(None, {"details": False}, a="from pkg.base import Base\nclass A(Base): x = 1")
    assert [(p.reference, p.attributes, p.line) for p in outcome.plugins] == [("pkg.a:A", {}, 0)]


# Registries of ours


def test_registered_classes_are_listed_in_scope(look, package):
    package(base=REGISTERING)
    outcome = look(
        registry(),
        base=REGISTERING,
        a="""
        from pkg.base import Base
        class One(Base): key = "one"
        class None_(Base): pass
        class Bad(Base): key = "bad"
        class Out(Base):
            key = "out"
            __module__ = "elsewhere"
        def local():
            class Local(Base): key = 2
        local()
        """,
    )
    assert [(p.key, p.qualname) for p in outcome.plugins] == [
        ("one", "One"),
        (2, "local.<locals>.Local"),
    ]
    assert [(p.kind, p.module) for p in outcome.problems] == [("missing-key", "pkg.a")]


def test_what_registered_in_a_module_that_failed_is_left_out(look, package):
    outcome = look(
        registry(),
        base=REGISTERING,
        a="from pkg.base import Base\nclass One(Base): key = 'one'\n1/0",
        b="from pkg.base import Base\nclass Two(Base): key = 'two'",
    )
    assert [p.key for p in outcome.plugins] == ["two"]
    assert list(outcome.failures) == ["pkg.a"]


def test_classes_registered_elsewhere_are_not_this_registrys(look):
    outcome = look(
        registry(base="pkg.a:Own"),
        base=REGISTERING,
        a="from pkg.base import Base\nclass Own(Base): key = 'x'",
    )
    assert outcome.plugins == ()


def test_a_real_registry_reports_what_registers_and_starts_no_discovery(look):
    outcome = look(
        foreign(foreign=False, rule=KeyRule("name")),
        base="""
        from plugindex.metaclass import AutoRegisterMeta
        class Base(metaclass=AutoRegisterMeta):
            __registry_key__ = "name"
        """,
        a="from pkg.base import Base\nclass A(Base): name = 'x'\nlist(Base.__registry__)",
        b="from pkg.base import Base\nclass B(Base): name = 'x'\nclass C(Base): name = 'c'",
    )
    assert outcome.failures == {}
    assert [(p.key, p.qualname) for p in outcome.plugins] == [("x", "A"), ("x", "B"), ("c", "C")]


# Modules that fail


@pytest.mark.parametrize(
    ("text", "kind", "message", "line"),
    [
        ("\n1/0", "import-failed", "ZeroDivisionError: division by zero", 2),
        ("\n\ndef f(:\n", "syntax-error", "invalid syntax", 3),
        ("import sys\nsys.exit(3)", "import-failed", "SystemExit: 3", 2),
        ("raise KeyboardInterrupt", "import-failed", "KeyboardInterrupt", 1),
        ("import not_there_at_all", "missing-requirement", "'not_there_at_all'", 1),
        ("def f(): f()\nf()", "import-failed", "RecursionError", 1),
        ("input()", "import-failed", "EOFError", 1),
        ("print('so far')\nraise OSError('no')", "import-failed", "it printed: so far", 2),
        (
            "class E(Exception):\n def __str__(self): 1/0\nraise E",
            "import-failed",
            "E: its message can't be shown",
            3,
        ),
    ],
)
def test_a_module_that_fails_is_reported_with_its_place(look, text, kind, message, line):
    outcome = look(bad=text, good=PLUGIN.format(name="Good"))
    problem = outcome.failures["pkg.bad"]
    assert (problem.kind, problem.line) == (kind, line)
    assert message in problem.message
    assert os.path.basename(problem.file) == "bad.py"
    assert names(outcome) == ["Good"]


@pytest.mark.parametrize("content", [b"x = 1\0", b"# coding: nonsense\n", b"x = '\xff'\n"])
def test_a_file_that_is_no_source_text_fails_alone(package, content):
    modules = package(a=PLUGIN.format(name="A"), z="")
    with open(os.path.join(package.path[0], "pkg", "z.py"), "wb") as file:
        file.write(content)
    outcome = examine(modules, foreign(), path=package.path)
    assert (names(outcome), list(outcome.failures)) == (["A"], ["pkg.z"])


def test_a_failed_modules_classes_do_not_count_even_where_they_live_on(look):
    outcome = look(
        a="from pkg.base import Base\nclass A(Base): pass\nimport pkg.keep\npkg.keep.a = A\n1/0",
        keep="",
    )
    assert (names(outcome), list(outcome.failures)) == ([], ["pkg.a"])


def test_what_a_package_imported_before_it_failed_fails_with_it(package):
    text = "from pkg.base import Base\nclass A(Base): pass"
    package(sub__in____init__="import pkg.sub.a\nraise ImportError('no driver')", sub__in__a=text)
    outcome = examine(["pkg.sub", "pkg.sub.a"], foreign(), path=package.path)
    assert (names(outcome), list(outcome.failures)) == ([], ["pkg.sub", "pkg.sub.a"])


def test_modules_that_import_each_other_are_examined(look):
    outcome = look(
        a="import pkg.b\nfrom pkg.base import Base\nclass A(Base): pass",
        b="import pkg.a\nfrom pkg.base import Base\nclass B(Base): pass",
    )
    assert (names(outcome), outcome.failures) == (["A", "B"], {})


def test_a_module_that_a_later_import_brings_in_has_not_failed(look):
    outcome = look(
        a="import pkg.b\nfrom pkg.base import Base\nclass A(Base): pass",
        b="from pkg.a import A",
    )
    assert (names(outcome), outcome.failures) == (["A"], {})


# Modules that would end, hold or disturb the child


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\nos._exit(5)", "exit status 5"),
        ("import os\nos._exit(0)", "exit status 0"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import os\nos.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os\nos.closerange(3, 256)", "exit status"),
    ],
)
def test_a_module_that_ends_the_interpreter_is_reported_and_the_others_listed(look, text, message):
    outcome = look(
        a=PLUGIN.format(name="A"), bad=f"print('last words', flush=True)\n{text}",
        z=PLUGIN.format(name="Z"),
    )  # fmt: skip
    assert names(outcome) == ["A", "Z"]
    assert list(outcome.failures) == ["pkg.bad"]
    assert outcome.failures["pkg.bad"].kind == "crashed"
    assert message in outcome.failures["pkg.bad"].message
    assert "last words" in outcome.failures["pkg.bad"].message


def test_a_crash_names_the_line_where_it_happened(look):
    outcome = look(bad="import ctypes\n\nctypes.string_at(0)")
    problem = outcome.failures["pkg.bad"]
    assert os.path.basename(problem.file) in ("bad.py", "__init__.py")
    assert problem.line > 0


def test_a_package_that_ends_the_interpreter_takes_its_modules_along(look):
    outcome = look(
        a=PLUGIN.format(name="A"), sub__in____init__="import os; os._exit(1)",
        sub__in__one=PLUGIN.format(name="One"),
    )  # fmt: skip
    assert names(outcome) == ["A"]
    assert {p.kind for p in outcome.failures.values()} == {"crashed"}
    assert len(outcome.failures) == 2


@pytest.mark.parametrize(
    "text",
    [
        "while True: pass",
        "import time\ntime.sleep(600)",
        "import threading\nthreading.Event().wait()",
    ],
)
def test_a_module_that_does_not_end_is_interrupted_at_its_limit(look, text):
    outcome = look(None, {"module_limit_s": 0.5}, bad=text, z=PLUGIN.format(name="Z"))
    problem = outcome.failures["pkg.bad"]
    assert (problem.kind, names(outcome)) == ("crashed", ["Z"])
    assert "took more than 0.5 s" in problem.message
    assert problem.line > 0


def test_a_module_that_cannot_be_interrupted_is_killed(look):
    stubborn = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass"
    outcome = look(None, {"module_limit_s": 0.5}, bad=stubborn, z=PLUGIN.format(name="Z"))
    assert (list(outcome.failures), names(outcome)) == (["pkg.bad"], ["Z"])
    assert "took more than 0.5 s" in outcome.failures["pkg.bad"].message


def test_the_time_for_all_modules_is_bounded(look):
    slow = "while True: pass"
    outcome = look(None, {"limit_s": 1.0}, a=PLUGIN.format(name="A"), b=slow, c="", d="")
    assert names(outcome) == ["A"]
    kinds = {name: problem.kind for name, problem in outcome.failures.items()}
    assert kinds == {"pkg.b": "crashed", "pkg.c": "undecided", "pkg.d": "undecided"}


@pytest.mark.parametrize(
    "text",
    [
        "import threading\nthreading.Thread(target=threading.Event().wait).start()",
        "import atexit, threading\natexit.register(threading.Event().wait)",
        "import sys\nsys.stdout.close()\nsys.stderr = None",
        "import os\nos.close(1)\nos.close(2)",
        "import sys\nsys.path.clear()\nsys.meta_path.clear()",
        "import os\nos.chdir('/')",
        "import json\njson.dumps = None",
        "import os\nos.fork()",
        "import subprocess\np = subprocess.Popen(['sleep', '600'])\np.returncode = 0",
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('hear me')",
        "print('x' * 10_000_000)",
        "import sys\nassert sys.stdin.read() == ''\nassert sys.argv == ['']",
    ],
)
def test_the_others_are_listed_whatever_a_module_does(look, text):
    outcome = look(a=PLUGIN.format(name="A"), bad=text)
    assert names(outcome) == ["A"]
    assert list(outcome.failures) in ([], ["pkg.bad"])


def test_a_file_that_a_module_puts_in_the_place_of_its_output_is_left_alone(look, tmp_path):
    log = tmp_path / "log"
    look(
        a=f"import os\nos.dup2(os.open({str(log)!r}, os.O_CREAT | os.O_WRONLY), 1)\nprint('kept')",
        b="",
    )
    assert log.read_text() == "kept\n"


def test_a_class_that_refuses_to_be_looked_at_does_not_hide_the_others(look):
    outcome = look(
        a="""
        from pkg.base import Base
        class Meta(type):
            def __getattribute__(cls, name): raise OSError(name)
        class A(Base, metaclass=Meta): pass
        class B(Base): pass
        """
    )
    assert (names(outcome), outcome.failures, outcome.problems) == (["B"], {}, ())


def test_a_class_that_ends_the_interpreter_when_it_is_looked_at_is_told(look):
    outcome = look(
        a="""
        import os
        from pkg.base import Base
        class Meta(type):
            def __getattribute__(cls, name):
                if name == "__qualname__": os._exit(3)
                return type.__getattribute__(cls, name)
        class A(Base, metaclass=Meta): pass
        """
    )
    assert (names(outcome), outcome.failures) == ([], {})
    assert [problem.kind for problem in outcome.problems] == ["crashed"]
    assert "exit status 3" in outcome.problems[0].message


# How the child is started


def test_nothing_is_printed_or_written(look, tmp_path, capfd):
    look(a="print('noise', flush=True)\nimport sys\nprint('noise', file=sys.stderr)")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.rglob("__pycache__"))


def test_no_module_is_imported_into_this_process(look):
    look(a=PLUGIN.format(name="A"))
    assert not [name for name in sys.modules if name.partition(".")[0] == "pkg"]


def test_the_modules_are_imported_in_the_order_given(package):
    package(a="import builtins\nbuiltins.order = ['a']", b="import builtins\nassert order == ['a']")
    assert examine(["pkg.a", "pkg.b"], foreign(), path=package.path).failures == {}
    assert list(examine(["pkg.b", "pkg.a"], foreign(), path=package.path).failures) == ["pkg.b"]


def test_how_long_each_import_took_is_told(look):
    outcome = look(a="", b="1/0")
    assert sorted(outcome.seconds) == ["pkg.a", "pkg.b"]
    assert all(seconds > 0 for seconds in outcome.seconds.values())


def test_a_module_in_a_child_starts_no_further_child(look):
    outcome = look(
        a="""
        from plugindex.config import Scope
        from plugindex.sandbox import examine
        assert examine(["json"], Scope("json:JSONDecoder", "json", foreign=True)).refused
        """
    )
    assert outcome.failures == {}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("executable", "", "empty"),
        ("executable", "/usr/sbin/uwsgi", "no Python interpreter"),
        ("executable", "/nowhere/python3", "can't be started"),
        ("frozen", True, "frozen"),
    ],
)
def test_where_no_child_can_be_started_the_reason_is_told(monkeypatch, name, value, reason):
    monkeypatch.setattr(sys, name, value, raising=False)
    outcome = examine(["json"], Scope("json:JSONDecoder", "json", foreign=True))
    assert reason in outcome.refused
    assert (outcome.plugins, outcome.failures) == ((), {})


def test_an_interpreter_that_is_something_else_is_refused(monkeypatch, tmp_path):
    program = tmp_path / "python-like"
    program.write_text("#!/bin/sh\necho I am a shell\nexit 4\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    outcome = examine(["json"], Scope("json:JSONDecoder", "json", foreign=True))
    assert "exit status 4" in outcome.refused
    assert "I am a shell" in outcome.refused


def test_the_child_optimises_as_this_interpreter_does(package, tmp_path):
    package(a="assert False")
    script = tmp_path / "script.py"
    script.write_text(
        "from plugindex.config import Scope\nfrom plugindex.sandbox import examine\n"
        f"scope = Scope('pkg.base:Base', 'pkg', foreign=True)\n"
        f"print(list(examine(['pkg.a'], scope, path={package.path!r}).failures))\n"
    )
    plain = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    optimised = subprocess.run([sys.executable, "-O", str(script)], capture_output=True, text=True)
    assert (plain.stdout, optimised.stdout) == ("['pkg.a']\n", "[]\n")


def test_enum_keys_equal_the_member_without_its_module(look):
    outcome = look(
        foreign(rule=KeyRule("name")),
        a="""
        import enum
        from http import HTTPStatus
        class Verb(str, enum.Enum): GET = 'get'
        from pkg.base import Base
        class Color(enum.Enum): RED = [1]
        class A(Base): name = Color.RED
        class B(Base): name = HTTPStatus.OK
        class C(Base): name = (Verb.GET, 1)
        """,
    )
    red, ok, (get, one) = (plugin.key for plugin in outcome.plugins)
    assert repr(red) == "pkg.a:Color.RED"
    assert {ok: "found"}[HTTPStatus.OK] == "found"
    assert (repr(get), hash(get), one) == ("pkg.a:Verb.GET", hash("get"), 1)
