"""Declare a function of our own to be one that steps can name."""

from __future__ import annotations

from openhcs.errors import FunctionError
from openhcs.processing.contracts import ProcessingContract
from openhcs.processing.memory import MEMORY_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])


def image_function(
    contract: ProcessingContract = ProcessingContract.FLEXIBLE,
    *,
    input_memory_type: str = "numpy",
    output_memory_type: str = "numpy",
) -> Callable[[F], F]:
    """Return a decorator that says what a function takes and does; the function stays as it is.

    Args:
        contract: what it does with a stack and with a plane.
        input_memory_type: the arrays that it takes: "numpy", "cupy" or "pyclesperanto".
        output_memory_type: the arrays that it returns.

    Raises:
        FunctionError: a memory type is unknown.
    """
    for memory_type in (input_memory_type, output_memory_type):
        if memory_type not in MEMORY_TYPES:
            raise FunctionError(
                f"there is no memory type {memory_type!r}",
                fix="use one of " + ", ".join(MEMORY_TYPES),
            )

    def declare(function: F) -> F:
        attributes: dict[str, Any] = {
            "processing_contract": contract,
            "input_memory_type": input_memory_type,
            "output_memory_type": output_memory_type,
        }
        function.__dict__.update(attributes)
        return function

    return declare
