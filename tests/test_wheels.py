"""Wheels that build backends make with our hooks, installed by pip, listed in fresh processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = """
[build-system]
requires = ["{backend}", "plugindex"]
build-backend = "{module}"

[project]
name = "zoo-kit"
version = "1.2"
{table}
"""
HATCH = """
[tool.hatch.build.targets.wheel]
packages = ["src/zoo"]

[tool.hatch.build.hooks.plugindex]
packages = {packages}
"""
SETUPTOOLS = """
[tool.plugindex]
packages = {packages}
"""
BACKENDS = {
    "hatchling": ("hatchling.build", HATCH),
    "setuptools": ("setuptools.build_meta", SETUPTOOLS),
}
ZOO = {
    "__init__.py": """
from plugindex import AutoRegisterMeta

class Animal(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"

ANIMALS = Animal.__registry__
""",
    "cat.py": 'from zoo import Animal\n\nclass Cat(Animal):\n    name = "cat"\n',
    "big/__init__.py": "",
    "big/lion.py": 'from zoo.cat import Cat\n\nclass Lion(Cat):\n    name = "lion"\n',
}
BUILD = "import sys, {module} as backend; print(backend.{step}(sys.argv[1]))"
LIST = """
import json, sys
from zoo import ANIMALS
print(json.dumps({
    "keys": list(ANIMALS), "read": ANIMALS.stats.read, "child": ANIMALS.stats.imported,
    "imported": "zoo.cat" in sys.modules,
}))
"""


class Project:
    """A project on disk, whose backend is called as a build frontend calls it."""

    def __init__(self, folder, backend):
        self.folder, self.backend = folder / "project", backend
        self.write('["zoo"]')
        for name, text in ZOO.items():
            file = self.folder / "src" / "zoo" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def write(self, packages):
        """Write the project's own file."""
        module, table = BACKENDS[self.backend]
        table = table.format(packages=packages)
        self.folder.mkdir(exist_ok=True)
        text = PROJECT.format(backend=self.backend, module=module, table=table)
        (self.folder / "pyproject.toml").write_text(text)

    def run(self, step, out, check=True):
        """Call the backend; return what it printed."""
        out.mkdir(exist_ok=True)
        code = BUILD.format(module=BACKENDS[self.backend][0], step=step)
        return run([sys.executable, "-c", code, str(out)], self.folder, check)

    def wheel(self, out, step="build_wheel"):
        """Return the wheel that the backend makes."""
        self.run(step, out)
        (found,) = out.glob("*.whl")
        return found


def run(command, folder, check=True, **environment):
    """Run a command and return what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "SOURCE_DATE_EPOCH": "1700000000"}
        | environment,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout if check else done.stdout + done.stderr


def install(wheel, target, *options):
    """Install a wheel into a folder of its own, without a network."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", *options]
    run([sys.executable, "-m", "pip", "install", *quiet, "--target", target, wheel], target.parent)


def listed(folder, home):
    """Return what a fresh process lists of a package in *folder*, without a place for a cache."""
    nowhere = {"HOME": home, "XDG_DATA_HOME": home, "PYTHONPATH": str(folder)}
    return json.loads(run([sys.executable, "-P", "-c", LIST], "/", **nowhere))


@pytest.fixture(params=sorted(BACKENDS))
def project(request, tmp_path):
    """A project for each backend."""
    return Project(tmp_path, request.param)


