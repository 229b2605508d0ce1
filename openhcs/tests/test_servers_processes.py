"""Servers as processes: how they start, what they survive, and that they end with their owner."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from openhcs.errors import ServerError, ServerLostError, ServerTimeoutError
from openhcs.runtime.client import ServerClient
from openhcs.runtime.execution_client import ExecutionClient
from openhcs.runtime.serve import main
from openhcs.runtime.server_log import KEPT_LOGS, new_log
from openhcs.runtime.server_process import ServerProcess
from openhcs.runtime.transport import free_port, server_address
from server_processes import (
    PATIENCE,
    ask,
    is_alive,
    script,
    server_place,
    until,
    until_gone,
    written_pid,
)

PING = b'{"type": "ping"}'


@pytest.fixture(scope="module")
def module_place():
    with server_place() as folder:
        yield folder


@pytest.fixture
def place(module_place, monkeypatch):
    """Where the servers of this module live, with an index that stays warm."""
    monkeypatch.setenv("XDG_DATA_HOME", str(module_place / "data"))
    return module_place


@contextlib.contextmanager
def launched(*arguments: object, module: str = "openhcs.runtime.serve"):
    """Start a server from the command line, and end it."""
    command = [sys.executable, "-W", "error", "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def refused(*arguments: object) -> str:
    """Return what a server that doesn't start prints."""
    with launched(*arguments) as process:
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "Traceback" not in told
    assert "  fix:   " in told
    return told


def busy(client: ExecutionClient, folder, do: str = "child") -> list[int]:
    """Give the server a job that doesn't end, and return the numbers of all its processes."""
    client.execute({"do": do, "folder": str(folder)}, ["A01"])
    pids = [client.request("ping")["pid"], written_pid(folder / "A01.pid")]
    return pids + ([written_pid(folder / "A01.child")] if do == "child" else [])


def spawn(**how: object) -> ExecutionClient:
    return ExecutionClient.spawn(
        "test", **{"port": free_port(), "options": ["--workers", "1"], **how}
    )


def test_a_fresh_server_has_imported_no_plugin_and_sees_every_registry(place):
    with ExecutionClient.spawn(port=free_port()) as client:
        pong = client.request("ping")
        assert (pong["server"], pong["ready"], pong["plugin_modules_imported"]) == (
            "execution",
            True,
            0,
        )
        keys = client.request("plugins")["registries"]
        assert {"execution", "napari", "fiji"} <= set(keys["zmq server"])
        assert keys["metadata handler"] == keys["microscope handler"]
        assert client.request("ping")["plugin_modules_imported"] == 0


def test_the_secondary_registry_is_complete_when_a_server_touches_it_first(place):
    address = server_address(free_port(), "tcp")
    arguments = ["--port", address.port, "--transport-mode", "tcp"]
    with launched(*arguments, module="openhcs.runtime.zmq_execution_server_launcher"):
        told = ask(address, b'{"type": "plugins", "registry": "metadata handler"}')
        assert {"imagexpress", "opera_phenix", "openhcsdata"} <= set(
            told["registries"]["metadata handler"]
        )
        assert ask(address, PING)["plugin_modules_imported"] == 0


def test_force_shutdown_ends_the_server_in_good_order(place, tmp_path):
    address = server_address(free_port())
    with launched("test", "--port", address.port) as process:
        answer = ask(address, b'{"type": "force_shutdown"}')
        assert answer == {"type": "shutdown_ack", "server_ends": True}
        assert process.wait(PATIENCE) == 0
    assert not list((place / "openhcs" / "ipc").glob(f"*{address.port}.sock"))


def test_a_terminated_server_ends_its_workers(place, tmp_path):
    with spawn() as client:
        pids = busy(client, tmp_path)
        os.kill(pids[0], signal.SIGTERM)
        until_gone(*pids)


def test_a_killed_server_leaves_no_worker_and_its_client_is_told(place, tmp_path):
    with spawn() as client:
        pids = busy(client, tmp_path)
        os.kill(pids[0], signal.SIGKILL)
        until_gone(*pids)
        with pytest.raises(ServerError, match="ended with exit code -9"):
            client.request("ping")


