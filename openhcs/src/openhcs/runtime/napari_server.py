"""The napari viewer: images as the layers of a real napari, with a window where one can be."""

from __future__ import annotations

from openhcs.errors import MessageError, ServerError
from openhcs.runtime.viewer_base import ViewerServer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from openhcs.runtime.messages import Message
    from openhcs.runtime.napari_model import NapariModel
    from openhcs.runtime.viewer_layers import LayerKey
    from openhcs.runtime.viewer_messages import DisplayConfig
    from openhcs.runtime.zmq_base import Handler


class NapariViewerServer(ViewerServer):
    """Shows images in napari: in a window, or in its model alone where there is no display."""

    _server_type = "napari"
    default_port = 5555

    @classmethod
    def check_available(cls) -> None:
        from openhcs.runtime.napari_model import check_available

        check_available()

    @property
    def windowed(self) -> bool:
        """Whether napari shall open a window: there is a screen, and a binding of Qt."""
        from openhcs.runtime.viewer_display import has_qt, has_screen

        return not self.headless and has_screen() and has_qt()

    def run(self) -> None:
        """Serve until told to end; where there is a window, from within its event loop.

        Raises:
            ServerError: when the address can't be taken, or napari isn't installed.
        """
        if not self.windowed:
            return super().run()
        from openhcs.runtime.napari_window import run_in_window

        return run_in_window(self)

    def prepare(self) -> None:
        """Import napari; raise a ``NapariUnavailableError`` when it isn't installed."""
        from openhcs.runtime.napari_model import NapariModel

        self._model = NapariModel(window=self.windowed)

    @property
    def model(self) -> NapariModel:
        """Napari's side; there is one once the server is prepared."""
        return self._model

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "screenshot": self.screenshot}

    def check_display(self, display: DisplayConfig) -> None:
        from openhcs.runtime.napari_model import known_colormap

        if not known_colormap(display.colormap):
            raise MessageError(
                f"napari has no colormap {display.colormap!r}",
                fix="name one of napari or matplotlib, such as gray or viridis",
            )

    def show(self, changed: Iterable[LayerKey], display: DisplayConfig) -> None:
        for key in changed:
            self.model.show(key, self.layers.stacks[key], display.colormap)

    def forget(self) -> None:
        self.model.clear()

    def describe(self, key: LayerKey) -> Mapping[str, Any]:
        return self.model.describe(key)

    def measure(self, key: LayerKey) -> Any:
        return self.model.measure(key)

    def screenshot(self, request: Message) -> Message:
        """Return the window's canvas as a PNG in base64.

        Raises:
            ServerError: when there is no window.
        """
        from openhcs.runtime.messages import check_fields

        check_fields(request)
        if not self.model.window:
            raise ServerError(
                "this napari has no window, so there is nothing to take a picture of",
                fix="start it where there is a display and a binding of Qt (pip install PyQt6)",
            )
        return {"type": "screenshot", "png_base64": self.model.screenshot()}
