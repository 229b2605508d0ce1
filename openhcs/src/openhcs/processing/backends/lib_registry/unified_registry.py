"""The registry of function libraries, and what each of them tells."""

from __future__ import annotations

from abc import abstractmethod

from openhcs.core.auto_register_meta import AutoRegisterMeta, LazyDiscoveryDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar

    from openhcs.processing.backends.lib_registry.candidates import Candidate
    from openhcs.processing.contracts import Availability, Classification

LIBRARY_REGISTRIES: LazyDiscoveryDict[LibraryRegistryBase] = LazyDiscoveryDict(enable_cache=True)


class LibraryRegistryBase(metaclass=AutoRegisterMeta):
    """A library whose functions steps can name as ``library:name``.

    A subclass names its key in ``_registry_name``; making one imports nothing of the library.
    """

    __registry_key__ = "_registry_name"
    __registry_name__ = "library registry"
    __registry__ = LIBRARY_REGISTRIES

    _registry_name: str | None = None

    # The memory that its functions take arrays from; see openhcs.processing.memory.
    memory_type: ClassVar[str] = "numpy"
    # The distributions that it may come from; the first that is installed gives the version.
    distributions: ClassVar[tuple[str, ...]] = ()
    # What to install for it.
    remedy: ClassVar[str] = ""
    # The packages of ours whose files decide what its functions are taken for.
    decided_by: ClassVar[tuple[str, ...]] = ("openhcs.processing.backends.lib_registry",)

    @property
    def key(self) -> str:
        """The key under which the library is registered."""
        return self._registry_name or type(self).__name__

    @abstractmethod
    def modules(self) -> tuple[tuple[str, str], ...]:
        """Return the modules with functions, each with what its names begin with."""

    @abstractmethod
    def try_out(self) -> None:
        """Use the library for something small; any exception means that it can't be used."""

    def version(self) -> str:
        """Return the installed version, "" when there is none; import nothing of the library."""
        from importlib.metadata import PackageNotFoundError, version

        for distribution in self.distributions:
            try:
                return version(distribution)
            except PackageNotFoundError:
                continue
        return ""

    def availability(self) -> Availability:
        """Say whether the library can be used here, by using it."""
        from openhcs.processing.contracts import Availability

        version = self.version()
        try:
            self.try_out()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may do anything
            return Availability(False, reason_of(error), self.remedy, version)
        return Availability(True, version=version)

    def candidates(self) -> Iterator[Candidate]:
        """Give each function that may take an image, in the order of modules and names."""
        from openhcs.processing.backends.lib_registry.candidates import candidates_of

        seen: set[str] = set()
        for prefix, module in self.modules():
            for candidate in candidates_of(prefix, module):
                if candidate.name not in seen:  # of two modules, the first counts
                    seen.add(candidate.name)
                    yield candidate

    def candidate(self, name: str) -> Candidate | None:
        """Return the function called *name*, importing only the module that it should be in."""
        from openhcs.processing.backends.lib_registry.candidates import candidate_of

        for prefix, module in self.modules():
            original = name.removeprefix(prefix)
            if name.startswith(prefix) and original.isidentifier():
                found = candidate_of(prefix, module, original)
                if found:
                    return found
        return None

    def classify(self, candidate: Candidate) -> Classification:
        """Find out what *candidate* does with a stack and a plane, by trying it."""
        from openhcs.processing.backends.lib_registry.trial import classify

        return classify(candidate, self.memory_type)

    def memory_of(self, function: Any) -> str:
        """Return the memory type that *function* takes arrays from."""
        return self.memory_type


def reason_of(error: BaseException) -> str:
    """Return an exception as one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
