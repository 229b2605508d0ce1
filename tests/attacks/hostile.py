# ruff: noqa: E501 - tables of fragments
"""Family 5: plugins that misbehave, and cache files that lie, under the eyes of an audit hook."""

from __future__ import annotations

import os
import sys
from random import Random

from attacks import mutations
from attacks.changes import SMALL, plugin
from attacks.corruption import FILES, Prey, answer
from attacks.scores import times
from attacks.targets import Target, expected, judged
from attacks.tries import attempt

FAMILY = "hostile plugins and caches"
MODULES = {
    "exits": "import sys\nsys.exit(3)\n",
    "exits with a text": "raise SystemExit('no')\n",
    "interrupts": "raise GeneratorExit\n",
    "raises what can't be shown": "class E(Exception):\n    def __str__(self): raise E\nraise E\n",
    "raises a group": "raise ExceptionGroup('x', [ValueError()])\n",
    "recurses": "def f(): f()\nf()\n",
    "prints": "import sys\nprint('x' * 100_000)\nsys.stderr.write('y' * 100_000)\n",
    "closes its output": "import sys\nsys.stdout = None\nsys.stderr = None\n",
    "starts a thread": "import threading\nthreading.Thread(target=lambda: None).start()\n",
    "changes the folder": "import os\nos.chdir('/')\n",
    "removes itself from the modules": "import sys\ndel sys.modules[__name__]\n",
    "puts another thing in its place": "import sys\nsys.modules[__name__] = None\n",
    "imports itself": "import target.b\n",
    "imports in a loop": "import target.loop\n",
    "changes the path": "import sys\nsys.path.insert(0, '/nowhere')\n",
    "empties the path": "import sys\nkept = sys.path[:]\nsys.path[:] = []\nsys.path[:] = kept\n",
    "changes its name": "__name__ = 'other'\n",
    "has null bytes": b"x = 1\0\n",
    "has an unknown encoding": b"# coding: nothing\n",
    "is no UTF-8": b"x = '\xff'\n",
    "is empty": "",
    "is nested deeply": "x = " + "(" * 150 + ")" * 150 + "\n",
    "is nested too deeply": "x = " + "(" * 5000 + ")" * 5000 + "\n",
    "adds up a thousand things": "x = " + "+".join(["1"] * 3000) + "\n",
    "binds a huge number": "x = 0x" + "f" * 20_000 + "\n",
    "binds an infinity": "x = 1e999\ny = -1e999\n",
    "binds odd texts": "x = '\\ud800', b'\\xff', '\\0', ...\n",
    "warns": "import warnings\nwarnings.filterwarnings('ignore')\nx = '\\d'\n",
}
KEYS = {
    "True": "True", "a negative number": "-1", "a float": "1.5", "an infinity": "1e999",
    "a huge number": "0x" + "f" * 5000, "a power": "10**5000", "an empty text": "''", "a mark": "'!'",
    "a marked text": "'!{\"enum\": 1}'", "a surrogate": "'\\ud800'", "a null": "'a\\0b'",
    "lines": "'a\\nb'", "bytes": "b'\\xff'", "a complex number": "1j", "an ellipsis": "...",
    "a tuple": "(1, (2, b'x'), None)", "a deep tuple": "(" * 80 + "1," + ",)" * 80,
    "a frozenset": "frozenset({1, 2})", "a type": "int", "a range": "range(3)",
    "a long text": "'x' * 100_000", "None": "None", "a list": "[1]", "not a number": "float('nan')",
    "a text's subclass": "type('S', (str,), {})('s')", "a slice's text": "'abc'[1:]",
    "a function's result": "max('a', 'b')", "a format": "f'{1}x'", "a lambda": "lambda: 1",
    "a property": "property(lambda self: 1)", "two texts": "'a' 'b'", "a zero below": "-0.0",
}  # fmt: skip


def modules(score, folder, scale):
    """Modules that misbehave as they are imported, with a plugin before or after that."""
    for number, (name, text) in enumerate(MODULES.items()):
        for place, order in enumerate(("before", "after")):
            target = Target(folder / f"{number}-{place}", SMALL)
            target.write(
                {"target/b.py": _joined(text, order), "target/loop.py": "import target.b\n"}
            )
            _judge(score, target, f"{name}, {order} its class")


def _joined(text, order):
    both = (text if isinstance(text, bytes) else text.encode()), plugin("Beta").encode()
    return b"".join(both if order == "before" else both[::-1])


def keys(score, folder, scale):
    """Keys of every odd kind."""
    for number, (name, key) in enumerate(KEYS.items()):
        target = Target(folder / str(number), SMALL | {"target/b.py": plugin("Beta", key)})
        _judge(score, target, name)


def _judge(score, target, name):
    for turn in ("", ", the next start"):
        outcome = attempt(target.look)
        truth = answer(attempt(target.truth))
        score.judge(name + turn, judged(outcome, truth), expected(truth))


