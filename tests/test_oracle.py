"""The oracle keeps its own rules on small sources."""

import ast
import dis
import sys
from textwrap import dedent

import pytest

from oracle import facts
from oracle.comparing import compare
from oracle.folding import NotConstant, fold, same_value, truth

GENERIC_CLASSES = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of 3.12")


def read(source):
    return facts(dedent(source))


def classes(source):
    return [(each["qualname"], each["line"]) for each in read(source)["classes"]]


def only_class(source):
    return read(source)["classes"][-1]


def attributes(body):
    return only_class("class A:\n" + indented(body))["attributes"]


def unsure(body):
    return set(only_class("class A:\n" + indented(body))["unsure"])


def indented(body):
    return "".join(f"  {line}\n" for line in dedent(body).strip().splitlines())


def test_classes_are_listed_in_source_order_with_nested_names():
    source = """
    class A:
        class B:
            class C: pass
    class D: pass
    """
    assert classes(source) == [("A", 2), ("A.B", 3), ("A.B.C", 4), ("D", 5)]


@pytest.mark.parametrize(
    "source",
    [
        "if c:\n  class A: pass",
        "if c: pass\nelse:\n  class A: pass",
        "try:\n  class A: pass\nexcept E: pass",
        "try: f()\nexcept E:\n  class A: pass",
        "try: f()\nexcept* E:\n  class A: pass",
        "try: f()\nexcept E: pass\nelse:\n  class A: pass",
        "try: f()\nfinally:\n  class A: pass",
        "for i in j:\n  class A: pass",
        "for i in j: pass\nelse:\n  class A: pass",
        "while c:\n  class A: pass",
        "with c:\n  class A: pass",
        "match c:\n  case 1:\n    class A: pass",
    ],
)
def test_a_class_in_a_block_is_live(source):
    assert [name for name, _ in classes(source)] == ["A"]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n  class A: pass\n  import m",
        "async def f():\n  class A: pass\n  import m",
        "class B:\n  def f(self):\n    class A: pass\n    import m",
    ],
)
def test_what_stands_in_a_function_is_not_listed(source):
    found = read(source)
    assert [each["qualname"] for each in found["classes"] if each["qualname"] != "B"] == []
    assert found["imports"] == found["dead_classes"] == found["dead_imports"] == []


def test_a_decorated_class_begins_at_its_first_decorator():
    assert classes("\n@f\n@g(\n1)\nclass A: pass") == [("A", 2)]


def test_a_class_declared_global_loses_its_outer_name():
    assert classes("class A:\n  global B\n  class B:\n    class C: pass")[1:] == [
        ("B", 3),
        ("B.C", 4),
    ]


def test_bases_are_names_attributes_and_subscripts_and_anything_else_is_a_question_mark():
    source = "class A(B, c.d.E, G[int], m.H[T][U], I[T].J, f(), f().K, f()[T], *r, x or y): pass"
    assert only_class(source)["bases"] == [
        *("B", "c.d.E", "G[]", "m.H[][]", "I[].J", "?", "?", "?", "?", "?"),
    ]


def test_keywords_are_listed_in_order_and_mappings_as_stars():
    assert only_class("class A(B, metaclass=M, x=1, **k): pass")["keywords"] == [
        *("metaclass", "x", "**"),
    ]


def test_private_names_are_stored_mangled_but_not_the_qualified_name():
    source = "class _A:\n  __x = 1\n  class __B(__C, d.__e): __x = 2"
    outer, inner = read(source)["classes"]
    assert (outer["attributes"], inner["attributes"]) == ({"_A__x": 1}, {"_B__x": 2})
    assert (inner["qualname"], inner["bases"]) == ("_A.__B", ["_A__C", "d._A__e"])


@GENERIC_CLASSES
def test_a_generic_class_is_listed_with_the_bases_as_written():
    found = read("class A[T](B[T], C, k=T):\n  x = 1\n  class D[U](E): pass")["classes"]
    assert [(each["qualname"], each["bases"]) for each in found] == [
        ("A", ["B[]", "C"]),
        ("A.D", ["E"]),
    ]
    assert found[0]["attributes"] == {"x": 1}


