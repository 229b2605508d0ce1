"""Count what went wrong in the tries of one attack."""

from __future__ import annotations

KINDS = ("wrong", "raised", "hung")
_SHOWN = 8


def times(share, scale):
    """Return how many tries a *share* comes to at this scale, one at least."""
    return max(1, round(share * scale))


class Score:
    """The tries of one attack, and the faults among them."""

    def __init__(self, family, attack):
        self.family = family
        self.attack = attack
        self.tries = 0
        self.faults = []
        self.notes = []

    def count(self, kind):
        """Return how many tries had a fault of this kind."""
        return sum(fault[0] == kind for fault in self.faults)

    def judge(self, label, outcome, *truth):
        """Count one try: its outcome must be an answer that equals one of *truth*."""
        self.tries += 1
        if outcome.kind in ("raised", "killed"):
            self.faults.append(("raised", label, outcome.value))
        elif outcome.kind == "hung":
            self.faults.append(("hung", label, outcome.value))
        elif outcome.value not in truth:
            self.faults.append(("wrong", label, difference(outcome.value, truth[0])))

    def told(self):
        """Describe the first faults, with what is needed to see each again."""
        shown = [f"{kind}: {label}\n    {why}" for kind, label, why in self.faults[:_SHOWN]]
        more = len(self.faults) - len(shown)
        return "\n".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def difference(found, wanted):
    """Say in which parts two answers differ."""
    if isinstance(found, set) and isinstance(wanted, set):
        return f"{found - wanted} too many, {wanted - found} missing"
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return f"{found!r} instead of {wanted!r}"
    names = sorted({*found, *wanted}, key=str)
    parts = [n for n in names if found.get(n) != wanted.get(n)]
    return "; ".join(f"{n}: {difference(found.get(n), wanted.get(n))}" for n in parts)


def table(scores):
    """Return the table of all attacks."""
    lines = [f"{'attack':64}{'tries':>8}{'wrong':>8}{'raised':>8}{'hung':>8}"]
    family = ""
    for score in scores:
        if score.family != family:
            family = score.family
            lines += ["", family]
        counts = "".join(f"{score.count(kind):8}" for kind in KINDS)
        lines.append(f"  {score.attack:62}{score.tries:8}{counts}")
        lines += [f"      {note}" for note in score.notes]
    total = "".join(f"{sum(score.count(kind) for score in scores):8}" for kind in KINDS)
    lines += ["", f"{'all':64}{sum(score.tries for score in scores):8}{total}"]
    return "\n".join(lines)
