"""Family 4: many processes and threads at once, forks in the middle, readers and writers."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time

from attacks.changes import SMALL, plugin
from attacks.corruption import Prey, answer
from attacks.scores import times
from attacks.targets import FILES, UNDECIDED, Target, expected, judged
from attacks.tries import Try, attempt
from plugindex import PluginLoadError

FAMILY = "concurrency"
MANY = {f"target/m{number}.py": plugin(f"P{number}") for number in range(60)}
READING = {
    f"target/{me}.py": f"from target.base import REG\nSEEN = list(REG)\n"
    f"try:\n    REG.get({other!r})\nexcept Exception:\n    pass\n"
    + plugin(me.upper())
    + f"LATER = {me!r} in REG, len(REG)\n"
    for me, other in (("r", "s"), ("s", "t"), ("t", "r"))
}


def cold_together(files, share):
    """Return an attack in which 32 processes start cold at once; it notes how many did the work.

    One does, unless the machine is so busy that the others give up waiting for it.
    """

    def attack(score, folder, scale):
        prey, worked = Prey(folder, files), []
        for _ in range(times(share, scale)):
            prey.clear()
            outcomes = _together(32, prey.target.look)
            for number, outcome in enumerate(outcomes):
                score.judge(f"process {number}", judged(outcome, prey.truth), expected(prey.truth))
            worked.append(sum(_cache(outcome) != "hit" for outcome in outcomes))
        score.notes.append(f"scans by 32 processes: {', '.join(map(str, worked))}")

    return attack


def _cache(outcome):
    return outcome.value["cache"] if outcome.kind == "answered" else ""


def _together(count, work):
    """Start *count* processes that wait for each other, and return their outcomes."""
    reading, writing = os.pipe()

    def wait():
        os.close(writing)
        os.read(reading, 1)
        return work()

    tries = [Try(wait) for _ in range(count)]
    os.close(writing)
    outcomes = [one.result() for one in tries]
    os.close(reading)
    return outcomes


def threads(score, folder, scale):
    """64 threads at first access, cold and warm, some reading, some loading."""
    # While a failing module is being imported, its classes are at hand to other threads.
    prey = Prey(folder, {n: t for n, t in (FILES | MANY).items() if n != "target/raising.py"})
    for number in range(times(2, scale)):
        if number % 2:
            prey.clear()
        outcome = attempt(lambda: _by_threads(prey.target, 64))
        wanted = {*prey.truth["entries"].values()}
        score.judge(f"round {number}", outcome, (wanted, [len(wanted)] * 32))


def _by_threads(target, count):
    target.enter()
    registry, barrier = target.registry(), threading.Barrier(count)
    loaded, listed = [], []

    def work(number):
        barrier.wait()
        if number % 2:
            loaded.extend(f"{c.__module__}:{c.__qualname__}" for c in registry.values())
        else:
            listed.append(len(registry))

    errors = _run(work, count)
    assert not errors, errors
    return {*loaded}, listed


def _run(work, count):
    """Run *work* in so many threads and return what they raised."""
    errors = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - told by the caller
            errors.append(repr(error))

    started = [threading.Thread(target=guarded, args=(n,), daemon=True) for n in range(count)]
    for one in started:
        one.start()
    for one in started:
        one.join()
    return errors


def readers_inside(score, folder, scale):
    """Two threads import plugins that read the registry while they are imported."""
    target = Target(folder, SMALL | READING)
    truth = answer(attempt(target.truth))
    for number in range(times(6, scale)):
        outcome = attempt(lambda: _load_crosswise(target), 30)
        score.judge(f"round {number}", outcome, expected(truth)["loaded"])


def _load_crosswise(target):
    target.enter()
    registry, barrier, found = target.registry(), threading.Barrier(3), {}
    keys = ("r", "s", "t")

    def work(number):
        barrier.wait()
        for key in (*keys[number:], *keys[:number]):
            registry.get(key)

    errors = _run(work, 3)
    assert not errors, errors
    for key, cls in registry.items():
        found[key] = f"{cls.__module__}:{cls.__qualname__}"
    return found


def forks(score, folder, scale):
    """A fork at any moment while another thread discovers or imports, in fresh interpreters' state.

    The child lists all; a key whose import the fork cut off may raise, at once.
    """
    prey = Prey(folder, FILES | MANY)
    for number in range(times(16, scale)):
        if number % 2:
            prey.clear()
        delay = (number * 7 % 30) / 1000
        outcome = attempt(lambda: _fork_meanwhile(prey.target, delay), 20)  # noqa: B023
        score.judge(f"round {number}", outcome, True)


def _fork_meanwhile(target, delay_s):
    """Fork while a thread works whose imports are its own: the engine's too are done anew."""
    _forget_engine()
    target.enter()
    registry = target.registry()
    thread = threading.Thread(target=lambda: dict(registry.items()), daemon=True)
    thread.start()
    time.sleep(delay_s)  # the moment of the fork is what is tried
    child = Try(lambda: _lists_and_loads(registry))
    outcome = child.result(10)
    thread.join()
    assert outcome.kind == "answered", outcome
    return outcome.value


