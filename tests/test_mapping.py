"""Every dict operation, before and after discovery, on both kinds of registry."""

from __future__ import annotations

import copy
import operator
import pickle

import pytest

pytest_plugins = ["sample_app"]

BEFORE = """
SHOWN = SecondaryRegistryDict()
class Shown: pass
class Other: pass
"""
BODY = """
__registry_key__ = "name"
__secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, "shown")]
"""


class Case:
    """A lazy mapping, and the plain dict that it must behave as."""

    def __init__(self, lazy, plain):
        self.lazy = lazy
        self.plain = plain


@pytest.fixture(params=["registry", "secondary"])
def make(request, simple_app):
    """Return a function that makes a case; it may be called once."""
    simple_app.base(BODY, BEFORE)
    for letter in "abc":
        simple_app.plugin(letter, (letter.upper(), f"name = {letter!r}; shown = Shown"))

    def making(state):
        base = simple_app.load()
        lazy = base.REG if request.param == "registry" else base.SHOWN
        if state != "before":
            list(lazy)
        if state == "loaded":
            list(base.REG.values())
        return lazy

    making.value = lambda key: (
        getattr(simple_app.load(key), key.upper())
        if request.param == "registry"
        else simple_app.load().Shown
    )
    return making


STATES = ["before", "discovered", "loaded"]


def result(operation, mapping):
    """Return what an operation gives: its value, or the kind of error."""
    try:
        value = operation(mapping)
    except (KeyError, TypeError) as error:
        return KeyError if isinstance(error, KeyError) else TypeError
    return plainly(value)


def plainly(value):
    """Return a view, iterator or lazy mapping as a value that can be compared."""
    if type(value).__name__.lower() in ("keys", "dict_keys"):
        return set(value)
    if type(value).__name__.lower() in ("values", "dict_values"):
        return list(value)
    if type(value).__name__.lower() in ("items", "dict_items"):
        return list(value)
    return value


def changed(operation):
    """Do an operation that changes the mapping; give its value and the mapping after it."""

    def both(mapping):
        value = operation(mapping)
        return value if value is not mapping else "itself", dict(mapping)

    return both


def delete(mapping, key):
    del mapping[key]


def assign(mapping, key, value):
    mapping[key] = value


def through(mapping, operation, *arguments):
    """Apply an in-place operator through a name, as a statement does."""
    return operation(mapping, *arguments)


