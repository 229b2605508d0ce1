"""Print how much of real packages reading leaves undecided, and why.

``python tests/undecided.py [--page FILE]`` imports nothing. The hierarchies are those of
:mod:`corpus`; ``pytest -m corpus`` compares what is listed with what importing gives.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import corpus
import pages
from plugindex.config import Scope
from plugindex.finder import Finder
from plugindex.library import Library
from plugindex.resolver import Resolver

NAMED = (
    (r"^line \d+: ", ""),
    (r"of \w+( are|$)", r"of a class\1"),
    (r"^what \w+ is", "what a name is"),
    (r"^whether \w+ ", "whether a class "),
    (r"calling [\w.]+ may", "calling a function may"),
    (r"^[\w.]+\(\) replaces a class \w+", "a function replaces the base class"),
    (r"decides whether \w+ exists", "decides whether a class exists"),
    (r"^[\w.]+ may hold classes of [\w.]+", "a compiled module may hold classes of it"),
    (r"^[\w.]+ (may set|is compiled)", r"something \1"),
)


def main() -> None:
    """Read what is installed of the corpus, and tell."""
    parser = argparse.ArgumentParser(description="Count the modules that reading leaves undecided.")
    parser.add_argument("--page", metavar="FILE", help="put what is printed between its marks")
    page = parser.parse_args().page
    text = f"{machine()}\n\n{table()}"
    print(text)
    if page:
        pages.put(Path(page), text)


def table() -> str:
    """Return the table of all hierarchies, with the reasons and the sum."""
    lines, reasons, sums = [], Counter[str](), [0, 0]
    for package, base, owner in corpus.PACKAGES:
        try:
            title = f"{package} {version(owner)}" if package == owner else package
        except PackageNotFoundError:
            lines.append(f"{package:<20} not installed")
            continue
        count, undecided = undecided_of(package, base)
        reasons.update(map(general, undecided))
        sums = [sums[0] + count, sums[1] + len(undecided)]
        lines.append(row(title, base, count, len(undecided)))
    lines.append(row("all", "", *sums))
    told = [f"{number:>5}  {reason}" for reason, number in reasons.most_common()]
    return "\n".join([*lines, "", "why, in modules:", *told])


def undecided_of(package: str, base: str) -> tuple[int, list[str]]:
    """Return how many modules a package has, and why reading leaves some undecided."""
    scope = Scope(base=base, package=package, foreign=True)
    resolver = Resolver(Library(Finder()), scope)
    names = [file.name for file in resolver.library.finder.modules(package)]
    found = {name: resolver.resolve(name) for name in names}
    spread = {other for one in found.values() for other in one.spreads}
    reasons = {name: one.undecided for name, one in found.items() if one.undecided}
    reasons |= dict.fromkeys(spread - reasons.keys(), "another module may make classes in it")
    return len(names), list(reasons.values())


def general(reason: str) -> str:
    """Return a reason without the names in it."""
    for pattern, text in NAMED:
        reason = re.sub(pattern, text, reason)
    return reason


def row(title: str, base: str, count: int, undecided: int) -> str:
    """Return one line of the table."""
    share = undecided / count if count else 0
    return f"{title:<20} {base:<52} {count:>6} modules {undecided:>4} undecided {share:>6.2%}"


def machine() -> str:
    """Return when and with what this was run."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{datetime.date.today().isoformat()}, {python}, {platform.system()}"


if __name__ == "__main__":
    main()
