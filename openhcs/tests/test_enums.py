"""The host's enums: their members and order, what is kept of them, and how they pickle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

import openhcs

LAZY = ["GRAY", "VIRIDIS", "MAGMA", "INFERNO", "PLASMA", "CIVIDIS"]
COMPONENTS = ["SITE", "CHANNEL", "Z_INDEX", "TIMEPOINT", "WELL"]
VALUES = ["site", "channel", "z_index", "timepoint", "well"]
SWITCHES = ("CI", "OPENHCS_HEADLESS", "OPENHCS_DISABLE_REGISTRY_CACHE", "OPENHCS_CACHE_DIR")


@pytest.fixture
def data(tmp_path):
    """An empty folder for user data."""
    return tmp_path / "data"


def run(data: Path, code: str, warnings: str = "error", **variables: str) -> str:
    """Run *code* in a fresh interpreter that keeps its caches in *data*; return what it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    done = subprocess.run(
        [sys.executable, "-W", warnings, "-c", textwrap.dedent(code)],
        env={**kept, "XDG_DATA_HOME": str(data), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def cached(data: Path, name: str) -> Path:
    return data / "openhcs" / "cache" / name


# -- components --------------------------------------------------------------------------------

SHOW = """
    from openhcs.constants import AllComponents, GroupBy, VariableComponents
    for enum in (AllComponents, VariableComponents, GroupBy):
        print(*((one.name, one.value) for one in enum))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2", "random"])
def test_components_stand_in_one_order_whatever_the_hashes_are(data, seed):
    every = list(zip(COMPONENTS, VALUES, strict=True))
    wanted = [every, every[:4], [("NONE", None), *every[:4]]]
    for _ in range(2):  # found, then kept
        lines = run(data, SHOW, PYTHONHASHSEED=seed).splitlines()
        assert lines == [" ".join(map(str, members)) for members in wanted]


def test_the_components_are_kept_in_the_form_that_the_seed_shows(data):
    run(data, SHOW)
    told = json.loads(cached(data, "component_enums.json").read_text())
    assert {"cache_version", "version", "timestamp", "items"} <= told.keys()
    assert (told["cache_version"], told["version"]) == ("1.0", openhcs.__version__)
    members = dict(zip(COMPONENTS, VALUES, strict=True))
    variable = {name: value for name, value in members.items() if name != "WELL"}
    assert told["items"] == {
        "enums": {
            "all_components": members,
            "variable_components": variable,
            "group_by": {"NONE": None, **variable},
        }
    }


def test_kept_components_are_used(data):
    run(data, SHOW)
    code = """
        from openhcs.constants import components
        components.component_members = lambda: 1 / 0
        from openhcs.constants import GroupBy
        print(GroupBy.NONE.value, GroupBy.SITE.component)
    """
    assert run(data, code) == "None site"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"items": 5}', b"\xff"])
def test_a_damaged_component_file_is_no_error(data, content):
    run(data, SHOW)
    good = run(data, SHOW)
    cached(data, "component_enums.json").write_bytes(content)
    assert run(data, SHOW) == good
    assert json.loads(cached(data, "component_enums.json").read_text())["items"]


def test_the_component_enums_are_made_once():
    from openhcs import constants
    from openhcs.constants.constants import _create_enums

    names = ("AllComponents", "VariableComponents", "GroupBy")
    assert _create_enums() == _create_enums() == tuple(getattr(constants, n) for n in names)
    for name in names:
        assert getattr(constants, name) is getattr(constants.constants, name)


def test_grouping_is_equal_by_value_to_members_and_texts():
    from openhcs.constants import AllComponents, GroupBy, VariableComponents

    assert GroupBy.SITE == "site" == GroupBy.SITE
    assert GroupBy.SITE == VariableComponents.SITE == GroupBy.SITE
    assert AllComponents.SITE == GroupBy.SITE
    assert GroupBy.SITE != "channel"
    assert GroupBy.SITE != GroupBy.CHANNEL
    assert GroupBy.SITE != 5
    assert GroupBy.NONE != "NONE"
    assert GroupBy.NONE.component is None


def test_equal_components_have_one_hash():
    from openhcs.constants import AllComponents, GroupBy

    assert {"site": 1}[GroupBy.SITE] == 1
    assert {GroupBy.SITE: 1}["site"] == 1
    assert {AllComponents.SITE: 1}[GroupBy.SITE] == 1
    assert hash(GroupBy.NONE) == hash(None)


def test_a_grouping_is_shown_by_its_name():
    from openhcs.constants import GroupBy

    assert (str(GroupBy.Z_INDEX), repr(GroupBy.NONE)) == ("GroupBy.Z_INDEX", "GroupBy.NONE")


def test_importing_the_constants_makes_no_enum(data):
    code = """
        import sys
        import openhcs.constants.constants, openhcs.utils.enum_factory
        print({"plugindex.enums", "matplotlib", "numpy", "json"} & set(sys.modules))
    """
    assert run(data, code) == "set()"
    assert not data.exists()


@pytest.mark.parametrize("module", ["openhcs.constants", "openhcs.constants.constants"])
def test_other_names_are_attribute_errors(module):
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        __import__(module, fromlist=["*"]).Nope  # noqa: B018


# -- across processes --------------------------------------------------------------------------

SPAWN = """
    import multiprocessing, runpy, sys
    sys.path.insert(0, {folder!r})
    from enum_workers import check, members

    if __name__ == "__main__":
        with multiprocessing.get_context({method!r}).Pool(1) as pool:
            assert all(pool.map(check, members()))
            for mine, theirs in zip(members(), pool.apply(members), strict=True):
                assert mine is theirs, (mine, theirs)
        print("same")
"""
WORKERS = """
from openhcs.constants import AllComponents, GroupBy, VariableComponents
from openhcs.utils.enum_factory import create_colormap_enum

ENUMS = [AllComponents, VariableComponents, GroupBy, create_colormap_enum(lazy=True),
         create_colormap_enum()]

def members():
    return [one for enum in ENUMS for one in list(enum)[:3]]

def check(member):
    return any(member is one for one in members())
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("headless", ["", "true"])
def test_members_keep_their_identity_in_other_processes(data, tmp_path, method, headless):
    (tmp_path / "enum_workers.py").write_text(WORKERS)
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SPAWN.format(folder=str(tmp_path), method=method)))
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    assert run(data, code, OPENHCS_HEADLESS=headless, PYTHONPATH=str(tmp_path)) == "same"


