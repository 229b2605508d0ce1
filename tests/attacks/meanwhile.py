"""What some threads do to a registry while others read it."""

from __future__ import annotations

import contextlib
import random
import sys
import threading
import time

from attacks.changes import SMALL, plugin
from attacks.corruption import answer
from attacks.scores import times
from attacks.targets import Target, expected, judged
from attacks.tries import attempt
from plugindex import PluginLoadError

MANY = {f"target/m{number}.py": plugin(f"P{number}") for number in range(60)}
_SWITCH_S = 1e-6  # between threads, so that they meet in the middle of everything


def together(work, count):
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
    errors = together(lambda number: read() if number < 3 else define(number), 7)
    assert not errors, errors
    return len(registry)


def setting(score, folder, scale):
    """Keys are set, deleted, popped and asked for, and gone through, all at once."""
    target = Target(folder, SMALL)
    for number in range(times(2, scale)):
        outcome = attempt(lambda: _set_meanwhile(target, random.Random(number)), 60)  # noqa: B023
        score.judge(f"round {number}", outcome, True)


def _set_meanwhile(target, chance):
    target.enter()
    registry = target.registry()
    fixed, one = {*registry}, registry["alpha"]
    some = [chance.randrange(20) for _ in range(4000)]

    def read():
        keys = list(registry)
        assert fixed <= {*keys} and len(keys) == len({*keys})
        assert all(value is not None for value in registry.copy().values())
        assert repr(registry) and registry["alpha"] is one

    def ask(key):
        assert registry.get(key) in (None, one) and "alpha" in registry
        with contextlib.suppress(KeyError):
            assert registry[key] is one

    def put(key):
        registry[key] = one
        registry.setdefault(key + 1, one)

    def drop(key):
        assert registry.pop(key, None) in (None, one)
        with contextlib.suppress(KeyError):
            del registry[key + 1]

    def work(number):
        for key in some:
            (ask, ask, put, drop)[number](key) if number < 4 else key % 5 or read()

    sys.setswitchinterval(_SWITCH_S)
    errors = together(work, 5)
    assert not errors, errors
    return fixed <= {*registry}


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

    errors = together(lambda n: (read, read, refresh, refresh, write)[n](n), 5)
    assert not errors, errors
    return True
