"""What the host's pages of the documentation show runs."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNER = ROOT / "tests" / "pages.py"  # the engine's pages are run by the same program
PAGES = [ROOT / "openhcs" / "README.md", *sorted(ROOT.glob("docs/openhcs/*.md"))]


def runner():
    spec = importlib.util.spec_from_file_location("pages", RUNNER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHOWN = [page for page in PAGES if runner().runs(page)]


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_examples_run(page, tmp_path):
    (tmp_path / "site").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(RUNNER), str(page)],
        cwd=tmp_path / "site",
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_that_show_something_are_found():
    assert len(SHOWN) > 4
