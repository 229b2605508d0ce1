"""A package of a third party: found without import where it is installed, registered by import."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from command_lines import refused
from third_party import EXAMPLE, environment, python, run

LIST = """
    import sys
    from openhcs.io.base import STORAGE_BACKENDS
    from openhcs.microscopes import MICROSCOPE_HANDLERS
    def mine():
        return sorted(name for name in sys.modules if name.startswith("my_openhcs_plugin"))
"""


@pytest.fixture
def listed(tmp_path):
    """Run code after the registries are imported, in a process that finds *site*."""

    def in_process(code: str, site: Path) -> str:
        code = textwrap.dedent(LIST) + textwrap.dedent(code)
        return python(code, tmp_path, PYTHONPATH=site, XDG_DATA_HOME=tmp_path / "data")

    return in_process


def test_an_installed_package_is_listed_and_not_imported(listed, plugin_site):
    code = """
    print(*MICROSCOPE_HANDLERS, *STORAGE_BACKENDS, mine())
    """
    words = listed(code, plugin_site).split()
    assert (words[4], words[-2:]) == ("my_microscope", ["my_zip", "[]"])
    assert listed(code, plugin_site).split() == words


def test_its_plugins_tell_where_they_come_from(listed, plugin_site):
    code = """
    told = MICROSCOPE_HANDLERS.info("my_microscope")
    print(told.distribution, told.version, told.reference, mine())
    """
    wanted = "my-openhcs-plugin 1.0 my_openhcs_plugin.microscopes:MyMicroscopeHandler []"
    assert listed(code, plugin_site) == wanted


def test_using_one_imports_it(listed, plugin_site):
    code = """
    handler = MICROSCOPE_HANDLERS["my_microscope"]()
    print(handler.parse_filename("B03-2-DAPI.tif")["well"], len(MICROSCOPE_HANDLERS), len(mine()))
    """
    assert listed(code, plugin_site) == "B03 5 3"


def test_a_handler_that_reads_no_plates_is_refused_with_that_reason(plugin_site, tmp_path):
    variables = environment(PYTHONPATH=plugin_site, XDG_DATA_HOME=tmp_path / "data")
    command = [sys.executable, "-W", "error", "-m", "openhcs", "inspect", str(tmp_path)]
    done = subprocess.run(
        [*command, "--microscope", "my_microscope"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    refused(done, "'my_microscope' reads no plates", "_metadata_handler_class")


def test_a_package_that_is_not_installed_registers_when_it_is_imported(listed):
    code = """
    assert "my_microscope" not in MICROSCOPE_HANDLERS
    import my_openhcs_plugin
    print(MICROSCOPE_HANDLERS["my_microscope"].__name__, STORAGE_BACKENDS["my_zip"].__name__)
    """
    assert listed(code, EXAMPLE / "src") == "MyMicroscopeHandler ZipBackend"


def test_what_an_import_registered_is_not_kept(listed):
    listed("import my_openhcs_plugin; list(MICROSCOPE_HANDLERS)", EXAMPLE / "src")
    assert listed("print('my_microscope' in MICROSCOPE_HANDLERS)", EXAMPLE / "src") == "False"


def test_importing_an_installed_package_too_changes_nothing(listed, plugin_site):
    code = """
    before = list(MICROSCOPE_HANDLERS)
    import my_openhcs_plugin
    print(list(MICROSCOPE_HANDLERS) == before, MICROSCOPE_HANDLERS.problems)
    """
    assert listed(code, plugin_site) == "True ()"


def test_a_package_that_is_gone_is_listed_no_more(listed, plugin_site, tmp_path):
    site = tmp_path / "own site"
    shutil.copytree(plugin_site, site)
    code = "print('my_microscope' in MICROSCOPE_HANDLERS)"
    assert listed(code, site) == "True"
    for folder in site.glob("my_openhcs_plugin*"):
        shutil.rmtree(folder)
    assert listed(code, site) == "False"


def test_its_own_tests_pass(plugin_site, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    run(command, tmp_path, PYTHONPATH=plugin_site, XDG_DATA_HOME=tmp_path / "data")
