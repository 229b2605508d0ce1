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
    R = TypeVar("R")

_ASKS = "_abc_asks_subclasses"  # beside the _abc_impl that ABCMeta puts into each class
_OBJECTS_OWN: Any = type(len)  # a __subclasshook__ that no class statement wrote


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
        if type(cls.__subclasshook__) is not _OBJECTS_OWN or _checks_itself(type(cls)):
            _ask_subclasses(cls)
        enrol(cls, registry_config)

    def register(cls, subclass: type[R]) -> type[R]:
        """Make *subclass* a virtual subclass, as ABCMeta does; it registers no plugin."""
        _ask_subclasses(cls)
        return super().register(subclass)

    def __subclasscheck__(cls, subclass: type) -> bool:
        """Tell whether *subclass* is a subclass, real or virtual.

        ABCMeta asks each subclass of *cls* whether it is one of its own, and each keeps the answer:
        with thousands of plugins a millisecond and a hundred kilobytes for every class that isn't a
        plugin. None of them can say yes unless virtual subclasses come in somewhere.
        """
        real = isinstance(subclass, type) and _ASKS not in cls.__dict__
        if real and cls not in subclass.__mro__:
            return False
        return super().__subclasscheck__(subclass)


def _checks_itself(kind: type) -> bool:
    """Tell whether a metaclass has a way of its own to tell who is a subclass."""
    if kind is AutoRegisterMeta:
        return False
    known = (AutoRegisterMeta, ABCMeta, type)
    return any("__subclasscheck__" in vars(one) for one in kind.__mro__ if one not in known)


def _ask_subclasses(cls: type) -> None:
    """Note that *cls* may have virtual subclasses, and so may all that it derives from."""
    for base in cls.__mro__:
        if isinstance(base, AutoRegisterMeta):
            setattr(base, _ASKS, True)
