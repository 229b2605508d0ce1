"""The reader finds in code objects what the oracle finds in source text, on real and odd code."""

import os
import sys

import pytest

from oracle.comparing import compare, compare_in_processes, corpus
from plugindex import reader

FEWEST_CLASSES = 10_000
SHOWN = 20

# What large packages seldom hold, and every reader of byte code trips over.
ODD_SOURCES = {
    "starred bases": "class A(*b): pass\nclass C(B, *b, D): pass",
    "keyword mappings": "class A(B, metaclass=M, k=1, **w): pass\nclass C(**w): pass",
    "starred bases and keywords": "class A(*b, B, k=1, **w, **v): pass",
    "no names in bases": "class A(f(), g().B, h()[T], B[T].C, m.D[T][U]): pass",
    "a conditional base": "class A(B, c if d else e): pass",
    "a slice in a base": "class A(B[c:d]): pass",
    "private names": "class A:\n  __x = 1\n  class __B(__C, d.__e):\n    import __m",
    "a global class": "class A:\n  global B, x\n  x = 1\n  class B: y = 2",
    "dunder literals": "class A:\n  __hash__ = None\n  __match_args__ = ('a',)",
    "a long text": f"class A:\n  x = {'a' * 5000!r}",
    "decorators": "@f\n@g(x=1)\nclass A:\n  @h\n  class B(C): x = 1",
    "both branches": "if x:\n  class A: y = 1\nelse:\n  class A: y = 2",
    "a finally block": "try:\n  import a\nfinally:\n  import b\n  class C: x = 1",
    "a loop left through finally": (
        "for i in j:\n  try:\n    if k: break\n    if l: continue\n"
        "  finally:\n    import b\n    class C: x = 1"
    ),
    "every block": (
        "class A:\n  for i in j:\n    x = 1\n  else: y = 1\n  while k: z = 1\n"
        "  with l as m: n = 1\n  try: o = 1\n  except E as e: p = 1\n  else: q = 1\n"
        "  finally: r = 1\n  match s:\n    case {'t': u, **v}: w = 1\n    case _: a = 1\n  b = 2"
    ),
    "exception groups": (
        "try: f()\nexcept* E: g()\nexcept* F:\n  with h() as a, i() as b:\n    class C: x = 1"
    ),
    "rebinding": "class A:\n  x = f()\n  x = 1\n  y = 1\n  y += 1\n  del x\n  x = 2\n  def y(s): 0",
    "unpacking": "class A:\n  a, b = 1, 2\n  c, d = f(), 2\n  (e, *g) = (1, 2, 3)\n  h = 1",
    "short circuits": "class A:\n  a = 1 if b else 2\n  c = b or 1\n  d = b and 1\n  e = 1",
    "comprehensions": "class A:\n  a = [b for b in c]\n  d = {e: f for e, f in g if e}\n  b = 1",
    "relative imports": "from .. import x\nfrom ...y import z, w as v\nfrom .u import *",
    "a changed global": "class A: pass\ndef f():\n  global A\n  del A\nclass B(A): pass",
    "dead code": "if 0: import a\nif __debug__: import b\nelse: import c\nwhile 1: 0\nimport d",
}
GENERIC_SOURCES = {
    "an imported base": "from m import P\nclass A[T](P): x = 1",
    "a base of the module": "class P: pass\nclass A[T](P, Exception, m.Q): x = 1",
    "a base with the parameter": "class A[T: int, *U, **V](B[T], C, k=T):\n  class D[W](E[W]): 1",
    "type aliases": "type X[T] = list[T]\nclass A:\n  type Y = int\n  def m[Z](s): 0\n  x = 1",
}
if sys.version_info >= (3, 12):
    ODD_SOURCES |= {f"generic class, {name}": each for name, each in GENERIC_SOURCES.items()}


@pytest.mark.parametrize("source", ODD_SOURCES.values(), ids=ODD_SOURCES.keys())
def test_reader_agrees_with_the_oracle_on_odd_code(tmp_path, source):
    file = tmp_path / "odd.py"
    file.write_text(source + "\n")
    outcome = compare([str(file)], reader.facts)
    assert outcome.counts["files"] == 1
    assert list(map(str, outcome.differences)) == []


@pytest.mark.corpus
def test_reader_agrees_with_the_oracle_on_the_library_and_the_installed_packages(capsys):
    outcome = compare_in_processes(corpus(), "plugindex.reader:facts", os.cpu_count() or 1)
    with capsys.disabled():
        print(f"\n{outcome}")
    shown = "\n".join(map(str, outcome.differences[:SHOWN]))
    assert not outcome.differences, f"{len(outcome.differences)} differences:\n{shown}"
    assert outcome.counts["classes"] >= FEWEST_CLASSES, "install the test dependencies"
