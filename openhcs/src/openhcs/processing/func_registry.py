"""Find functions of the libraries by their references, such as ``skimage:filters.gaussian``."""

from __future__ import annotations

from functools import cache

from openhcs.errors import FunctionError, LibraryUnavailableError
from openhcs.processing.backends.lib_registry.unified_registry import LIBRARY_REGISTRIES
from openhcs.processing.contracts import FunctionMetadata, ProcessingContract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from openhcs.processing.backends.lib_registry.candidates import Candidate
    from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase
    from openhcs.processing.contracts import Classification
    from openhcs.processing.function import LibraryFunction

__all__ = [
    "FunctionMetadata",
    "ProcessingContract",
    "all_functions",
    "check_parameters",
    "function_metadata",
    "resolve_function",
]


def function_metadata(reference: str) -> FunctionMetadata:
    """Return what is known of the function called *reference*.

    Raises:
        FunctionError: there is no such library or function, or it makes no image of an image.
        LibraryUnavailableError: its library can't be used here.
    """
    return resolve_function(reference).metadata


def check_parameters(reference: str, parameters: Mapping[str, Any]) -> None:
    """Check *parameters* for the function called *reference*, without running it on them.

    Raises:
        FunctionError: as ``function_metadata``, or a parameter is unknown or missing.
    """
    resolve_function(reference).check(parameters)


@cache  # a worker applies the same few functions to many wells
def resolve_function(reference: str) -> LibraryFunction:
    """Return the function called *reference*, importing only what it is in.

    Args:
        reference: ``library:name``.

    Raises:
        FunctionError: there is no such library or function, or it makes no image of an image.
        LibraryUnavailableError: its library can't be used here.
    """
    from openhcs.processing.function import LibraryFunction

    library, name = _parts(reference)
    registry = _usable(library)
    candidate = registry.candidate(name)
    if candidate is None:
        raise _unknown(registry, name)
    known = _classified(registry, candidate)
    metadata = known.metadata(library)
    if metadata is None:
        raise FunctionError(
            f"{reference} makes no image of an image: {known.reason}",
            fix="name one that all_functions() lists",
        )
    return LibraryFunction(metadata, candidate.function, registry.memory_of(candidate.function))


def all_functions(libraries: Iterable[str] | None = None) -> dict[str, FunctionMetadata]:
    """Return what is known of each function of the libraries that can be used here.

    A library is tried out once, which takes from a second to minutes (a bar shows it on a
    terminal), and then kept in a cache for its version.

    Args:
        libraries: the keys of the libraries; all by default. One that can't be used is left out;
            its ``availability()`` says why.

    Returns:
        the functions by their references, in the order of libraries, modules and names.

    Raises:
        FunctionError: there is no library of such a name.
    """
    found: dict[str, FunctionMetadata] = {}
    for library in LIBRARY_REGISTRIES if libraries is None else libraries:
        for one in _all_classified(_registered(library)):
            metadata = one.metadata(library)
            if metadata:
                found[metadata.reference] = metadata
    return found


def _parts(reference: str) -> tuple[str, str]:
    library, colon, name = reference.partition(":") if isinstance(reference, str) else ("", "", "")
    if not (library and colon and name):
        raise FunctionError(
            f"{reference!r} is no reference to a function",
            fix="write library:name, such as skimage:filters.gaussian",
        )
    return library, name


def _registered(library: str) -> LibraryRegistryBase:
    if library not in LIBRARY_REGISTRIES:
        known = list(LIBRARY_REGISTRIES)
        raise FunctionError(
            f"there is no library {library!r}",
            fix=f"use one of {', '.join(known)}{_near(library, known)}",
        )
    return LIBRARY_REGISTRIES[library]()


def _usable(library: str) -> LibraryRegistryBase:
    registry = _registered(library)
    here = registry.availability()
    if not here.available:
        raise LibraryUnavailableError(
            f"the library {library} can't be used here: {here.reason}", fix=here.remedy
        )
    return registry


def _classified(registry: LibraryRegistryBase, candidate: Candidate) -> Classification:
    """Return what the cache knows of *candidate*, else try it out alone.

    The cache only says what a function does, never where it is.
    """
    from openhcs.processing.backends.lib_registry.function_cache import known_or_tried

    return known_or_tried(registry, candidate.name, lambda: registry.classify(candidate))


def _all_classified(registry: LibraryRegistryBase) -> list[Classification]:
    from openhcs.processing.backends.lib_registry.function_cache import all_known_or_tried

    def try_all() -> Iterable[Classification]:
        if not registry.availability().available:
            return ()
        from openhcs.processing.backends.lib_registry.classification import classify_library

        return classify_library(registry)

    return all_known_or_tried(registry, try_all)


def _unknown(registry: LibraryRegistryBase, name: str) -> FunctionError:
    names = [candidate.name for candidate in registry.candidates()]
    return FunctionError(
        f"the library {registry.key} has no image function {name!r}",
        fix="name one that all_functions() lists" + _near(name, names),
    )


def _near(name: str, known: Iterable[str]) -> str:
    """Return the known names most like *name*, also by what stands behind their last dot."""
    from difflib import get_close_matches

    by_end: dict[str, list[str]] = {}
    for one in known:
        for form in {one, one.rpartition(".")[2]}:
            by_end.setdefault(form.lower(), []).append(one)
    forms = get_close_matches(name.lower(), by_end, 3) or get_close_matches(
        name.rpartition(".")[2].lower(), by_end, 3
    )
    near = dict.fromkeys(one for form in forms for one in by_end[form])
    return f"; nearest: {', '.join(near)}" if near else ""
