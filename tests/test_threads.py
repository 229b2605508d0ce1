"""Threads and forks: one discovery, no partial answers, no hang."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["sample_app"]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a fork is what is tested here")

THREADS = """
import threading
from APP.base import REG, SHOWN
def together(work, count=8):
    barrier, results = threading.Barrier(count), [None] * count
    def run(number):
        barrier.wait()
        results[number] = work()
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return results
"""
DECLARED = """
__registry_key__ = "name"
__secondary_registries__ = [SecondaryRegistry(SHOWN, PRIMARY_KEY, "shown")]
"""


@pytest.fixture
def many(simple_app):
    """An application with twenty plugins."""
    simple_app.base(DECLARED, "SHOWN = SecondaryRegistryDict()")
    for number in range(20):
        body = f"name = 'n{number:02}'; shown = {number}"
        simple_app.plugin(f"m{number:02}", (f"C{number}", body))
    return simple_app


@pytest.mark.parametrize("work", ["len(REG)", "len(SHOWN)", "len(REG.values())", "len(dict(REG))"])
def test_no_thread_sees_a_partial_registry(many, work):
    assert many.run(f"{THREADS}\nprint(set(together(lambda: {work})))") == "{20}"


def test_threads_get_the_same_classes(many):
    code = f"{THREADS}\nprint(len(set(together(lambda: REG['n07']))))"
    assert many.run(code) == "1"


def test_one_thread_warns_for_all(many):
    many.plugin("bad", "class Bad(Base):\n    name = 'bad'\n1/0")
    code = f"{THREADS}\ntogether(lambda: list(REG.values()))\nprint(len(REG))"
    done = many.run(code, check=False)
    assert (done.stdout.strip(), done.stderr.count("has problems")) == ("20", 1)


def test_a_module_may_read_the_registry_while_it_is_imported(simple_app):
    simple_app.base()
    simple_app.plugin("a", "SEEN = list(REG), len(REG), REG['b'], REG.get('nope')",
                      ("A", "name = 'a'"), "LATER = REG['a'], 'a' in REG")  # fmt: skip
    simple_app.plugin("b", ("B", "name = 'b'"))
    list(simple_app.registry.values())
    a, b = simple_app.load("a"), simple_app.load("b")
    assert a.SEEN == (["a", "b"], 2, b.B, None) and a.LATER == (a.A, True)


def test_a_module_may_load_all_while_it_is_imported(simple_app):
    simple_app.base()
    simple_app.plugin("a", "SEEN = [c.__name__ for c in REG.values()]", ("A", "name = 'a'"))
    simple_app.plugin("b", ("B", "name = 'b'"))
    assert len(simple_app.registry.values()) == 2
    assert simple_app.load("a").SEEN == ["B"]


def test_a_module_that_asks_for_itself_too_early_is_not_lost(simple_app):
    simple_app.base()
    text = "try: REG['a']\nexcept Exception as error: SEEN = str(error)"
    simple_app.plugin("a", text, ("A", "name = 'a'"))
    assert simple_app.registry["a"].__name__ == "A"
    assert "still being imported" in simple_app.load("a").SEEN
    assert "a" in simple_app.registry


def test_modules_that_ask_for_each_other_from_two_threads_do_not_hang(simple_app):
    simple_app.base("__registry_key__ = 'name'", "SHOWN = None")
    for me, other in ("ab", "ba"):
        text = f"import threading, APP.meet\nAPP.meet.BARRIER.wait(20)\nOTHER = REG.get('{other}')"
        simple_app.plugin(me, (me.upper(), f"name = '{me}'"), text)
    simple_app.write("meet.py", "import threading\nBARRIER = threading.Barrier(2)")
    code = f"""{THREADS}
names = ["a", "b"]
classes = together(lambda: REG[names.pop()].__name__, 2)
print(sorted(classes))
"""
    assert simple_app.run(code) == "['A', 'B']"


FORK = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
sys.path.insert(0, ".")
from APP import meet
from APP.base import REG
def in_child(work):
    pid = os.fork()
    if pid == 0:
        try:
            print(work(), flush=True)
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
def while_loading(key, work):
    thread = threading.Thread(target=lambda: REG[key])
    thread.start()
    assert meet.INSIDE.wait(20)
    in_child(work)
    meet.GO.set()
    thread.join()
"""


@pytest.fixture
def slow(simple_app):
    """An application with a plugin whose import waits, and others beside it."""
    simple_app.base().plugin("fast", ("Fast", "name = 'fast'"))
    simple_app.write(
        "meet.py", "import threading\nINSIDE, GO = threading.Event(), threading.Event()"
    )
    simple_app.write("library.py", "from APP import meet\nmeet.INSIDE.set()\nmeet.GO.wait(20)")
    simple_app.plugin("slow", "import APP.library", ("Slow", "name = 'slow'"))
    return simple_app.plugin("user", "import APP.library", ("User", "name = 'user'"))


