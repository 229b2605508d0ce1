"""What the reader tells of a module's code, on small sources, without running them."""

import sys
import textwrap
import time

import pytest

from plugindex.codes import codes_in
from plugindex.conditions import decide
from plugindex.packing import unpack
from plugindex.reader import ModuleRecord, read
from plugindex.summary import read_function


def record_of(source: str, name: str = "pkg.mod", is_package: bool = False) -> ModuleRecord:
    code = compile(textwrap.dedent(source), "mod.py", "exec", dont_inherit=True)
    record = read(code, name, is_package)
    assert record.unreadable == ""
    return record


def holds(record: ModuleRecord, condition, missing=()):
    """Decide a condition where all modules but *missing* can be imported."""

    def answer(number):
        question = record.variables[number]
        if question[0] == "import":
            return question[1] not in missing
        return bool(question[1][1]) if question[0] == "test" and question[1][0] == "c" else None

    return decide(record.nodes, condition, answer, {})


def classes_of(record: ModuleRecord, missing=()):
    return {entry[0]: holds(record, entry[2], missing) for entry in record.classes}


def value_of(record: ModuleRecord, name: str, missing=()):
    """Return the value that a name has in the end, choices decided as far as reading does."""
    value = record.names.get(name, ("u",))
    while value[0] == "p":
        open_or_true = [(holds(record, c, missing), one) for c, one in value[1]]
        chosen = [one for held, one in open_or_true if held]
        if not chosen:
            return ("open", [one for held, one in open_or_true if held is None])
        value = chosen[0]
    return ("c", unpack(value[1])) if value[0] == "b" else value


# -- guarded imports ------------------------------------------------------------------------------

CATCHING = [
    "ImportError", "(ImportError, AttributeError)", "Exception", "BaseException",
    "ModuleNotFoundError", "",
]  # fmt: skip


@pytest.mark.parametrize("clause", CATCHING, ids=lambda clause: clause or "bare")
def test_a_guarded_import_is_no_requirement_and_decides_what_follows_it(clause):
    record = record_of(f"""
        try:
            import numpy
        except {clause}:
            numpy = None
            class Without: pass
        else:
            class With: pass
        class Always: pass
    """)
    assert record.imports == []
    assert classes_of(record) == {"With": True, "Without": False, "Always": True}
    without = classes_of(record, missing={"numpy"})
    assert without == {"With": False, "Without": True, "Always": True}
    assert value_of(record, "numpy", {"numpy"}) == ("c", None)


@pytest.mark.parametrize("clause", ["ValueError", "(KeyError, OSError)", "ZeroDivisionError"])
def test_a_clause_for_another_exception_guards_no_import(clause):
    record = record_of(f"try:\n  import numpy\nexcept {clause}:\n  pass\nclass A: pass")
    assert [holds(record, c, {"numpy"}) for c, _, _ in record.failures] == [True]
    assert classes_of(record, {"numpy"}) == {"A": False}


@pytest.mark.parametrize(
    "handler", ["raise", "raise RuntimeError('no')", "import sys; sys.exit(1)", "raise SystemExit"]
)
def test_a_handler_that_raises_or_exits_does_not_guard(handler):
    record = record_of(f"try:\n  import numpy\nexcept ImportError:\n  {handler}\nclass A: pass")
    assert [holds(record, c, {"numpy"}) for c, _, _ in record.failures] == [True]
    assert [holds(record, c) for c, _, _ in record.failures] == [False]
    assert classes_of(record) == {"A": True}


def test_an_import_from_a_module_that_is_there_may_lack_the_name():
    record = record_of("try:\n  from a import b\nexcept ModuleNotFoundError:\n  b = 1")
    questions = [question for question in record.variables if question[0] == "import"]
    assert questions == [("import", "a", ()), ("import", "a", ("b",))]


def test_finally_runs_on_every_path_and_its_class_is_one():
    record = record_of("""
        try:
            import numpy
        except ImportError:
            numpy = None
        finally:
            class A: pass
    """)
    assert classes_of(record) == {"A": True}
    assert value_of(record, "A") == ("k", 0)


