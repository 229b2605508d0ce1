"""The command line, in processes of its own, on packages in a folder and on pip."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PIP = [
    "--package",
    "pip._internal.commands",
    "--base",
    "pip._internal.cli.base_command:Command",
]


@pytest.fixture
def plugindex(tmp_path):
    """Run the command in an empty folder and return the ended process."""
    (tmp_path / "site").mkdir()

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "plugindex", *arguments],
            cwd=tmp_path / "site",
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def listed(done):
    """Return what a listing printed as JSON."""
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_pips_commands_are_listed_as_json_cold_and_warm(plugindex):
    cold, warm = (listed(plugindex("list", *PIP, "--json")) for _ in range(2))
    assert list(cold) == ["registries", "stats"]
    (registry,) = cold["registries"]
    assert list(registry) == ["name", "package", "plugins", "problems"]
    assert (registry["name"], registry["package"]) == ("command", "pip._internal.commands")
    install = "pip._internal.commands.install:InstallCommand"
    assert {"key": install, "class": install, "status": "available", "reason": ""} in registry[
        "plugins"
    ]
    assert warm["registries"] == cold["registries"]
    assert list(cold["stats"]) == ["modules", "read", "imported", "cache", "seconds"]
    assert (cold["stats"]["cache"], warm["stats"]["cache"]) == ("cold", "hit")
    assert cold["stats"]["read"] >= cold["stats"]["modules"] > 10
    assert (warm["stats"]["read"], warm["stats"]["imported"]) == (0, 0)
