"""Third-party packages that offer plugins by an entry point."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HOST = """
from plugindex import AutoRegisterMeta

class Codec(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"

class Plain(Codec):
    name = "plain"

class Shared(Codec):
    name = "shared"
"""
OFFERED = """
from host_app.codecs import Codec

class Zip(Codec):
    name = "zip"

class Shared(Codec):
    name = "shared"
"""
ENTRY_POINTS = "[host_app.plugins]\nzip = extra_codecs\n"


@pytest.fixture
def site(tmp_path):
    """A site folder with a host, an installed package that offers plugins, and a decoy."""
    site = tmp_path / "site"
    (site / "host_app").mkdir(parents=True)
    (site / "host_app" / "__init__.py").write_text("")
    (site / "host_app" / "codecs.py").write_text(HOST)
    (site / "extra_codecs").mkdir()
    (site / "extra_codecs" / "__init__.py").write_text("")
    (site / "extra_codecs" / "zips.py").write_text(OFFERED)
    (site / "evil.py").write_text("print('evil ran')\n")
    return site


def install(site):
    folder = site / "extra_codecs-2.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text(ENTRY_POINTS)


def run(site, program: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(site),
        "XDG_DATA_HOME": str(site.parent / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        cwd=site.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LIST = """
import sys
from host_app.codecs import Codec
registry = Codec.__registry__
print(*registry, "extra_codecs" in sys.modules, sep=" ")
"""


def test_an_installed_package_is_listed_without_importing_it(site):
    install(site)
    assert run(site, LIST) == "plain shared zip False\n"


def test_a_package_installed_after_the_index_was_written_is_listed(site):
    assert run(site, LIST) == "plain shared False\n"
    install(site)
    assert run(site, LIST) == "plain shared zip False\n"


def test_a_package_that_is_uninstalled_leaves(site):
    install(site)
    run(site, LIST)
    (site / "extra_codecs-2.0.dist-info" / "entry_points.txt").unlink()
    assert run(site, LIST) == "plain shared False\n"


def test_the_host_holds_a_key_that_a_provider_claims_too(site):
    install(site)
    program = LIST + "print(registry['shared'].__module__, registry['zip'].__module__)"
    assert run(site, program).splitlines()[1] == "host_app.codecs extra_codecs.zips"


def test_a_forged_provider_imports_nothing(site):
    install(site)
    run(site, LIST)
    program = """
from plugindex import loader
from plugindex.errors import PluginLoadError
from plugindex.records import Plugin
from host_app.codecs import Codec
plugin = Plugin("zip", "evil", "Evil", provider="extra_codecs")
try:
    loader.load(plugin, Codec.__registry__.scope)
except PluginLoadError as error:
    print(type(error).__name__)
"""
    assert run(site, program) == "StalePluginError\n"


@pytest.mark.parametrize(
    ("value", "told"),
    [("no_such_package", "there is no such package"), ("!!bad:: name", "no name of a package")],
)
def test_an_offer_of_nothing_is_reported_and_harms_no_other(site, value, told):
    install(site)
    folder = site / "broken_offer-1.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text(f"[host_app.plugins]\nx = {value}\n")
    program = (
        "from host_app.codecs import Codec as C; R = C.__registry__; print(list(R), R.problems)"
    )
    for _ in range(2):  # read, and from the index
        printed = run(site, program)
        assert "'zip'" in printed and "broken_offer offers" in printed and told in printed
        assert "kind='ignored'" in printed