def test_suppress_guards_like_a_handler():
    record = record_of("""
        import contextlib
        with contextlib.suppress(ImportError):
            import numpy
            class A: pass
        class B: pass
    """)
    assert classes_of(record, {"numpy"}) == {"A": False, "B": True}
    assert classes_of(record) == {"A": True, "B": True}


def test_a_context_manager_that_swallows_nothing_is_looked_through():
    record = record_of("""
        import warnings
        with warnings.catch_warnings():
            import numpy
            class A: pass
        class B: pass
    """)
    assert classes_of(record) == {"A": True, "B": True}
    assert True in [holds(record, c, {"numpy"}) for c, _, _ in record.failures]


def test_an_unguarded_import_has_its_line_and_condition():
    record = record_of("import a\nfrom b import c, d\nif x: import e.f")
    assert [entry[1:] for entry in record.imports] == [
        ("a", (), 1), ("b", ("c", "d"), 2), ("e.f", (), 3)
    ]  # fmt: skip
    assert [holds(record, entry[0]) for entry in record.imports] == [True, True, None]


@pytest.mark.parametrize(
    ("statement", "is_package", "module"),
    [
        ("from . import x", False, "pkg"), ("from . import x", True, "pkg.mod"),
        ("from .a import x", False, "pkg.a"), ("from .a import x", True, "pkg.mod.a"),
        ("from .. import x", True, "pkg"), ("import a.b as x", False, "a.b"),
    ],
)  # fmt: skip
def test_relative_imports_are_made_absolute(statement, is_package, module):
    record = record_of(statement, "pkg.mod", is_package)
    assert [entry[1] for entry in record.imports] == [module]


def test_a_relative_import_beyond_the_top_level_package_ends_the_import():
    record = record_of("from ... import x\nclass A: pass")
    assert classes_of(record) == {}
    assert [condition for condition, _, _ in record.failures] == [True]


# -- conditions that reading decides --------------------------------------------------------------

TRUE = [
    "not TYPE_CHECKING", "not t.TYPE_CHECKING", "sys.version_info >= (3, 11)",
    "(3, 8) <= sys.version_info < (4, 0)", "sys.version_info[0] == 3",
    "sys.version_info.major > 2 and not TYPE_CHECKING", "1", "__debug__",
    f"sys.platform == {sys.platform!r}", f"sys.platform.startswith({sys.platform[:3]!r})",
    "os.name in ('posix', 'nt') or unheard_of", "FLAG", "not (0 or '')",
    "sys.version_info[:2] >= (3, 11)",
]  # fmt: skip


@pytest.mark.parametrize("condition", TRUE)
def test_a_condition_on_the_platform_or_a_constant_is_decided(condition):
    record = record_of(f"""
        import os, sys, typing as t
        from typing import TYPE_CHECKING
        FLAG = True
        if {condition}:
            class A: pass
        else:
            class B: pass
        class C: pass
    """)
    assert classes_of(record)["A"] is True
    assert classes_of(record).get("B", False) is False
    assert classes_of(record)["C"] is True


@pytest.mark.parametrize("head", ["if f():", "for i in j:", "while f():", "match f():\n  case 1:"])
def test_a_class_under_a_condition_that_only_running_decides_is_undecided(head):
    body = "    class A: pass" if "match" in head else "  class A: pass"
    record = record_of(f"{head}\n{body}\nclass B: pass\nf = j = print")
    found = classes_of(record)
    assert found["B"] is True
    assert value_of(record, "A") != ("k", 0) or found["A"] is None


def test_nested_conditions_come_back_to_what_held_before():
    record = record_of("""
        if a:
            if b:
                x = 1
            elif c:
                x = 2
            else:
                x = 3
        else:
            x = 4
        class A: pass
    """)
    assert classes_of(record) == {"A": True}
    assert [value for _, value in record.names["x"][1]] == [("c", x) for x in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "loop",
    [
        "while f():\n  x = 1",
        "for i in j:\n  if f(i): break",
        "for i in j:\n  if f(i): continue\n  x = 1\nelse:\n  y = 1",
        "while True:\n  if f(): break\n  x = 1",
        "for i in j:\n  for k in l:\n    if f(k): break\n  else:\n    continue\n  break",
        "while f():\n  try: x = f()\n  except OSError: continue\n  else: break",
        "for i in j:\n  if f(i): break\nelse:\n  assert 0, 'not found'",
    ],
)
def test_what_follows_a_loop_is_reached(loop):
    record = record_of(f"j = l = ()\ndef f(*a): pass\n{loop}\nclass A: pass")
    assert classes_of(record) == {"A": True}


