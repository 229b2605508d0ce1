"""Many processes at once: the work is done once, and all see the same."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys
from plugindex import index
from plugindex.config import Scope
scope = Scope(base="many.base:Plugin", package="many", foreign=True, application="many")
sys.stdin.readline()
found = index.take(scope, index.Settings())
print(len(found.plugins), found.stats.cache, found.stats.read)
"""


def test_a_cold_start_by_many_processes_reads_once(tmp_path):
    package = tmp_path / "site" / "many"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "base.py").write_text("class Plugin:\n    pass\n")
    for number in range(60):
        (package / f"m{number}.py").write_text(
            f"from many.base import Plugin\nclass P{number}(Plugin):\n    pass\n"
        )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120)[0].split() for process in processes]
    assert {answer[0] for answer in answers} == {"60"}
    assert sorted(answer[1] for answer in answers) == ["cold"] + ["hit"] * 7
