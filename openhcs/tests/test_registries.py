"""What the host's registries hold, and what looking at them imports."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from openhcs.errors import PlateError, UnknownMicroscopeError
from openhcs.microscopes import (
    FILENAME_PARSERS,
    METADATA_HANDLERS,
    MICROSCOPE_HANDLERS,
    MicroscopeHandler,
    create_microscope_handler,
)


def run(code: str) -> str:
    """Run *code* in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_registries_hold_exactly_these_keys():
    from openhcs.io import STORAGE_BACKENDS

    handlers = ["imagexpress", "omero", "openhcsdata", "opera_phenix"]
    assert sorted(MICROSCOPE_HANDLERS) == handlers
    assert sorted(METADATA_HANDLERS) == handlers
    assert sorted(FILENAME_PARSERS) == ["ImageXpressFilenameParser", "OperaPhenixFilenameParser"]
    assert set(STORAGE_BACKENDS) >= {"disk", "memory", "omero_local"}


def test_the_secondary_registries_give_what_the_handlers_name():
    for key, handler in MICROSCOPE_HANDLERS.items():
        assert METADATA_HANDLERS[key] is handler().metadata_handler_class


def test_importing_the_packages_imports_no_plugin_and_no_third_party_library():
    names = run(
        """
        import sys
        import openhcs, openhcs.microscopes, openhcs.io
        list(openhcs.microscopes.MICROSCOPE_HANDLERS)
        list(openhcs.microscopes.METADATA_HANDLERS)
        list(openhcs.io.STORAGE_BACKENDS)
        print(*sys.modules)
        """
    ).split()
    plugins = {"imagexpress", "opera_phenix", "openhcsdata", "disk", "memory", "omero_local"}
    assert plugins.isdisjoint(name.rpartition(".")[2] for name in names)
    assert "openhcs.microscopes.omero" not in names
    assert {"numpy", "tifffile", "zarr", "skimage", "xml"}.isdisjoint(names)


def test_one_handler_imports_one_handler_module():
    names = run(
        """
        import sys
        from openhcs.microscopes import MICROSCOPE_HANDLERS
        MICROSCOPE_HANDLERS["opera_phenix"]
        print(*sys.modules)
        """
    ).split()
    assert "openhcs.microscopes.opera_phenix" in names
    assert "openhcs.microscopes.imagexpress" not in names


def test_a_secondary_registry_is_right_when_it_is_touched_first():
    printed = run(
        """
        from openhcs.microscopes import METADATA_HANDLERS
        print(METADATA_HANDLERS["imagexpress"].__name__, len(METADATA_HANDLERS))
        """
    )
    assert printed == "ImageXpressMetadataHandler 4"


def test_inspecting_a_plate_needs_no_third_party_library(tmp_path):
    from hcs_plates import htd, tiff

    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "A01_s1_w1.tif")
    names = run(
        f"""
        import sys
        from openhcs.__main__ import main
        main(["inspect", {str(tmp_path)!r}, "--json"])
        print(*sys.modules)
        """
    ).split()
    assert {"numpy", "tifffile", "skimage"}.isdisjoint(names)


def test_a_metadata_handler_named_after_the_class_counts(tmp_path):
    (tmp_path / "late.py").write_text(
        textwrap.dedent(
            """
            from openhcs.microscopes.metadata import MetadataHandler
            from openhcs.microscopes.microscope_base import MicroscopeHandler

            class LateHandler(MicroscopeHandler):
                _microscope_type = "late"

            class LateMetadata(MetadataHandler):
                def find_metadata_file(self, plate_path): ...
                def read_plate(self, plate_path): ...

            LateHandler._metadata_handler_class = LateMetadata
            """
        )
    )
    printed = run(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import late
        from openhcs.microscopes import METADATA_HANDLERS
        print(METADATA_HANDLERS["late"].__name__)
        """
    )
    assert printed == "LateMetadata"


def test_the_base_is_no_plugin_of_its_own():
    assert MicroscopeHandler not in list(MICROSCOPE_HANDLERS.values())


@pytest.mark.parametrize("key", ["imagexprss", ""])
def test_an_unknown_microscope_is_refused_with_the_known_ones(key):
    with pytest.raises(
        UnknownMicroscopeError, match="imagexpress, omero, openhcsdata, opera_phenix"
    ):
        create_microscope_handler(key)


def test_a_folder_that_is_no_plate_is_refused_with_what_was_tried_and_why(tmp_path):
    with pytest.raises(UnknownMicroscopeError) as caught:
        create_microscope_handler("auto", tmp_path)
    tried = [line.strip() for line in str(caught.value).splitlines() if "tried: " in line]
    assert tried == [
        "tried: openhcsdata: no openhcs_metadata.json is here",
        "tried: imagexpress: no HTD file and no image of a MetaXpress database export is here",
        "tried: omero: no path of a plate in OMERO",
        "tried: opera_phenix: no Index.xml or Index.idx.xml is here or in Images",
    ]
    assert "available: imagexpress, omero, openhcsdata, opera_phenix" in str(caught.value)


def test_detection_imports_only_what_it_tries(tmp_path):
    from hcs_plates import htd

    htd(tmp_path / "a.HTD")
    names = run(
        f"""
        import sys
        from openhcs.microscopes import create_microscope_handler
        create_microscope_handler("auto", {str(tmp_path)!r})
        print(*sys.modules)
        """
    ).split()
    tried = {n.rpartition(".")[2] for n in names if n.startswith("openhcs.microscopes.")}
    assert {"openhcsdata", "imagexpress"} <= tried
    assert {"omero", "opera_phenix"}.isdisjoint(tried)
    assert {"numpy", "tifffile", "zarr"}.isdisjoint(names)


def test_detection_can_be_limited(tmp_path):
    (tmp_path / "Index.xml").write_text("<EvaluationInputData/>")
    found = create_microscope_handler("auto", tmp_path, allowed_auto_types=["opera_phenix"])
    assert found.microscope_type == "opera_phenix"
    with pytest.raises(UnknownMicroscopeError):
        create_microscope_handler("auto", tmp_path, allowed_auto_types=["imagexpress"])


def test_a_microscope_that_is_allowed_and_unknown_is_named(tmp_path):
    wanted = r"'nope'\n +fix: +allow some of imagexpress, omero, openhcsdata, opera_phenix"
    for allowed in (["nope"], ["imagexpress", "nope"], iter(["imagexpress", "nope"])):
        with pytest.raises(UnknownMicroscopeError, match=wanted):
            create_microscope_handler("auto", tmp_path, allowed_auto_types=allowed)


def test_all_that_are_allowed_are_told_as_tried(tmp_path):
    allowed = iter(["imagexpress", "opera_phenix", "names_only"])
    with MICROSCOPE_HANDLERS.isolated():
        type("Names", (MicroscopeHandler,), {"_microscope_type": "names_only"})
        with pytest.raises(UnknownMicroscopeError) as caught:
            create_microscope_handler("auto", tmp_path, allowed_auto_types=allowed)
    for reason in ("imagexpress: no HTD", "opera_phenix: no Index", "names_only: it reads no"):
        assert f"tried: {reason}" in str(caught.value)
    with pytest.raises(UnknownMicroscopeError, match="no microscope is allowed"):
        create_microscope_handler("auto", tmp_path, allowed_auto_types=[])


def test_a_missing_folder_a_file_and_no_folder_are_no_plates(tmp_path):
    (tmp_path / "file").touch()
    for plate in (None, tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(PlateError, match="fix: "):
            create_microscope_handler("auto", plate)