def test_a_name_bound_in_a_loop_is_open():
    record = record_of("x = 1\nfor i in f():\n  x = i\ny = x")
    assert value_of(record, "y")[0] in ("?", "open")


# -- the end of an import -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["import sys; sys.exit()", "raise ValueError('x')", "raise SystemExit", "exit()"]
)
def test_nothing_after_a_certain_end_is_reached(statement):
    record = record_of(f"class A: pass\n{statement}\nclass B: pass")
    assert classes_of(record) == {"A": True}
    assert [condition for condition, _, _ in record.failures] == [True]


def test_what_follows_a_possible_raise_is_undecided():
    record = record_of("if f():\n  raise RuntimeError\nclass A: pass")
    assert classes_of(record) == {"A": None}


@pytest.mark.parametrize(
    "statement",
    [
        "assert f(), 'text'", "assert f() and g()",
        "try:\n  f()\nexcept ValueError:\n  x = 1",
        "try:\n  f()\nfinally:\n  x = 1",
        "try:\n  f()\nexcept Exception as e:\n  raise RuntimeError from e",
        "with f() as g:\n  g()",
    ],
)  # fmt: skip
def test_what_follows_an_unforeseen_exception_is_reached(statement):
    record = record_of(f"def f(): pass\ng = f\n{statement}\nclass A: pass")
    assert classes_of(record) == {"A": True}


def test_a_caught_failing_assertion_leaves_what_follows_it_open():
    record = record_of("""
        f = print()
        try:
            assert f
            class A: pass
        except AssertionError:
            pass
    """)
    assert classes_of(record) == {"A": None}


def test_an_exception_in_a_class_body_is_caught_around_it():
    record = record_of("""
        def f(): pass
        try:
            class A:
                x = f()
        except Exception:
            A = None
    """)
    assert value_of(record, "A")[0] == "open"


def test_system_exit_passes_handlers_of_exception():
    record = record_of("try:\n  raise SystemExit\nexcept Exception:\n  pass\nclass A: pass")
    assert classes_of(record) == {}


def test_name_and_attribute_errors_decide_their_handlers():
    record = record_of("""
        import os
        try:
            unicode
        except NameError:
            unicode = str
        try:
            fork = os.fork
        except AttributeError:
            fork = None
    """)
    assert value_of(record, "unicode") == ("g", "str", 0)
    assert ("attr", ("a", ("i", "os"), "fork")) in record.variables


# -- names ----------------------------------------------------------------------------------------


def test_the_last_binding_counts_and_a_deleted_name_is_gone():
    record = record_of("x = 1\nx = 'b'\ny = 2\ndel y\nclass A:\n  a = 1\n  b = 2\n  del a")
    assert value_of(record, "x") == ("c", "b")
    assert "y" not in record.names
    assert record.classes[0][5] == {"b": ("c", 2)}


def test_exports_grow_by_every_usual_way():
    record = record_of("""
        __all__ = ["a"]
        __all__ += ["b"]
        __all__ = __all__ + ["c"]
        __all__.extend(["d"])
    """)
    assert value_of(record, "__all__")[0] in "lo"
    assert "'d'" in repr(value_of(record, "__all__"))


@pytest.mark.parametrize(
    "source", ["x = []\nx.append(1)", "x = {}\nx['k'] = 1", "x = [1]\nfor i in f():\n  x.append(i)"]
)
def test_a_container_changed_in_place_is_not_what_it_was(source):
    assert value_of(record_of(source), "x")[0] == "?"


