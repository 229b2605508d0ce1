"""Functions are found by reference, checked before they run, and give images that can be stored."""

from __future__ import annotations

import multiprocessing
import pickle
import warnings

import numpy as np
import pytest

from openhcs.errors import FunctionError, LibraryUnavailableError
from openhcs.processing.func_registry import (
    ProcessingContract,
    check_parameters,
    function_metadata,
    resolve_function,
)
from openhcs.processing.memory import storable

GAUSSIAN = "skimage:filters.gaussian"


@pytest.fixture
def stack():
    return np.random.default_rng(5).integers(0, 4000, (3, 16, 24)).astype(np.uint16)


def test_metadata_tells_where_a_function_comes_from():
    about = function_metadata(GAUSSIAN)
    assert (about.reference, about.library, about.name) == (GAUSSIAN, "skimage", "filters.gaussian")
    assert (about.module, about.original_name) == ("skimage.filters", "gaussian")
    assert about.contract is ProcessingContract.FLEXIBLE
    assert about.doc == "Multi-dimensional Gaussian filter."
    assert "filters" in about.tags


@pytest.mark.parametrize(
    ("reference", "contract"),
    [
        (GAUSSIAN, ProcessingContract.FLEXIBLE),
        ("skimage:measure.label", ProcessingContract.FLEXIBLE),
        ("skimage:feature.canny", ProcessingContract.PURE_2D),
        ("skimage:transform.pyramid_reduce", ProcessingContract.PURE_2D),
        # These take the last axis of a stack for colours.
        ("skimage:transform.rotate", ProcessingContract.PURE_2D),
        ("skimage:transform.swirl", ProcessingContract.PURE_2D),
        ("openhcs:max_projection", ProcessingContract.VOLUMETRIC_TO_SLICE),
    ],
)
def test_the_contract_is_what_the_function_does_with_stacks_and_planes(reference, contract):
    assert function_metadata(reference).contract is contract


def test_a_function_of_planes_is_given_each_plane(stack):
    from skimage.feature import canny

    edges = resolve_function("skimage:feature.canny")(stack, sigma=2)
    assert (edges == np.stack([canny(plane, sigma=2) for plane in stack])).all()


def test_a_flexible_function_takes_the_stack_or_each_plane(stack):
    from skimage.filters import gaussian

    smooth = resolve_function(GAUSSIAN)
    assert np.allclose(smooth(stack, sigma=2), gaussian(stack, sigma=2))
    each = np.stack([gaussian(plane, sigma=2) for plane in stack])
    assert np.allclose(smooth(stack, sigma=2, slice_by_slice=True), each)


def test_a_projection_gives_one_plane(stack):
    projected = resolve_function("openhcs:max_projection")(stack)
    assert projected.shape == (1, 16, 24)
    assert (projected[0] == stack.max(axis=0)).all()


def test_a_function_that_is_switched_off_gives_a_copy_of_the_stack(stack):
    same = resolve_function(GAUSSIAN)(stack, enabled=False)
    assert (same == stack).all()
    assert same.dtype == stack.dtype
    assert not np.shares_memory(same, stack)


def test_a_read_only_stack_is_taken_and_stays_as_it_is(stack):
    before = stack.copy()
    stack.flags.writeable = False
    for reference in ("skimage:exposure.rescale_intensity", "openhcs:subtract_background"):
        result = resolve_function(reference)(stack)
        assert not np.shares_memory(result, stack)
    assert (stack == before).all()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.array([[True, False]]), "uint8"),
        (np.array([[1, 70]], np.int64), "uint16"),
        (np.array([[1, 70_000]], np.int64), "uint32"),
        (np.array([[-1, 70]], np.int64), "int32"),
        (np.array([[1, 2]], np.uint8), "uint8"),
        (np.array([[0.5]], np.float64), "float32"),
        (np.array([[-(2**40)]], np.int64), "float32"),
    ],
)
def test_results_have_types_that_files_take(given, expected):
    assert storable(given).dtype == expected
    assert (storable(given) == given).all()


def test_masks_and_labels_come_as_small_whole_numbers(stack):
    mask = resolve_function("openhcs:otsu_mask")(stack)
    assert (mask.dtype, set(np.unique(mask))) == ("uint8", {0, 1})
    assert resolve_function("skimage:measure.label")(mask).dtype == "uint16"


