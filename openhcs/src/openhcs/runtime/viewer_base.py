"""What every viewer server does: take images from shared memory and sort them into layers."""

from __future__ import annotations

from abc import abstractmethod

from openhcs.errors import MessageError, StorageError
from openhcs.runtime.viewer_layers import Layers
from openhcs.runtime.viewer_messages import IMAGE, ROIS, DisplayConfig, SharedImage
from openhcs.runtime.zmq_base import ZMQServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping
    from typing import Any, Self

    from openhcs.runtime.messages import Message
    from openhcs.runtime.transport import Address
    from openhcs.runtime.viewer_layers import LayerKey
    from openhcs.runtime.zmq_base import Handler

MOST_AXES = 6  # of one image; more would be no image


class ViewerServer(ZMQServer):
    """Shows the images that it is sent; each is acknowledged once its pixels have been copied.

    A batch comes on the data channel and is answered there: nothing is dropped, and a sender
    knows when it may go on.

    Args:
        address: where to listen.
        log_file_path: where the log is written.
        headless: open no window, also where there is a screen.
    """

    data_socket = "REP"
    data_types: tuple[str, ...] = (IMAGE,)

    def __init__(
        self, address: Address, log_file_path: str = "", *, headless: bool = False
    ) -> None:
        super().__init__(address, log_file_path)
        self.headless = headless
        self.layers = Layers()

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--headless", action="store_true", help="open no window, also where there is a screen"
        )

    @classmethod
    def from_options(
        cls, address: Address, log_file_path: str, options: argparse.Namespace
    ) -> Self:
        return cls(address, log_file_path, headless=options.headless)

    @abstractmethod
    def check_display(self, display: DisplayConfig) -> None:
        """Raise a ``MessageError`` when the viewer can't show images as *display* asks."""

    @abstractmethod
    def show(self, changed: Iterable[LayerKey], display: DisplayConfig) -> None:
        """Show what the layers of *changed* hold now."""

    @abstractmethod
    def forget(self) -> None:
        """Remove all that was shown."""

    @abstractmethod
    def describe(self, key: LayerKey) -> Mapping[str, Any]:
        """Return how the viewer itself tells the layer of *key*; empty when it shows none."""

    @abstractmethod
    def measure(self, key: LayerKey) -> Any:
        """Return figures about the pixels that the viewer holds for *key*, as plain data."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "clear_state": self.clear_state}

    def data_handlers(self) -> Mapping[str, Handler]:
        return {"batch": self.batch}

    def batch(self, request: Message) -> Message:
        """Take the images of a batch, show them, and acknowledge each.

        Returns:
            For each image its ``image_id`` and ``status``, "shown" or "refused"; a refused one
            has the reason as ``error``.
        """
        images, display = _read_batch(request)
        self.check_display(display)
        received, refused = [], {}
        for image in images:
            try:
                received.append((image, self._content(image)))
            except (StorageError, ValueError) as error:
                refused[image.image_id] = str(error)
        self.show(self.layers.put(received, display), display)
        return {"type": "ack", "images": [_acknowledged(i.image_id, refused) for i in images]}

    def _content(self, image: SharedImage) -> Any:
        from openhcs.runtime.shared_memory import take

        array = take(image.shm_name, image.shape, image.dtype)
        if image.data_type not in self.data_types:
            raise ValueError(f"the {self._server_type} viewer doesn't show {image.data_type}")
        if image.data_type == ROIS:
            return self.read_rois(array.tobytes())
        if not 2 <= array.ndim <= MOST_AXES or 0 in array.shape:
            raise ValueError(f"an array of shape {array.shape} is no image")
        return array

    def read_rois(self, content: bytes) -> Any:
        """Return the ROIs in *content*; a viewer that has ROIs among its data types reads them."""
        raise ValueError(f"the {self._server_type} viewer reads no ROIs")

    def clear_state(self, request: Message) -> Message:
        """Remove every layer."""
        from openhcs.runtime.messages import check_fields

        check_fields(request)
        self.layers.clear()
        self.forget()
        return {"type": "ok"}

    def status(self, request: Message) -> Message:
        """Tell what is shown; with ``statistics`` true also about the pixels."""
        from openhcs.runtime.messages import check_fields

        check_fields(request, optional={"statistics": bool})
        measured = request.get("statistics", False)
        return {
            **super().status({"type": request["type"]}),
            "layers": [self._layer(key, measured) for key in self.layers.stacks],
            "rois": [_roi_set(key, sets) for key, sets in self.layers.rois.items()],
        }

    def _layer(self, key: LayerKey, measured: bool) -> dict[str, Any]:
        stack = self.layers.stacks[key]
        return {
            "source": key.source,
            "components": dict(key.parts),
            "axes": dict(zip(stack.axes, map(list, stack.values), strict=True)),
            **self.describe(key),
            **({"statistics": self.measure(key)} if measured else {}),
        }


def _read_batch(request: Message) -> tuple[list[SharedImage], DisplayConfig]:
    from openhcs.runtime.messages import check_fields

    fields = {"images": list, "display_config": dict, "timestamp": float}
    check_fields(request, fields)
    images = [SharedImage.from_json(value) for value in request["images"]]
    if len({image.image_id for image in images}) < len(images):
        raise MessageError("two images of a batch have the same image_id")
    return images, DisplayConfig.from_json(request["display_config"])


def _roi_set(key: LayerKey, sets: Mapping[Any, Any]) -> dict[str, Any]:
    count = sum(len(rois) for rois in sets.values())
    return {"source": key.source, "components": dict(key.parts), "count": count}


def _acknowledged(image_id: str, refused: Mapping[str, str]) -> dict[str, str]:
    if image_id in refused:
        return {"image_id": image_id, "status": "refused", "error": refused[image_id]}
    return {"image_id": image_id, "status": "shown"}