def test_a_child_of_a_fork_lists_and_loads_while_another_thread_was_loading(slow):
    code = FORK + "while_loading('slow', lambda: (list(REG), REG['fast'].__name__))"
    assert slow.run(code) == "(['fast', 'slow', 'user'], 'Fast')"


@pytest.mark.parametrize("key", ["slow", "user"])
def test_a_plugin_whose_import_a_fork_cut_off_fails_at_once(slow, key):
    out = slow.run(FORK + f"while_loading('slow', lambda: REG['{key}'])")
    assert out.startswith("PluginLoadError")
    assert "when this process was forked" in out


def test_a_failure_that_a_fork_brought_about_is_not_remembered(slow):
    slow.run(FORK + "while_loading('slow', lambda: REG['user'])")
    code = "from APP import meet; meet.GO.set(); from APP.base import REG; print(REG['user'])"
    assert "User" in slow.run(code)


def test_a_dropped_file_whose_import_a_fork_cut_off_fails_at_once_too(slow, tmp_path):
    folder = tmp_path / "data" / slow.name / "plugins"
    folder.mkdir(parents=True)
    text = "from APP import meet\nfrom APP.base import Base\nmeet.INSIDE.set()\nmeet.GO.wait(20)\n"
    (folder / "late.py").write_text(slow._filled(text + "class Late(Base):\n    name = 'late'\n"))
    for path in (folder, folder / "late.py"):
        path.chmod(0o755)
    out = slow.run(FORK + "while_loading('late', lambda: REG['late'])")
    assert out.startswith("PluginLoadError")


def test_the_parent_of_a_fork_goes_on(slow):
    code = FORK + "while_loading('slow', lambda: len(REG))\nprint(REG['slow'].__name__, len(REG))"
    assert slow.run(code).splitlines() == ["3", "Slow 3"]


def test_a_child_forked_during_discovery_collects_its_garbage(slow):
    code = (
        FORK
        + """
import gc
from plugindex.index import no_collection
with no_collection():
    assert not gc.isenabled()
    in_child(gc.isenabled)
assert gc.isenabled()
"""
    )
    assert slow.run(code) == "True"


def test_values_in_a_child_of_a_fork_are_those_that_load(slow):
    code = FORK + "while_loading('slow', lambda: [c.__name__ for c in REG.values()])"
    assert slow.run(code) == "['Fast']"


def test_a_fork_in_the_middle_of_another_threads_discovery_does_not_hang(slow):
    slow.write(
        "base.py",
        (slow.folder / slow.name / "base.py").read_text()
        + """
def discover(path, prefix, base):
    import os
    from APP import meet
    if os.getpid() == meet.PARENT:
        meet.INSIDE.set()
        meet.GO.wait(20)
    import APP.fast
class Second(metaclass=AutoRegisterMeta):
    _registry_config = RegistryConfig(  # a function without a name of its own runs in here
        LazyDiscoveryDict(), "kind", discovery_function=lambda *scope: discover(*scope)
    )
""",
    )
    slow.plugin("fast", "from APP.base import Second\nclass Fast(Second):\n    kind = 'fast'")
    code = (
        FORK
        + """
meet.PARENT = os.getpid()
from APP.base import Second
REG = Second.__registry__
thread = threading.Thread(target=lambda: len(REG))
thread.start()
assert meet.INSIDE.wait(20)
in_child(lambda: list(REG))
meet.GO.set()
thread.join()
print(len(REG))
"""
    )
    assert slow.run(code).splitlines() == ["['fast']", "1"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_every_kind_start_from_the_index(many, method):
    many.write("work.py", "from APP.base import REG\ndef work(key): return REG[key], len(REG)")
    main = many.folder / "main.py"
    main.write_text(
        many._filled(
            """
            import multiprocessing, warnings
            warnings.simplefilter("ignore", DeprecationWarning)
            if __name__ == "__main__":
                from APP.work import work
                from APP.base import REG
                context = multiprocessing.get_context("METHOD")
                with context.Pool(2) as pool:
                    results = pool.map(work, ["n01", "n02", "n01"])
                assert results == [(REG["n01"], 20), (REG["n02"], 20), (REG["n01"], 20)]
                print("same")
            """
        ).replace("METHOD", method)
    )
    assert many.run("import runpy\nrunpy.run_path('main.py', run_name='__main__')") == "same"
