"""Which libraries there are, whether they can be used, and what looking at them imports."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES

LIBRARIES = {
    "numpy",
    "skimage",
    "scipy",
    "cupy",
    "pyclesperanto",
    "pandas",
    "openpyxl",
    "matplotlib",
}


def run(code: str, **variables: str) -> str:
    """Run *code* in a fresh interpreter and return what it prints."""
    import os

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_registry_holds_exactly_these_libraries():
    assert sorted(LIBRARY_REGISTRIES) == ["cupy", "openhcs", "pyclesperanto", "skimage"]


def test_listing_the_libraries_imports_none_of_them_and_no_plugin():
    names = run(
        """
        import sys
        import openhcs.processing.func_registry
        from openhcs.processing.backends.lib_registry.unified_registry import LIBRARY_REGISTRIES
        assert len(LIBRARY_REGISTRIES) == 4
        print(*sys.modules)
        """
    ).split()
    assert LIBRARIES.isdisjoint(names)
    plugins = ("openhcs", "cupy", "pyclesperanto", "scikit_image")
    modules = {f"openhcs.processing.backends.lib_registry.{one}_registry" for one in plugins}
    assert modules.isdisjoint(names)


def test_making_every_library_registry_imports_no_library():
    names = run(
        """
        import sys
        from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
        print(*[registry().version() for registry in LIBRARY_REGISTRIES.values()])
        print(*sys.modules)
        """
    ).split()
    assert LIBRARIES.isdisjoint(names)


def test_the_cache_file_has_the_name_that_people_remove(tmp_path):
    run(
        """
        from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
        list(LIBRARY_REGISTRIES)
        """,
        XDG_DATA_HOME=str(tmp_path),
    )
    assert (tmp_path / "openhcs" / "cache" / "library_registry_registry.json").is_file()


def test_resolving_a_function_imports_only_its_library_and_its_part_of_it():
    names = run(
        """
        import sys
        from openhcs.processing.func_registry import resolve_function
        resolve_function("skimage:exposure.adjust_gamma")
        print(*sys.modules)
        """
    ).split()
    assert "skimage.exposure" in names
    assert {"skimage.segmentation", "skimage.restoration"}.isdisjoint(names)
    assert {"cupy", "pyclesperanto", "pandas"}.isdisjoint(names)


@pytest.mark.parametrize("library", ["openhcs", "skimage"])
def test_a_library_that_works_says_so_with_its_version(library):
    registry = LIBRARY_REGISTRIES[library]()
    here = registry.availability()
    assert here.available
    assert here.reason == ""
    assert here.version == registry.version() != ""


def test_a_library_that_is_not_installed_says_so_with_a_remedy():
    printed = run(
        """
        import sys
        sys.modules["cupy"] = None  # as if it weren't installed
        from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
        here = LIBRARY_REGISTRIES["cupy"]().availability()
        print(here.available, here.reason, here.remedy, sep="|")
        """
    )
    available, reason, remedy = printed.split("|")
    assert available == "False"
    assert "cupy" in reason
    assert "pip install" in remedy


def test_a_library_that_fails_in_its_own_way_is_unavailable_with_that_reason():
    from openhcs.processing.backends.lib_registry import LibraryRegistryBase

    with LIBRARY_REGISTRIES.isolated():

        class Odd(LibraryRegistryBase):
            _registry_name = "odd"
            remedy = "mend it"

            def modules(self):
                return ()

            def try_out(self):
                raise ZeroDivisionError("its driver divides\n by zero")

        here = Odd().availability()
    assert not here.available
    assert here.reason == "ZeroDivisionError: its driver divides by zero"
    assert here.remedy == "mend it"


def test_a_third_party_library_gives_functions_as_ours_do(tmp_path):
    (tmp_path / "their_functions.py").write_text(
        "def twice(image, times=2):\n    'Multiply.'\n    return image * times\n"
    )
    (tmp_path / "their_library.py").write_text(
        textwrap.dedent(
            """
            from openhcs.processing.backends.lib_registry import LibraryRegistryBase

            class TheirRegistry(LibraryRegistryBase):
                _registry_name = "theirs"
                def version(self): return "1"
                def modules(self): return (("", "their_functions"),)
                def try_out(self): import their_functions
            """
        )
    )
    printed = run(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import numpy as np
        import their_library
        from openhcs.processing.func_registry import all_functions, resolve_function
        print(*all_functions(["theirs"]))
        print(resolve_function("theirs:twice")(np.ones((1, 1, 1), np.uint8), times=3))
        """
    )
    assert printed.split() == ["theirs:twice", "[[[3]]]"]
