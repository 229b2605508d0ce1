"""The fiji viewer: images as hyperstacks of a real ImageJ, ROIs laid over them."""

from __future__ import annotations

from openhcs.errors import MessageError
from openhcs.runtime.viewer_base import ViewerServer
from openhcs.runtime.viewer_messages import IMAGE, ROIS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from openhcs.runtime.fiji_model import FijiModel
    from openhcs.runtime.viewer_layers import LayerKey
    from openhcs.runtime.viewer_messages import DisplayConfig


class FijiViewerServer(ViewerServer):
    """Shows images in ImageJ, which runs inside this process by the system's Java."""

    _server_type = "fiji"
    default_port = 5565
    data_types = (IMAGE, ROIS)

    @classmethod
    def check_available(cls) -> None:
        from openhcs.runtime.fiji_java import check_available

        check_available()

    def prepare(self) -> None:
        """Start Java and ImageJ; raise a ``FijiUnavailableError`` when one is missing."""
        import sys

        from openhcs.runtime.fiji_model import FijiModel
        from openhcs.runtime.viewer_display import has_screen

        # On macOS a window needs the process's first thread, which serves.
        windowed = not self.headless and has_screen() and sys.platform != "darwin"
        self._model = FijiModel(windowed)

    @property
    def model(self) -> FijiModel:
        """ImageJ's side; there is one once the server is prepared."""
        return self._model

    def check_display(self, display: DisplayConfig) -> None:
        from openhcs.runtime.fiji_lut import lookup_table

        if lookup_table(display.colormap) is None:
            raise MessageError(
                f"there is no colormap {display.colormap!r} for ImageJ",
                fix="name a colormap of matplotlib, such as viridis, or a colour",
            )

    def show(self, changed: Iterable[LayerKey], display: DisplayConfig) -> None:
        keys = list(changed)
        for key in keys:
            if key.data_type == IMAGE:
                self.model.show(key, self.layers.stacks[key], display.colormap)
        for key in {key.of(IMAGE) for key in keys} & self.layers.stacks.keys():
            rois = self.layers.rois.get(key.of(ROIS), {})
            self.model.lay_over(key, self.layers.stacks[key], rois)

    def forget(self) -> None:
        self.model.clear()

    def describe(self, key: LayerKey) -> Mapping[str, Any]:
        return self.model.describe(key)

    def measure(self, key: LayerKey) -> Any:
        return self.model.statistics(key)

    def read_rois(self, content: bytes) -> dict[str, bytes]:
        from openhcs.runtime.fiji_model import read_rois

        return read_rois(content)
