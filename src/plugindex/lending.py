"""Whether the index of another environment holds in this one, a script in another folder, say."""

from __future__ import annotations

from plugindex.folders import is_bare
from plugindex.index import Place
from plugindex.paths import environment_digest, search_path


def lent(place: Place) -> Place | None:
    """Return the place of the environment that came first, if what it found is found here too.

    That is so where its interpreter is this one, nothing was run to know, and the search paths
    differ by folders alone in which nothing lies that was looked up. Whether its files are as they
    were is another question.
    """
    document = place.other
    assert document is not None
    path, roots, owner = (document.head(name) for name in ("path", "roots", "environment"))
    if not (isinstance(path, list) and isinstance(roots, list) and isinstance(owner, str)):
        return None
    if owner != environment_digest(path) or not _finds_the_same(path, search_path(), roots):
        return None
    return Place(document.path, document, owner)


def _finds_the_same(path: list[str], here: list[str], roots: list[str]) -> bool:
    differing = set(path) ^ set(here)
    common = [[one for one in entries if one not in differing] for entries in (path, here)]
    return common[0] == common[1] and all(is_bare(one, roots) for one in differing)
