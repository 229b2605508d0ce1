"""Verifying compares what reading finds with what importing gives, in a child interpreter."""

from __future__ import annotations

import pytest

pytest_plugins = ["command"]


def verdict(zoo, *target, code=0):
    """Return what was found of the one registry that *target* names."""
    found = zoo.json("verify", *target, code=code)
    (registry,) = found["registries"]
    assert found["sound"] is (code == 0)
    return registry


def test_a_listing_that_equals_import_is_sound(zoo):
    (zoo.folder / "zoo" / "dodo.py").unlink()
    found = verdict(zoo, "zoo")
    seconds = found.pop("seconds")
    assert seconds > 0
    assert found == {
        "name": "animal",
        "package": "zoo",
        "modules": 3,
        "plugins": 1,
        "missing": [],
        "extra": [],
        "fails_at_import": [],
        "fails_at_import_percent": 0.0,
        "undecided": [],
        "undecided_percent": 0.0,
    }


def test_what_only_importing_shows_is_named_and_no_finding(zoo):
    found = verdict(zoo, "zoo:ANIMALS")
    (dodo,) = found["fails_at_import"]
    assert (dodo["key"], dodo["class"]) == ("dodo", "zoo.dodo:Dodo")
    assert "extinct" in dodo["reason"]
    assert found["fails_at_import_percent"] == 25.0


def test_modules_that_reading_does_not_settle_are_named(zoo):
    zoo.write({
        "zoo/late.py": """
            from zoo import Animal

            class Late(Animal):
                name = min("late", "never")
        """
    })  # fmt: skip
    found = verdict(zoo, "zoo")
    assert [one["module"] for one in found["undecided"]] == ["zoo.late"]
    assert found["undecided_percent"] == 20.0
    assert found["plugins"] == 3


FICKLE = """
    import zoo

    class Extra(zoo.Animal):
        name = "extra"
"""


def test_a_difference_is_a_finding_and_named(zoo):
    # The package takes its base's metaclass away behind the reader's back while it is imported.
    zoo.write({"zoo/extra.py": FICKLE})
    zoo.write({
        "zoo/an.py": """
            import zoo

            class Shadow:
                pass

            globals()["zoo"].__dict__["Animal"] = Shadow
        """
    })  # fmt: skip
    found = verdict(zoo, "zoo", code=1)
    assert {"key": "extra", "class": "zoo.extra:Extra"} in found["extra"]


def test_it_is_printed_for_people(zoo):
    done = zoo("verify", "zoo")
    assert done.returncode == 0
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "animal in zoo: sound"
    assert {"missing 0", "extra 0", "fails_at_import 1, 25.0 % of the modules"} <= set(lines)
    assert "undecided 0, 0.0 % of the modules" in lines


@pytest.mark.parametrize(
    ("package", "base"),
    [
        ("pip._internal.commands", "pip._internal.cli.base_command:Command"),
        ("logging", "logging:Filterer"),
        ("json", "builtins:ValueError"),
        ("setuptools", "distutils.cmd:Command"),  # adds to the path, replaces classes of others
        ("setuptools", "setuptools:Command"),
    ],
)
def test_real_packages_are_sound(plugindex, package, base):
    found = verdict(plugindex, "--package", package, "--base", base)
    assert (found["missing"], found["extra"], found["fails_at_import"]) == ([], [], [])
    assert found["plugins"] > 0


def test_nothing_to_verify_is_refused(plugindex):
    assert "there is no module zoo" in plugindex.refused("verify", "zoo")
