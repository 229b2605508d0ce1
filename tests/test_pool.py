"""Many modules are read by several processes, and what comes of it is what one would have found."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import textwrap

import pytest

from plugindex import store
from plugindex.codec import decode

MODULES = 640

BASE = """
import abc

class Plugin(abc.ABC):
    @abc.abstractmethod
    def run(self): ...

def doubled(cls):
    return cls
"""

# What each module holds, in turn: plugins of several kinds, what can't be imported, what can't be
# read, what only running decides.
KINDS = [
    "class P{n}(Plugin):\n    run = None\n",
    "import lacking_{n}\nclass P{n}(Plugin):\n    run = None\n",
    "@doubled\nclass P{n}(Plugin):\n    '''Plugin {n}.'''\n    run = None\n    size = {n}\n",
    "class P{n}(Plugin):\n    pass\n",
    "import this is wrong\n",
    "from pool_app.m{before} import *\nclass P{n}(Plugin):\n    run = 1\n",
    "raise RuntimeError('imported')\nclass P{n}(Plugin):\n    run = 2\n",
    "from pool_app.others.deep{third} import Deep\nclass P{n}(Deep):\n    pass\n",
]

LIST = """
import os, sys
from plugindex import index
from plugindex.config import Scope

started = []
def hook(event, found):
    if event == "os.posix_spawn":
        started.append(found)
sys.addaudithook(hook)
scope = Scope(base="pool_app.base:Plugin", package="pool_app", foreign=True, application="pool_app")
found = index.take(scope, index.Settings())
left = []
try:
    left.append(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    pass
there = [name for name in sys.modules if name.startswith("pool_app")]
print(len(started), len(found.plugins), found.stats.read, len(left), len(there))
"""

WATCHED = """
import sys
def hook(event, found):
    if event == "os.posix_spawn":
        print("started", flush=True)
sys.addaudithook(hook)
from plugindex import index
from plugindex.config import Scope
scope = Scope(base="pool_app.base:Plugin", package="pool_app", foreign=True, application="pool_app")
index.take(scope, index.Settings(cache=False))
"""

QUITS = """
import os
if os.environ.get("PLUGINDEX_CHILD"):
    os._exit(3)
"""

FINDS_ANOTHER = """
import os, sys
from importlib.machinery import ModuleSpec

class Finder:
    def find_spec(self, name, path, target=None):
        return ModuleSpec(name, None) if name.startswith("pool_app.m") else None

if os.environ.get("PLUGINDEX_CHILD"):
    sys.meta_path.insert(0, Finder())
"""


_OF_THE_RUN = ("checked", "timestamp")
_OF_THE_PATH = ("environment", "path", "folders")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a package of many modules."""
    package = tmp_path_factory.mktemp("site") / "pool_app"
    (package / "others").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text(BASE)
    (package / "others" / "__init__.py").write_text("from pool_app.base import doubled\n")
    for n in range(3):
        text = "from pool_app.base import Plugin\nclass Deep(Plugin):\n    run = len\n"
        (package / "others" / f"deep{n}.py").write_text(text)
    for n in range(MODULES):
        text = KINDS[n % len(KINDS)].format(n=n, before=max(0, n - 40), third=n % 3)
        header = "from pool_app.base import Plugin, doubled\n"
        (package / f"m{n}.py").write_text(header + text)
    return package.parent


def listed(folder, data, processes, first=""):
    """List the package in a fresh process; return what that printed, and the index it wrote."""
    path = os.pathsep.join(filter(None, [first, str(folder)]))
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        env={
            **os.environ,
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_DATA_HOME": str(data),
            "PLUGINDEX_PROCESSES": processes,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (file,) = data.rglob("*_registry.json")
    document = store.parse(file.read_bytes())
    head = {name: document.head(name) for name in document.raw_head()}
    tail = {name: decode(text) for name, text in document.raw_tail().items()}
    return [int(word) for word in done.stdout.split()], head, tail


@pytest.fixture(scope="module")
def alone(folder, tmp_path_factory):
    """What one process finds by itself."""
    return listed(folder, tmp_path_factory.mktemp("alone"), "1")


def differing(one, other, but=_OF_THE_RUN):
    """Return the names of what two indexes tell differently."""
    names = {f"{part}:{name}" for found in (one, other) for part in (1, 2) for name in found[part]}
    return {
        name
        for name in names
        if one[int(name[0])].get(name[2:]) != other[int(name[0])].get(name[2:])
    } - {f"1:{name}" for name in but}


def test_one_process_starts_no_other(alone):
    started, plugins, read, left, there = alone[0]
    assert (started, left, there) == (0, 0, 0)
    assert plugins > MODULES // 3 and read > MODULES // 2


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_find_what_one_finds(folder, tmp_path, alone, processes):
    found = listed(folder, tmp_path, str(processes))
    assert found[0] == [processes - 1, *alone[0][1:]]
    assert not differing(found, alone)


def test_who_starts_too_few_processes_reads_by_itself(folder, tmp_path, alone):
    (tmp_path / "sitecustomize.py").write_text(QUITS)
    found = listed(folder, tmp_path / "data", "2", str(tmp_path))
    assert found[0] == [1, *alone[0][1:]]
    assert not differing(found, alone, (*_OF_THE_RUN, *_OF_THE_PATH))


def test_what_another_process_found_elsewhere_is_read_again(folder, tmp_path, alone):
    (tmp_path / "sitecustomize.py").write_text(FINDS_ANOTHER)
    found = listed(folder, tmp_path / "data", "2", str(tmp_path))
    assert found[0] == [1, *alone[0][1:]]
    assert not differing(found, alone, (*_OF_THE_RUN, *_OF_THE_PATH))


def test_a_number_of_processes_that_is_none_is_passed_over(folder, tmp_path, alone):
    found = listed(folder, tmp_path, "many")
    assert found[0][1:] == alone[0][1:]


LIMITED = """
import os, resource
spare = int(os.environ["SPARE"])
highest = max(int(n) for n in os.listdir("/dev/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (highest + spare, highest + spare))
"""


@pytest.mark.parametrize("spare", range(3, 9))
def test_where_descriptors_run_out_one_process_reads(folder, tmp_path, alone, spare):
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nif not os.environ.get('PLUGINDEX_CHILD'):\n"
        + textwrap.indent(LIMITED.replace('os.environ["SPARE"]', str(spare)), "    ")
    )
    found = listed(folder, tmp_path / "data", "3", str(tmp_path))
    assert found[0][1:] == alone[0][1:]
    assert not differing(found, alone, (*_OF_THE_RUN, *_OF_THE_PATH))


def test_who_is_killed_leaves_no_process_behind(folder, tmp_path):
    alive, held = (
        os.pipe()
    )  # all that is started holds one end, and it closes with the last of them
    asking = subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        env={**os.environ, "PYTHONPATH": str(folder), "PLUGINDEX_PROCESSES": "3"},
        stdout=subprocess.PIPE,
        pass_fds=[held],
    )
    os.close(held)
    with asking, open(alive, "rb", buffering=0) as end:
        assert asking.stdout.readline() == b"started\n"
        asking.kill()
        ready, _, _ = select.select([end], [], [], 60)
        assert ready and end.read(1) == b""
