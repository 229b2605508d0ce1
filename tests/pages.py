"""Run the examples of one page of the documentation: ``python pages.py PAGE`` in an empty folder.

What the fence of an example says decides what is done with it: ``python`` runs, all examples of a
page in one namespace; ``pycon`` runs and must print what stands there; ``console`` runs commands
of ours and must print what stands there, if anything does; with ``file=NAME`` the text is written
to that file, to be imported. All else is only to be read.
"""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

FENCE = re.compile(r"^( *)```(\S+)(?: +file=(\S+))?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
BEGIN, END = "<!-- run: begin -->", "<!-- run: end -->"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
OURS = {name: [sys.executable, "-m", name] for name in ("plugindex", "openhcs")}
OURS["python"] = [sys.executable]


def examples(page):
    """Return (line, kind, file, text) of each example on *page*."""
    found = FENCE.finditer(page)
    return [(page.count("\n", 0, m.start()), m[2], m[3], textwrap.dedent(m[4])) for m in found]


def runs(path):
    """Tell whether the page at *path* has examples that do more than stand there."""
    kinds = {kind for _, kind, _, _ in examples(path.read_text("utf-8"))}
    return not kinds.isdisjoint({"python", "pycon", "console"})


def put(path, text):
    """Put *text* between the marks of a run on the page at *path*.

    Raises:
        SystemExit: the page has no such marks.
    """
    before, begin, rest = path.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(f"{before}{begin}\n```text\n{text}\n```\n{end}{after}", "utf-8")


def run_page(path):
    """Run the examples of the page at *path*."""
    names = {"__name__": "__main__"}
    for line, kind, file, text in examples(path.read_text("utf-8")):
        if file:
            write(file, text)
        elif kind == "python":
            exec(compile("\n" * (line + 1) + text, path, "exec"), names)
        elif kind == "pycon":
            run_session(text, names, path, line)
        elif kind == "console":
            run_commands(text)


def write(file, text):
    """Write *text* to *file*, which may be imported next."""
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_text(text)
    importlib.invalidate_caches()


def run_session(text, names, path, line):
    """Run an interactive session and compare what it prints."""
    session = doctest.DocTestParser().get_doctest(text, names, path.name, str(path), line + 1)
    runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
    runner.run(session, clear_globs=False)
    names.update(session.globs)
    if runner.failures:
        sys.exit(f"{path}, line {line + 1}: the session prints something else")


def run_commands(text):
    """Run each line that begins with ``$`` and compare what it prints with what follows it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, wanted = part.partition("\n")
        got = output(command)
        if wanted.strip() and not is_shown(wanted, got):
            sys.exit(f"$ {command}\nprints\n{got}\nnot\n{wanted}")


def is_shown(wanted, got):
    """Say whether *got* is what the page shows, as values if that is JSON."""
    if wanted.startswith("{"):
        return same(json.loads(wanted), json.loads(got))
    return doctest.OutputChecker().check_output(wanted, got, FLAGS)


def same(wanted, got):
    """Compare JSON values: ``...`` in a text stands for anything, and one time for any other."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(same(wanted[k], got[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(same, wanted, got))
    if isinstance(wanted, str) and isinstance(got, str):
        return doctest.OutputChecker().check_output(wanted, got, doctest.ELLIPSIS)
    return wanted == got or type(wanted) is type(got) is float


def output(command):
    """Run *command*, variables for it in front, if it is ours and quick; 0 and 1 are answers."""
    words = shlex.split(command, comments=True)
    settings = {}
    while "=" in words[0]:
        name, _, settings[name] = words.pop(0).partition("=")
    if words[0] not in OURS or words[1:2] == ["benchmarks/run.py"]:
        return ""
    called = [*OURS[words[0]], *words[1:]]
    environment = {**os.environ, **settings, "PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        called, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode not in (0, 1) or "Traceback" in done.stdout or "No module" in done.stdout:
        sys.exit(f"$ {command}\nexits with {done.returncode}:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    sys.path[0] = os.getcwd()
    run_page(Path(sys.argv[1]))
