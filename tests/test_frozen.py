"""Applications that have no interpreter to start: what a child would settle is settled here."""

from __future__ import annotations

import os
import subprocess
import sys

HOST = """
from plugindex import AutoRegisterMeta

class Tool(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"
"""
COMPUTED = """
from app.tools import Tool

class Computed(Tool):
    name = "-".join(["a", "b"])
"""
PROGRAM = """
import sys
sys.frozen = True
from app.tools import Tool
registry = Tool.__registry__
print(list(registry), [p.kind for p in registry.problems], "app.computed" in sys.modules)
print(registry["a-b"].__name__, "app.computed" in sys.modules)
"""


def test_an_undecided_plugin_is_found_when_its_key_is_asked_for(tmp_path):
    package = tmp_path / "site" / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "tools.py").write_text(HOST)
    (package / "computed.py").write_text(COMPUTED)
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["[] ['undecided'] False", "Computed True"]
