"""All attacks, family by family."""

from __future__ import annotations

import tempfile
from pathlib import Path

from attacks import concurrency, corruption, crash, fuzz, hostile, staleness, template  # noqa: F401 - the template is what tries are forked from
from attacks.scores import Score

FAMILIES = [corruption, staleness, crash, concurrency, hostile, fuzz]
ATTACKS = [(family, name) for family in FAMILIES for name in family.ATTACKS]


def run(family, name, scale):
    """Run one attack in a folder of its own and return its score."""
    score = Score(family.FAMILY, name)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        family.ATTACKS[name](score, Path(folder), scale)
    return score