# -- colormaps ---------------------------------------------------------------------------------

NAMES = """
    from openhcs.utils.enum_factory import create_colormap_enum
    print(*create_colormap_enum({arguments}).__members__)
"""


def names(data: Path, arguments: str = "", **variables: str) -> list[str]:
    return run(data, NAMES.format(arguments=arguments), **variables).split()


def test_colormaps_are_found_once_and_kept(data):
    found = names(data)
    assert len(found) > 25
    assert {"GRAY", "VIRIDIS"} <= set(found)
    code = """
        import sys
        from openhcs.utils.enum_factory import create_colormap_enum
        print(*create_colormap_enum().__members__)
        print({"napari", "matplotlib", "numpy", "json"} & set(sys.modules))
    """
    assert run(data, code).splitlines() == [" ".join(found), "set()"]


def test_the_lazy_colormaps_need_no_library_and_keep_nothing(data):
    code = """
        import sys
        from openhcs.utils.enum_factory import create_colormap_enum
        print(*create_colormap_enum(lazy=True).__members__)
        print({"napari", "matplotlib", "numpy"} & set(sys.modules))
    """
    assert run(data, code).splitlines() == [" ".join(LAZY), "set()"]
    assert not data.exists()


@pytest.mark.parametrize("variable", ["CI", "OPENHCS_HEADLESS"])
def test_a_headless_run_leaves_the_colormaps_of_others_alone(data, variable):
    assert names(data, **{variable: "true"}) == ["GRAY", "VIRIDIS"]
    assert not data.exists()
    full = names(data)
    assert len(full) > 25
    assert names(data, **{variable: "true"}) == ["GRAY", "VIRIDIS"]
    assert names(data) == full
    assert names(data, **{variable: "false"}) == full