def test_a_comprehension_binds_no_name_and_is_no_empty_list():
    record = record_of("names = [n for n in dir()]\nclass A:\n  x = {k: v for k, v in f()}")
    assert set(record.names) == {"names", "A"}
    assert value_of(record, "names") != ("l", ())
    assert set(record.classes[0][5]) == {"x"}
    assert classes_of(record) == {"A": True}


def test_names_bound_through_globals_are_bound():
    record = record_of("globals()['X'] = 1\nclass A:\n  locals()['y'] = 2")
    assert value_of(record, "X") == ("c", 1)
    assert record.classes[0][5] == {"y": ("c", 2)}


def test_a_module_that_computes_names_says_so():
    record = record_of("for name in f():\n  globals()[name] = 1")
    assert record.names["__getattr__"][0] == "?"


def test_a_global_declared_in_a_class_is_the_modules():
    record = record_of("class A:\n  global x\n  x = 1\n  y = 2")
    assert value_of(record, "x") == ("c", 1)
    assert record.classes[0][5] == {"y": ("c", 2)}


def test_a_star_import_may_bind_names_anew():
    record = record_of("A = 1\n_b = 2\nfrom m import *\nclass C(D): pass")
    assert record.stars == [("m", True)]
    assert record.names["A"] == ("w", 0, "A", ("c", 1))
    assert record.names["_b"] == ("c", 2)
    assert record.classes[0][3] == (("g", "D", 1),)


def test_a_walrus_binds_its_name():
    assert value_of(record_of("if (x := 3) > 2:\n  y = x"), "y") == ("c", 3)


# -- classes --------------------------------------------------------------------------------------

LITERALS = {
    "'a'": "a", "-1": -1, "1.5": 1.5, "b'x'": b"x", "(1, ('a', None))": (1, ("a", None)),
    "...": ..., "'a' + 'b'": "ab", "2 * 3": 6, "NAME": "n", "NAME + '-x'": "n-x",
    "NAME.upper()": "N", "PAIR[0]": 1, "PAIR[1:]": (2,), "'abc'[0:2]": "ab", "not 0": True,
    "1 if True else 2": 1, "'a-%s' % NAME": "a-n", "2j": 2j,
}  # fmt: skip


@pytest.mark.parametrize("text", LITERALS)
def test_a_literal_attribute_has_its_value(text):
    record = record_of(f"NAME = 'n'\nPAIR = (1, 2)\nclass A:\n  x = {text}")
    kind, value = record.classes[0][5]["x"]
    value = unpack(value) if kind == "b" else value
    assert (kind in "cb", value, type(value)) == (True, LITERALS[text], type(LITERALS[text]))


@pytest.mark.parametrize(
    "text", ["f()", "f'{x}'", "x[1:2]", "x[1:2, 3]", "{1: 2}[x[0:1]]", "'%9999999999s' % ''",
             "lambda: 1", "1e308 * 10", "'a' * 10 ** 8"],
)  # fmt: skip
def test_an_attribute_that_is_no_literal_is_not_taken_for_one(text):
    record = record_of(f"x = f()\nclass A:\n  y = {text}\nz = x[y] if y else 1", "m")
    assert record.classes[0][5]["y"][0] not in "cb"


def test_bases_and_keywords_are_kept_as_they_are_written():
    record = record_of("class A(B, m.C, D[int], *e, metaclass=M, k=1, **w): pass\nm = 1")
    _, _, _, bases, keywords, _ = record.classes[0]
    assert [base[0] for base in bases] == ["g", "a", "s", "?"]
    assert [name for name, _ in keywords] == ["metaclass", "k", "**"]


def test_a_class_statement_compiled_twice_is_one_class_with_both_bases():
    record = record_of("class A(B, c if d else e): pass")
    assert len(record.classes) == 1
    assert record.classes[0][3][1][0] == "p"


def test_decorators_are_calls_around_the_class():
    record = record_of("@f\n@g(1)\nclass A: pass")
    assert record.names["A"][1] == ("g", "f", 0)
    assert record.names["A"][2][0][2] == (("k", 0),)


