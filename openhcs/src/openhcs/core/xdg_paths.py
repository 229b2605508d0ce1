"""Where openhcs keeps its files, after the XDG base directory rules."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def get_data_home() -> Path:
    """Return the user's data folder: ``XDG_DATA_HOME`` if absolute, else ``~/.local/share``.

    Raises:
        RuntimeError: when there is neither an ``XDG_DATA_HOME`` nor a home folder.
    """
    import os
    from pathlib import Path

    declared = os.environ.get("XDG_DATA_HOME", "")
    # The specification calls relative values invalid and says to ignore them.
    return Path(declared) if os.path.isabs(declared) else Path.home() / ".local" / "share"


def get_openhcs_cache_dir() -> Path:
    """Return openhcs's cache folder, made with access for its owner only if it is missing.

    Returns:
        ``<data home>/openhcs/cache``.

    Raises:
        OSError: when the folder can't be made.
    """
    folder = get_data_home() / "openhcs" / "cache"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