OPERATIONS = {
    "[]": lambda m: m["a"],
    "[] of no key": lambda m: m["nope"],
    "[] of an unhashable": lambda m: m[[]],
    "in": lambda m: "a" in m,
    "not in": lambda m: "nope" in m,
    "in with an unhashable": lambda m: [] in m,
    "len": len,
    "bool": bool,
    "iter": list,
    "reversed": lambda m: list(reversed(m)),
    "keys": lambda m: m.keys(),
    "keys reversed": lambda m: list(reversed(m.keys())),
    "keys len": lambda m: len(m.keys()),
    "keys in": lambda m: ("a" in m.keys(), "z" in m.keys()),  # noqa: SIM118
    "keys &": lambda m: m.keys() & {"a", "z"},
    "keys |": lambda m: m.keys() | {"z"},
    "keys -": lambda m: m.keys() - {"a"},
    "keys ^": lambda m: m.keys() ^ {"a", "z"},
    "set & keys": lambda m: {"a", "z"} & m.keys(),
    "set - keys": lambda m: {"a", "z"} - m.keys(),
    "keys & list": lambda m: m.keys() & ["a"],
    "keys ==": lambda m: m.keys() == {"a", "b", "c"},
    "keys <=": lambda m: m.keys() <= {"a", "b", "c", "d"},
    "keys isdisjoint": lambda m: m.keys().isdisjoint(["z"]),
    "keys repr": lambda m: repr(m.keys()),
    "keys mapping": lambda m: dict(m.keys().mapping),
    "values": lambda m: m.values(),
    "values reversed": lambda m: list(reversed(m.values())),
    "values len": lambda m: len(m.values()),
    "values in": lambda m: m["a"] in m.values(),
    "values repr": lambda m: repr(m.values()),
    "items": lambda m: m.items(),
    "items reversed": lambda m: list(reversed(m.items())),
    "items in": lambda m: ("a", m["a"]) in m.items(),
    "items not in": lambda m: ("a", 0) in m.items(),
    "items &": lambda m: m.items() & {("a", m["a"])},
    "items ==": lambda m: m.items() == dict(m).items(),
    "get": lambda m: m.get("a"),
    "get of no key": lambda m: m.get("nope"),
    "get with default": lambda m: m.get("nope", 5),
    "== equal": lambda m: m == dict(m),
    "== reflected": lambda m: dict(m) == m,
    "== empty": lambda m: m == {},
    "== other values": lambda m: m == {"a": 1, "b": 2, "c": 3},
    "== no dict": lambda m: m == 5,
    "!= equal": lambda m: m != dict(m),
    "!= empty": lambda m: m != {},
    "|": lambda m: m | {"z": 1},
    "| on the right": lambda m: {"z": 1, "a": 2} | m,
    "| with itself": lambda m: m | m,
    "| with no dict": lambda m: m | [("z", 1)],
    "|= of a plain dict": lambda m: operator.ior({"z": 1}, m),
    "copy": lambda m: m.copy(),
    "type of copy": lambda m: type(m.copy()),
    "type of |": lambda m: type(m | {}),
    "dict()": dict,
    "**": lambda m: {**m},
    "call with **": lambda m: dict(**m),
    "sorted": sorted,
    "hash": hash,
    "match": lambda m: next(iter({k: v for k, v in m.items() if k == "b"})),
    "isinstance": lambda m: isinstance(m, dict),
    "|=": changed(lambda m: through(m, operator.ior, {"z": 1})),
    "set a key": changed(lambda m: assign(m, "a", 5)),
    "set a new key": changed(lambda m: assign(m, "z", 5)),
    "del": changed(lambda m: delete(m, "a")),
    "del of no key": lambda m: delete(m, "nope"),
    "pop": changed(lambda m: m.pop("b")),
    "pop of no key": lambda m: m.pop("nope"),
    "pop with default": changed(lambda m: m.pop("nope", 5)),
    "popitem": changed(lambda m: m.popitem()),
    "popitem of nothing": lambda m: (m.clear(), m.popitem()),
    "setdefault": changed(lambda m: m.setdefault("a", 5)),
    "setdefault of a new key": changed(lambda m: m.setdefault("z", 5)),
    "update": changed(lambda m: m.update({"z": 1}, y=2)),
    "update with pairs": changed(lambda m: m.update([("a", 1)])),
    "clear": changed(lambda m: m.clear()),
    "del then set": changed(lambda m: (delete(m, "a"), assign(m, "a", 1))),
    "pop then in": lambda m: (m.pop("a"), "a" in m, len(m), list(m)),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_does_what_a_dict_does(make, name, state):
    lazy = make(state)
    plain = {key: make.value(key) for key in "abc"} if state != "before" else None
    found = result(OPERATIONS[name], lazy)
    plain = plain or {key: make.value(key) for key in "abc"}
    assert found == result(OPERATIONS[name], plain)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies_and_pickles_are_references(make, copied, state):
    lazy = make(state)
    assert copied(lazy) is lazy


@pytest.mark.parametrize("state", STATES)
def test_repr_names_every_key(make, state):
    assert all(repr(key) in repr(make(state)) for key in "abc")


def test_keys_follow_later_changes(make):
    lazy = make("before")
    keys = lazy.keys()
    del lazy["a"]
    assert list(keys) == ["b", "c"]


def test_changing_while_iterating_is_safe(make):
    lazy = make("before")
    assert [lazy.pop(key) for key in lazy] and not lazy


def test_a_subscript_of_the_class_serves_annotations(make):
    kind = type(make("before"))
    assert kind[str].__origin__ is kind
