"""Modules that come to something else when others were imported before them are listed so."""

from __future__ import annotations

import pytest

pytest_plugins = ["command"]


@pytest.fixture
def verdict(plugindex):
    """Write a package ``herd`` and return what verifying it, or importing it in a child, gives."""

    def run(*, code=0, **modules):
        texts = {"__init__": "", "base": "class Base: pass\n", **modules}
        plugindex.write({f"herd/{n}.py": text for n, text in texts.items()})
        target = ("--package", "herd", "--base", "herd.base:Base")
        (found,) = plugindex.json("verify", *target)["registries"]
        assert (found["missing"], found["extra"]) == ([], [])
        return plugindex.json("list", *target, code=code)

    return run


def listed(found):
    return [one["class"] for one in found["registries"][0]["plugins"]]


# Reading can't tell what comes out of such a decorator.
DECORATED = """\
import json
from herd.base import Base

@(json.loads("[]") or (lambda cls: cls))
class One(Base):
    pass
"""


def test_a_module_that_fails_alone_in_a_circle_of_imports(verdict):
    found = verdict(first="from herd.one import One\n", one="import herd.first\n" + DECORATED)
    assert listed(found) == ["herd.one:One"]


def test_a_module_that_needs_what_another_sets(verdict):
    found = verdict(
        first="import herd.base\nherd.base.Base.kind = 'set'\n",
        one=DECORATED + "Base.kind\n",
    )
    assert listed(found) == ["herd.one:One"]


def test_a_module_that_finds_nothing_to_drive_fails_without_importing_the_others(verdict):
    found = verdict(code=1, one=DECORATED + "raise ImportError('no driver')\n", other="")
    assert listed(found) == []
    assert found["stats"]["imported"] == 1


def test_a_name_that_a_whole_module_lacks_comes_from_no_order_of_imports(verdict):
    found = verdict(code=1, one=DECORATED + "from herd import nowhere\n", other="")
    assert listed(found) == []
    assert found["stats"]["imported"] == 1
