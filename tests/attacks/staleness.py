"""Family 2: something that decided the answer changes after the index was made."""

from __future__ import annotations

import time

from attacks import bodies, changes
from attacks.changes import SMALL
from attacks.corruption import answer
from attacks.scores import times
from attacks.targets import Target, expected, judged
from attacks.tries import attempt

FAMILY = "staleness"
CHANGES = changes.CHANGES | bodies.CHANGES
REST_NS = 2_200_000_000  # after this a stamp is no longer too fresh to count


def at_once(score, folder, scale):
    """Every change right after the index was written."""
    for target, name in _indexed(folder):
        _change(score, target, name)


def rested(score, folder, scale):
    """Every change after all files came to rest, so that stamps alone count."""
    targets = [*_indexed(folder)]
    _rest(time.time_ns() + REST_NS)
    for target, _ in targets:
        answer(attempt(target.look))
    for target, name in targets:
        _change(score, target, name)


def in_turn(score, folder, scale):
    """One package is changed again and again, back and forth."""
    target = Target(folder, SMALL)
    for number in range(times(2, scale)):
        for name in ("a new module", "an edit of size and times kept", "a module renamed"):
            change = CHANGES[name][2]
            target.write(SMALL)
            for extra in ("b", "z"):
                (target.site / f"target/{extra}.py").unlink(missing_ok=True)
            answer(attempt(target.look))
            change(target)
            _judge(score, target, f"{name}, round {number}")


def _indexed(folder):
    for number, (name, (files, before, _)) in enumerate(CHANGES.items()):
        target = Target(folder / str(number), {})
        target.path.append(str(target.folder / "lib"))
        target.beside("lib", {"unrelated.py": ""})
        target.write(SMALL | {n: t for n, t in files.items() if n[:4] != "lib:"})
        target.beside("lib", {n[4:]: t for n, t in files.items() if n[:4] == "lib:"})
        before(target)
        for _ in range(2):
            answer(attempt(target.look))
        yield target, name


def _change(score, target, name):
    CHANGES[name][2](target)
    _judge(score, target, name)


def _judge(score, target, name):
    outcome = attempt(target.look)
    truth = answer(attempt(target.truth))
    score.judge(name, judged(outcome, truth), expected(truth))
    again = attempt(target.look)
    score.judge(f"{name}, the next start", judged(again, truth), expected(truth))


def _rest(until):
    while time.time_ns() < until:
        time.sleep(0.1)


ATTACKS = {
    "every change, at once": at_once,
    "every change, after the files came to rest": rested,
    "changes in turn, back and forth": in_turn,
}
