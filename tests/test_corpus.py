"""Reading real packages and the standard library gives what importing them gives."""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import PackageNotFoundError, distribution

import pytest

import corpus
from plugindex.config import Scope
from plugindex.finder import Finder
from plugindex.library import Library
from plugindex.resolver import Resolver
from plugindex.sandbox import examine
from plugindex.truth import compare, import_truths, settle

MOST_UNDECIDED = 0.03
MOST_FAILING = 0.01

pytestmark = pytest.mark.corpus


def packages() -> dict[tuple[str, str], list[str]]:
    """Return the base classes to compare of each (package, distribution)."""
    bases = defaultdict(list)
    for package, base, owner in corpus.PACKAGES + corpus.STANDARD_LIBRARY:
        bases[package, owner].append(base)
    return bases


class Listing:
    """What reading one scope gives, its undecided modules being imported in a child."""

    def __init__(self, scope: Scope, modules: list[str]) -> None:
        library = Library(Finder())
        resolver = Resolver(library, scope)
        resolutions = {name: resolver.resolve(name) for name in modules}
        changed = {other for one in resolutions.values() for other in one.spreads}
        self.undecided = [n for n, one in resolutions.items() if one.undecided or n in changed]
        self.entries = {
            candidate.key: f"{candidate.module}:{candidate.qualname}"
            for name, one in resolutions.items()
            if not one.missing and name not in self.undecided
            for candidate in one.candidates
        }
        self.entries |= self.examined(scope)

    def examined(self, scope: Scope) -> dict:
        """Return what the undecided modules hold when they are imported."""
        if not self.undecided:
            return {}
        found = examine(self.undecided, scope, limit_s=300)
        assert not found.refused
        return settle(p for p in found.plugins if p.module in self.undecided)[0]


@pytest.mark.parametrize(("package", "owner"), packages(), ids=lambda value: value or "stdlib")
def test_reading_equals_importing(package: str, owner: str) -> None:
    if owner:
        try:
            distribution(owner)
        except PackageNotFoundError:
            pytest.skip(f"{owner} is not installed")
    scopes = [
        Scope(base=base, package=package, foreign=True) for base in packages()[package, owner]
    ]
    modules = [module.name for module in Finder().modules(package)]
    for scope, truth in zip(scopes, import_truths(scopes, modules), strict=True):
        listing = Listing(scope, modules)
        found = compare(listing.entries, truth)
        failing = {reference.partition(":")[0] for _, reference in found.fails_at_import}
        undecided = len(listing.undecided) / len(modules)
        fails = len(failing) / len(modules)
        print(
            f"{package} {scope.base}: {len(modules)} modules, {len(truth.entries)} classes, "
            f"undecided {undecided:.1%}, fails_at_import {fails:.1%}"
        )
        assert truth.entries
        assert (found.missing, found.extra) == ((), ())
        if owner:  # the standard library's packages are so small that one module is over a bar
            assert undecided <= MOST_UNDECIDED, listing.undecided
            assert fails <= MOST_FAILING, failing
