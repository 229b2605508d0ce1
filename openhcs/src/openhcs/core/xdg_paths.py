"""Where openhcs keeps its files, after the XDG base directory rules."""

from __future__ import annotations

from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def get_openhcs_cache_dir() -> Path:
    """Return openhcs's cache folder, made with access for its owner only if it is missing.

    Returns:
        ``OPENHCS_CACHE_DIR`` if set, else ``$XDG_DATA_HOME/openhcs/cache``, by default
        ``~/.local/share/openhcs/cache``; relative values are ignored.

    Raises:
        OpenHCSError: when the user has no home and names no folder.
        OSError: when the folder can't be made.
    """
    from pathlib import Path

    # The registries write where the engine says, and people remove this folder to clear them.
    from plugindex.paths import cache_folder

    name = cache_folder("openhcs")
    if not name:
        raise OpenHCSError(
            "this user has no folder for caches", fix="set HOME or XDG_DATA_HOME to a full path"
        )
    folder = Path(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