def test_nested_classes_and_methods_are_in_the_body():
    record = record_of("class A:\n  class B(C): x = 1\n  def m(self): pass\n  async def n(s): 0")
    assert [entry[0] for entry in record.classes] == ["A", "A.B"]
    assert record.classes[0][5] == {
        "B": ("k", 1), "m": ("d", "A.m", 3), "n": ("d", "A.n", 4)
    }  # fmt: skip


def test_attributes_assigned_after_the_statement_are_patches():
    record = record_of("class A: pass\nA.x = 1\nsetattr(A, 'y', 2)")
    assert [(entry[1], entry[2], entry[3]) for entry in record.patches] == [
        (("k", 0), "x", ("c", 1)), (("k", 0), "y", ("c", 2))
    ]  # fmt: skip


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are of 3.12")
def test_generic_classes_and_type_statements_read_like_others():
    record = record_of("""
        class P: pass
        class A[T: int, *U](P): x = 1
        class D:
            class Q: pass
            class B[T](Q, P): pass
        type X[T] = list[T]
        def f[T](a: T) -> T: return a
    """)
    found = {entry[0]: entry[3] for entry in record.classes}
    assert found["A"] == (("k", 0), ("f", "typing", "Generic"))
    assert found["D.B"][:2] == (("k", 3), ("k", 0))
    assert set(record.names) == {"P", "A", "D", "X", "f"}


def test_exception_groups_are_read():
    record = record_of("""
        try:
            f()
        except* ValueError:
            for i in j:
                try: g()
                except OSError: pass
        except* TypeError as e:
            class A: pass
        class B: pass
        def f(): pass
    """)
    assert "B" in classes_of(record)


# -- functions ------------------------------------------------------------------------------------


def function_of(source: str, qualname: str):
    code = compile(textwrap.dedent(source), "mod.py", "exec", dont_inherit=True)
    line = source.partition(f"def {qualname}")[0].count("\n") + 1
    return read_function(codes_in(code)[qualname, line], "m")


def test_a_function_gives_what_it_returns_in_terms_of_its_parameters():
    summary = function_of("def f(cls, *rest, k=1):\n  return cls", "f")
    assert summary.parameters == ("cls", "k")
    assert [value for _, value in summary.results] == [("P", "cls")]
    assert summary.starred == "rest"


def returned(summary):
    """Return the values that a function gives, choices taken apart."""
    pairs = [("", value) for _, value in summary.results]
    return {
        one for _, value in pairs for _, one in (value[1] if value[0] == "p" else [("", value)])
    }


# What a loop does to the list ``a`` before it is left: at its end, or by a break at a later turn.
CHANGES = {
    "one of two ways back": "for x in xs:\n    if x.y: continue\n    if x: a.append(x)\n",
    "before a break": "for x in xs:\n    if x: break\n    a.append(x)\n",
    "an item": "for x in xs:\n    if x: a[x] = x\n    else: pass\n",
    "a method by another name": "add = a.append\n  for x in xs:\n    if x: break\n    add(x)\n",
    "a loop in a loop": "for x in xs:\n    for y in x:\n      if y: a.append(y)\n    else: pass\n",
    "while": "while True:\n    if xs.pop(): break\n    a.extend(xs)\n",
}
HARMLESS = {
    "reading": "for x in xs:\n    if x in a: print(a[0].name)\n",
    "another": "b = []\n  for x in xs:\n    if x: break\n    b = [x]\n",
}


@pytest.mark.parametrize("loop", CHANGES.values(), ids=CHANGES)
def test_a_list_that_a_loop_changes_is_open(loop):
    summary = function_of(f"def f(xs):\n  a = []\n  {loop}  return a", "f")
    assert {one[0] for one in returned(summary)} == {"?"}


@pytest.mark.parametrize("loop", HARMLESS.values(), ids=HARMLESS)
def test_a_list_that_a_loop_only_reads_is_told(loop):
    summary = function_of(f"def f(xs):\n  a = [1]\n  {loop}  return a", "f")
    assert returned(summary) == {("l", (("c", 1),))}


def test_a_parameter_that_an_inner_function_uses_is_still_a_parameter():
    summary = function_of("def f(a):\n  def g(): return a\n  return a", "f")
    assert [value for _, value in summary.results] == [("P", "a")]