def _forget_engine():
    """Let this process import what a cold one would import late: the engine's and others' parts."""
    late = ("json", "logging", "subprocess", "email", "importlib.metadata", "tempfile", "select")
    for name in [*sys.modules]:
        if name.startswith("plugindex") or name.startswith(late):
            del sys.modules[name]


def _lists_and_loads(registry):
    from plugindex import PluginLoadError

    keys = [key for key in registry if key != "raising"]
    for key in keys:
        try:
            registry[key]
        except PluginLoadError as error:
            assert "forked" in str(error), error
    registry.info(keys[0])
    return len(keys) == 67


def registering(score, folder, scale):
    """Classes are defined, and keys set and deleted, while others iterate."""
    target = Target(folder, SMALL | MANY)
    for number in range(times(1, scale)):
        score.judge(f"round {number}", attempt(lambda: _register_meanwhile(target)), 161)


def _register_meanwhile(target):
    target.enter()
    registry, base = target.registry(), sys.modules["target.base"].Base
    stop = threading.Event()

    def read():
        while not stop.is_set():
            keys = list(registry)
            assert len(keys) == len(set(keys)) >= 61
            assert dict(registry.items())
            for key in registry:
                registry.get(key)

    def define(number):
        try:
            for index in range(25):
                body = {"name": f"x{number}_{index}", "__module__": "target.base"}
                type(base)(f"X{number}_{index}", (base,), body)
        finally:
            done.append(number)
            if len(done) == 4:
                stop.set()

    done = []
    errors = _run(lambda number: read() if number < 3 else define(number), 7)
    assert not errors, errors
    return len(registry)


def refreshing(score, folder, scale):
    """Readers and refreshers for some seconds, while files come and go."""
    target = Target(folder, SMALL | {n: MANY[n] for n in [*MANY][:10]})
    outcome = attempt(lambda: _refresh_meanwhile(target, 2 * min(scale, 30)), 60 + 3 * scale)
    score.judge("readers and refreshers", outcome, True)
    truth = answer(attempt(target.truth))
    score.judge("a fresh look", judged(attempt(target.look), truth), expected(truth))


def _refresh_meanwhile(target, seconds):
    target.enter()
    registry, end = target.registry(), time.monotonic() + seconds

    def read(_):
        while time.monotonic() < end:
            keys = list(registry)
            assert 11 <= len(keys) <= 12, keys
            assert registry["p3"].__name__ == "P3"
            with contextlib.suppress(PluginLoadError):  # it may be half written
                registry.get("extra")

    def refresh(_):
        while time.monotonic() < end:
            registry.refresh()

    def write(_):
        file, text = target.site / "target/extra.py", plugin("Extra")
        while time.monotonic() < end:
            file.write_text(text)
            registry.refresh()
            file.unlink()

    errors = _run(lambda n: (read, read, refresh, refresh, write)[n](n), 5)
    assert not errors, errors
    return True


def free_threaded(score, folder, scale):
    """The same on a free-threaded interpreter, where this is one."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        score.notes.append("not run: this interpreter has a global lock")
    else:
        threads(score, folder, scale)


ATTACKS = {
    "32 processes cold at once": cold_together(FILES | MANY, 1),
    "the same, with a module that a child imports": cold_together(SMALL | UNDECIDED, 1),
    "64 threads at first access": threads,
    "64 threads on a free-threaded interpreter": free_threaded,
    "threads importing plugins that read the registry": readers_inside,
    "a fork while another thread discovers or imports": forks,
    "registering while others iterate": registering,
    "readers and refreshers, while files come and go": refreshing,
}
