"""Family 4: many processes and threads at once, forks in the middle, readers and writers."""

from __future__ import annotations

import os
import sys
import threading
import time

from attacks.changes import SMALL, plugin
from attacks.corruption import Prey, answer
from attacks.meanwhile import MANY, refreshing, registering, setting, together
from attacks.scores import times
from attacks.targets import FILES, STEADY, UNDECIDED, Target, expected, judged
from attacks.tries import Try, attempt

FAMILY = "concurrency"
READING = {
    f"target/{me}.py": f"from target.base import REG\nSEEN = list(REG)\n"
    f"try:\n    REG.get({other!r})\nexcept Exception:\n    pass\n"
    + plugin(me.upper())
    + f"LATER = {me!r} in REG, len(REG)\n"
    for me, other in (("r", "s"), ("s", "t"), ("t", "r"))
}


def cold_processes(files, share):
    """Return an attack in which 32 processes start cold at once; it notes how many did the work.

    One does, unless the machine is so busy that the others give up waiting for it.
    """

    def attack(score, folder, scale):
        prey, worked = Prey(folder, files), []
        for _ in range(times(share, scale)):
            prey.clear()
            outcomes = _processes(32, prey.target.look)
            for number, outcome in enumerate(outcomes):
                score.judge(f"process {number}", judged(outcome, prey.truth), expected(prey.truth))
            worked.append(sum(_cache(outcome) != "hit" for outcome in outcomes))
        score.notes.append(f"scans by 32 processes: {', '.join(map(str, worked))}")

    return attack


def _cache(outcome):
    return outcome.value["cache"] if outcome.kind == "answered" else ""


def _processes(count, work):
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
    prey = Prey(folder, STEADY | MANY)
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

    errors = together(work, count)
    assert not errors, errors
    return {*loaded}, listed


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

    errors = together(work, 3)
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


def free_threaded(score, folder, scale):
    """The same on a free-threaded interpreter, where this is one."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        score.notes.append("not run: this interpreter has a global lock")
    else:
        threads(score, folder, scale)


ATTACKS = {
    "32 processes cold at once": cold_processes(FILES | MANY, 1),
    "the same, with a module that a child imports": cold_processes(SMALL | UNDECIDED, 1),
    "64 threads at first access": threads,
    "64 threads on a free-threaded interpreter": free_threaded,
    "threads importing plugins that read the registry": readers_inside,
    "a fork while another thread discovers or imports": forks,
    "registering while others iterate": registering,
    "keys set, taken out and asked for at once": setting,
    "readers and refreshers, while files come and go": refreshing,
}
