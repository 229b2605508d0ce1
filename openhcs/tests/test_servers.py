"""What every server does: it answers whatever it is sent, and it ends when it is told to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading

import pytest
import zmq

from openhcs.runtime import ZMQ_SERVERS, ZMQServer
from openhcs.runtime.messages import LARGEST
from openhcs.runtime.transport import server_address
from server_processes import answer, ask, connected, free_port, in_thread, server_place, until

PING = b'{"type": "ping"}'


class EchoServer(ZMQServer):
    """Answers on both channels; it has no key, so that the registry stays as it is."""

    data_socket = "REP"

    def handlers(self):
        own = {"fail": self.fail, "bad": lambda _: {"type": "ok", "value": object()}}
        return {**super().handlers(), **own, "none": lambda _: None}

    def data_handlers(self):
        return {"echo": lambda request: {**request, "type": "ok"}, "fail": self.fail}

    def fail(self, request):
        raise RuntimeError("the handler is broken")


@pytest.fixture(scope="module")
def place():
    with server_place() as folder:
        yield folder


@pytest.fixture(scope="module", params=["ipc", "tcp"])
def server(place, request):
    with in_thread(EchoServer(server_address(free_port(), request.param), "the.log")) as running:
        yield running


def lives(server: ZMQServer) -> bool:
    return ask(server.address, PING)["type"] == "pong"


def test_the_registry_lists_the_servers_and_imports_none():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, openhcs.runtime as r; print(*sorted(r.ZMQ_SERVERS)); "
         "print([n for n in sys.modules if n.endswith('_server') or n in ('zmq', 'numpy')])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["execution fiji napari", "[]"]


def test_each_type_of_server_has_a_port_of_its_own():
    ports = {key: ZMQ_SERVERS[key].default_port for key in ("execution", "napari", "fiji")}
    assert ports == {"execution": 7777, "napari": 5555, "fiji": 5565}


def test_a_pong_tells_how_the_server_is(server):
    pong = ask(server.address, PING)
    assert pong.pop("uptime") > 0
    assert pong.pop("pid") > 0
    assert pong.pop("plugin_modules_imported") >= 0
    assert pong == {
        "type": "pong",
        "server": None,
        "ready": True,
        "port": server.address.port,
        "control_port": server.address.port + 1000,
        "log_file_path": "the.log",
        "active_executions": 0,
        "running_executions": [],
        "workers": [],
    }


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (b"", b""),
        (PING, PING),
        (b"\x00" * 100,),
        (b"\xff\xfe",),
        (b"null",),
        (b"[]",),
        (b'{"type": 7}',),
        (b'{"type": "no such type"}',),
        (b'{"type": "ping", "extra": 1}',),
        (b'{"type": "status", "execution_id": 1}',),
        (b'{"type": "plugins", "registry": "no such registry"}',),
        (b"[" * 1_000_000,),
        (b"x" * (LARGEST + 1),),
        (b'{"type": "fail"}',),
        (b'{"type": "bad"}',),
        (b'{"type": "none"}',),
    ],
)
def test_whatever_is_sent_is_answered_with_an_error_and_the_next_request_is_served(server, parts):
    with connected(server.address.control) as client:
        told = answer(client, *parts)
        assert told["type"] == "error"
        assert told["kind"] and told["message"]
        assert answer(client, PING)["type"] == "pong"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"type": "ping"}', b'{"type": "fail"}'])
def test_an_answering_data_channel_answers_whatever_it_is_sent(server, data):
    with connected(server.address.data) as client:
        assert answer(client, data)["type"] == "error"
        assert answer(client, b'{"type": "echo", "x": [1]}') == {"type": "ok", "x": [1]}


def test_an_error_names_what_would_have_been_right(server):
    assert "force_shutdown, none, ping" in ask(server.address, b'{"type": "x"}')["message"]
    assert "metadata handler" in ask(server.address, b'{"type":"plugins","registry":""}')["message"]


def test_a_client_that_goes_before_its_answer_hurts_nobody(server):
    for _ in range(20):
        with connected(server.address.control) as client:
            client.send(PING)
    assert lives(server)


def test_a_client_that_sends_without_the_envelope_hurts_nobody(server):
    with connected(server.address.control, zmq.DEALER) as client:
        client.send_multipart([PING])
        client.send_multipart([b"x", b"y", PING])
        client.send_multipart([b"", PING])
        assert client.poll(10_000)
        assert json.loads(client.recv_multipart()[-1])["type"] == "pong"
    assert lives(server)


def test_a_client_that_speaks_another_protocol_hurts_nobody(server):
    if server.address.mode == "ipc":
        stranger = socket.socket(socket.AF_UNIX)
        stranger.connect(server.address.control.removeprefix("ipc://"))
    else:
        stranger = socket.create_connection(("127.0.0.1", server.address.control_port))
    with stranger:
        stranger.sendall(b"GET / HTTP/1.0\r\n\r\n" * 100)
    assert lives(server)


def test_many_clients_are_answered_each_its_own(server):
    got = {}

    def talk(number: int) -> None:
        with connected(server.address.data) as client:
            message = json.dumps({"type": "echo", "number": number}).encode()
            got[number] = [answer(client, message)["number"] for _ in range(20)]

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: [number] * 20 for number in range(8)}


def test_a_call_from_another_thread_is_made_in_the_servers(server):
    made: list[str] = []
    server.call_soon(lambda: made.append(threading.current_thread().name))
    until(lambda: made, "the call is made")
    assert made != [threading.current_thread().name]


def test_the_keys_of_the_registries_are_told(server):
    told = ask(server.address, b'{"type": "plugins", "registry": "metadata handler"}')
    assert {"imagexpress", "opera_phenix", "openhcsdata"} <= set(
        told["registries"]["metadata handler"]
    )


def test_shutdown_keeps_the_server_and_force_shutdown_ends_it(place):
    server = EchoServer(server_address(free_port()))
    with in_thread(server):
        assert ask(server.address, b'{"type": "shutdown"}')["type"] == "shutdown_ack"
        assert lives(server)
        assert ask(server.address, b'{"type": "force_shutdown"}')["type"] == "shutdown_ack"
        until(lambda: not server.ready, "the server has ended")
    left = (place / "openhcs" / "ipc").glob(f"*{server.address.port}.sock")
    assert list(left) == []


def test_a_place_is_free_again_once_its_server_has_ended(place):
    for mode in ("ipc", "tcp"):
        address = server_address(free_port(), mode)
        for _ in range(2):
            with in_thread(EchoServer(address)) as server:
                assert lives(server)
