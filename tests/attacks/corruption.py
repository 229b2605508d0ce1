"""Family 1: what lies at the cache file's place is spoiled, odd or planted."""

from __future__ import annotations

import os
import shutil
import stat
from random import Random

from attacks import mutations
from attacks.scores import times
from attacks.targets import FILES, STEADY, UNDECIDED, Target, expected, judged
from attacks.tries import Outcome, attempt

FAMILY = "corruption"


class Prey:
    """A target with a sound cache file, which every try gets back spoiled."""

    def __init__(self, folder, files=STEADY):
        self.target = Target(folder, files)
        self.truth = answer(attempt(self.target.truth))
        for _ in range(3):
            answer(attempt(self.target.look))
        self.sound = self.target.cache.read_bytes()

    def put(self, data):
        """Put *data* at the cache file's place, alone in its folder."""
        self.clear()
        self.target.cache.parent.mkdir(parents=True, mode=0o700)
        self.target.cache.write_bytes(data)
        self.target.cache.chmod(0o600)

    def clear(self):
        """Remove the data folder."""
        shutil.rmtree(self.target.data, ignore_errors=True)

    def judge(self, score, label, heals=True):
        """Look twice: what is shown must be the truth, and the second look finds a sound file.

        If it has what the first couldn't load settled, the third does.
        """
        for turn in ("", ", the next start"):
            outcome = attempt(self.target.look)
            score.judge(label + turn, judged(outcome, self.truth), expected(self.truth))
        if outcome.kind == "answered" and outcome.value["cache"] == "partial":
            outcome = attempt(self.target.look)
        if heals and outcome.kind == "answered" and outcome.value["cache"] != "hit":
            score.judge(label + ", healing", Outcome("answered", outcome.value["cache"]), "hit")


def answer(outcome):
    """Return what a try must have answered."""
    assert outcome.kind == "answered", outcome.value
    return outcome.value


def mutated(kinds, seed, share):
    """Return an attack that spoils the sound file in one of *kinds* for every try."""

    def attack(score, folder, scale):
        prey = Prey(folder)
        for number in range(times(share, scale)):
            random = Random(f"{seed} {number}")
            change = random.choice(kinds)
            prey.put(change(prey.sound, random))
            prey.judge(score, f"{change.__name__}, seed '{seed} {number}'")

    return attack


def contents(score, folder, scale):
    """Put contents there that no cache file has."""
    prey = Prey(folder)
    for name, data in mutations.special().items():
        prey.put(data)
        prey.judge(score, name)


def undecided(score, folder, scale):
    """The same mutations, on an index that holds what a child interpreter told."""
    prey = Prey(folder, FILES | UNDECIDED)
    for number in range(times(3, scale)):
        random = Random(f"undecided {number}")
        prey.put(random.choice(mutations.SEALED)(prey.sound, random))
        prey.judge(score, f"seed 'undecided {number}'")


def after_edit(score, folder, scale):
    """A spoiled file whose package was changed too, so that parts of it are taken on."""
    prey = Prey(folder)
    file = prey.target.site / "target" / "plain.py"
    text = file.read_text()
    for number in range(times(20, scale)):
        random = Random(f"edit {number}")
        file.write_text(f"{text}# {number}\n")
        prey.put(random.choice(mutations.SEALED)(prey.sound, random))
        prey.judge(score, f"seed 'edit {number}'")


def planted(score, folder, scale):
    """Something other than one's own file, or a folder that isn't private."""
    for name, (plant, heals) in PLANTS.items():
        if name in ROOT_ONLY and os.geteuid() != 0:
            score.notes.append(f"not run without root: {name}")
            continue
        prey = Prey(folder / name.replace(" ", "-"))
        plant(prey.target.cache)
        try:
            prey.judge(score, name, heals)
        finally:
            _unlock(prey.target.data)


def _unlock(folder):
    for root, folders, _ in os.walk(folder):
        for one in folders:
            if not os.path.islink(os.path.join(root, one)):
                os.chmod(os.path.join(root, one), 0o700)


def _instead(make):
    def plant(cache):
        cache.unlink()
        make(cache)

    return plant


def _moved(link):
    def plant(cache):
        aside = cache.with_name("aside")
        cache.rename(aside)
        link(aside, cache)

    return plant


def _in_the_way(cache):
    """Put a file where the cache folder should be."""
    shutil.rmtree(cache.parent)
    cache.parent.write_text("")


def _linked_folder(cache):
    elsewhere = cache.parent.with_name("elsewhere")
    cache.parent.rename(elsewhere)
    cache.parent.symlink_to(elsewhere)


PLANTS = {
    "a folder": (_instead(lambda cache: cache.mkdir()), False),
    "a full folder": (_instead(lambda cache: (cache / "x").mkdir(parents=True)), False),
    "a pipe": (_instead(os.mkfifo), True),
    "a link to itself": (_instead(lambda cache: cache.symlink_to(cache)), True),
    "a link to nothing": (_instead(lambda cache: cache.symlink_to("/nowhere/x")), True),
    "a link to an endless device": (_instead(lambda cache: cache.symlink_to("/dev/zero")), True),
    "a symbolic link": (_moved(lambda old, new: new.symlink_to(old)), True),
    "a hard link": (_moved(lambda old, new: new.hardlink_to(old)), True),
    "a socket": (_instead(lambda cache: os.mknod(cache, stat.S_IFSOCK | 0o600)), True),
    "an endless device": (
        _instead(lambda cache: os.mknod(cache, stat.S_IFCHR | 0o600, os.makedev(1, 5))),
        True,
    ),
    "no right to read": (lambda cache: cache.chmod(0), True),
    "a file that all may write": (lambda cache: cache.chmod(0o666), True),
    "another owner": (lambda cache: os.chown(cache, 12345, 12345), True),
    "a folder of another owner": (lambda cache: os.chown(cache.parent, 12345, 12345), True),
    "a folder that all may write": (lambda cache: cache.parent.chmod(0o777), True),
    "a folder without rights": (lambda cache: cache.parent.chmod(0), False),
    "a linked folder": (_linked_folder, True),
    "a file in the folder's place": (_in_the_way, False),
    "a lock that is a pipe": (lambda cache: os.mkfifo(f"{cache}.lock"), True),
    "a lock that is a folder": (lambda cache: os.mkdir(f"{cache}.lock"), True),
}
ROOT_ONLY = {"an endless device", "another owner", "a folder of another owner", "a socket"}
ATTACKS = {
    "random bytes: bits, cuts, zeros, splices, litter": mutated(mutations.BYTES, "bytes", 30),
    "sealed again: types, shapes, nesting, doubled names": mutated(mutations.SEALED, "seal", 50),
    "sealed again, and the package was edited": after_edit,
    "sealed again, with a module that reading doesn't decide": undecided,
    "contents that no cache file has": contents,
    "a folder, pipe, device, link, foreign or open file or folder": planted,
}
