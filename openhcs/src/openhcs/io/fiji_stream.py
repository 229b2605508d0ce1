"""Show what is saved in ImageJ."""

from __future__ import annotations

from openhcs.io.streaming import StreamingBackend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class FijiStreamingBackend(StreamingBackend):
    """Send images and ROIs to the fiji viewer, as a hyperstack for each well and site."""

    _backend_type = "fiji_stream"
    server_type = "fiji"
    default_port = 5565
    default_modes: Mapping[str, str] = {"channel": "stack", "site": "layer"}
