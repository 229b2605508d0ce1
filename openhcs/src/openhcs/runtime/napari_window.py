"""Serve from within the event loop of a napari window."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from openhcs.runtime.napari_server import NapariViewerServer

# Requests are looked for this often; each is answered in the thread that draws, as Qt demands.
LOOK_MS = 20


def run_in_window(server: NapariViewerServer) -> None:
    """Serve until told to end, or until the window is closed.

    Raises:
        ServerError: when the address can't be taken, or napari isn't installed.
    """
    with server:
        server.prepare()
        application = import_module("qtpy.QtWidgets").QApplication.instance()
        timer = import_module("qtpy.QtCore").QTimer()
        timer.timeout.connect(lambda: _step(server, application))
        server.ready = True
        timer.start(LOOK_MS)
        application.exec_()
        timer.stop()


def _step(server: NapariViewerServer, application: Any) -> None:
    """Answer what came in, and close the window once the server was told to end."""
    if not server.stopping:
        server.step()
    if server.stopping:
        server.model.close()
        application.quit()
