"""What a base class declares: its registry, its scope and its key rule, inferred where unsaid."""

from __future__ import annotations

import sys

from plugindex.config import KeyRule, LeaveOut, RegistryConfig, Scope, SuffixExtractor
from plugindex.errors import message
from plugindex.keys import function_reference, reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import Any

    from plugindex.config import SecondaryRegistry


class Family:
    """A base class and all that is declared for its subclasses.

    *base* is None while the base of a foreign hierarchy isn't imported. *restore* is a function
    and its arguments that give the registry in another process.
    """

    __slots__ = ("base", "config", "extractor", "restore", "scope")

    def __init__(
        self, base: type | None, scope: Scope, config: RegistryConfig, restore: tuple[Any, ...]
    ) -> None:
        self.base = base
        self.scope = scope
        self.config = config
        self.extractor: Callable[[str, type], Hashable] | None = config.key_extractor
        self.restore = restore


def registry_of(base: str) -> Any:
    """Return the registry of the base class with that object reference, importing its module."""
    module, _, qualname = base.partition(":")
    __import__(module)
    found: Any = sys.modules[module]
    for name in qualname.split("."):
        found = getattr(found, name)
    return found.__registry__


def words(name: str) -> str:
    """Split a class name at capitals, acronyms kept whole: ``ZMQServer`` gives "zmq server"."""
    pairs = zip(name, f"{name[1:]} ", strict=True)
    before, text = "", ""
    for letter, after in pairs:
        starts = letter.isupper() and (not before.isupper() or after.islower())
        text += f" {letter}" if starts and before.isalnum() else letter
        before = letter
    return " ".join(text.replace("_", " ").lower().split())


def registry_name(name: str) -> str:
    """Name a registry after its base class: the words of *name* less Base and Meta."""
    parts = words(name).split()
    kept = [part for part in parts if part not in ("base", "meta")]
    return " ".join(kept or parts)


def package_of(module: str) -> str:
    """Return the package that holds *module*: itself if it is one, or has no package around it."""
    loaded = sys.modules.get(module)
    if hasattr(loaded, "__path__"):
        return module
    return module.rpartition(".")[0] or module


def infer(base: type, config: RegistryConfig) -> Family:
    """Return the family that *config* and the place of *base* make.

    Raises:
        TypeError: the key attribute is no attribute name, or ``__leave_out__`` holds no rule.
    """
    if not isinstance(config.key_attribute, str) or not config.key_attribute.isidentifier():
        text = f"{reference(base)} has {config.key_attribute!r} for a key attribute"
        raise TypeError(message(text, [("fix", "name an attribute: __registry_key__ = 'name'")]))
    if config.discovery_package is None:
        config.discovery_package = package_of(base.__module__)
    if config.registry_name in ("", "plugin"):
        config.registry_name = registry_name(base.__name__)
    rule = key_rule(config.key_attribute, config.key_extractor, config.skip_if_no_key)
    scope = Scope(
        reference(base),
        config.discovery_package,
        rule,
        config.discovery_recursive,
        name=config.registry_name,
        application=base.__module__.partition(".")[0],
        secondary=_pairs(config.secondary_registries or ()),
        leave_out=_rules(base),
        selection=config.selection,
        function=function_reference(config.discovery_function),
    )
    return Family(base, scope, config, (registry_of, (scope.base,)))


def key_rule(
    attribute: str, extractor: Callable[[str, type], Hashable] | None, skip: bool
) -> KeyRule:
    """Describe how keys are found, as far as it can be done by reading."""
    if isinstance(extractor, SuffixExtractor):
        return KeyRule(attribute, suffix=extractor.suffix, skip=skip)
    return KeyRule(attribute, opaque=extractor is not None, skip=skip)


def _pairs(declared: Iterable[SecondaryRegistry]) -> tuple[tuple[str, str], ...]:
    return tuple((one.attr_name, one.key_source) for one in declared)


def _rules(base: type) -> tuple[LeaveOut, ...]:
    declared = getattr(base, "__leave_out__", None) or ()
    rules = (declared,) if isinstance(declared, LeaveOut) else tuple(declared)
    for rule in rules:
        if not isinstance(rule, LeaveOut):
            text = f"{reference(base)} has {rule!r} in its __leave_out__"
            fix = "write __leave_out__ = LeaveOut(variable=..., attribute=..., value=...)"
            raise TypeError(message(text, [("fix", fix)]))
    return rules