def large(score, folder, scale):
    """A module of 10 MB, and 1,000 broken ones."""
    target = Target(folder / "long", SMALL)
    target.write({"target/b.py": plugin("Beta") + f"x = {'y' * 10_000_000!r}\n"})
    _judge(score, target, "10 MB in one text")
    target.write({"target/b.py": "# " + "y" * 100 + "\n" + "x = 1\n" * 100_000 + plugin("Beta")})
    _judge(score, target, "100,000 lines")
    broken = ("class (:\n", "import nowhere_at_all\n" + plugin("X"), "raise ValueError\n")
    files = {f"target/m{n}.py": broken[n % 3] for n in range(1000)}
    target = Target(folder / "broken", SMALL | files)
    _judge(score, target, "1,000 broken modules")


class Watched:
    """Raise nothing, but note each module of the package whose code runs."""

    def __init__(self, site, allowed):
        self.site, self.allowed, self.ran = str(site), allowed, set()
        sys.addaudithook(self._note)

    def _note(self, event, arguments):
        if event == "exec":
            name = getattr(arguments[0], "co_filename", "")
            if name.startswith(self.site) and not name.endswith(self.allowed):
                self.ran.add(os.path.relpath(name, self.site))


ALLOWED = ("target/__init__.py", "target/base.py", "target/kinds.py")


def listing(score, folder, scale):
    """No plugin runs while keys, attributes and problems are asked for, cold, warm and renewed."""
    prey = Prey(folder)
    for name in ("warm", "cold", "renewed", "warm again"):
        if name == "cold":
            prey.clear()
        if name == "renewed":
            prey.target.write({"target/new.py": plugin("New")})
        score.judge(name, attempt(lambda: _list_watched(prey.target)), set())


def _list_watched(target):
    watched = Watched(target.site, ALLOWED)
    target.enter()
    registry = target.registry()
    len(registry), [registry.info(key) for key in registry], registry.find(size=1)
    repr(registry), registry.problems, registry.stats, registry.refresh(), "x" in registry
    return watched.ran


OUTSIDE = {
    "target_evil.py": "open(__file__ + '.ran', 'w')\n" + plugin("Evil", "'evil'"),
    "target/__main__.py": "open(__file__ + '.ran', 'w')\n",
    "target/base_functions.py": "from target.base import Base\ndef Made(): return Base\n",
}
NAMES = ("target_evil", "os", "antigravity", "target.__main__", "target.", ".target", "", "target..a",
         "target.base_functions", "target.base", "builtins", "target.plain", "target/../evil")  # fmt: skip
QUALNAMES = ("Evil", "One", "Made", "Base", "__class__", "system", "object", "REG", "One.__init__",
             "One.__subclasses__", "", ".", "One.", "\0")  # fmt: skip


def lies(score, folder, scale):
    """Sealed cache files whose entries name what they should not.

    What is loaded must be the truth, or nothing: a lie may hide a plugin, and no more. Nothing
    outside the scope runs.
    """
    prey = Prey(folder, FILES | OUTSIDE)
    hidden = 0
    for number in range(times(20, scale)):
        random = Random(f"lie {number}")
        prey.put(_forged(prey.sound, random))
        outcome = attempt(lambda: _look_watched(prey.target))
        wrong = _wrong(outcome, prey.truth["entries"])
        hidden += wrong == "hidden"
        score.judge(f"seed 'lie {number}'", outcome._replace(value=wrong)
                    if outcome.kind == "answered" else outcome, "", "hidden")  # fmt: skip
    score.notes.append(f"tries in which a lie hid a plugin, as it may: {hidden}")


def _forged(data, random):
    head, tail = mutations.opened(data)
    for _ in range(random.choice((1, 1, 3))):
        entry = head["items"][random.choice([*head["items"]])]
        for name, values in (("module", NAMES), ("qualname", QUALNAMES)):
            if random.random() < 0.7:
                entry[name] = random.choice(values)
        if random.random() < 0.3:
            entry["provider"] = random.choice(("kit", "target", "os"))
    if random.random() < 0.3:
        forged = f'!{{"enum":["{random.choice(NAMES)}","Kind","A"]}}'
        head["items"][forged] = head["items"].pop("one")
    return mutations.sealed(head, tail)


def _look_watched(target):
    watched = Watched(target.site / "target", ("\0",))
    target.enter()
    registry = target.registry()
    from plugindex import RegistryError

    found = {}
    for key in [*registry]:
        try:
            found[repr(key)] = f"{registry[key].__module__}:{registry[key].__qualname__}"
        except RegistryError as error:
            found[repr(key)] = type(error).__name__
    registry.values(), registry.problems, [registry.info(key) for key in registry]
    ran = [name for name in os.listdir(target.site) if name.endswith(".ran")]
    return (
        found,
        ran + [name for name in watched.ran if "__main__" in name],
        "antigravity" in sys.modules,
    )


def _wrong(outcome, truth):
    if outcome.kind != "answered":
        return ""
    found, ran, flew = outcome.value
    loaded = {name for name in found.values() if ":" in name}
    if ran or flew or not loaded <= {*truth.values()}:
        return f"loaded {loaded - {*truth.values()}}, ran {ran}"
    return "" if loaded == {*truth.values()} else "hidden"


ATTACKS = {
    "modules that misbehave": modules,
    "keys of every odd kind": keys,
    "10 MB long, 100,000 lines, 1,000 broken": large,
    "no plugin runs while listing (audit hook)": listing,
    "cache files that lie (audit hook)": lies,
}