def names_in(wheel):
    """Return the names of the shipped indexes in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return [one for one in archive.namelist() if Path(one).name.startswith("plugindex.")]


WANTED = {"keys": ["lion", "cat"], "read": 0, "child": 0, "imported": False}


@pytest.mark.parametrize("options", [("--compile",), ("--no-compile",)])
def test_a_wheel_that_was_installed_lists_without_reading(project, tmp_path, options):
    wheel = project.wheel(tmp_path / "dist")
    (name,) = names_in(wheel)
    assert name.startswith(f"zoo/plugindex.{sys.implementation.cache_tag}")
    install(wheel, tmp_path / "target", *options)
    assert listed(tmp_path / "target", "") == WANTED


def test_an_install_that_can_not_be_written_lists_without_reading(project, tmp_path):
    install(project.wheel(tmp_path / "dist"), tmp_path / "target")
    home = tmp_path / "home"
    home.mkdir()
    for folder in (tmp_path / "target", home):
        run(["chmod", "-R", "a-w", str(folder)], "/")
    try:
        assert listed(tmp_path / "target", str(home / "none")) == WANTED
    finally:
        run(["chmod", "-R", "u+w", str(tmp_path / "target"), str(home)], "/")


def test_a_wheel_on_the_path_lists_without_reading(project, tmp_path):
    assert listed(project.wheel(tmp_path / "dist"), "") == WANTED


def test_an_edit_of_the_installed_files_is_seen(project, tmp_path):
    install(project.wheel(tmp_path / "dist"), tmp_path / "target")
    file = tmp_path / "target" / "zoo" / "cat.py"
    file.write_text(file.read_text().replace('"cat"', '"tom"'))
    told = listed(tmp_path / "target", "")
    assert (told["keys"], told["read"]) == (["lion", "tom"], 1)


def test_wheels_can_be_reproduced(project, tmp_path):
    first = project.wheel(tmp_path / "one").read_bytes()
    assert project.wheel(tmp_path / "two").read_bytes() == first


def test_both_backends_ship_the_same_as_the_command(tmp_path):
    found = set()
    for backend in BACKENDS:
        (tmp_path / backend).mkdir()
        made = Project(tmp_path / backend, backend)
        wheel = made.wheel(tmp_path / backend / "dist")
        with zipfile.ZipFile(wheel) as archive:
            found.add(archive.read(names_in(wheel)[0]))
    run([sys.executable, "-m", "plugindex", "build", "zoo"], made.folder)
    (file,) = (made.folder / "src" / "zoo").glob("plugindex.*")
    assert found == {file.read_bytes()}
    assert run([sys.executable, "-m", "plugindex", "check", "zoo"], made.folder)


def test_building_a_wheel_leaves_no_index_among_the_sources(project, tmp_path):
    project.wheel(tmp_path / "dist")
    assert not list((project.folder / "src").rglob("plugindex.*"))


def test_an_editable_install_gets_none(project, tmp_path):
    if project.backend == "hatchling":
        pytest.importorskip("editables", reason="hatchling needs it for editable installs")
    assert names_in(project.wheel(tmp_path / "dist", "build_editable")) == []


def test_an_editable_install_does_not_trust_one_among_its_sources(project, tmp_path):
    run([sys.executable, "-m", "plugindex", "build", "zoo"], project.folder)
    told = listed(project.folder / "src", "")
    assert (told["keys"], told["read"] > 0) == (WANTED["keys"], True)


@pytest.mark.parametrize(
    ("packages", "said"),
    [
        ('"zoo"', "which packages shall ship an index?"),
        ("[]", "which packages shall ship an index?"),
        ("[1]", "which packages shall ship an index?"),
        ('["zoo"]\nhosts = "zoo"', "hosts and root are names"),
        ('["zoo"]\nhost = ["zoo"]', "host is no option of a build hook"),
        ('["no_such"]', "there is no module no_such"),
        ('["zoo"]\nhosts = ["no_such"]', "there is no module no_such"),
    ],
)
def test_a_wrong_table_stops_the_build_with_the_cause(project, tmp_path, packages, said):
    project.write(packages)
    assert said in project.run("build_wheel", tmp_path / "dist", check=False)


def test_a_project_of_setuptools_that_does_not_ask_for_it_is_left_alone(tmp_path):
    project = Project(tmp_path, "setuptools")
    file = project.folder / "pyproject.toml"
    file.write_text(file.read_text().partition("[tool.plugindex]")[0])
    assert names_in(project.wheel(tmp_path / "dist")) == []
