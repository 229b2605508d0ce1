"""openhcs's own functions: each module says by a decorator what they take and do."""

from __future__ import annotations

from openhcs.processing.backends.lib_registry.unified_registry import LibraryRegistryBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from openhcs.processing.backends.lib_registry.candidates import Candidate
    from openhcs.processing.contracts import Classification

PACKAGES = ("openhcs.processing.backends.processors", "openhcs.processing.backends.analysis")


class OpenHCSRegistry(LibraryRegistryBase):
    """Functions such as ``openhcs:percentile_normalize``."""

    _registry_name = "openhcs"
    distributions = ("openhcs",)
    remedy = "install openhcs again"
    decided_by = (*LibraryRegistryBase.decided_by, *PACKAGES)

    def modules(self) -> tuple[tuple[str, str], ...]:
        from importlib import import_module
        from pkgutil import iter_modules

        found = []
        for package in PACKAGES:
            folders = import_module(package).__path__
            found += sorted(f"{package}.{module.name}" for module in iter_modules(folders))
        return tuple(("", module) for module in found)

    def try_out(self) -> None:
        import numpy as np

        from openhcs.processing.backends.processors.projection import max_projection

        max_projection(np.zeros((2, 2, 2), np.uint8))

    def candidates(self) -> Iterator[Candidate]:
        return (candidate for candidate in super().candidates() if _is_declared(candidate))

    def candidate(self, name: str) -> Candidate | None:
        found = super().candidate(name)
        return found if found and _is_declared(found) else None

    def classify(self, candidate: Candidate) -> Classification:
        from openhcs.processing.contracts import Classification

        declared: Any = candidate.function
        return Classification(
            candidate.name,
            candidate.module,
            candidate.original_name,
            candidate.doc,
            tags=(candidate.module.rpartition(".")[2], self.memory_of(declared)),
            contract=declared.processing_contract,
        )

    def memory_of(self, function: Any) -> str:
        return str(function.input_memory_type)


def _is_declared(candidate: Candidate) -> bool:
    """Say whether a function is declared, and in this module: an imported one counts at home."""
    function = candidate.function
    return (
        hasattr(function, "processing_contract")
        and getattr(function, "__module__", "") == candidate.module
    )
