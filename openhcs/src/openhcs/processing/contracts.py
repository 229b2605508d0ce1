"""What is known of a function and of its library: frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ProcessingContract(Enum):
    """What a function does with a stack and with a plane."""

    FLEXIBLE = "flexible"  # a stack gives a stack, a plane a plane
    VOLUMETRIC_TO_SLICE = "volumetric_to_slice"  # a stack gives one plane
    PURE_3D = "pure_3d"  # only a stack works
    PURE_2D = "pure_2d"  # only a plane works


@dataclass(frozen=True, slots=True)
class FunctionMetadata:
    """What is known of one function.

    Args:
        name: its name within the library, such as ``filters.gaussian``.
        library: the key of the library.
        contract: what it does with a stack and with a plane.
        module: the module that it is taken from.
        original_name: its name in that module.
        doc: the first line of its docstring.
        tags: words to choose by, such as the part of the library that it belongs to.
    """

    name: str
    library: str
    contract: ProcessingContract
    module: str
    original_name: str
    doc: str = ""
    tags: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The name under which steps and workers refer to it."""
        return f"{self.library}:{self.name}"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a library can be used here, found out by using it."""

    available: bool
    reason: str = ""
    remedy: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Classification:
    """How one candidate of a library did in its trial; no contract means rejected, with a reason.

    The fields are those of ``FunctionMetadata``.
    """

    name: str
    module: str
    original_name: str
    doc: str = ""
    tags: tuple[str, ...] = ()
    contract: ProcessingContract | None = None
    reason: str = ""

    def metadata(self, library: str) -> FunctionMetadata | None:
        """Return what is known of an accepted function, None for a rejected one."""
        if self.contract is None:
            return None
        about = (self.module, self.original_name, self.doc, self.tags)
        return FunctionMetadata(self.name, library, self.contract, *about)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        contract = self.contract.value if self.contract else None
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "tags": list(self.tags), "contract": contract}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Classification:
        """Return what ``to_json`` was made from.

        Raises:
            LookupError, TypeError, ValueError: it has another shape.
        """
        texts = {n: value[n] for n in ("name", "module", "original_name", "doc", "reason")}
        if not all(isinstance(text, str) for text in (*texts.values(), *value["tags"])):
            raise TypeError("a classification consists of texts")
        contract = None if value["contract"] is None else ProcessingContract(value["contract"])
        return cls(**texts, tags=tuple(value["tags"]), contract=contract)
