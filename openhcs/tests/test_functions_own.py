"""What openhcs's own functions compute, and that they do what they declare."""

from __future__ import annotations

import numpy as np
import pytest

from openhcs.errors import FunctionError
from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
from openhcs.processing.backends.lib_registry.trial import classify
from openhcs.processing.declaration import image_function
from openhcs.processing.func_registry import resolve_function

OWN = LIBRARY_REGISTRIES["openhcs"]()
NAMES = [candidate.name for candidate in OWN.candidates()]


def test_these_are_our_functions():
    assert sorted(NAMES) == [
        "gaussian_smooth",
        "label_objects",
        "max_projection",
        "mean_projection",
        "otsu_mask",
        "percentile_normalize",
        "subtract_background",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_does_what_it_declares(name):
    candidate = OWN.candidate(name)
    assert classify(candidate, "numpy").contract is candidate.function.processing_contract
    assert OWN.classify(candidate).doc.endswith((".", ";", ","))


def test_percentiles_are_spread_over_the_whole_scale():
    ramp = np.arange(10_000, dtype=np.uint16).reshape(1, 100, 100)
    spread = resolve_function("openhcs:percentile_normalize")(ramp)
    assert (spread.min(), spread.max()) == (0, 65535)
    assert abs(int(spread[0, 50, 0]) - 32767) < 20
    assert (spread == 0).sum() in range(99, 103)


def test_an_even_image_stays_even():
    even = np.full((2, 4, 4), 7, np.uint16)
    assert (resolve_function("openhcs:percentile_normalize")(even) == 0).all()
    assert (resolve_function("openhcs:otsu_mask")(even) == 0).all()


@pytest.mark.parametrize("radius", [1, 2, 5])
def test_the_background_is_a_square_opening(radius):
    from skimage.morphology import footprint_rectangle, white_tophat

    image = np.random.default_rng(3).integers(0, 999, (2, 40, 31)).astype(np.uint16)
    square = footprint_rectangle((2 * radius + 1,) * 2)
    inner = (slice(2 * radius, -2 * radius),) * 2
    ours = resolve_function("openhcs:subtract_background")(image, radius=radius)
    for plane, one in zip(image, ours, strict=True):
        assert (one[inner] == white_tophat(plane, square)[inner]).all()


def test_a_spot_on_a_slope_is_left_and_the_slope_is_gone():
    image = np.tile(np.arange(100, dtype=np.uint16) * 10, (1, 100, 1))
    image[0, 50, 50] += 1000
    left = resolve_function("openhcs:subtract_background")(image, radius=10)
    assert left[0, 50, 50] >= 1000
    assert np.median(left) < 150


@pytest.mark.parametrize("radius", [0, 1.5, True, "3"])
def test_a_radius_that_is_no_number_of_pixels_is_refused(radius):
    with pytest.raises(FunctionError, match="must be a whole number of pixels"):
        resolve_function("openhcs:subtract_background")(np.ones((1, 9, 9)), radius=radius)


def test_planes_are_blurred_apart_and_keep_their_brightness():
    image = np.zeros((2, 31, 31), np.uint16)
    image[0] = 500
    blurred = resolve_function("openhcs:gaussian_smooth")(image, sigma=2)
    assert blurred.dtype == np.float32
    assert np.allclose(blurred[0], 500)
    assert (blurred[1] == 0).all()


def test_objects_are_numbered_from_one_and_small_ones_left_out():
    mask = np.zeros((1, 12, 12), np.uint8)
    mask[0, 1, 1] = 1
    mask[0, 3:6, 3:6] = 1
    mask[0, 6, 6] = 1  # touches by a corner
    mask[0, 9:11, 1:4] = 1
    count = resolve_function("openhcs:label_objects")
    assert count(mask).max() == 3
    labels = count(mask, min_size=2)
    assert list(np.bincount(labels.ravel())[1:]) == [10, 6]
    assert labels[0, 1, 1] == 0


def test_an_unknown_memory_type_is_refused_where_a_function_is_declared():
    with pytest.raises(FunctionError, match=r"(?s)'gpu'.*numpy, cupy, pyclesperanto"):
        image_function(input_memory_type="gpu")
