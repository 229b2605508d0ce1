"""The same registration for classes that already have a metaclass."""

from __future__ import annotations

from plugindex.enrol import enrol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from plugindex.config import RegistryConfig
    from plugindex.registry import LazyDiscoveryDict


class AutoRegister:
    """Register each concrete subclass under its key, without a metaclass.

    It reads the same class attributes as :class:`AutoRegisterMeta`, so that classes of Qt, pydantic
    or enum, which have a metaclass of their own, can be bases too.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        __registry__: ClassVar[LazyDiscoveryDict[Any, Any]]

    def __init_subclass__(
        cls, registry_config: RegistryConfig | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        enrol(cls, registry_config)
