"""Take a class statement to the registries of its bases; the metaclass and the mixin share it."""

from __future__ import annotations

import sys

from plugindex import journal, turns
from plugindex.config import RegistryConfig, SecondaryRegistry
from plugindex.errors import DuplicateKeyError, message
from plugindex.family import Family, infer
from plugindex.keys import (
    check_key,
    inherited_from,
    is_abstract,
    own_key,
    reference,
    require_key,
)
from plugindex.names import file_of
from plugindex.records import Problem
from plugindex.registry import LazyDiscoveryDict
from plugindex.secondary import SecondaryRegistryDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any

_ONLY_WITH_A_KEY = ("__registry__", "__secondary_registries__")


def enrol(cls: type, config: RegistryConfig | None = None) -> None:
    """Declare a registry if *cls* is a base, and register *cls* with those of its bases.

    Args:
        cls: the class whose statement runs.
        config: the explicit declaration, from the class statement.
    """
    config = _declaration(cls, config)
    inherited = [(base, registry) for base, registry in _registries(cls) if base is not cls]
    if config is not None:
        _declare(cls, config)
    elif not inherited:
        _refuse_half_a_declaration(cls)
    for _, registry in inherited:
        _register(cls, registry)


def _registries(cls: type) -> Iterator[tuple[type, LazyDiscoveryDict[Any, Any]]]:
    for base in cls.__mro__:
        registry = vars(base).get("__registry__")
        if isinstance(registry, LazyDiscoveryDict) and registry.family is not None:
            yield base, registry


def _declaration(cls: type, config: RegistryConfig | None) -> RegistryConfig | None:
    """Return what *cls* declares as a base, or None if it is a plain class."""
    own = vars(cls)
    config = config or own.get("_registry_config") or own.get("__registry_config__")
    if config is not None:
        return config
    attribute = own.get("__registry_key__")
    if attribute is None and not any(_registries(cls)):
        attribute = getattr(cls, "__registry_key__", None)
    return _written_out(cls, attribute) if attribute is not None else None


def _written_out(cls: type, attribute: str) -> RegistryConfig:
    registry = vars(cls).get("__registry__")
    return RegistryConfig(
        LazyDiscoveryDict() if registry is None else registry,
        attribute,
        getattr(cls, "__key_extractor__", None),
        getattr(cls, "__skip_if_no_key__", True),
        list(vars(cls).get("__secondary_registries__") or ()),
        registry_name=getattr(cls, "__registry_name__", None) or "",
        discovery_recursive=True,
    )


def _refuse_half_a_declaration(cls: type) -> None:
    """Tell who names a registry for a class that declares none: it would stay empty for good."""
    named = [name for name in _ONLY_WITH_A_KEY if name in vars(cls)]
    if named:
        fix = "say which attribute is the key: __registry_key__ = '...'"
        raise TypeError(message(f"{reference(cls)} sets {named[0]} alone", [("fix", fix)]))


def _declare(cls: type, config: RegistryConfig) -> None:
    config.registry_dict = _adopted(config.registry_dict, cls, LazyDiscoveryDict)
    registry: Any = config.registry_dict
    family = infer(cls, config)
    for declared in config.secondary_registries or ():
        declared.registry_dict = _adopted(declared.registry_dict, cls, SecondaryRegistryDict)
    registry.bind(family)
    for declared in config.secondary_registries or ():
        _show(declared, registry)
    cls.__registry__ = registry  # type: ignore[attr-defined]


def _show(declared: SecondaryRegistry, registry: LazyDiscoveryDict[Any, Any]) -> None:
    view: Any = declared.registry_dict
    view.show(registry, declared.attr_name, declared.key_source)


def _adopted(found: Any, cls: type, kind: type) -> Any:
    """Return *found* if it is of our *kind*; swap an empty global dict of the base's module."""
    if isinstance(found, kind):
        return found
    space = _globals_of(cls)
    names = [name for name, value in space.items() if value is found]
    if type(found) is not dict or found or not names:
        fix = f"write NAME = {kind.__name__}() in the module of {cls.__name__} and name that"
        cause = "a plain dict can't be filled later, and this one is no empty global of that module"
        facts = [("cause", cause), ("fix", fix)]
        raise TypeError(message(f"{reference(cls)} can't use this {type(found).__name__}", facts))
    view = kind()
    space.update(dict.fromkeys(names, view))
    return view


def _globals_of(cls: type) -> dict[str, Any]:
    """Return the globals in which the class statement of *cls* runs."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__") != cls.__module__:
        frame = frame.f_back
    return frame.f_globals if frame.f_globals.get("__name__") == cls.__module__ else {}


def _register(cls: type, registry: LazyDiscoveryDict[Any, Any]) -> None:
    family: Family = registry.family  # type: ignore[assignment]
    if is_abstract(cls) or family.base is None:
        return
    key = _key(cls, registry, family)
    if key is None:
        return
    check_key(key, cls)
    recorded = journal.active()
    if recorded is not None:
        recorded.registered(family.base, key, cls)
    elif not turns.is_recording():
        _refuse_duplicate(key, cls, registry)
    registry.enter(key, cls)


def _key(cls: type, registry: LazyDiscoveryDict[Any, Any], family: Family) -> Hashable:
    """Return the key under which *cls* registers; None if it doesn't."""
    rule, base = family.scope.rule, family.base
    owner = inherited_from(cls, rule, base) if base else None
    if owner is not None:
        _meet(_inherits(cls, owner, rule.attribute or ""), registry, family)
        return None
    key = own_key(cls, rule, family.extractor)
    if key is None:
        require_key(cls, rule, family.scope.name)
    return key


def _inherits(cls: type, owner: type, attribute: str) -> Problem:
    text = f"{reference(cls)} inherits its key from {reference(owner)}, which is registered with it"
    hint = f"set {attribute} in its body to register it, or {attribute} = None to say that it isn't"
    return Problem("inherited-key", cls.__module__, text, hint, file_of(cls.__module__))


def _meet(problem: Problem, registry: LazyDiscoveryDict[Any, Any], family: Family) -> None:
    recorded = journal.active()
    if recorded is not None and family.base is not None:
        recorded.met(family.base, problem)
    registry.note(problem)


def _refuse_duplicate(key: Hashable, cls: type, registry: LazyDiscoveryDict[Any, Any]) -> None:
    rival = registry.rival(key, cls)
    if rival:
        name = registry.scope.name
        facts = [("first", rival), ("second", reference(cls))]
        facts += [("fix", f"give one another key, or set __replaces__ = {rival!r} in the second")]
        text = message(f"two classes claim the {name} key {key!r}", facts)
        raise DuplicateKeyError(text, key=key, claimants=(rival, reference(cls)))
