"""A microscope whose images are called WELL-SITE-CHANNEL, such as ``B03-2-DAPI.tif``."""

from __future__ import annotations

import re

from openhcs.microscopes.microscope_base import MicroscopeHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAME = re.compile(r"([A-P][0-2][0-9])-(\d+)-(\w+)(\.tiff?)", re.IGNORECASE)


class MyMicroscopeHandler(MicroscopeHandler):
    """Plates of my microscope."""

    _microscope_type = "my_microscope"

    def parse_filename(self, filename: str) -> dict[str, Any] | None:
        """Return the components that *filename* tells, or None if it is no image name."""
        found = _NAME.fullmatch(filename)
        if found is None:
            return None
        well, site, channel, extension = found.groups()
        return {
            "well": well.upper(),
            "site": int(site),
            "channel": channel,
            "z_index": None,
            "timepoint": None,
            "extension": extension,
        }
