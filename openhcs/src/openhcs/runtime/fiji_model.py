"""Show layers as hyperstacks of ImageJ."""

from __future__ import annotations

import io
from math import prod

from openhcs.io.rois import unzip_rois
from openhcs.runtime import fiji_imagej as imagej
from openhcs.runtime.fiji_java import start_imagej

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy import ndarray

    from openhcs.runtime.viewer_layers import LayerKey
    from openhcs.runtime.viewer_stack import Stack

# What is neither slice nor channel in ImageJ becomes a frame.
SLICE = "z_index"
CHANNEL = "channel"


class FijiModel:
    """ImageJ's images of our layers, each in a window of its own where there are any.

    Args:
        window: open windows; without, the same images are held and none is drawn.

    Raises:
        FijiUnavailableError: when Java, ImageJ or jpype is missing.
    """

    def __init__(self, window: bool) -> None:
        start_imagej(window)
        self.window = window
        self._images: dict[LayerKey, Any] = {}

    def show(self, key: LayerKey, stack: Stack, colormap: str) -> None:
        """Make the hyperstack of *stack* and put it in the place of the layer's last one."""
        from openhcs.runtime.fiji_lut import lookup_table

        data = imagej.displayable(hyperstack_of(stack))
        image = imagej.hyperstack(key.name, data, lookup_table(colormap))
        self._close(key)
        self._images[key] = image
        if self.window:
            image.show()

    def _close(self, key: LayerKey) -> None:
        old = self._images.pop(key, None)
        if self.window and old is not None:
            old.changes = False  # else ImageJ asks whether to save it
            old.close()

    def lay_over(self, key: LayerKey, stack: Stack, rois: Mapping[tuple[Any, ...], Any]) -> None:
        """Lay the ROIs over the layer of *key*, each set at the place it belongs to."""
        known = {place: found for place, found in rois.items() if place in set(stack.present())}
        placed = {position(stack, place): found for place, found in known.items()}
        imagej.set_rois(self._images[key], placed)

    def clear(self) -> None:
        """Close and forget every image."""
        for key in list(self._images):
            self._close(key)

    def describe(self, key: LayerKey) -> dict[str, Any]:
        """Return how ImageJ itself tells the layer of *key*."""
        image = self._images[key]
        return {"name": str(image.getTitle()), **imagej.dimensions(image)}

    def statistics(self, key: LayerKey) -> list[dict[str, float]]:
        """Return what ImageJ measures on each plane of the layer of *key*."""
        return imagej.statistics(self._images[key])


def hyperstack_of(stack: Stack) -> ndarray:
    """Return the data of *stack* as frames, slices, channels, rows, columns.

    The planes that an image brought along itself are slices too.
    """
    count, inner = len(stack.axes), range(len(stack.axes), stack.data.ndim - 2)
    frames, slices, channels = _axes(stack)
    order = [*frames, *slices, *inner, *channels, stack.data.ndim - 2, stack.data.ndim - 1]
    sizes = [prod(stack.data.shape[n] for n in part) for part in (frames, slices, channels)]
    planes = prod(stack.data.shape[count:-2])
    shape = (sizes[0], sizes[1] * planes, sizes[2], *stack.data.shape[-2:])
    return stack.data.transpose(order).reshape(shape)


def position(stack: Stack, place: tuple[Any, ...]) -> tuple[int, int, int]:
    """Return the channel, slice and frame, counted from 1, of *place* in *stack*."""
    index = [values.index(value) for values, value in zip(stack.values, place, strict=True)]
    frames, slices, channels = _axes(stack)
    planes = prod(stack.data.shape[len(stack.axes) : -2])
    frame = 0
    for axis in frames:
        frame = frame * stack.data.shape[axis] + index[axis]
    z = index[slices[0]] * planes if slices else 0
    channel = index[channels[0]] if channels else 0
    return channel + 1, z + 1, frame + 1


def _axes(stack: Stack) -> tuple[list[int], list[int], list[int]]:
    """Return which axes of *stack* are frames, slices and channels."""
    named = {name: [n] for n, name in enumerate(stack.axes)}
    frames = [n for n, name in enumerate(stack.axes) if name not in (SLICE, CHANNEL)]
    return frames, named.get(SLICE, []), named.get(CHANNEL, [])


def read_rois(content: bytes) -> dict[str, bytes]:
    """Return the ROIs, by name, in the bytes of a zip of ImageJ ROIs.

    Raises:
        ValueError: when it is no such zip, or ImageJ can't read one of them.
    """
    found = unzip_rois(io.BytesIO(content))
    for name, roi in found.items():
        imagej.read_roi(name, roi)
    return found
