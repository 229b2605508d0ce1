"""What a function takes besides its image, and whether what a step gives fits."""

from __future__ import annotations

from dataclasses import dataclass

from openhcs.errors import FunctionError
from openhcs.processing.contracts import ProcessingContract

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from inspect import Parameter
    from typing import Any

    from openhcs.processing.contracts import FunctionMetadata

# Parameters of ours, which every function gets, the second only a flexible one.
ENABLED, SLICE_BY_SLICE = "enabled", "slice_by_slice"
# Where a result is to be put, and on which device: not for whoever writes a step.
HIDDEN = frozenset({"out", "output", "output_image", "device"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a function takes besides its image.

    Args:
        accepted: the names of all parameters.
        required: the names of those without a default.
        any_name: whether it takes other names too.
    """

    accepted: tuple[str, ...]
    required: tuple[str, ...]
    any_name: bool = False


def signature_of(function: Callable[..., Any]) -> list[Parameter]:
    """Return all that *function* takes, [] where compiled code doesn't tell."""
    from inspect import signature

    try:
        return list(signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Return what *function* takes besides its image, less what is none of a step's business."""
    known = signature_of(function)
    named = [p for p in known[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    named = [p for p in named if p.name not in HIDDEN]
    required = tuple(p.name for p in named if p.default is p.empty)
    any_name = any(p.kind is p.VAR_KEYWORD for p in known)
    return Parameters(tuple(p.name for p in named), required, any_name)


def accepted_names(metadata: FunctionMetadata, known: Parameters) -> tuple[str, ...]:
    """Return the names that a step may give, ours at the end."""
    flexible = metadata.contract is ProcessingContract.FLEXIBLE
    return (*known.accepted, *((ENABLED, SLICE_BY_SLICE) if flexible else (ENABLED,)))


def check(metadata: FunctionMetadata, known: Parameters, given: Mapping[str, Any]) -> None:
    """Check the names of *given*, and the values of ours.

    Raises:
        FunctionError: one is unknown, missing, or of the wrong type.
    """
    accepted = accepted_names(metadata, known)
    for name in given:
        if name not in accepted and (not known.any_name or name in HIDDEN | {SLICE_BY_SLICE}):
            raise _unknown(metadata, name, accepted)
    for name in known.required:
        if name not in given:
            summary = f"{metadata.reference} needs the parameter {name!r}"
            raise FunctionError(summary, fix=f"give {name} a value")
    for name in (ENABLED, SLICE_BY_SLICE):
        if not isinstance(given.get(name, True), bool):
            summary = f"{metadata.reference} can't take {given[name]!r} for {name}"
            raise FunctionError(summary, fix=f"give {name} as true or false")


def _unknown(metadata: FunctionMetadata, name: str, accepted: tuple[str, ...]) -> FunctionError:
    from difflib import get_close_matches

    near = get_close_matches(str(name), accepted, 1)
    nearest = f"; nearest: {near[0]}" if near else ""
    return FunctionError(
        f"{metadata.reference} has no parameter {name!r}",
        fix=f"it accepts {', '.join(accepted)}{nearest}",
    )
