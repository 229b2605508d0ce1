"""Family 3: processes die at any point, and machines have no room, no home and odd settings."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from random import Random

from attacks.corruption import Prey, answer
from attacks.scores import times
from attacks.targets import ENGINE, FILES, STEADY, UNDECIDED, Target, expected, judged
from attacks.tries import LIMIT_S, Try, attempt

FAMILY = "crash"
NOBODY = 65534


def killed(files, seed, share):
    """Return an attack that kills a cold start at random moments, then looks afresh."""

    def attack(score, folder, scale):
        prey = Prey(folder, files)
        longest_s = 0.06 if files is FILES else 0.4
        for number in range(times(share, scale)):
            random = Random(f"{seed} {number}")
            prey.clear()
            if random.random() < 0.3:
                prey.put(prey.sound)
                (prey.target.site / "target/plain.py").touch()
            _kill_after(Try(prey.target.look), random.random() * longest_s)
            prey.judge(score, f"seed '{seed} {number}'")
            _strays(score, prey, number)

    return attack


def workers_killed(score, folder, scale):
    """The processes that share a cold start of a large package end at random moments."""
    many = {
        f"target/m{n}.py": f"from target.base import Base\nclass M{n}(Base):\n    name = 'm{n}'\n"
        for n in range(640)
    }
    prey = Prey(folder, STEADY | many)
    (folder / "ending").mkdir()
    prey.target.variables |= {"PLUGINDEX_PROCESSES": "3", "PYTHONPATH": str(folder / "ending")}
    for number in range(times(4, scale)):
        seconds = Random(f"workers {number}").random() * 0.4
        (folder / "ending" / "sitecustomize.py").write_text(_ENDING.format(seconds))
        prey.clear()
        prey.judge(score, f"seed 'workers {number}'")


_ENDING = """
import os, signal
if os.environ.get("PLUGINDEX_CHILD"):
    signal.setitimer(signal.ITIMER_REAL, {:.4f} + 0.001 * (os.getpid() % 7))
"""


def _kill_after(victim, seconds):
    """Let it run that long; the moment is part of the try, so nothing waits for luck."""
    select.select([], [], [], seconds)
    victim.kill()
    victim.result()


def _strays(score, prey, number):
    """What a killed writer left must be gone, once another has written."""
    cache = prey.target.cache.parent
    names = {p.name for p in cache.iterdir()} if cache.is_dir() else set()
    strays = sorted(n for n in names if n.endswith(".tmp"))
    score.judge(f"strays {number}", attempt(lambda: len(strays) <= 1), True)


def killed_at_calls(score, folder, scale):
    """Die at every n-th call to the system that changes a file, from the first to the last."""
    prey = Prey(folder)
    number, step = 0, max(1, int(8 / scale))
    while True:
        prey.clear()
        outcome = attempt(partial(_look_until, prey.target, number))
        prey.judge(score, f"at call {number}")
        if outcome.kind == "answered":
            return
        number += step


def _look_until(target, number):
    """Look, but end the process at once at the n-th event that a writer causes."""
    left = [number]
    seen = ("open", "os.mkdir", "os.rename", "os.remove", "os.chmod", "fcntl.flock")

    def hook(event, arguments):
        if event in seen and (event != "open" or _writes(arguments)):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    sys.addaudithook(hook)
    return target.look()


def _writes(arguments):
    return isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)


def limits(score, folder, scale):
    """No room in files, no descriptors, and a child that can't be asked."""
    for files in (FILES, FILES | UNDECIDED):
        prey = Prey(folder / str(len(files)), files)
        for size in (0, 1, 100, 3_000, 10_000):
            prey.clear()
            look = _limited(prey.target, resource.RLIMIT_FSIZE, size)
            score.judge(f"files of {size} bytes", judged(attempt(look), prey.truth), *_either(prey))
            prey.judge(score, f"after files of {size} bytes", heals=False)
        for count in (4, 6, 10, 18):
            prey.clear()
            look = _limited(prey.target, resource.RLIMIT_NOFILE, _highest_descriptor() + count)
            score.judge(f"{count} descriptors", judged(attempt(look), prey.truth), *_either(prey))
            prey.judge(score, f"after {count} descriptors", heals=False)


def _highest_descriptor():
    """Return the highest number that is taken: a runner of tests holds files of its own."""
    with open(os.devnull) as file:
        return max(file.fileno(), *(int(n) for n in os.listdir("/dev/fd") if n.isdecimal()))


def _either(prey):
    """Return the truth, and what of it is known where no child can be started."""
    whole = expected(prey.truth)
    less = {
        "listed": whole["listed"] - {"made"},
        "loaded": {k: v for k, v in whole["loaded"].items() if k != "made"},
    }
    return whole, less


def _limited(target, which, value):
    def look():
        resource.setrlimit(which, (value, resource.getrlimit(which)[1]))
        return target.look()

    return look


def full_disk(score, folder, scale):
    """A data folder on a small file system that is full, becomes full, or can't be written."""
    if os.geteuid() != 0:
        score.notes.append("not run: mounting needs root")
        return
    prey = Prey(folder)
    for name, options, filler in (
        ("full", "size=16k", 16_384),
        ("nearly full", "size=64k", 60_000),
        ("read-only", "ro", 0),
    ):
        prey.clear()
        prey.target.data.mkdir()
        if not _mounted(prey.target.data, options):
            score.notes.append("not run: mounting isn't allowed here")
            return
        try:
            with contextlib.suppress(OSError):
                (prey.target.data / "filler").write_bytes(bytes(filler))
            prey.judge(score, f"a disk that is {name}", heals=False)
        finally:
            subprocess.run(["umount", "-l", str(prey.target.data)], check=True)


