"""No attack finds a registry wrong, makes it raise, or makes it hang."""

from __future__ import annotations

import pytest

from attacks import families


@pytest.mark.parametrize(("family", "name"), families.ATTACKS, ids=lambda part: str(part)[:60])
def test_nothing_is_wrong_raised_or_hung(family, name, request):
    score = families.run(family, name, request.config.getoption("--attack-scale", 1.0))
    if not score.tries:
        pytest.skip("; ".join(score.notes))
    assert score.faults == [], score.told()
