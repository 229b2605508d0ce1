"""The environment variables that reduce what openhcs does, and the files that it keeps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

NO_VIEWERS = "OPENHCS_SUBPROCESS_NO_GPU"
BACKENDS = ["disk", "fiji_stream", "memory", "napari_stream", "omero_local", "zarr"]
VIEWERS = ["fiji_stream", "napari_stream"]
# The cache files as the seed lists them.
FILES = [
    "colormap_enum.json",
    "component_enums.json",
    "library_registry_registry.json",
    "microscope_format_registry_registry.json",
    "microscope_handler_registry.json",
    "storage_backend_registry.json",
    "zmq_server_registry.json",
]
SWITCHES = (NO_VIEWERS, "OPENHCS_DISABLE_REGISTRY_CACHE", "OPENHCS_HEADLESS", "CI")
REGISTRIES = """
    from openhcs.io.base import STORAGE_BACKENDS
    from openhcs.microscopes import METADATA_HANDLERS, MICROSCOPE_HANDLERS
    from openhcs.processing.backends.experimental_analysis.format_registry import FORMAT_REGISTRIES
    from openhcs.processing.backends.lib_registry.unified_registry import LIBRARY_REGISTRIES
    from openhcs.runtime.zmq_base import ZMQ_SERVERS

    REGISTRIES = {
        "microscope handler": MICROSCOPE_HANDLERS,
        "storage backend": STORAGE_BACKENDS,
        "zmq server": ZMQ_SERVERS,
        "library registry": LIBRARY_REGISTRIES,
        "microscope format registry": FORMAT_REGISTRIES,
    }
"""


@pytest.fixture
def data(tmp_path):
    """An empty folder for user data."""
    return tmp_path / "data"


def run(data: Path, *parts: str, **variables: str) -> str:
    """Run code in a fresh interpreter that keeps its caches in *data*; return what it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(map(textwrap.dedent, parts))],
        env={**kept, "XDG_DATA_HOME": str(data), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def keys(data: Path, **variables: str) -> dict[str, list[str]]:
    """Return the keys of every registry in a fresh process."""
    show = "import json; print(json.dumps({name: sorted(one) for name, one in REGISTRIES.items()}))"
    told: dict[str, list[str]] = json.loads(run(data, REGISTRIES, show, **variables))
    return told


# -- no viewers --------------------------------------------------------------------------------


def test_the_switch_leaves_out_both_viewer_streams_and_nothing_else(data):
    full = keys(data)
    assert full["storage backend"] == BACKENDS
    reduced = keys(data, **{NO_VIEWERS: "1"})
    assert reduced["storage backend"] == [key for key in BACKENDS if key not in VIEWERS]
    assert reduced | {"storage backend": BACKENDS} == full


@pytest.mark.parametrize("key", VIEWERS)
def test_asking_for_a_viewer_stream_names_the_switch(data, key):
    code = f"""
        try:
            STORAGE_BACKENDS[{key!r}]
        except KeyError as error:
            print(error)
        import sys
        print([name for name in sys.modules if name.startswith("openhcs.io.")])
    """
    text = run(data, REGISTRIES, code, **{NO_VIEWERS: "1"})
    assert f"{NO_VIEWERS} is set" in text
    assert f"fix:     unset {NO_VIEWERS}" in text
    assert f"openhcs.io.{key}" not in text.splitlines()[-1]


def test_a_reduced_worker_leaves_the_index_whole(data):
    assert "napari_stream" not in keys(data, **{NO_VIEWERS: "1"})["storage backend"]
    assert keys(data, **{NO_VIEWERS: "0"})["storage backend"] == BACKENDS
    cold = "print(STORAGE_BACKENDS.stats.cache, len(STORAGE_BACKENDS))"
    assert run(data, REGISTRIES, cold) == "hit 6"
    assert run(data, REGISTRIES, cold, **{NO_VIEWERS: "1"}) == "hit 4"


def test_the_streams_are_still_made_by_those_who_import_them(data):
    code = """
        from openhcs.io.napari_stream import NapariStreamingBackend
        print(NapariStreamingBackend._backend_type, "napari_stream" in STORAGE_BACKENDS)
    """
    assert run(data, REGISTRIES, code, **{NO_VIEWERS: "1"}) == "napari_stream False"


# -- what is kept ------------------------------------------------------------------------------

LIST_ALL = """
    import sys
    for name, registry in REGISTRIES.items():
        assert registry.scope.name == name
        list(registry)
    list(METADATA_HANDLERS)
    from openhcs.constants import AllComponents, GroupBy, VariableComponents
    from openhcs.utils.enum_factory import create_colormap_enum
    create_colormap_enum(), create_colormap_enum(lazy=True)
"""


def kept(data: Path) -> list[str]:
    return sorted(str(file.relative_to(data)) for file in data.rglob("*") if file.is_file())


def test_listing_everything_keeps_exactly_the_files_of_the_seed(data):
    for _ in range(2):
        run(data, REGISTRIES, LIST_ALL)
        assert kept(data) == [f"openhcs/cache/{name}" for name in FILES]


def test_no_file_is_kept_where_caching_is_switched_off(data):
    run(data, REGISTRIES, LIST_ALL, OPENHCS_DISABLE_REGISTRY_CACHE="1")
    assert not data.exists()


def test_reduced_processes_keep_no_other_files(data):
    run(data, REGISTRIES, LIST_ALL, **{NO_VIEWERS: "1"}, CI="true")
    assert kept(data) == [f"openhcs/cache/{name}" for name in FILES if "colormap" not in name]


def test_every_file_has_the_keys_that_the_seed_shows(data):
    run(data, REGISTRIES, LIST_ALL)
    for file in (data / "openhcs" / "cache").iterdir():
        told = json.loads(file.read_text())
        assert {"cache_version", "version", "timestamp", "items"} <= told.keys()
        assert told["cache_version"] == "1.0"
        assert isinstance(told["timestamp"], float)


def test_listing_everything_imports_no_plugin(data):
    show = """
        print(sum(registry.stats.imported for registry in REGISTRIES.values()))
        print({"numpy", "zmq", "zarr", "pandas", "tifffile", "skimage"} & set(sys.modules))
    """
    run(data, REGISTRIES, LIST_ALL)
    assert run(data, REGISTRIES, LIST_ALL, show).splitlines() == ["0", "set()"]
