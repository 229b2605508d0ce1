"""Two type checkers see the types that the documentation promises."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def checker(name):
    """Find an installed type checker beside this interpreter, or skip."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    return found or pytest.skip(f"{name} is not installed")


def checked(*command):
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_mypy_agrees(tmp_path):
    cache = ("--cache-dir", str(tmp_path))
    code, output = checked(checker("mypy"), "--strict", "--config-file=", *cache, "declared.py")
    assert code == 0, output


def test_pyright_agrees(tmp_path):
    config = tmp_path / "pyrightconfig.json"
    config.write_text(f'{{"include": ["{HERE}"], "typeCheckingMode": "standard"}}')
    python = ("--pythonpath", sys.executable)
    code, output = checked(checker("basedpyright"), "--project", str(config), *python)
    assert code == 0, output
