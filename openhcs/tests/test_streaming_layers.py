"""How a viewer sorts what it is sent: messages, layers, and the planes within one."""

from __future__ import annotations

import numpy as np
import pytest

from openhcs.errors import MessageError
from openhcs.runtime.fiji_model import hyperstack_of, position
from openhcs.runtime.viewer_layers import Layers, layer_key
from openhcs.runtime.viewer_messages import DisplayConfig, SharedImage
from openhcs.runtime.viewer_stack import Stack


def image(path="/p/A01_s1_w1.tif", data_type="image", **metadata) -> SharedImage:
    told = metadata or {"well": "A01", "site": 1, "channel": 1, "source": "/p"}
    return SharedImage(path, (2, 3), "uint8", "openhcs_1_0123456789ab", data_type, told, "1")


def plane(value: int, shape=(2, 3), dtype="uint8") -> np.ndarray:
    return np.full(shape, value, dtype)


def test_an_image_is_told_as_it_was():
    told = image().to_json()
    assert sorted(told) == sorted(
        ["path", "shape", "dtype", "shm_name", "data_type", "metadata", "image_id"]
    )
    assert SharedImage.from_json(told) == image()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"shape": [2, -1]}, "whole numbers"),
        ({"shape": "23"}, "whole numbers"),
        ({"shape": [True, 2]}, "whole numbers"),
        ({"dtype": 3}, "texts"),
        ({"data_type": "code"}, "data_type is"),
        ({"metadata": []}, "metadata is an object"),
        ({"metadata": {"plate": "x"}}, "no other fields"),
        ({"metadata": {"well": None}}, "texts and whole numbers"),
        ({"extra": 1}, "exactly the fields"),
    ],
)
def test_a_wrong_image_is_refused_with_the_rule(change, rule):
    with pytest.raises(MessageError, match=rule):
        SharedImage.from_json({**image().to_json(), **change})


@pytest.mark.parametrize("value", [None, [], {"path": "x"}])
def test_what_is_no_image_at_all_is_refused(value):
    with pytest.raises(MessageError, match="an image"):
        SharedImage.from_json(value)


def test_a_display_is_told_as_it_was_and_completed():
    display = DisplayConfig("viridis", {"channel": "stack"}, ("channel",))
    assert DisplayConfig.from_json(display.to_json()) == display
    assert display.axes == ("channel", "timepoint", "site", "z_index")
    assert display.layered == ("well",)


@pytest.mark.parametrize(
    "change",
    [
        {"colormap": ""},
        {"colormap": 3},
        {"component_modes": {"well": "window"}},
        {"component_modes": {"plate": "layer"}},
        {"component_modes": []},
        {"component_order": ["site", "site"]},
        {"component_order": ["plate"]},
        {"component_order": "site"},
    ],
)
def test_a_wrong_display_is_refused(change):
    with pytest.raises(MessageError):
        DisplayConfig.from_json({**DisplayConfig().to_json(), **change})


def test_wells_channels_and_plates_make_layers_of_their_own():
    told = {"well": "A01", "site": 1, "channel": 1, "source": "/p"}
    images = [image(**told, z_index=z) for z in (1, 2)]
    images += [image(**{**told, **other}) for other in ({"well": "A02"}, {"channel": 2})]
    images += [image(**{**told, "source": "/other"})]
    keys = {layer_key(each, DisplayConfig()) for each in images}
    assert sorted(key.name for key in keys) == [
        "well A01 channel 1 (other)",
        "well A01 channel 1 (p)",
        "well A01 channel 2 (p)",
        "well A02 channel 1 (p)",
    ]


def test_a_name_that_tells_no_well_makes_a_layer_of_its_own():
    names = ("mask.tif", "cells.tif")
    layers = Layers()
    layers.put([(image(f"/p/{n}", source="/p"), plane(1)) for n in names], DisplayConfig())
    assert [key.name for key in layers.stacks] == ["file mask.tif (p)", "file cells.tif (p)"]


def test_images_of_one_layer_are_stacked_along_the_axes_in_natural_order():
    layers = Layers()
    places = [(site, z) for z in (10, 2) for site in (2, 1)]
    sent = [
        (image(well="A01", site=site, channel=1, z_index=z), plane(10 * site + z))
        for site, z in places
    ]
    (key,) = layers.put(sent, DisplayConfig())
    stack = layers.stacks[key]
    assert (stack.axes, stack.values) == (("timepoint", "site", "z_index"), ((1,), (1, 2), (2, 10)))
    assert stack.data[0, :, :, 0, 0].tolist() == [[12, 20], [22, 30]]


def test_wells_are_stacked_row_by_row():
    stack = Stack(("well",))
    stack.put({(well,): plane(n) for n, well in enumerate(("AA01", "B10", "B02"))})
    assert stack.values == (("B02", "B10", "AA01"),)


def test_a_plane_sent_again_replaces_the_old_one_in_place():
    stack = Stack(("site",))
    stack.put({(1,): plane(1), (2,): plane(2)})
    before = stack.data
    stack.put({(2,): plane(9)})
    assert stack.data is before
    assert stack.data[:, 0, 0].tolist() == [1, 9]


def test_a_stack_grows_on_every_axis_and_keeps_what_it_had():
    stack = Stack(("site", "z_index"))
    stack.put({(2, 5): plane(25)})
    stack.put({(1, 5): plane(15), (2, 3): plane(23)})
    assert stack.data[:, :, 0, 0].tolist() == [[0, 15], [23, 25]]
    assert list(stack.present()) == [(1, 3), (1, 5), (2, 3), (2, 5)]


def test_planes_of_other_sizes_types_and_depths_share_a_stack():
    stack = Stack(("site",))
    stack.put({(1,): plane(200, (2, 3))})
    stack.put({(2,): plane(1000, (2, 4, 2), "uint16")})
    assert (stack.data.shape, stack.data.dtype) == ((2, 2, 4, 3), np.uint16)
    assert stack.data[0, 0].tolist() == [[200] * 3, [200] * 3, [0] * 3, [0] * 3]
    assert stack.data[1].sum() == 1000 * 2 * 4 * 2


def test_a_smaller_plane_leaves_nothing_of_a_larger_one():
    stack = Stack(())
    stack.put({(): plane(7, (3, 3))})
    stack.put({(): plane(1, (2, 2))})
    assert stack.data.sum() == 4


def test_imagej_finds_a_place_where_its_plane_lies():
    stack = Stack(("site", "channel", "timepoint", "z_index"))
    places = [(s, c, t, z) for s in (1, 2) for c in (1, 2) for t in (1, 2, 3) for z in (4, 5)]
    stack.put({place: plane(number, (2, 3, 4)) for number, place in enumerate(places)})
    data = hyperstack_of(stack)
    assert data.shape == (2 * 3, 2 * 2, 2, 3, 4)  # frames, slices, channels, rows, columns
    for number, place in enumerate(places):
        channel, slice_, frame = position(stack, place)
        assert (data[frame - 1, slice_ - 1, channel - 1] == number).all()


def test_a_viewer_forgets_what_it_is_told_to():
    layers = Layers()
    rois = image("/p/A01_s1_w1.roi.zip", "rois", well="A01")
    layers.put([(image(), plane(1)), (rois, {"1.roi": b""})], DisplayConfig())
    layers.clear()
    assert not layers.stacks
    assert not layers.rois