@GENERIC_CLASSES
def test_a_type_alias_is_no_literal():
    assert attributes("X = 1\ntype X = int") == {}


def test_an_import_tells_level_module_names_and_line():
    source = "import a.b as c, d\nfrom e import (f as g,\n  h)\nfrom .. import i\nfrom .j import *"
    assert read(source)["imports"] == [
        (0, "a.b", None, 1),
        (0, "d", None, 1),
        (0, "e", ("f", "h"), 2),
        (2, "", ("i",), 4),
        (1, "j", ("*",), 5),
    ]


def test_an_import_in_a_class_body_or_block_is_listed():
    source = "class A:\n  import __m\n  try:\n    from n import __o\n  except E: pass"
    assert read(source)["imports"] == [(0, "_A__m", None, 2), (0, "n", ("__o",), 4)]


@pytest.mark.parametrize(
    "source",
    [
        "if 0: {}",
        "if not __debug__: {}",
        "if x and False: {}",
        "if 1: pass\nelse: {}",
        "while 0: {}",
        "while True: pass\n{}",
        "while 1: pass\nelse: {}",
        "raise E\n{}",
        "assert 0\n{}",
        "for i in j:\n  continue\n  {}",
        "if x: raise E\nelse: raise F\n{}",
        "try: raise E\nfinally: f()\n{}",
        "try: f()\nfinally: raise E\n{}",
        "try: raise E\nexcept E: pass\nelse: {}",
        "try: f()\nexcept E: raise\nelse: raise\n{}",
        "match x:\n  case 1: raise E\n  case _: raise F\n{}",
        "try: pass\nexcept E: {}",
    ],
)
def test_code_that_never_runs_is_kept_apart(source):
    found = read(source.format("import m"))
    assert not found["imports"]
    assert [item[1] for item in found["dead_imports"]] == ["m"]


@pytest.mark.parametrize(
    "source",
    [
        "if TYPE_CHECKING: {}",
        "if x or 0: {}",
        "if 1 == 2: {}",
        "while True:\n  if x: break\n{}",
        "for i in j: raise E\n{}",
        "with x: raise E\n{}",
        "try: raise E\nexcept E: pass\n{}",
        "if x: raise E\n{}",
        "match x:\n  case 1: raise E\n{}",
        "match x:\n  case _ if y: raise E\n{}",
    ],
)
def test_code_that_may_run_is_live(source):
    assert [item[1] for item in read(source.format("import m"))["imports"]] == ["m"]


def test_everything_in_a_dead_class_is_dead():
    found = read("if 0:\n  class A:\n    import m\n    class B: pass")
    assert [each["qualname"] for each in found["dead_classes"]] == ["A", "A.B"]
    assert found["dead_imports"] and not found["classes"] and not found["imports"]


def test_plain_assignments_of_literals_are_attributes():
    body = """
    a = b = 'x' 'y'
    c: int = -1
    (d): tuple = ('p' + 'q', (1,) * 2, None, ..., not 1)
    e.f = g = 2.0
    """
    assert attributes(body) == {
        "a": "xy",
        "b": "xy",
        "c": -1,
        "g": 2.0,
        "d": ("pq", (1, 1), None, ..., False),
    }


@pytest.mark.parametrize(
    "value", ["[1]", "{1}", "{1: 2}", "f()", "x", "a.b", "lambda: 1", "x or 1", "1 if x else 2"]
)
def test_other_values_are_no_attributes(value):
    assert attributes(f"a = {value}") == {}
    assert unsure(f"a = {value}") == set()


