"""A server that this process has started: its log, its end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from openhcs.errors import ServerError
from openhcs.runtime.server_log import new_log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from openhcs.runtime.transport import Address

ENDING_SECONDS = 5.0
SHOWN = 2000  # bytes of the log's end: enough for the message behind a traceback


class ServerProcess:
    """Start a server of *server_type* in a fresh interpreter with this process's environment.

    Args:
        server_type: a key of ``ZMQ_SERVERS``.
        address: where it shall listen.
        persistent: let it live on when this process ends.
        log_file_path: where its output goes; by default a new file in the cache folder, removed
            with the server unless it is persistent.
        options: further options of its command line.
    """

    def __init__(
        self,
        server_type: str,
        address: Address,
        *,
        persistent: bool = False,
        log_file_path: str = "",
        options: Sequence[str] = (),
    ) -> None:
        self.persistent = persistent
        self.log_file_path = log_file_path or new_log(server_type, address.port)
        self._own_log = not log_file_path and not persistent
        self._owner = os.getpid()
        arguments = [server_type, "--port", str(address.port), "--host", address.host]
        arguments += ["--transport-mode", address.mode, "--log-file-path", self.log_file_path]
        arguments += ["--persistent"] if persistent else ["--lifeline"]
        self._process = self._started([*arguments, *options])

    def _started(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        try:
            with open(self.log_file_path, "ab") as log:
                # -P: what a server imports mustn't depend on the folder one stands in.
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "openhcs.runtime.serve", *arguments],
                    stdin=subprocess.DEVNULL if self.persistent else subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=self.persistent,
                )
        except OSError as error:
            raise ServerError(
                f"a server can't be started: {error.strerror}",
                file=error.filename or self.log_file_path,
                fix="check that file",
            ) from error
        # Someone must take note of the end of a server that outlives its client, so that no dead
        # entry stays in the process table; this thread never keeps the interpreter.
        threading.Thread(target=process.wait, name="server wait", daemon=True).start()
        return process

    @property
    def is_ours(self) -> bool:
        """Whether this very process started it; a fork's copy leaves the original's alone."""
        return self._owner == os.getpid()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def check_alive(self) -> None:
        """Raise what the server's last output tells if it has ended.

        Raises:
            ServerError: when it has ended.
        """
        code = self._process.poll()
        if code is not None:
            raise ServerError(
                f"the server ended with exit code {code}; its last output:\n{self.last_output()}",
                file="" if self._own_log else self.log_file_path,
                fix="correct what the output names, and start it again",
            )

    def last_output(self) -> str:
        """Return the end of what the server has printed."""
        try:
            with open(self.log_file_path, "rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - SHOWN))
                return log.read().decode("utf-8", "replace").strip() or "(none)"
        except OSError as error:
            return f"(the log can't be read: {error.strerror})"

    def has_ended(self, seconds: float = ENDING_SECONDS) -> bool:
        """Wait up to *seconds* for the server's end, and say whether it has come."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, seconds: float = ENDING_SECONDS) -> None:
        """End the server, by force if it must be, and remove the log that it alone needed.

        Args:
            seconds: how long it may take to end by itself, and again once it is told to.
        """
        if not self.is_ours:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()  # its lifeline; persistent servers have none
        for last_resort in (self._process.terminate, self._process.kill):
            if self.has_ended(seconds):
                break
            last_resort()
        self._process.wait()
        if self._own_log and os.path.exists(self.log_file_path):
            os.unlink(self.log_file_path)