def test_a_class_in_a_function_looks_its_globals_up_when_called():
    summary = function_of("def f(a):\n  class C(a, B): name = __name__\n  return C", "f")
    assert summary.classes[0][3] == (("P", "a"), ("g", "B", -1))
    assert summary.classes[0][5]["name"] == ("c", "m")


def test_a_generator_has_no_summary():
    assert function_of("def f():\n  yield 1", "f") is None


# -- sources of any size --------------------------------------------------------------------------

BIG = {
    "data": "\n".join(f"X{i} = ({i}, 'a{i}', {{'k': [{i}, f]}})" for i in range(10_000)),
    "tables": "T = {" + ",".join(f"'k{i}': (f, [g, {i}])" for i in range(5_000)) + "}",
    "lists": "L = [" + ",".join(f"(f, {i})" for i in range(5_000)) + "]",
    "comprehensions": "\n".join(f"X{i} = [i for i in y]" for i in range(2_000)),
    "conditions": "\n".join(f"if t{i}:\n  a{i % 7} = {i}\n  b{i} = 1" for i in range(200)),
    "guards": "\n".join(
        f"try:\n  import m{i}\n  x{i} = f()\nexcept ImportError:\n  x{i} = 0" for i in range(60)
    ),
    "doubling": "x = f\n" + "x = f(x, x)\nif x: x = x + x\n" * 60 + "if x: y = 1",
    "chains": "x = f\n" + "x = x.a[x](x)\n" * 500,
    "assertions": "\n".join(f"assert f({i}) and g" for i in range(1_000)),
    "nesting": "".join("  " * i + f"if t{i}:\n" for i in range(18)) + "  " * 18 + "x = 1",
    "comments": "# nothing\n" * 10_000,
    "stars": "class A: pass\n" + "\n".join(f"from m{i} import *" for i in range(100)),
}


@pytest.mark.parametrize("source", BIG.values(), ids=BIG.keys())
def test_a_long_source_is_read_in_little_time_into_a_small_record(source):
    code = compile(source + "\nclass Last(f): pass", "mod.py", "exec", dont_inherit=True)
    started = time.process_time()
    record = read(code, "m", False)
    assert record.unreadable == ""
    assert record.classes[-1][0] == "Last"
    assert time.process_time() - started < 5  # a bound against squares and powers, not a benchmark
    assert len(repr(record.dump())) < 100 * len(source) + 1_000


def test_more_conditions_than_can_be_told_apart_leave_the_module_unread():
    source = "\n".join(f"if t{i}: x{i} = 1" for i in range(1_000))
    record = read(compile(source, "mod.py", "exec"), "m", False)
    assert record.unreadable == "too many conditions"


def test_conditions_that_grow_without_bound_leave_the_code_unread():
    # Told in this order, "one of twenty pairs is true" has a node for each subset of the firsts.
    firsts = "".join(f"if a{i}: x{i} = 1\n" for i in range(20))
    either = " or ".join(f"a{i} and b{i}" for i in range(20))
    source = f"from m import *\n{firsts}if {either}: y = 1\n"
    assert read(compile(source, "mod.py", "exec"), "m", False).unreadable == "too many conditions"
    inside = "".join(f"    {line}\n" for line in source.splitlines()[1:])
    module = compile(f"def f():\n{inside}    return y", "mod.py", "exec")
    summary = read_function(codes_in(module)["f", 1], "m")
    assert decide(summary.nodes, summary.results[0][0], lambda _: None, {}) is not False


def test_the_same_code_gives_the_same_record():
    code = compile("for a in b:\n  c, d, e = f(a)\ntry: g()\nexcept: h = 1", "mod.py", "exec")
    assert read(code, "m", False).dump() == read(code, "m", False).dump()


def test_many_imports_with_one_way_out_are_still_told():
    imports = "".join(f"  from a{number} import b{number}\n" for number in range(60))
    record = record_of(f"try:\n{imports}except ModuleNotFoundError:\n  b0 = 1\nclass A: pass")
    assert not record.unreadable
    assert len(record.nodes) < 60 * 60
