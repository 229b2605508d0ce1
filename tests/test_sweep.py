"""The sweep over an environment finds packages and bases, and tells what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import sweep


def test_an_installed_package_is_verified(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sweep.py", "--bases", "1", "pluggy"])
    assert sweep.main() == 0
    assert "sound, undecided" in capsys.readouterr().out


def test_packages_in_namespace_packages_are_found(tmp_path):
    for path in ("flat", "space/inner", "space/_own", "tests", "no-name"):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "__init__.py").write_text("")
    assert list(sweep.packages(tmp_path)) == ["flat", "space._own", "space.inner"]


def test_the_classes_from_which_most_derive_are_asked_about(tmp_path):
    (tmp_path / "flat").mkdir()
    for number in range(4):
        (tmp_path / "flat" / f"m{number}.py").write_text(
            "import flat\nclass A(flat.Base[int]): 0\n"
        )
    (tmp_path / "flat" / "__init__.py").write_text(
        "class Base: pass\nclass Once(Exception): pass\n"
    )
    found = list(sweep.pairs(tmp_path, "flat", 3))
    assert found == [("flat", "flat:Base")]


@pytest.mark.parametrize(("base", "told"), [("json:dumps", "it is no class"), ("json:No", "found")])
def test_a_base_that_can_not_serve_is_told(base, told):
    assert told in sweep.outcome(sys.executable, "json", base, {"PYTHONPATH": str(Path("src"))})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--python", "/nowhere/python"], "name an interpreter"),
        (["no_such_package"], "there is no package no_such_package"),
        (["--bases", "x"], "invalid int value"),
    ],
)
def test_a_wrong_argument_gets_one_message(monkeypatch, capsys, arguments, told):
    monkeypatch.setattr(sys, "argv", ["sweep.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        sweep.main()
    assert caught.value.code == 2 and told in capsys.readouterr().err
