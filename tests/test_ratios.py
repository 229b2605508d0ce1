"""That a benchmark run tells what got worse since a stored one, and refuses what is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
COMPARE = "import sys, ratios; a, b = sys.argv[1:]\n"
COMPARE += "print(*ratios.findings(ratios.load(a), ratios.load(b), 0.35), sep='\\n')"


def then(**changes):
    """Return a stored run, with some of it changed."""
    run = {
        "ratios": {"list": {"a": 1.0, "b": 0.1, "c": 2.0}},
        "counts": {"list": {"imported": 0, "read": 0}},
        "exponents": {"list": 1.0},
    }
    return run | changes


def findings(tmp_path, now):
    """Return what is told of a run that comes after the stored one."""
    for name, run in (("now", now), ("then", then())):
        (tmp_path / name).write_text(json.dumps(run))
    command = [sys.executable, "-c", COMPARE, tmp_path / "now", tmp_path / "then"]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_is_as_it_was_is_no_finding(tmp_path):
    assert findings(tmp_path, then()) == ""


def test_a_row_that_takes_longer_against_most_contenders_is_a_finding(tmp_path):
    told = findings(tmp_path, then(ratios={"list": {"a": 1.5, "b": 0.15, "c": 2.0}}))
    assert told.startswith("list: 1.50 times as much as then")


def test_one_contender_that_became_faster_is_no_finding(tmp_path):
    assert findings(tmp_path, then(ratios={"list": {"a": 9.0, "b": 0.1, "c": 2.0}})) == ""


def test_a_row_that_only_one_of_the_runs_has_is_no_finding(tmp_path):
    assert findings(tmp_path, then(ratios={"other": {"a": 9.0}})) == ""


def test_one_module_more_is_a_finding(tmp_path):
    told = findings(tmp_path, then(counts={"list": {"imported": 1, "read": 0}}))
    assert told == "list: imported 1 modules, not 0"


def test_growing_with_the_square_is_a_finding(tmp_path):
    assert "power 2.00, not 1.00" in findings(tmp_path, then(exponents={"list": 2.0}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ratios": 3}'])
def test_what_no_run_stored_is_refused_before_anything_is_measured(tmp_path, text):
    (tmp_path / "stored").write_text(text)
    command = [sys.executable, BENCHMARKS / "run.py", "--compare", tmp_path / "stored"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "is no stored run" in done.stderr
    assert "Traceback" not in done.stderr
