"""A stamp changes with the file, and says when it can't be trusted."""

from __future__ import annotations

import os
import time

import pytest

from plugindex import stamp

SECOND = 10**9
NOW = 1_700_000_000 * SECOND


def test_a_stamp_is_plain_integers_and_absent_is_none(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("x = 1")
    status = file.stat()
    expected = (5, status.st_mtime_ns, status.st_ino, status.st_ctime_ns)
    assert stamp.take(str(file)) == expected
    assert stamp.take(str(tmp_path / "nope")) is None
    assert stamp.take("a\0b") is None


def test_an_edit_of_equal_size_with_its_mtime_put_back_changes_the_stamp(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("x = 1")
    os.utime(file, ns=(5, 5))
    before = stamp.take(str(file))
    while stamp.take(str(file))[3] == before[3]:  # the file system's clock has ticks
        file.write_text("x = 2")
        os.utime(file, ns=(5, 5))
    assert stamp.take(str(file))[:2] == before[:2]


@pytest.mark.parametrize(
    ("modified", "changed", "fresh"),
    [
        (NOW - 5 * SECOND, NOW - 5 * SECOND + 1, False),
        (NOW - SECOND, NOW - 5 * SECOND, True),
        (NOW - 5 * SECOND, NOW - SECOND, True),
        (NOW + 100 * SECOND, NOW - 5 * SECOND, True),
        (0, NOW - 5 * SECOND, True),
        (SECOND, NOW - 5 * SECOND, True),
        (315_532_800 * SECOND, NOW - 5 * SECOND, True),
        (NOW - 90 * SECOND, NOW - 90 * SECOND, True),
    ],
)
def test_a_stamp_is_too_fresh_when_a_change_could_hide_behind_it(modified, changed, fresh):
    assert stamp.too_fresh((5, modified, 7, changed), NOW) is fresh


def test_a_file_just_written_is_too_fresh(tmp_path):
    (tmp_path / "m.py").write_text("")
    assert stamp.too_fresh(stamp.take(str(tmp_path / "m.py")), time.time_ns())


def test_the_digest_tells_contents_apart():
    assert stamp.digest(b"a") != stamp.digest(b"b")
    assert len(stamp.digest(b"")) == 32


def test_reading_gives_the_bytes_of_a_file_up_to_the_limit(tmp_path):
    (tmp_path / "m").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("m")
    assert stamp.read(str(tmp_path / "m"), 5) == b"12345"
    assert stamp.read(str(tmp_path / "link"), 5) == b"12345"
    assert stamp.read(str(tmp_path / "m"), 4) is None


def test_reading_anything_but_a_file_ends_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for odd in (tmp_path / "pipe", tmp_path, tmp_path / "nope", "/dev/zero", "a\0b"):
        assert stamp.read(str(odd), 100) is None


def test_a_file_that_tells_no_size_is_read_whole():
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no files without a size here")
    assert b"Name:" in stamp.read("/proc/self/status", 100_000)