def test_a_killed_client_leaves_no_server_and_no_worker(place, tmp_path):
    code = f"""
    from pathlib import Path
    from test_servers_processes import busy, spawn
    with spawn() as client:
        print(*busy(client, Path({str(tmp_path)!r})), flush=True)
        input()
    """
    path = os.pathsep.join([str(place), os.path.dirname(__file__)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        with script(code) as process:
            pids = [int(pid) for pid in process.stdout.readline().split()]
            assert len(pids) == 3
            assert all(map(is_alive, pids))
            process.kill()
            until_gone(*pids)


def test_a_killed_client_whose_pipe_a_fork_still_holds_leaves_no_server(place, tmp_path):
    code = f"""
    import os, sys, time
    from openhcs.runtime.client import ServerClient
    client = ServerClient.spawn("test", port={free_port()})
    child = os.fork()
    if not child:
        time.sleep(600)
    print(client.process.pid, child, flush=True)
    time.sleep(600)
    """
    with script(code) as process:
        server, fork = (int(pid) for pid in process.stdout.readline().split())
        process.kill()
        try:
            until_gone(server)
            assert is_alive(fork)
        finally:
            os.kill(fork, signal.SIGKILL)


def test_a_fork_of_the_client_doesnt_end_the_originals_server(place):
    code = f"""
    import os
    from openhcs.runtime.client import ServerClient
    client = ServerClient.spawn("test", port={free_port()})
    if not os.fork():
        client.process.end()
        os._exit(0)
    os.wait()
    print(client.request("ping")["type"])
    client.close()
    """
    with script(code) as process:
        assert process.communicate(timeout=PATIENCE)[0] == "pong\n"


def test_a_server_from_the_command_line_ends_with_who_started_it(place):
    port = free_port()
    code = f"""
    import subprocess, sys, time
    command = [sys.executable, "-m", "openhcs.runtime.serve", "test", "--port", "{port}"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(process.pid, flush=True)
    time.sleep(600)
    """
    with script(code) as process:
        server = int(process.stdout.readline())
        assert ask(server_address(port), PING)["pid"] == server
        process.kill()
        until_gone(server)


def test_a_persistent_server_outlives_its_client_in_a_session_of_its_own(place, tmp_path):
    log = tmp_path / "server.log"
    port = free_port()
    code = f"""
    from openhcs.runtime.client import ServerClient
    with ServerClient.spawn("test", port={port}, persistent=True, log_file_path={str(log)!r}):
        pass
    """
    with script(code) as process:
        assert process.wait(PATIENCE) == 0
    with ServerClient.connect("test", port=port) as client:
        pong = client.request("ping")
        assert os.getsid(pong["pid"]) == pong["pid"]
        assert pong["log_file_path"] == str(log)
        with pytest.raises(ServerError):
            client.request("no such request")
        assert "refused a request" in log.read_text()
        client.request("force_shutdown")
        until_gone(pong["pid"])


def test_closing_a_client_that_only_connected_leaves_the_server(place):
    address = server_address(free_port())
    with launched("test", "--port", address.port) as process:
        for _ in range(2):
            with ServerClient.connect("test", port=address.port) as client:
                assert client.request("ping")["pid"] == process.pid


@pytest.mark.parametrize("mode", ["ipc", "tcp"])
def test_a_second_server_is_refused_and_the_first_one_stays(place, mode):
    port = free_port()
    with spawn(port=port, transport_mode=mode) as client:
        told = refused("execution", "--port", port, "--transport-mode", mode)
        assert "another server, or another program, is at" in told
        assert str(port) in told
        with pytest.raises(ServerError, match="another server"):
            spawn(port=port, transport_mode=mode)
        assert client.request("ping")["pid"] == client.process.pid


def test_a_server_takes_the_place_of_a_killed_one(place):
    address = server_address(free_port())
    with launched("test", "--port", address.port) as process:
        ask(address, PING)
        process.kill()
        process.wait()
    assert os.path.exists(address.control.removeprefix("ipc://"))
    with spawn(port=address.port) as client:
        assert client.request("ping")["pid"] == client.process.pid


def test_a_client_outlives_a_server_that_is_killed_before_it_answers(place):
    address = server_address(free_port())
    with launched("test", "--port", address.port) as process:
        client = ServerClient.connect("test", port=address.port)
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(ServerTimeoutError, match=str(address.control_port)):
            client.request("ping", timeout=0.2)
        threading.Timer(0.3, process.kill).start()
        with pytest.raises(ServerLostError, match="ended before it had answered"):
            client.request("ping", timeout=PATIENCE)
    with client, launched("test", "--port", address.port) as process:
        assert client.request("ping")["pid"] == process.pid


def test_a_late_answer_is_never_taken_for_the_next_requests(place):
    address = server_address(free_port())
    with (
        launched("test", "--port", address.port) as process,
        ServerClient.connect("test", port=address.port) as client,
    ):
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(ServerTimeoutError):
            client.request("ping", timeout=0.1)
        os.kill(process.pid, signal.SIGCONT)
        assert client.request("status")["type"] == "status"


def test_where_no_server_is_the_client_says_so_and_how_to_start_one(place):
    port = free_port()
    with pytest.raises(ServerTimeoutError, match=r"start one: python -m openhcs\.runtime\.serve"):
        ServerClient.connect("execution", port=port, timeout=0.2)


def test_a_server_that_takes_too_long_to_start_is_ended(place):
    logs = place / "data" / "openhcs" / "cache" / "logs"
    before = sorted(logs.glob("*.log"))  # of killed clients
    with pytest.raises(ServerTimeoutError, match="allow it more time; its last output is"):
        spawn(start_timeout=0.0)
    assert sorted(logs.glob("*.log")) == before


def test_the_logs_that_killed_clients_have_left_go_in_time(place):
    old, fresh = (new_log("test", 7801) for _ in range(2))
    os.utime(old, (0, 0))
    newest = new_log("test", 7801)
    assert [os.path.exists(log) for log in (old, fresh, newest)] == [False, True, True]
    for log in (fresh, newest):
        os.unlink(log)


def test_only_the_newest_logs_stay_and_those_of_living_servers(place, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    living = new_log("test", 7801)
    with spawn(log_file_path=living):
        os.utime(living, (0, 0))
        logs = [new_log("test", 7801) for _ in range(KEPT_LOGS)]
        for age, log in enumerate(logs):
            os.utime(log, (time.time() - 60 * age,) * 2)
        logs.insert(0, new_log("test", 7801))  # the living one's, 50 and that of this moment
        left = {str(log) for log in Path(living).parent.iterdir()}
    assert left == {living, *logs[: KEPT_LOGS + 1]}
    new_log("test", 7801)
    assert not os.path.exists(living)


def test_without_a_folder_of_the_users_the_log_goes_to_the_systems(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    log = new_log("test", 7801)
    assert os.path.dirname(log) == tempfile.gettempdir()
    os.unlink(log)


def test_a_server_of_another_type_is_refused(place):
    with spawn() as client, pytest.raises(ServerError, match="of type 'test', not 'napari'"):
        ServerClient.connect("napari", port=client.address.port)


def test_a_server_that_cant_start_shows_its_last_words(place, tmp_path):
    with pytest.raises(ServerError, match="unrecognized arguments: --no-such-option"):
        spawn(options=["--no-such-option"])
    missing = str(tmp_path / "missing" / "server.log")
    with pytest.raises(ServerError, match="can't be started: No such file or directory"):
        spawn(log_file_path=missing)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_the_types_of_servers(capsys, option):
    assert main([option]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("TYPE", "execution", "fiji", "napari"))
    with pytest.raises(SystemExit, match="0"):
        main(["execution", option])
    assert "python -m openhcs.runtime.serve execution" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the type"),
        (("executon",), "nearest: execution"),
        (("execution", "--port", "0"), "no port 0"),
        (("execution", "--log-file-path", "/no/such/folder/log"), "/no/such/folder/log"),
    ],
)
def test_a_command_line_that_cant_be_done_is_refused_with_exit_code_2(capsys, arguments, told):
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("execution", "--workers", "0"), "0 is less than 1"),
        (("execution", "--transport-mode", "udp"), "udp"),
        (("execution", "--port", "x"), "'x'"),
        (("execution", "stop"), "stop"),
    ],
)
def test_a_wrong_option_is_refused_with_exit_code_2(capsys, arguments, told):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_an_interface_that_this_machine_lacks_is_refused(place):
    told = refused("execution", "--host", "192.0.2.1", "--port", free_port())
    assert "can't listen at tcp://192.0.2.1" in told


def test_a_server_that_doesnt_react_is_ended_by_force(place):
    process = ServerProcess("test", server_address(free_port()))
    os.kill(process.pid, signal.SIGSTOP)
    process.end(0.1)
    assert not is_alive(process.pid)


def test_the_folder_that_a_server_is_started_in_adds_no_modules(place, tmp_path, monkeypatch):
    (tmp_path / "zmq.py").write_text("raise SystemExit('this is not the library')")
    monkeypatch.chdir(tmp_path)
    with spawn() as client:
        execution = client.execute({"do": "ok", "folder": str(tmp_path)}, ["A01"])
        assert client.wait(execution, timeout=PATIENCE)["state"] == "complete"
    until(lambda: not is_alive(client.process.pid), "the server has ended")
