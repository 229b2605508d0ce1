"""What importing the engine and declaring a base cost, and what the root exports."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import plugindex
from plugindex import LazyDiscoveryDict, SecondaryRegistryDict

DECLARE = """
from plugindex import (
    PRIMARY_KEY, AutoRegister, AutoRegisterMeta, LazyDiscoveryDict, RegistryConfig,
    SecondaryRegistry, SecondaryRegistryDict, make_suffix_extractor,
)
"""
BASE = """
SHOWN = {}
class Base(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"
    __key_extractor__ = make_suffix_extractor("Handler")
    __secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, "shown")]
class Other(AutoRegister):
    __registry_key__ = "name"
class Plugin(Base):
    name = "one"
assert Base.__registry__["one"] is Plugin
"""
# Beyond the engine's own modules; a module that is missing here must earn its place.
ALLOWED = {"__future__"}


def told(code):
    """Run *code* in a fresh interpreter and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def modules_of(code):
    """Return the modules that *code* imports into a fresh interpreter."""
    lines = ["import sys", "before = set(sys.modules)", code, "found = set(sys.modules) - before"]
    return set(told("\n".join([*lines, "import json", "print(json.dumps(sorted(found)))"])))


def test_importing_the_root_imports_nothing_else():
    assert modules_of("import plugindex") <= {"plugindex"} | ALLOWED


def test_declaring_a_base_imports_the_engine_alone():
    found = modules_of(DECLARE + BASE)
    foreign = {name for name in found if name.partition(".")[0] != "plugindex"}
    assert foreign <= ALLOWED


@pytest.mark.parametrize(
    "heavy", ["index", "loader", "reader", "resolver", "finder", "cache", "store", "sandbox"]
)
def test_declaring_a_base_loads_no_machinery(heavy):
    assert f"plugindex.{heavy}" not in modules_of(DECLARE + BASE)


def test_declaring_a_base_touches_no_file_and_starts_nothing():
    code = f"""
import sys, json
{DECLARE}
make_suffix_extractor, AutoRegister
code = compile({BASE!r}, "base", "exec")
events = []
sys.addaudithook(lambda event, arguments: events.append(event))
exec(code)
seen = set(events)
print(json.dumps(sorted(seen)))
"""
    outside = ("open", "os.", "import", "subprocess.", "socket.", "glob.", "pathlib.", "marshal.")
    assert [event for event in told(code) if event.startswith(outside)] == []


def test_every_exported_name_is_there():
    assert all(getattr(plugindex, name) is not None for name in plugindex.__all__)


def test_the_names_are_listed_once_and_sorted_for_dir():
    assert dir(plugindex) == sorted(set(plugindex.__all__))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        plugindex.nope  # noqa: B018


@pytest.mark.parametrize("kind", [LazyDiscoveryDict, SecondaryRegistryDict])
def test_a_hit_runs_no_python_code_of_ours(kind):
    assert kind.__getitem__ is dict.__getitem__


def test_every_exported_name_has_a_home_and_the_other_way_round():
    assert set(plugindex.HOMES) == set(plugindex.__all__)
