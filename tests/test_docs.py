"""What the documentation shows runs, and what it links to is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pages
import plugindex

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), ROOT / "openhcs" / "README.md", *ROOT.glob("docs/**/*.md")]
NAMES = sorted(str(page.relative_to(ROOT)) for page in PAGES)
# What the host's own pages show runs in the host's tests.
OURS = [n for n in NAMES if not n.startswith(("openhcs", "docs/openhcs"))]
SHOWN = [n for n in OURS if pages.runs(ROOT / n)]


@pytest.mark.parametrize("name", SHOWN)
def test_examples_run(name, tmp_path):
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "data")}
    (tmp_path / "site").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", str(Path(pages.__file__)), str(ROOT / name)],
        cwd=tmp_path / "site",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    text = (ROOT / name).read_text("utf-8")
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    gone = [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()]
    assert gone == []


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs" / "reference" / "api.md").read_text("utf-8")
    assert [name for name in plugindex.__all__ if f"`{name}" not in text] == []


def test_every_problem_kind_is_in_the_reference():
    documented = (ROOT / "docs" / "reference" / "problems.md").read_text("utf-8")
    sources = "".join(file.read_text() for file in Path(plugindex.__file__).parent.glob("*.py"))
    told = re.findall(r"kind\* is one of: ([\w\s,-]+)\.", sources)
    kinds = [kind.strip() for kind in told[0].split(",")]
    assert len(kinds) > 5
    assert [kind for kind in kinds if f"`{kind}`" not in documented] == []