@pytest.mark.parametrize(
    "binding",
    [
        "def a(self): pass",
        "class a: pass",
        "import a.b",
        "from m import b as a",
        "for a in b: pass",
        "with b as a: pass",
        "a += 1",
        "del a",
        "a, b = 1, c",
        "a, b = c",
        "if c: a = 2",
        "try: a = 2\nexcept E: pass",
        "try: f()\nexcept E as a: pass",
        "a = f()",
        "if (a := f()): pass",
        "match c:\n  case [1, *a]: pass",
        "match c:\n  case {1: 2, **a}: pass",
        "match c:\n  case 1 as a: pass",
    ],
)
def test_a_name_bound_otherwise_after_its_literal_is_no_attribute(binding):
    assert "a" not in attributes(f"a = 1\n{binding}")


def test_the_last_assignment_wins_whatever_went_before():
    body = "a = f()\nfor b in c: pass\nif x: d = 1\na = b = d = 2\na = 3"
    assert attributes(body) == {"a": 3, "b": 2, "d": 2}


@pytest.mark.parametrize(
    "body",
    [
        "a = 1\nif 0: a = 2",
        "if 1: a = 1",
        "for i in j: pass\nelse: a = 1",
        "try: f()\nexcept E: raise\nelse: a = 1",
        "try: f()\nfinally: a = 1",
        "try: a = 1\nfinally: f()",
        "try: a = 1\nexcept E: raise",
        "try: raise E\nexcept E: a = 1",
        "with b: a = 1",
        "if x: raise E\nelse: a = 1",
        "a = 1 if True else x",
        "a = 1 or x",
        "a = f'{1}'",
        "a = 1 < 2",
        "a = 10 ** 100",
        "(a := 1)",
        "a, b = x, 1",
        "if x: a = 1\nelse: a = 1",
    ],
)
def test_a_name_that_the_compiler_may_or_may_not_make_constant_is_unsure(body):
    assert "a" in unsure(body)
    assert "a" not in attributes(body)


def test_names_that_the_compiler_sets_or_that_are_global_are_left_out():
    assert attributes("'doc'\n__slots__ = ()\n__module__ = 'm'\nglobal x\nx = 1") == {}


def test_functions_and_comprehensions_bind_in_their_own_scope():
    body = "a = 1\ndef f(self):\n  a = 2\nb = [a for a in c]\nd = lambda a: (a := 2)"
    assert attributes(body) == {"a": 1}


EXPRESSIONS = """
    1 ; -1 ; +True ; ~5 ; not 1 ; not '' ; -0.0 ; 1 - 1j ; -0j ; 1e309 - 1e309 ; 1 / 0 ; -'a'
    ; 2 ** 3 ; 2 ** -1 ; 2 ** 127 ; 2 ** 128 ; 3 ** 64 ; 0 ** 0 ; 1 << 5 ; 1 << 127 ; 1 << 128
    ; 1 << -1 ; 7 // 2 ; 7 % 4 ; 7 >> 1 ; 6 & 3 ; 6 ; 6 ^ 3 ; 'a' 'b' ; 'a' + 'b' ; b'a' + b'b'
    ; 'a' * 4096 ; 'a' * 4097 ; -1 * 'a' ; 'a' * True ; (1,) * 256 ; (1,) * 257 ; ((1, 2),) * 200
    ; ((1, 2, 3, 4, 5),) * 204 ; (1, 2) + (3,) ; () ; (1, (2, None)) ; 'abc'[1] ; (1, 2)[-1]
    ; (1,)[3] ; 6 | 3 ; 'a%s' % 'b' ; '%d' % 1 ; 5 % 0 ; __debug__ ; ... ; None ; 1 < 2 ; [1] ; x
    ; (1, x) ; 1 @ 2
    ; (10 ** 30) * (10 ** 30) ; 0 * 10 ** 38 ; 'a' + 1 ; (*(1, 2), 3) ; f(1) ; f'a{1}'
    ; ((1, 2, 3, 4),) * 204 ; 1 if x else 2
"""


