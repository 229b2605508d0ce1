"""Sort the images of a viewer into layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from openhcs.microscopes.filename_parser import FIRST
from openhcs.runtime.viewer_messages import ROIS
from openhcs.runtime.viewer_stack import Stack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from openhcs.runtime.viewer_messages import DisplayConfig, SharedImage

    Received = tuple[SharedImage, Any]  # an image, and its array or its ROIs


@dataclass(frozen=True)
class LayerKey:
    """What the images of one layer have in common.

    The source folder belongs to it: two plates have the same wells. So does the file's name where
    it tells no components, and so do the axes: other modes make other layers.
    """

    source: str
    parts: tuple[tuple[str, Any], ...]
    axes: tuple[str, ...]
    data_type: str

    @property
    def name(self) -> str:
        """The layer's name for people, such as ``well A01 channel 1 (images)``."""
        words = [f"{component} {value}" for component, value in self.parts]
        folder = PurePosixPath(self.source).name
        words += [ROIS] if self.data_type == ROIS else []
        return " ".join([*words, *([f"({folder})"] if folder else [])]) or "images"

    def of(self, data_type: str) -> LayerKey:
        """Return the key of the layer that shows *data_type* of the same place."""
        return replace(self, data_type=data_type)


def layer_key(image: SharedImage, display: DisplayConfig) -> LayerKey:
    """Return the layer that *image* belongs to."""
    told = image.metadata
    if "well" not in told:
        name = PurePosixPath(image.path).name
        return LayerKey(told.get("source", ""), (("file", name),), (), image.data_type)
    values = {**FIRST, **told}
    parts = tuple((component, values[component]) for component in display.layered)
    return LayerKey(told.get("source", ""), parts, display.axes, image.data_type)


def place(image: SharedImage, key: LayerKey) -> tuple[Any, ...]:
    """Return where *image* lies along the axes of its layer."""
    return tuple({**FIRST, **image.metadata}[axis] for axis in key.axes)


class Layers:
    """All that a viewer shows: a stack for each layer of images, sets of ROIs for the others."""

    def __init__(self) -> None:
        self.stacks: dict[LayerKey, Stack] = {}
        self.rois: dict[LayerKey, dict[tuple[Any, ...], Any]] = {}

    def put(self, received: Iterable[Received], display: DisplayConfig) -> list[LayerKey]:
        """Add or replace what was *received* and return the layers that changed."""
        changed: dict[LayerKey, dict[tuple[Any, ...], Any]] = {}
        for image, content in received:
            key = layer_key(image, display)
            changed.setdefault(key, {})[place(image, key)] = content
        for key, contents in changed.items():
            if key.data_type == ROIS:
                self.rois.setdefault(key, {}).update(contents)
            else:
                self.stacks.setdefault(key, Stack(key.axes)).put(contents)
        return list(changed)

    def clear(self) -> None:
        """Forget everything."""
        self.stacks.clear()
        self.rois.clear()
