"""Spoiled and forged indexes in an installed package: no error, no wrong answer, no import."""

from __future__ import annotations

import json
import os

import pytest

pytest_plugins = ["shipping_app"]

KEYS = ["one", "uno", "two"]
ROUNDS = int(os.environ.get("PLUGINDEX_SPOILED", "200"))
# Spoils the file in many ways in one process, which lists anew each time. What is only damaged, so
# that the seal breaks, must change no answer; what is forged and sealed again, as only somebody
# could who can write the package itself, may hide something, but never raise or import.
SPOIL = """
import copy, json, os, random, sys
from pathlib import Path
from APP.base import REG
from plugindex import codec, store
list(REG)
file, rounds, forged = Path(os.environ["SHIPPED"]), int(os.environ["ROUNDS"]), os.environ["FORGED"]
good, chance = file.read_bytes(), random.Random(7)
document = store.parse(good)
decoded = lambda texts: {name: codec.decode(text) for name, text in texts.items()}
HEAD, TAIL = decoded(document.raw_head()), decoded(document.raw_tail())
ODD = [None, True, -1, 10**30, 1.5, "", "os", "os:system", [], {}, [[]], {"": 0}, ["x"] * 3]

def damaged():
    data, kind = bytearray(good), chance.randrange(5)
    at = chance.randrange(len(data))
    if kind == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        data[at:at + 64] = bytes(64)
    elif kind == 3:
        data[at:at] = data[:at]
    else:
        data[at:at + 8] = b"[" * 100_000
    return bytes(data)

def spoil(value):
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        changed = {**value, name: spoil(value[name])}
        if chance.random() < 0.1:
            del changed[name]
        return changed
    if isinstance(value, list) and value and chance.random() < 0.9:
        at = chance.randrange(len(value))
        return [*value[:at], spoil(value[at]), *value[at + 1:]]
    return chance.choice(ODD)

def sealed():
    both = [copy.deepcopy(HEAD), copy.deepcopy(TAIL)]
    which = chance.randrange(2)
    for _ in range(chance.choice([1, 1, 3])):
        changed = spoil(both[which])
        named = isinstance(changed, dict) and all(one.isidentifier() or which for one in changed)
        both[which] = changed if named else both[which]
    return store.pack(both[0], "records", both[1])

before, wrong, raised = set(sys.modules), [], []
for number in range(rounds):
    data = sealed() if forged else damaged()
    file.write_bytes(data)
    try:
        REG.refresh()
        keys = list(REG)
    except Exception as error:
        raised.append([number, repr(error)])
        continue
    if keys != ["one", "uno", "two"]:
        wrong.append([number, repr(keys)])
new = {name.partition(".")[0] for name in set(sys.modules) - before}
imported = sorted(new & {"APP", "not_there_yet"})
print(json.dumps({"wrong": wrong, "raised": raised, "imported": imported}))
"""


@pytest.fixture
def shipped(shipping):
    """The application with its index."""
    shipping.build()
    return shipping


def spoil(shipped, rounds, forged):
    """Spoil the shipped index and return what that did."""
    settings = {"SHIPPED": str(shipped.file), "ROUNDS": str(rounds), "FORGED": forged}
    return json.loads(shipped.app.run(SPOIL, HOME="", XDG_DATA_HOME="", **settings))


def test_damage_changes_no_answer(shipped):
    told = spoil(shipped, ROUNDS, "")
    assert told == {"wrong": [], "raised": [], "imported": []}


def test_forgeries_raise_nothing_and_import_nothing(shipped):
    told = spoil(shipped, ROUNDS, "yes")
    assert (told["raised"], told["imported"]) == ([], [])


def forge_results(change):
    """Return a forgery of every result of a module."""

    def forge(head, tail):
        for name, entry in tail.items():
            if name[:1] == "=":
                change(entry[1])

    return forge


def name_others(result):
    for plugin in result["plugins"]:
        plugin["module"], plugin["qualname"] = "os", "system"


def name_functions(result):
    result["plugins"] = [{"key": "x", "module": "os", "qualname": "system"}]


def odd_keys(result):
    for plugin in result["plugins"]:
        plugin["key"] = {"tuple": [{"enum": [1, 2, 3]}]}


def no_names(result):
    for plugin in result["plugins"]:
        plugin["qualname"] = ""


@pytest.mark.parametrize("change", [name_others, name_functions, odd_keys, no_names])
def test_results_that_name_what_is_not_theirs_are_ignored(shipped, change):
    shipped.reseal(forge_results(change))
    told = shipped.list()
    assert (told["keys"], told["imported"]) == (KEYS, [])


def other_content(head, tail):
    for entry in head["modules"].values():
        entry[0] = entry[2] = "0" * 32


def without_records(head, tail):
    tail.clear()


def other_package(head, tail):
    head["package"] = "os"


def deep(head, tail):
    head["footprints"] = [[["x"] * 100_000, {}]]


def classes_without_names(head, tail):
    for name, record in tail.items():
        if name[:1] != "=":
            for entry in record[1]:
                entry[0] = ""
    for name in [name for name in tail if name[:1] == "="]:
        del tail[name]


FORGERIES = [other_content, without_records, other_package, deep, classes_without_names]


@pytest.mark.parametrize("change", FORGERIES)
def test_what_does_not_fit_is_read_instead(shipped, change):
    shipped.reseal(change)
    assert shipped.list()["keys"] == KEYS


def test_a_folder_a_link_that_loops_or_a_pipe_in_its_place_is_passed_over(shipped):
    path = shipped.file
    path.unlink()
    for make in (os.mkfifo, os.mkdir, lambda place: os.symlink(place, place)):
        make(path)
        assert shipped.list()["keys"] == KEYS
        os.rmdir(path) if path.is_dir() else path.unlink()


def test_an_empty_file_and_one_of_another_kind_are_passed_over(shipped):
    for data in (b"", b"\x80\x04.", b"PK\x03\x04", b'{"seal":[1,0,"",0,""],\n'):
        shipped.file.write_bytes(data)
        assert shipped.list()["keys"] == KEYS
        assert "damaged" in shipped.report()[0]["why"] or not data


def test_a_forged_index_is_seen_by_check_and_doctor(shipped):
    shipped.reseal(forge_results(lambda result: result["plugins"].clear()))
    assert shipped.list()["keys"] == []
    shipped.command("check", shipped.app.name, "--distribution", "app-kit", code=1)
    shipped.command("doctor", f"{shipped.app.name}.base:REG", code=1)
