"""What environments that are gone have left in the cache folder is removed in time."""

from __future__ import annotations

import os
import time

import pytest

pytest_plugins = ["sample_app"]
LIST = "from APP.base import REG; print(*REG, REG.stats.cache)"
LONG_AGO = time.time() - 100 * 24 * 3600


@pytest.fixture
def left(simple_app, tmp_path):
    """The index that another environment left beside that of this one, and its application."""
    simple_app.base()
    simple_app.plugin("one", ("One", "name = 'one'"))
    assert simple_app.run(LIST) == "one cold"
    other = os.pathsep.join([str(simple_app.folder), str(tmp_path)])
    assert simple_app.run(LIST, PYTHONPATH=other) == "one cold"
    (file,) = (tmp_path / "data" / simple_app.name / "cache").glob("env-*/*.json")
    return simple_app, file


def renew(app):
    """Let this environment write its index again."""
    app.plugin("two", ("Two", "name = 'two'"))
    assert app.run(LIST) == "one two partial"


def test_an_index_that_was_not_read_for_long_goes_with_its_folder(left):
    app, file = left
    os.utime(file, (LONG_AGO, LONG_AGO))
    renew(app)
    assert not file.parent.exists()
    assert app.run(LIST) == "one two hit"


@pytest.mark.parametrize("times", [(time.time(), LONG_AGO), (LONG_AGO, time.time())])
def test_one_that_was_read_or_written_lately_stays(left, times):
    app, file = left
    os.utime(file, times)
    renew(app)
    assert file.exists()


def test_a_hit_removes_nothing(left):
    app, file = left
    os.utime(file, (LONG_AGO, LONG_AGO))
    assert app.run(LIST) == "one hit"
    assert file.exists()


def test_what_nobody_but_the_user_put_there_stays(left):
    app, file = left
    folders = [file.parent.with_name(name) for name in ("env-notes", "env-ca", "env-" + "c" * 16)]
    kept = [file.with_name("note.txt"), *(folder / "settings.json" for folder in folders)]
    for path in kept:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        os.utime(path, (LONG_AGO, LONG_AGO))
    os.utime(file, (LONG_AGO, LONG_AGO))
    renew(app)
    assert not file.exists()
    assert all(path.exists() for path in kept)


@pytest.mark.skipif(os.name != "posix", reason="writers are told apart by the modes of POSIX")
def test_a_folder_that_others_may_write_is_left_alone(left):
    app, file = left
    os.utime(file, (LONG_AGO, LONG_AGO))
    file.parent.chmod(0o777)
    renew(app)
    assert file.exists()
