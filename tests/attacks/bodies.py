# ruff: noqa: E501 - a table of changes, one a line
"""Changes inside functions, which no record of a module holds, and of what made plugins fail."""

from __future__ import annotations

from attacks.changes import NOTHING, beside, plugin, variable, write
from attacks.corruption import answer
from attacks.tries import attempt

MAKES = "\n    class Made(base):\n        name = 'made'\n    return Made\n"
CALLS = "from target import tools\nfrom target.base import Base\n"
GIVES = "def tell():\n    return {!r}\n"
WORKS_OUT = "def tell():\n    return ''.join(sorted({!r}))\n"
HOOK = "class Mixin:\n    def __init_subclass__(cls, **more):\n        super().__init_subclass__(**more)\n"
RAISES = "def check():\n    raise ValueError('no')\n"
PASSES = "def check():\n    pass\n"
OPENS = "def check():\n    open(__file__ + '.txt').close()\n"
TOLD = "import os\ndef check():\n    if not os.getenv('TARGET_TOLD'):\n        raise ValueError('not told')\n"
ASKS = "import os\ndef check():\n    os.environ['TARGET_TOLD']\n"
FAILING = {"target/b.py": plugin("Beta") + "from target import tools\ntools.check()\n"}
LIBRARY = {"target/b.py": plugin("Beta") + "import dep\ndep.check()\n"}


def tools(text, *others):
    """Return a package's files: *text* for its module of tools, and others by name."""
    return {"target/tools.py": text, **dict(others)}


def in_turn(first, second):
    """Return a change that comes after another one, which was looked at."""

    def change(target):
        first(target)
        answer(attempt(target.look))
        second(target)

    return change


def told_inside(template):
    """Return the row of a function in the package that gives a plugin its key."""
    files = {"target/b.py": "from target import tools\n" + plugin("Beta", "tools.tell()")}
    files |= tools(template.format("one"))
    return files, NOTHING, write(target__tools=template.format("two"))


def told_outside(template):
    """Return the row of a function of another package that does."""
    files = {"target/b.py": "import dep\n" + plugin("Beta", "dep.tell()")}
    files |= {"lib:dep.py": template.format("one")}
    return files, NOTHING, beside({"dep.py": template.format("two")})


MARKED = tools("def mark(cls):\n    return cls\n") | {
    "target/b.py": CALLS + "@tools.mark\nclass B(Base):\n    name = 'b'\n"
}
# As in attacks.changes: files beyond SMALL, what is done before the index is made, the change.
CHANGES = {
    "a function gives another key": told_inside(GIVES),
    "a function outside gives another key": told_outside(GIVES),
    "a function that is called since the last change": (
        tools(GIVES.format("one")) | {"target/b.py": "from target import tools\n" + plugin("Beta")},
        NOTHING,
        in_turn(
            write(target__b="from target import tools\n" + plugin("Beta", "tools.tell()")),
            write(target__tools=GIVES.format("two")),
        ),
    ),
    "a function works out another key": told_inside(WORKS_OUT),
    "a function outside works out another key": told_outside(WORKS_OUT),
    "a function that makes a class now": (
        tools("def make(base):\n    pass\n") | {"target/b.py": CALLS + "tools.make(Base)\n"},
        NOTHING,
        write(target__tools="def make(base):" + MAKES),
    ),
    "a function that no longer makes a class": (
        tools("def make(base):" + MAKES) | {"target/b.py": CALLS + "tools.make(Base)\n"},
        NOTHING,
        write(target__tools="def make(base):\n    pass\n"),
    ),
    "a function two calls away": (
        tools(
            "from target import deep\ndef make(base):\n    deep.make(base)\n",
            ("target/deep.py", "def make(base):\n    pass\n"),
            ("target/b.py", CALLS + "tools.make(Base)\n"),
        ),
        NOTHING,
        write(target__deep="def make(base):" + MAKES),
    ),
    "a method of an instance": (
        tools("class Maker:\n    def make(self, base):\n        pass\nMAKER = Maker()\n")
        | {"target/b.py": CALLS + "tools.MAKER.make(Base)\n"},
        NOTHING,
        write(
            target__tools="class Maker:\n    def make(self, base):\n        class Made(base):\n            name = 'made'\nMAKER = Maker()\n"
        ),
    ),
    "a hook of a mixin": (
        tools(HOOK) | {"target/b.py": CALLS + "class B(tools.Mixin, Base):\n    name = 'b'\n"},
        NOTHING,
        write(
            target__tools=HOOK
            + "        if cls.__name__ == 'B':\n            class Made(cls):\n                name = 'made'\n"
        ),
    ),
    "a decorator": (
        MARKED,
        NOTHING,
        write(target__tools="def mark(base):" + MAKES),
    ),
    "a decorator that raises": (
        MARKED,
        NOTHING,
        write(target__tools="def mark(cls):\n    raise ValueError\n"),
    ),
    "what made a plugin fail": (tools(RAISES) | FAILING, NOTHING, write(target__tools=PASSES)),
    "what lets a plugin fail now": (tools(PASSES) | FAILING, NOTHING, write(target__tools=RAISES)),
    "a library that made a plugin fail": (
        {"lib:dep.py": RAISES} | LIBRARY,
        NOTHING,
        beside({"dep.py": PASSES}),
    ),
    "a file that a plugin failed without": (
        tools(OPENS) | FAILING,
        NOTHING,
        lambda t: t.write({"target/tools.py.txt": ""}),
    ),
    "a variable that a plugin failed without": (
        tools(ASKS) | FAILING,
        NOTHING,
        variable("TARGET_TOLD", "1"),
    ),
    "a variable that a failed plugin looked at": (
        tools(TOLD) | FAILING,
        NOTHING,
        variable("TARGET_TOLD", "1"),
    ),
    "a module that a plugin failed without": (
        tools("import importlib\ndef check():\n    importlib.import_module('d' + 'ep')\n")
        | FAILING,
        NOTHING,
        beside({"dep.py": ""}),
    ),
}
