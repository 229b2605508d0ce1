"""Where servers listen, and who may have a place."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

import pytest
import zmq

from openhcs.errors import ServerError
from openhcs.runtime.binding import bind, hold, release
from openhcs.runtime.transport import (
    free_port,
    ipc_folder,
    make_private,
    server_address,
    socket_file,
)
from server_processes import server_place


@pytest.fixture
def place():
    with server_place() as folder:
        yield folder


def test_the_control_channel_is_1000_ports_above_the_data_channel():
    address = server_address(7777, "tcp")
    assert (address.data, address.control) == ("tcp://127.0.0.1:7777", "tcp://127.0.0.1:8777")


def test_sockets_in_the_users_folder_are_the_default(place):
    address = server_address(7777)
    assert address.data == f"ipc://{place}/openhcs/ipc/openhcs-zmq-7777.sock"
    assert address.control == f"ipc://{place}/openhcs/ipc/openhcs-zmq-8777.sock"


def test_tcp_is_the_default_on_windows_and_for_another_host():
    assert server_address(7777, platform="win32").mode == "tcp"
    assert server_address(7777, host="192.168.1.5").data == "tcp://192.168.1.5:7777"
    assert server_address(7777, "tcp", "localhost").data == "tcp://127.0.0.1:7777"


def test_ipc_on_windows_fails_loudly():
    with pytest.raises(ServerError, match="Windows has no ipc transport"):
        server_address(7777, "ipc", platform="win32")


@pytest.mark.parametrize(
    ("port", "mode", "host"),
    [
        (0, "tcp", "127.0.0.1"),
        (64536, "tcp", "127.0.0.1"),
        (7777, "udp", "127.0.0.1"),
        (7777, "ipc", "192.168.1.5"),
    ],
)
def test_an_address_that_cant_be_is_refused_with_a_remedy(port, mode, host):
    with pytest.raises(ServerError, match="fix: "):
        server_address(port, mode, host)


@pytest.mark.parametrize("runtime", ["", "relative", "/no/such/folder", "/etc/passwd"])
def test_without_a_runtime_folder_of_the_users_own_the_home_folder_is_taken(
    runtime, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ipc_folder() == str(tmp_path / ".openhcs" / "ipc")
    assert list(tmp_path.iterdir()) == []


def test_a_path_too_long_for_a_socket_is_refused(tmp_path, monkeypatch):
    (tmp_path / ("x" * 100)).mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    with pytest.raises(ServerError, match="shorter path"):
        server_address(7777, "ipc")


def test_the_folder_for_sockets_is_its_owners_alone(tmp_path):
    folder = tmp_path / "openhcs" / "ipc"
    make_private(str(folder))
    assert folder.stat().st_mode & 0o777 == 0o700
    make_private(str(folder))


def test_a_folder_that_others_may_enter_is_refused(tmp_path):
    (tmp_path / "ipc").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path / "ipc")
    (tmp_path / "file").touch()
    for name in ("ipc", "link", "file"):
        with pytest.raises(ServerError, match="fix: "):
            make_private(str(tmp_path / name))


def leave_socket(path: str) -> None:
    """Leave a socket as a killed server does: the file is there, nobody listens."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
        left.listen()


def test_a_killed_servers_sockets_are_cleared(place):
    address = server_address(7777)
    make_private(address.folder)
    for port in (7777, 8777):
        leave_socket(socket_file(address.folder, port))
    lock = hold(address)
    assert os.listdir(address.folder) == ["openhcs-zmq-7777.sock.lock"]
    release(address, lock)


def test_a_held_place_is_refused_until_it_is_released(place):
    address = server_address(7777)
    lock = hold(address)
    with pytest.raises(ServerError, match="another server"):
        hold(address)
    release(address, lock)
    release(address, hold(address))


def test_nothing_is_left_of_a_place_that_was_released_or_refused(place):
    address = server_address(7777)
    release(address, hold(address))
    assert os.listdir(address.folder) == []
    Path(socket_file(address.folder, 7777)).touch()
    with pytest.raises(ServerError, match="no socket"):
        hold(address)
    assert os.listdir(address.folder) == ["openhcs-zmq-7777.sock"]


def test_a_lock_that_was_removed_while_it_was_waited_for_holds_nothing(place, monkeypatch):
    address, lock = server_address(7777), fcntl.flock
    holders = [hold(address)]

    def late(descriptor, how):
        if holders:
            release(address, holders.pop())  # between the other's look at the file and its lock
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    second = hold(address)
    with pytest.raises(ServerError, match="another server"):
        hold(address)
    release(address, second)
    assert os.listdir(address.folder) == []


def test_a_socket_that_answers_is_refused_and_left_alone(place):
    address = server_address(7777)
    make_private(address.folder)
    path = socket_file(address.folder, 8777)
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(path)
        living.listen()
        with pytest.raises(ServerError, match="another server, or another program"):
            hold(address)
        assert os.path.exists(path)


def test_a_file_in_the_way_is_refused_and_left_alone(place):
    address = server_address(7777)
    make_private(address.folder)
    with open(socket_file(address.folder, 7777), "w") as file:
        file.write("precious")
    with pytest.raises(ServerError, match="no socket is in the way"):
        hold(address)
    with open(socket_file(address.folder, 7777)) as file:
        assert file.read() == "precious"


def test_a_port_that_another_program_has_is_refused():
    address = server_address(free_port(), "tcp")
    with socket.socket() as other, zmq.Context() as context:
        other.bind(("127.0.0.1", address.port))
        other.listen()
        with pytest.raises(ServerError, match="another server, or another program"):
            bind(context, zmq.PUB, address.data, address)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_interface_that_this_machine_lacks_is_refused(host):
    address = server_address(free_port(), "tcp", host)
    with zmq.Context() as context, pytest.raises(ServerError, match="--host"):
        bind(context, zmq.PUB, address.data, address)