def test_caching_can_be_switched_off(data):
    assert len(names(data, "enable_cache=False")) > 25
    assert len(names(data, OPENHCS_DISABLE_REGISTRY_CACHE="1")) > 25
    run(data, SHOW, OPENHCS_DISABLE_REGISTRY_CACHE="1")
    assert not data.exists()


def test_the_file_tells_the_libraries_from_which_the_names_come(data):
    names(data)
    told = json.loads(cached(data, "colormap_enum.json").read_text())
    assert f"matplotlib {metadata.version('matplotlib')}" in told["fingerprint"]
    assert list(told["items"]) == ["enums"]


@pytest.mark.parametrize("library", ["matplotlib 99.0", "napari 0.0.1"])
def test_another_library_or_version_is_looked_at_anew(data, tmp_path, library):
    site = tmp_path / "site"
    site.mkdir()
    kept = cached(data, "colormap_enum.json")
    found = names(data, PYTHONPATH=str(site))
    before = kept.read_bytes()
    names(data, PYTHONPATH=str(site))
    assert kept.read_bytes() == before
    (site / f"{library.replace(' ', '-')}.dist-info").mkdir()
    assert names(data, PYTHONPATH=str(site)) == found
    assert library in json.loads(kept.read_text())["fingerprint"]


def test_colormaps_are_made_once_and_stand_in_their_module():
    from openhcs.utils import enum_factory

    lazy = enum_factory.create_colormap_enum(lazy=True)
    assert lazy is enum_factory.create_colormap_enum(lazy=True, enable_cache=False)
    assert lazy is enum_factory.LazyColormap
    assert (lazy.__module__, lazy.__qualname__) == ("openhcs.utils.enum_factory", "LazyColormap")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["bop blue"], ["BOP_BLUE"]),
        (["a-b", "a.b"], ["A_B", "A_B_"]),
        (["3deep"], ["CMAP_3DEEP"]),
        (["HiLo"], ["HILO"]),
    ],
)
def test_member_names_follow_from_colormap_names(given, wanted):
    from openhcs.utils.enum_factory import colormap_members

    assert list(colormap_members(given).items()) == list(zip(wanted, given, strict=True))


def test_each_lazy_member_is_a_colormap_of_matplotlib():
    from openhcs.utils.enum_factory import create_colormap_enum, matplotlib_colormap

    for member in create_colormap_enum(lazy=True):
        assert matplotlib_colormap(member).name == member.value
    assert matplotlib_colormap("viridis")(0.0)[3] == 1.0


def test_an_unknown_colormap_is_refused_with_near_names():
    from openhcs.errors import UnknownColormapError
    from openhcs.utils.enum_factory import matplotlib_colormap

    with pytest.raises(UnknownColormapError, match="did you mean viridis"):
        matplotlib_colormap("viridid")


@pytest.mark.heavy
def test_with_napari_its_colormaps_are_the_members_and_matplotlib_draws_them(data):
    code = """
        from napari.utils.colormaps import AVAILABLE_COLORMAPS
        from openhcs.utils.enum_factory import create_colormap_enum, matplotlib_colormap
        enum = create_colormap_enum()
        assert [one.value for one in enum] == list(AVAILABLE_COLORMAPS), list(enum)
        assert enum.BOP_BLUE.value == "bop blue" and enum.HILO.value == "HiLo"
        for one in enum:
            assert len(matplotlib_colormap(one)(0.5)) == 4, one
        green = matplotlib_colormap(enum.GREEN)
        print([float(part) for part in green(1.0)], green.name)
    """
    # Libraries that napari imports warn of each other, which nobody here can change.
    assert run(data, code, warnings="default") == "[0.0, 1.0, 0.0, 1.0] green"
    assert "BOP_BLUE" in names(data)
