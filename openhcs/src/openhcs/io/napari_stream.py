"""Show what is saved in napari."""

from __future__ import annotations

from openhcs.io.streaming import StreamingBackend


class NapariStreamingBackend(StreamingBackend):
    """Send images to the napari viewer, as layers of their wells and channels."""

    _backend_type = "napari_stream"
    server_type = "napari"
    default_port = 5555
