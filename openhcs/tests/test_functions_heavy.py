"""Libraries that need more than a plain installation, used for real; and scikit-image whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

pytestmark = pytest.mark.heavy


def run(code: str, **variables: str):
    """Run *code* in a fresh interpreter and return what it prints as JSON.

    What earlier tests told OpenCL in this process is left out.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OCL_ICD")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


AVAILABILITY = """
import json, os
from dataclasses import asdict
from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
here = LIBRARY_REGISTRIES[{library!r}]().availability()
print(json.dumps({{**asdict(here), "told": os.environ.get("OCL_ICD_FILENAMES", "")}}))
"""


@pytest.fixture
def stack():
    return np.random.default_rng(5).integers(0, 4000, (3, 16, 24)).astype(np.uint16)


def test_pyclesperanto_runs_on_the_processor_when_nothing_is_configured():
    here = run(AVAILABILITY.format(library="pyclesperanto"))
    assert here["available"], here["reason"]
    assert here["version"]
    if not os.path.isdir("/etc/OpenCL/vendors"):
        assert "libpocl" in here["told"]


def test_pyclesperanto_without_a_platform_says_so_and_leaves_the_setting_alone():
    here = run(AVAILABILITY.format(library="pyclesperanto"), OCL_ICD_FILENAMES="/nowhere.so")
    assert not here["available"]
    assert "found no OpenCL device" in here["reason"]
    assert "openhcs[opencl]" in here["remedy"]
    assert here["told"] == "/nowhere.so"


def test_functions_of_pyclesperanto_compute_what_they_say(stack):
    from openhcs.processing.func_registry import resolve_function

    before = stack.copy()
    added = resolve_function("pyclesperanto:add_image_and_scalar")(stack, scalar=2)
    assert (added == stack.astype(np.float32) + 2).all()
    projected = resolve_function("pyclesperanto:maximum_z_projection")(stack)
    assert (projected == stack.max(axis=0, keepdims=True)).all()
    blurred = resolve_function("pyclesperanto:gaussian_blur")(stack, sigma_x=1, sigma_y=1)
    assert (blurred.dtype, blurred.shape) == (np.float32, stack.shape)
    assert 0 < blurred.std() < stack.std()
    assert (stack == before).all()


def test_a_part_of_pyclesperanto_is_classified_alike_each_time():
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
    from openhcs.processing.backends.lib_registry.classification import classify_library

    library = LIBRARY_REGISTRIES["pyclesperanto"]()
    names = ["copy", "maximum_of_all_pixels", "maximum_z_projection", "multiply_image_and_scalar"]
    first = list(classify_library(library, names))
    assert list(classify_library(library, names)) == first
    contracts = [one.contract.value if one.contract else None for one in first]
    assert contracts == ["flexible", None, "volumetric_to_slice", "flexible"]
    assert first[1].reason == "it gives float, not an image"


def test_pyclesperanto_names_hundreds_of_candidates():
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES

    names = [one.name for one in LIBRARY_REGISTRIES["pyclesperanto"]().candidates()]
    assert len(names) > 250
    assert {"imread", "imshow", "show", "push"}.isdisjoint(names)


def test_a_function_of_pyclesperanto_works_in_a_fresh_worker(stack):
    import multiprocessing

    from openhcs.processing.func_registry import resolve_function

    function = resolve_function("pyclesperanto:add_image_and_scalar")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        theirs = pool.apply(function, (stack,), {"scalar": 3})
    assert (theirs == function(stack, scalar=3)).all()


def test_cupy_imports_without_a_gpu_and_still_tells_that_it_cannot_be_used(stack):
    from openhcs.errors import LibraryUnavailableError
    from openhcs.processing.func_registry import all_functions, resolve_function

    here = run(AVAILABILITY.format(library="cupy"))
    assert here["version"]
    reference = "cupy:gaussian_filter"
    if here["available"]:
        assert resolve_function(reference)(stack, sigma=1).shape == stack.shape
        return
    assert here["reason"].startswith("CUDARuntimeError: cudaError")
    assert "NVIDIA GPU" in here["remedy"]
    with pytest.raises(LibraryUnavailableError, match="cudaError"):
        resolve_function(reference)
    assert all_functions(["cupy"]) == {}


def test_scikit_image_has_over_a_hundred_functions_and_the_same_ones_each_time():
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
    from openhcs.processing.backends.lib_registry.classification import classify_library
    from openhcs.processing.func_registry import all_functions

    found = all_functions(["skimage"])
    assert len(found) >= 100
    again = list(classify_library(LIBRARY_REGISTRIES["skimage"]()))
    assert {one.metadata("skimage") for one in again} - {None} == set(found.values())