@pytest.mark.parametrize("text", [each.strip() for each in EXPRESSIONS.split(";")])
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_folding_gives_what_the_compiler_gives(text):
    code = compile(f"x = {text}", "<expression>", "exec")
    first, second = [each for each in dis.get_instructions(code) if each.opname != "RESUME"][:2]
    compiled = (first.opname, second.opname) == ("LOAD_CONST", "STORE_NAME")
    try:
        folded = fold(ast.parse(text, mode="eval").body)
    except NotConstant:
        assert not compiled
    else:
        assert compiled and same_value(folded, first.argval)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        *(("0", False), ("()", False), ("'a'", True), ("not 0", True), ("[]", None), ("x", None)),
        *(("x and 0", False), ("x or 1", True), ("x and 1", None), ("1 and 2", True)),
        *(("0 or not 1", False), ("not x", None), ("1 if x else 2", None), ("1 if 1 else x", True)),
    ],
)
def test_truth_is_known_where_no_name_decides(text, known):
    assert truth(ast.parse(text, mode="eval").body) is known


def test_values_are_compared_with_their_types():
    assert same_value((1, ("a", -0.0)), (1, ("a", -0.0)))
    assert not same_value(1, True)
    assert not same_value(1, 1.0)
    assert not same_value(0.0, -0.0)
    assert not same_value((1, 2), (1, True))


SOURCE = "import m\nclass A(B, k=1):\n  x = 1\nif 0:\n  class D: pass\n"


def compared(tmp_path, found):
    file = tmp_path / "module.py"
    file.write_text(SOURCE)
    return compare([str(file)], lambda code: found)


def neutral(**changes):
    expected = facts(SOURCE)
    read_class = {key: value for key, value in expected["classes"][0].items() if key != "unsure"}
    return {"classes": [read_class | changes], "imports": expected["imports"]}


def test_equal_facts_are_no_difference_and_are_counted(tmp_path):
    outcome = compared(tmp_path, neutral())
    assert outcome.differences == []
    assert outcome.counts == {
        **dict.fromkeys(("files", "classes", "bases", "keywords", "attributes", "imports"), 1),
        "dead": 1,
    }


def test_a_dead_class_may_be_found_or_not(tmp_path):
    found = neutral()
    found["classes"].append({"qualname": "D", "line": 5})
    assert compared(tmp_path, found).differences == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"qualname": "Z"}, "class"),
        ({"line": 9}, "class"),
        ({"bases": ["C"]}, "bases"),
        ({"keywords": []}, "keywords"),
        ({"attributes": {}}, "attributes"),
        ({"attributes": {"x": True}}, "attributes"),
        ({"attributes": {"x": 1, "y": 2}}, "attributes"),
    ],
)
def test_a_differing_class_is_told_by_kind(tmp_path, changes, kind):
    assert kind in {each.kind for each in compared(tmp_path, neutral(**changes)).differences}


def test_missing_extra_and_repeated_items_are_told(tmp_path):
    found = neutral()
    found["imports"] = [(0, "n", None, 1)]
    found["classes"] *= 2
    kinds = sorted(each.kind for each in compared(tmp_path, found).differences)
    assert kinds == ["class", "import", "import"]


def test_a_reader_that_raises_is_a_difference(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(SOURCE)
    outcome = compare([str(file)], lambda code: {}["absent"])
    assert [each.kind for each in outcome.differences] == ["crash"]


@pytest.mark.parametrize("source", [b"class", b"return 1", b"a = '\0'", b"# coding: nothing\n"])
def test_a_file_that_does_not_compile_is_skipped_and_counted(tmp_path, source):
    file = tmp_path / "module.py"
    file.write_bytes(source)
    assert compare([str(file)], lambda code: {}).counts == {"skipped": 1}


def test_a_declared_encoding_is_honoured(tmp_path):
    file = tmp_path / "module.py"
    file.write_bytes(b"# coding: latin-1\nclass A:\n  x = '\xe9'\n")
    found = [{"qualname": "A", "line": 2, "bases": [], "keywords": [], "attributes": {"x": "é"}}]
    outcome = compare([str(file)], lambda code: {"classes": found, "imports": []})
    assert outcome.differences == []