def test_the_first_of_several_results_is_the_image(stack):
    result = resolve_function("skimage:segmentation.relabel_sequential")(stack % 3)
    assert result.shape == stack.shape


def test_a_function_pickles_as_its_reference_also_with_a_parent_that_never_saw_it():
    smooth = resolve_function(GAUSSIAN)
    assert len(pickle.dumps(smooth)) < 200
    assert pickle.loads(pickle.dumps(smooth)) is smooth


def test_a_fresh_worker_gives_the_same_results(stack):
    references = {GAUSSIAN: {"sigma": 3}, "skimage:feature.canny": {}, "openhcs:otsu_mask": {}}
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for reference, parameters in references.items():
            function = resolve_function(reference)
            theirs = pool.apply(function, (stack,), parameters)
            ours = function(stack, **parameters)
            assert theirs.dtype == ours.dtype
            assert (theirs == ours).all()


def test_parameters_without_a_default_must_be_given(stack):
    with pytest.raises(FunctionError, match=r"rotate needs the parameter 'angle'"):
        check_parameters("skimage:transform.rotate", {})
    assert resolve_function("skimage:transform.rotate")(stack, angle=90).shape == stack.shape


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"sigm": 1}, r"has no parameter 'sigm'.*accepts sigma, mode.*nearest: sigma"),
        ({"enabled": "no"}, r"can't take 'no' for enabled"),
        ({"slice_by_slice": 1}, r"can't take 1 for slice_by_slice"),
        ({"device": None}, r"has no parameter 'device'"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(parameters, expected):
    with pytest.raises(FunctionError, match=f"(?s){expected}"):
        check_parameters(GAUSSIAN, parameters)


def test_only_a_flexible_function_takes_slice_by_slice():
    with pytest.raises(FunctionError, match="no parameter 'slice_by_slice'"):
        check_parameters("openhcs:max_projection", {"slice_by_slice": True})


def test_a_value_that_a_function_refuses_is_told_with_function_and_parameters(stack):
    with pytest.raises(FunctionError, match=r"percentile_normalize failed with low=60, high=3 on"):
        resolve_function("openhcs:percentile_normalize")(stack, low=60, high=3)


def test_a_result_of_other_planes_is_refused(stack):
    rescale = resolve_function("skimage:transform.rescale")
    with pytest.raises(FunctionError, match=r"gives 6 planes for 3.*\n.*slice_by_slice"):
        rescale(stack, scale=2)
    assert rescale(stack, scale=2, slice_by_slice=True).shape == (3, 32, 48)


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 4), (1, 0, 4), (1, 1, 4, 4)])
def test_what_is_no_stack_is_refused(shape):
    with pytest.raises(FunctionError, match="takes a stack of planes"):
        resolve_function(GAUSSIAN)(np.zeros(shape))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("skimage:filters.gausian", r"no image function.*nearest: filters\.gaussian"),
        ("skimage:gaussian", r"nearest: filters\.gaussian"),
        ("skimage:filters._gaussian", "no image function"),
        ("skimage:filters.gaussian.__call__", "no image function"),
        ("openhcs:maxprojection", "nearest: max_projection"),
        ("openhcs:annotations", "no image function"),
        ("skimag:filters.gaussian", "no library 'skimag'.*cupy, openhcs.*nearest: skimage"),
        ("gaussian", "no reference"),
        (":", "no reference"),
        (None, "no reference"),
        ("skimage:filters.threshold_otsu", "makes no image of an image: it gives float32"),
        ("skimage:feature.peak_local_max", "makes no image"),
        ("skimage:measure.moments", "makes no image"),
    ],
)
def test_what_is_no_function_is_refused_with_the_reason(reference, expected):
    with pytest.raises(FunctionError, match=f"(?s){expected}"):
        resolve_function(reference)


def test_a_function_of_an_unusable_library_tells_the_reason_and_the_remedy():
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES, LibraryRegistryBase

    with LIBRARY_REGISTRIES.isolated():

        class Absent(LibraryRegistryBase):
            _registry_name = "absent"
            remedy = "buy one"

            def modules(self):
                return ()

            def try_out(self):
                import nothing_of_this_name  # noqa: F401

        with pytest.raises(LibraryUnavailableError, match=r"(?s)nothing_of_this_name.*buy one"):
            resolve_function("absent:anything")


def test_finding_a_function_leaves_the_warning_filters_alone():
    before = list(warnings.filters)
    function_metadata("skimage:filters.sobel")
    assert warnings.filters == before
