"""Whether the index of another environment holds in this one, a script in another folder, say."""

from __future__ import annotations

from plugindex.folders import is_bare
from plugindex.index import Place
from plugindex.paths import environment_digest, search_path


def lent(place: Place) -> Place | None:
    """Return the place of the environment that came first, if what it found is found here too.

    That is so where its interpreter is this one, nothing was run to know, and only the first folder
    of the search path is another, the one of the script, and in neither lies anything that was
    looked up. Whether its files are as they were is another question.
    """
    document = place.other
    assert document is not None
    path, roots, owner = (document.head(name) for name in ("path", "roots", "environment"))
    if not (isinstance(path, list) and isinstance(roots, list) and isinstance(owner, str)):
        return None
    here = search_path()
    if not (path and here) or owner != environment_digest(path):
        return None
    if not _finds_the_same(path, here, roots):
        return None
    return Place(document.path, document, owner)


def _finds_the_same(path: list[str], here: list[str], roots: list[str]) -> bool:
    return path[1:] == here[1:] and all(is_bare(one, roots) for one in (path[0], here[0]))
