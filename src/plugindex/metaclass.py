"""The metaclass that registers each concrete subclass under its key."""

from __future__ import annotations

from abc import ABCMeta

from plugindex.enrol import enrol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from plugindex.config import RegistryConfig
    from plugindex.registry import LazyDiscoveryDict

    C = TypeVar("C")


class AutoRegisterMeta(ABCMeta):
    """Register each concrete subclass under its key: ``__registry_key__ = "name"`` is all it needs.

    The body of the base class may also set ``__registry__``, ``__registry_name__``,
    ``__key_extractor__``, ``__skip_if_no_key__`` and ``__secondary_registries__``; a plugin may set
    ``__replaces__``. A :class:`RegistryConfig` says the same explicitly, as ``_registry_config`` or
    ``__registry_config__`` in the body or as ``registry_config=`` in the class statement.
    """

    if TYPE_CHECKING:

        @property
        def __registry__(cls: type[C]) -> LazyDiscoveryDict[C, Any]: ...

    def __new__(
        cls,
        name: str,
        bases: tuple[type, ...],
        attrs: dict[str, Any],
        registry_config: RegistryConfig | None = None,
        **class_kwargs: Any,
    ) -> AutoRegisterMeta:
        """Make the class; *registry_config* is for :meth:`__init__`."""
        return super().__new__(cls, name, bases, attrs, **class_kwargs)

    # Here and not in __new__: a metaclass derived from this one has finished the class by now.
    def __init__(
        cls,
        name: str,
        bases: tuple[type, ...],
        attrs: dict[str, Any],
        registry_config: RegistryConfig | None = None,
        **class_kwargs: Any,
    ) -> None:
        super().__init__(name, bases, attrs, **class_kwargs)
        enrol(cls, registry_config)