def _mounted(folder, options):
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def homes(score, folder, scale):
    """No home, an odd one, relative folders, a foreign user: in fresh interpreters."""
    target = Target(folder / "a")
    truth = answer(attempt(target.truth))
    work = folder / "work"
    (folder / "locked").mkdir(mode=0o500)
    for name, variables in {
        "no HOME": {"HOME": None},
        "an empty HOME": {"HOME": ""},
        "a HOME that is nowhere": {"HOME": "/nowhere/at/all"},
        "a HOME that is a file": {"HOME": "/etc/passwd"},
        "a HOME that is a device": {"HOME": "/dev/null"},
        "a HOME that is locked": {"HOME": str(folder / "locked")},
        "a relative HOME": {"HOME": "here"},
        "a relative XDG folder": {"XDG_DATA_HOME": "there", "HOME": str(folder / "h")},
        "an XDG folder of dots": {"XDG_DATA_HOME": "../..", "HOME": str(folder / "h")},
        "an empty XDG folder": {"XDG_DATA_HOME": "", "HOME": str(folder / "h")},
        "a long XDG folder": {"XDG_DATA_HOME": "/" + "x" * 5000},
        "an XDG folder with a line break": {"XDG_DATA_HOME": str(folder / "a\nb")},
        "an XDG folder of no UTF-8": {"XDG_DATA_HOME": os.fsdecode(bytes(folder) + b"/\xff")},
    }.items():
        work.mkdir()
        outcome = attempt(lambda: _look_afresh(target, variables, work))  # noqa: B023
        score.judge(name, judged(outcome, truth), expected(truth))
        left = sorted(p.name for p in work.iterdir())
        score.judge(f"{name}, the working folder", attempt(lambda: left), [])  # noqa: B023
        shutil.rmtree(work)


def _look_afresh(target, variables, work):
    """Look in a fresh interpreter: it reads its environment and settings as it starts."""
    environment = {k: v for k, v in os.environ.items() if k != "XDG_DATA_HOME"}
    for name, value in variables.items():
        environment.pop(name, None)
        environment |= {} if value is None else {name: value}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-S", "-c", _PROGRAM, str(target.folder), *ENGINE],
        cwd=work,
        env=environment,
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return eval(done.stdout)  # a dict of texts that the program below prints


_PROGRAM = f"""
import sys
sys.path[:0] = [{str(Path(__file__).parents[1])!r}, *sys.argv[2:]]
from attacks.targets import Target
target = Target(sys.argv[1], {{}})
target.variables = {{}}
print(target.look())
"""


def folders(score, folder, scale):
    """Odd umasks, a working folder that is gone, odd entries of the path, another user."""
    prey = Prey(folder)
    for umask in (0, 0o22, 0o77, 0o277, 0o777):
        prey.clear()
        outcome = attempt(lambda: (os.umask(umask), prey.target.look())[1])  # noqa: B023
        score.judge(f"umask {umask:o}", judged(outcome, prey.truth), expected(prey.truth))
        modes = _modes(prey.target.data)
        score.judge(f"umask {umask:o}, modes", attempt(lambda: modes), {0o600, 0o700})  # noqa: B023
    for entry in ("", ".", "\0", "\ud800", "x" * 5000, 5, None, b"x", "/etc/passwd", "/dev/null"):
        prey.clear()
        outcome = attempt(lambda: _look_from_nowhere(prey.target, entry))  # noqa: B023
        score.judge(f"{entry!r:.20} on the path, no working folder", judged(outcome, prey.truth),
                    expected(prey.truth))  # fmt: skip
    _as_nobody(score)


def _modes(folder):
    return {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}


def _look_from_nowhere(target, entry):
    with tempfile.TemporaryDirectory() as gone:
        os.chdir(gone)
    target.path.append(entry)
    return target.look()


def _as_nobody(score):
    """Look as another user, who may read the package and write nothing."""
    if os.geteuid() != 0:
        score.notes.append("not run without root: another user's eyes")
        return
    if not attempt(lambda: (os.setuid(NOBODY), os.access(os.__file__, os.R_OK))[1]).value:
        score.notes.append("not run: another user's eyes, which may not read this interpreter")
        return
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        prey = Prey(Path(name))
        for path in [Path(name), *Path(name).rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        outcome = attempt(lambda: (os.setgid(NOBODY), os.setuid(NOBODY), prey.target.look())[2])
        score.judge("a user without rights", judged(outcome, prey.truth), expected(prey.truth))


ATTACKS = {
    "killed at random moments of a cold start": killed(FILES, "kill", 10),
    "the same, while a child imports": killed(FILES | UNDECIDED, "kill child", 2),
    "workers of a large package ended at random moments": workers_killed,
    "ended at the n-th call that changes a file": killed_at_calls,
    "limits of file size and descriptors": limits,
    "a full or read-only disk": full_disk,
    "homes and XDG folders": homes,
    "umasks, no working folder, odd paths, another user": folders,
}
