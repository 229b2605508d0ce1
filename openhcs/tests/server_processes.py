"""Start real servers for tests, in a place of their own, and look at their processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from openhcs.runtime import ZMQServer
from openhcs.runtime.transport import Address

PATIENCE = 20.0  # seconds, on a busy machine; reached only by a test that fails

# A distribution of a third party's: an execution server whose jobs do what a test asks of them.
JOBS = r"""
import os, subprocess, sys, time
from pathlib import Path
from openhcs.errors import JobError

class Job:
    def __init__(self, fields):
        self.do, self.folder = fields["do"], Path(fields.get("folder", "."))

    @classmethod
    def from_json(cls, value):
        if "do" not in value:
            raise JobError("a job needs the field 'do'")
        return cls(value)

def run_well(job, well, progress):
    progress("work", "begun")
    (job.folder / f"{well}.pid").write_text(str(os.getpid()))
    return ACTIONS[job.do](job, well)

def sleep(job, well):
    time.sleep(600)

def child(job, well):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (job.folder / f"{well}.child").write_text(str(process.pid))
    process.wait()

def gate(job, well):
    while not (job.folder / "open").exists():
        time.sleep(0.01)
    return {"well": well}

def fail(job, well):
    raise ValueError("the pixels are gone")

def garble(job, well):
    for number in range(3, 20):
        try:
            os.write(number, b"not a message\n")
        except OSError:
            pass
    time.sleep(600)

def deep(job, well):
    value = {}
    for _ in range(100):
        value = {"in": value}
    return value

def environment(job, well):
    from openhcs.microscopes import METADATA_HANDLERS
    return {"environment": dict(os.environ), "handlers": list(METADATA_HANDLERS)}

def view(job, well):
    from worker_views import view
    return view()

ACTIONS = {
    "ok": lambda job, well: {"well": well},
    "sleep": sleep, "child": child, "gate": gate, "fail": fail, "deep": deep,
    "garble": garble, "view": view,
    "environment": environment,
    "end": lambda job, well: os._exit(3),
    "exit": lambda job, well: sys.exit("enough"),
    "object": lambda job, well: {"well": object()},
    "large": lambda job, well: {"text": "x" * 5_000_000},
    "print": lambda job, well: print("the function's own words"),
}
"""
SERVER = """
from openhcs.runtime.zmq_execution_server import ZMQExecutionServer

class TestServer(ZMQExecutionServer):
    _server_type = "test"
    default_port = 7801
    job_reference = "test_server_jobs:Job"
    run_reference = "test_server_jobs:run_well"
"""
ENTRY_POINT = "[openhcs.plugins]\ntest-server = test_server_plugin\n"


def provide_test_server(folder: Path) -> None:
    """Write, into *folder*, what makes ``test`` a type of server for who has it on the path."""
    (folder / "test_server_jobs.py").write_text(JOBS)
    (folder / "test_server_plugin.py").write_text(SERVER)
    about = folder / "test_server-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: test-server\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(ENTRY_POINT)


@contextlib.contextmanager
def server_place() -> Iterator[Path]:
    """Give servers a place of their own: sockets, cache and the ``test`` type.

    The folder's name is short, because a socket's path must be.
    """
    folder = Path(tempfile.mkdtemp(prefix="hcs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("PYTHONPATH", str(folder))
        patch.delenv("OPENHCS_SUBPROCESS_NO_GPU", raising=False)
        provide_test_server(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until *condition* holds; fail, naming *what* was waited for, when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not so after {PATIENCE} s: {what}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Say whether the process *pid* runs; one that nobody has taken note of has ended too."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return state != "Z"


def until_gone(*pids: int) -> None:
    """Wait until none of the processes runs."""
    for pid in pids:
        until(lambda pid=pid: not is_alive(pid), f"process {pid} has ended")


def written_pid(file: Path) -> int:
    """Return the process number in *file*, once it is there."""
    until(lambda: file.exists() and file.read_text(), f"{file} is written")
    return int(file.read_text())


@contextlib.contextmanager
def in_thread(server: ZMQServer) -> Iterator[ZMQServer]:
    """Run *server* in a thread of this process."""
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.ready or not thread.is_alive(), "the server is ready")
        yield server
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@contextlib.contextmanager
def connected(url: str, kind: int = zmq.REQ) -> Iterator[zmq.Socket]:
    """Give a bare ZeroMQ socket that is connected to *url*."""
    with zmq.Context() as context, context.socket(kind) as bare:
        bare.linger = 0
        bare.connect(url)
        yield bare


def answer(bare: zmq.Socket, *parts: bytes) -> dict:
    """Send *parts* and return what is answered."""
    bare.send_multipart(parts)
    assert bare.poll(1000 * PATIENCE), "no answer"
    return json.loads(bare.recv())


def ask(address: Address, *parts: bytes) -> dict:
    """Send *parts* to the control channel of *address* and return what is answered."""
    with connected(address.control) as bare:
        return answer(bare, *parts)


@contextlib.contextmanager
def script(code: str) -> Iterator[subprocess.Popen[str]]:
    """Run *code* in a process of its own, which is killed in the end."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,  # code may wait on it; the tests' own may be at its end
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
