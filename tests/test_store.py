"""A store file is whole or it is nothing: no content, place or owner of it raises."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from plugindex import codec, files, lock, store
from plugindex.stamp import digest

SRC = str(Path(store.__file__).parent.parent)
HEAD = {"cache_version": "1.0", "version": "2", "timestamp": 1.5, "items": {"a": [1, None, True]}}
TAIL = {"pkg.a": {"x": "\n\u20ac\ud800"}, 'odd":\\"': [], "": 0, "pkg.b": "last"}


def child(code: str, **options) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": SRC}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        **options,
    )


def contents(document: store.Document) -> tuple:
    """All that a document says, decoded."""
    head = {name: document.head(name) for name in HEAD}
    tail = {name: codec.decode(text) for name, text in document.raw_tail().items()}
    return document.verdict, head, tail


def sealed(head: bytes, tail: bytes, form: int = store.FORMAT) -> bytes:
    """A file whose hashes fit whatever is in it."""
    seal = [form, len(head), digest(head), len(tail), digest(tail)]
    return b'{"seal":' + codec.encode(seal).encode() + b",\n" + head + tail


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "cache" / "x_registry.json")


def test_what_is_written_is_read(path):
    assert store.write(path, HEAD, "modules", TAIL) == ""
    assert contents(store.read(path)) == ("ok", HEAD, TAIL)


def test_an_empty_document_is_written_and_read(path):
    assert store.write(path, {}, "modules", {}) == ""
    document = store.read(path)
    assert (document.verdict, document.head("nope"), document.raw_tail()) == ("ok", None, {})


def test_any_json_reader_understands_the_file(path):
    store.write(path, HEAD, "modules", TAIL)
    whole = json.loads(Path(path).read_text("ascii"))
    assert list(whole) == ["seal", *HEAD, "modules"]
    assert (whole["items"], whole["modules"]) == (HEAD["items"], TAIL)


def test_tail_entries_are_copied_undecoded_to_the_next_file(path):
    store.write(path, HEAD, "modules", TAIL)
    before = Path(path).read_bytes()
    assert store.write(path, HEAD, "modules", store.read(path).raw_tail()) == ""
    assert Path(path).read_bytes() == before


def test_a_read_decodes_only_the_section_asked_for_and_never_imports_json(path):
    store.write(path, HEAD, "modules", TAIL)
    code = f"""
        import sys
        from plugindex import store
        document = store.read({path!r})
        assert document.head("items") == {HEAD["items"]!r}, document.why
        assert len(document.raw_tail()) == {len(TAIL)}
        store.write({path!r}, {{}}, "modules", {{}})
        print(sorted({{"json", "typing", "pathlib", "re", "tempfile"}} & set(sys.modules)))
    """
    assert child(code).stdout == "[]\n"


def test_every_truncation_is_corrupt():
    data = store.pack(HEAD, "modules", TAIL)
    for length in range(len(data)):
        assert contents(store.parse(data[:length]))[0] == "corrupt", length


def test_every_changed_byte_is_corrupt():
    data = store.pack(HEAD, "modules", TAIL)
    for offset in range(len(data)):
        for flip in (1, 2, 32, 128, 255):
            bad = bytearray(data)
            bad[offset] ^= flip
            assert contents(store.parse(bytes(bad)))[0] == "corrupt", (offset, flip)


def test_every_inserted_or_doubled_part_is_corrupt():
    data = store.pack(HEAD, "modules", TAIL)
    for offset in range(len(data) + 1):
        for extra in (b" ", b"\n", b"0", data[offset : offset + 7] or b"x"):
            bad = data[:offset] + extra + data[offset:]
            assert contents(store.parse(bad))[0] == "corrupt", (offset, extra)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b"{}",
        b"NaN",
        b'{"seal":[1,0,"",0,""]}',
        b'{"seal":[1,-5,"' + digest(b"").encode() + b'",5,""],\n',
        b'{"seal":[1e999,NaN],\n',
        b'{"seal":' + b"[" * 100 + b",\n",
        "\ufeff{}".encode("utf-16"),
        b"\xff" * 100,
        b"\0" * 1000,
        b"[" * 100_000,
        b"1" * 1_000_000,
        json.dumps(HEAD).encode(),
    ],
)
def test_what_is_no_store_file_is_corrupt(data):
    assert store.parse(data).verdict == "corrupt"
    assert store.parse(data).why


@pytest.mark.parametrize(
    "section",
    ["NaN", "Infinity", "[" * 100_000, "9" * 10_000, "{", "1 2", " 1", "", "'a'", '{"a":1,}'],
)
def test_a_bad_value_behind_fitting_hashes_is_corrupt_when_asked_for(section):
    document = store.parse(sealed(f'"items":{section},\n'.encode(), b'"modules":{\n\n}}\n'))
    assert (document.verdict, document.head("items"), document.verdict) == ("ok", None, "corrupt")
    assert document.why


@pytest.mark.parametrize(
    "head", [b'"a":1,\n"a":2,\n', b"\n", b'a":1,\n', b'"a":1\n', b'"a",\n', b'"\xff":1,\n']
)
def test_a_malformed_head_behind_fitting_hashes_is_corrupt(head):
    assert store.parse(sealed(head, b'"modules":{\n\n}}\n')).verdict == "corrupt"


@pytest.mark.parametrize("inside", ['"a":1,\n"a":2', "a", '"a', '"\\":1', "1:2", "\n\n"])
def test_a_malformed_tail_behind_fitting_hashes_is_corrupt(inside):
    document = store.parse(sealed(b"", f'"modules":{{\n{inside}\n}}}}\n'.encode()))
    assert (document.verdict, document.raw_tail(), document.verdict) == ("ok", {}, "corrupt")


def test_an_unknown_format_is_corrupt():
    document = store.parse(sealed(b"", b'"modules":{\n\n}}\n', form=2))
    assert (document.verdict, document.why) == ("corrupt", "format 2 is not known")


def test_no_file_is_absent(path, tmp_path):
    (tmp_path / "file").write_text("")
    assert store.read(path).verdict == "absent"
    assert store.read(str(tmp_path / "file" / "x")).verdict == "absent"


def test_a_huge_file_is_corrupt_unread(path):
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as file:
        file.truncate(store.LIMIT + 1)
    assert store.read(path).verdict == "corrupt"


def plant(kind: str, path: str) -> None:
    """Put something other than one's own plain file at *path*."""
    good = path + ".good"
    store.write(good, HEAD, "modules", TAIL)
    if kind == "symlink":
        os.symlink(good, path)
    elif kind == "hard link":
        os.link(good, path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "loop":
        os.symlink(path, path)
    else:
        os.rename(good, path)
        os.chmod(path, 0o660 if kind == "group" else 0o602)


@pytest.mark.parametrize(
    "kind", ["symlink", "hard link", "pipe", "folder", "loop", "group", "world"]
)
def test_a_planted_file_is_refused_at_once_and_replaced_if_possible(path, kind):
    plant(kind, path)
    assert (store.read(path).verdict, bool(store.read(path).why)) == ("refused", True)
    written = store.write(path, {}, "modules", {})
    assert (written == "") is (kind != "folder")
    assert store.read(path).verdict == ("ok" if written == "" else "refused")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_or_folder_is_refused(path):
    store.write(path, HEAD, "modules", TAIL)
    os.chown(path, 12345, 12345)
    assert store.read(path).why == "it belongs to another user"
    os.chown(os.path.dirname(path), 12345, 12345)
    assert "belongs to another user" in store.write(path, {}, "modules", {})


@pytest.mark.parametrize(
    "bad", ["a\0b", "", "/proc/nope/x.json", "/dev/null/x.json", "/" + "x" * 5000]
)
def test_an_impossible_place_is_a_verdict(bad):
    assert store.read(bad).verdict in ("absent", "refused")
    assert store.write(bad, {}, "modules", {}) != ""


def test_a_folder_that_others_may_write_is_refused(path):
    os.makedirs(os.path.dirname(path))
    os.chmod(os.path.dirname(path), 0o777)
    assert "other users may write it" in store.write(path, {}, "modules", {})
    assert os.listdir(os.path.dirname(path)) == []


@pytest.mark.parametrize("umask", [0, 0o22, 0o777])
def test_folders_and_files_are_private_at_any_umask(tmp_path, umask):
    path = tmp_path / "a" / "b" / "x.json"
    old = os.umask(umask)
    try:
        assert store.write(str(path), {}, "modules", {}) == ""
        with lock.Lock(str(path)):
            held = (path.parent / "x.json.lock").stat().st_mode & 0o777
    finally:
        os.umask(old)
    modes = [p.stat().st_mode & 0o777 for p in (tmp_path / "a", path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]
    assert held == 0o600


def test_a_full_disk_is_a_verdict_and_leaves_the_old_file(path):
    store.write(path, HEAD, "modules", {})
    code = f"""
        import resource
        from plugindex import store
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        print(store.write({path!r}, {{"a": "x" * 5000}}, "modules", {{}}))
    """
    assert "can't be written: File too large" in child(code).stdout
    assert contents(store.read(path))[1] == HEAD
    assert os.listdir(os.path.dirname(path)) == ["x_registry.json"]


def test_a_killed_writers_temporary_file_is_swept_a_living_ones_is_not(path):
    folder = Path(path).parent
    dead = child("import os; print(os.getpid())").stdout.strip()
    folder.mkdir(mode=0o700)
    stray = folder / f".plugindex-{dead}-1.tmp"
    others = [folder / f".plugindex-{os.getpid()}-1.tmp", folder / ".plugindex-x-1.tmp"]
    for file in (stray, *others):
        file.write_text("")
    assert store.write(path, {}, "modules", {}) == ""
    assert sorted(folder.iterdir()) == sorted([*others, Path(path)])
    os.utime(others[0], (0, 0))
    files.sweep(str(folder))
    assert not others[0].exists()


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(path):
    code = f"""
        from plugindex import store
        print("ready", flush=True)
        while True:
            for size in (10, 300_000):
                store.write({path!r}, {{"n": size, "x": "y" * size}}, "modules", {{}})
    """
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": SRC},
        )
        with writer:
            writer.stdout.readline()
            while (document := store.read(path)).verdict == "absent":
                pass
            seen = [document, *(store.read(path) for _ in range(200))]
            writer.send_signal(signal.SIGKILL)
        assert {d.verdict + d.why for d in seen} == {"ok"}
        assert all(len(d.head("x")) == d.head("n") for d in seen)
        assert store.read(path).verdict == "ok"


def test_values_that_are_no_json_are_refused_before_anything_is_written(path):
    endless: list = []
    endless.append(endless)
    for head, error in (
        ({"a": float("nan")}, ValueError),
        ({"a": b""}, TypeError),
        ({"a": endless}, ValueError),
        ({"a b": 1}, ValueError),
        ({"seal": 1}, ValueError),
        ({"a": store.Raw("1\n")}, ValueError),
    ):
        with pytest.raises(error):
            store.write(path, head, "modules", {})
    with pytest.raises(TypeError):
        store.write(path, {}, "modules", {1: 1})
    assert not os.path.exists(os.path.dirname(path))


def test_the_lock_is_exclusive_between_holders_and_bounded_in_time(path):
    with lock.Lock(path) as first:
        assert first.held
        with lock.Lock(path, wait_s=0) as second:
            assert not second.held
        with lock.Lock(path, wait_s=0.02) as third:
            assert not third.held
    with lock.Lock(path, wait_s=0) as fourth:
        assert fourth.held
    assert not fourth.held


def test_a_waiting_holder_gets_the_lock_when_it_is_free(path):
    waiting, got = threading.Event(), []

    def wait() -> None:
        waiting.set()
        with lock.Lock(path, wait_s=30) as mine:
            got.append(mine.held)

    thread = threading.Thread(target=wait)
    with lock.Lock(path):
        thread.start()
        waiting.wait()
    thread.join(30)
    assert got == [True]


def test_processes_that_take_turns_never_hold_it_together_and_leave_no_file(path, tmp_path):
    count = tmp_path / "count"
    count.write_text("0")
    code = f"""
        from pathlib import Path
        from plugindex import lock
        count = Path({str(count)!r})
        for _ in range(100):
            with lock.Lock({path!r}, wait_s=60) as mine:
                assert mine.held
                count.write_text(str(int(count.read_text()) + 1))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    takers = [
        subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SRC}, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for taker in takers:
        with taker:
            assert taker.stderr.read() == b""
    assert count.read_text() == "300"
    assert os.listdir(os.path.dirname(path)) == []


def test_a_forked_child_does_not_keep_the_parents_lock(path):
    read_end, write_end = os.pipe()
    with lock.Lock(path) as mine:
        assert mine.held
        child_id = os.fork()
        if child_id == 0:
            os.close(write_end)
            os.read(read_end, 1)
            os._exit(0)
    with lock.Lock(path, wait_s=0) as again:
        held = again.held
    os.close(write_end)
    os.waitpid(child_id, 0)
    os.close(read_end)
    assert held


@pytest.mark.parametrize("kind", ["symlink", "pipe", "folder", "no folder"])
def test_where_no_lock_can_be_the_work_goes_on(path, tmp_path, kind):
    target = "/proc/nope/x" if kind == "no folder" else path
    if kind != "no folder":
        os.makedirs(os.path.dirname(path), 0o700)
        (tmp_path / "victim").write_text("precious")
        makers = {
            "symlink": lambda: os.symlink(tmp_path / "victim", path + ".lock"),
            "pipe": lambda: os.mkfifo(path + ".lock"),
            "folder": lambda: os.mkdir(path + ".lock"),
        }
        makers[kind]()
        assert (tmp_path / "victim").read_text() == "precious"
    with lock.Lock(target) as mine:
        assert not mine.held
