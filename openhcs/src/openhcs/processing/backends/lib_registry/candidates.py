"""Which callables of a module may be functions of an image."""

from __future__ import annotations

from dataclasses import dataclass

from openhcs.processing.parameters import signature_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# The parts of scikit-image that have functions of images; cuCIM has the same.
SCIKIT_IMAGE_PARTS = (
    "filters",
    "morphology",
    "segmentation",
    "feature",
    "measure",
    "transform",
    "restoration",
    "exposure",
)
# What libraries call the image that a function works on.
IMAGE_PARAMETERS = {"image", "img", "input", "input_image", "input_binary", "int_image", "gimage"}
IMAGE_PARAMETERS |= {"ar", "stack", "volume", "label_image", "label_img", "label_field"}
IMAGE_PARAMETERS |= {"labels", "label"}
# What doesn't make an image of an image: files, screens and information; the whole name, or its
# first word.
EXCLUDED = {"imread", "imsave", "imshow", "load", "save", "read", "write", "show", "plot"}
EXCLUDED |= {"display", "view", "info", "help", "version", "test", "benchmark", "try"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A callable that may be a function of an image."""

    name: str
    module: str
    original_name: str
    function: Callable[..., Any]

    @property
    def doc(self) -> str:
        """The first line of its docstring."""
        return next(iter((self.function.__doc__ or "").strip().splitlines()), "").strip()


def candidates_of(prefix: str, module: str) -> Iterator[Candidate]:
    """Give the candidates in *module*, in the order of their names."""
    from importlib import import_module

    for name in sorted(dir(import_module(module))):
        candidate = candidate_of(prefix, module, name)
        if candidate:
            yield candidate


def candidate_of(prefix: str, module: str, name: str) -> Candidate | None:
    """Return the candidate called *name* in *module*, None when it is none.

    Raises:
        ImportError: there is no such module.
    """
    from importlib import import_module

    if name.startswith("_") or name in EXCLUDED or name.partition("_")[0] in EXCLUDED:
        return None
    function = getattr(import_module(module), name, None)
    if not callable(function) or isinstance(function, type) or not _takes_image(function):
        return None
    return Candidate(prefix + name, module, name, function)


def _takes_image(function: Callable[..., Any]) -> bool:
    first = next(iter(signature_of(function)), None)
    return first is not None and first.name in IMAGE_PARAMETERS
