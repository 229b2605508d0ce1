"""Where servers that are started write to, and which of the old logs go."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time

from openhcs.core.xdg_paths import get_openhcs_cache_dir
from openhcs.errors import OpenHCSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

KEPT_SECONDS = 30 * 24 * 3600  # of a log that nobody has written to
KEPT_LOGS = 50  # the newest

if sys.platform == "win32":

    def hold_log(descriptor: int) -> None:
        """Do nothing: Windows removes no file that is open."""

    def _is_held(log: Path) -> bool:
        return False

else:
    import fcntl

    def hold_log(descriptor: int) -> None:
        """Keep the open log from being removed while this process, or one it starts, lives."""
        with contextlib.suppress(OSError):  # not every file system knows locks
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def _is_held(log: Path) -> bool:
        with open(log, "rb") as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                return False
        return False


def new_log(server_type: str, port: int) -> str:
    """Make a log file for a server, readable by its owner only, and return its path."""
    folder = _log_folder()
    log, path = tempfile.mkstemp(prefix=f"{server_type}-{port}-", suffix=".log", dir=folder)
    os.close(log)
    return path


def _log_folder() -> Path | None:
    """Return the folder for logs, None for the system's where this user's can't be written."""
    try:
        folder = get_openhcs_cache_dir() / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        _remove_old(folder)
    except (OSError, OpenHCSError):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _remove_old(folder: Path) -> None:
    """Remove what servers have left whose client was killed, and the logs of persistent ones."""
    oldest = time.time() - KEPT_SECONDS
    written = {log: _last_written(log) for log in folder.glob("*.log")}
    for number, log in enumerate(sorted(written, key=written.__getitem__, reverse=True)):
        if number >= KEPT_LOGS or written[log] < oldest:
            with contextlib.suppress(FileNotFoundError):  # another client is quicker
                if not _is_held(log):
                    log.unlink()


def _last_written(log: Path) -> float:
    try:
        return log.stat().st_mtime
    except FileNotFoundError:
        return 0.0
