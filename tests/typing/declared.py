"""What type checkers must see; read by them, never run."""

from __future__ import annotations

from abc import abstractmethod
from enum import Enum
from typing import Any, assert_type

from plugindex import (
    PRIMARY_KEY,
    AutoRegister,
    AutoRegisterMeta,
    Changes,
    LazyDiscoveryDict,
    PluginInfo,
    Problem,
    RegistryConfig,
    SecondaryRegistry,
    SecondaryRegistryDict,
    cached_enum,
    discover_registry_classes,
    make_suffix_extractor,
)

HANDLERS: LazyDiscoveryDict[Handler] = LazyDiscoveryDict()
NUMBERED: LazyDiscoveryDict[Numbered, int] = LazyDiscoveryDict(enable_cache=False)
METADATA: SecondaryRegistryDict[str, type[Metadata]] = SecondaryRegistryDict()


BARE = LazyDiscoveryDict()
VIEW = SecondaryRegistryDict()
FOREIGN = LazyDiscoveryDict.for_subclasses("json:JSONEncoder", package="json")


class Metadata:
    pass


class Handler(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"
    __registry__ = HANDLERS
    __key_extractor__ = make_suffix_extractor("Handler")
    __secondary_registries__ = [SecondaryRegistry(METADATA, PRIMARY_KEY, "metadata")]  # noqa: RUF012
    name: str | None = None

    @abstractmethod
    def parse(self, text: str) -> int: ...


class DiskHandler(Handler):
    name = "disk"
    metadata = Metadata

    def parse(self, text: str) -> int:
        return len(text)


class Numbered(AutoRegister):
    __registry_key__ = "number"
    __registry__ = NUMBERED


class Inferred(metaclass=AutoRegisterMeta):
    __registry_key__ = "name"


class Explicit(
    metaclass=AutoRegisterMeta, registry_config=RegistryConfig(LazyDiscoveryDict(), "name")
):
    pass


class Command:
    pass


def mapping() -> None:
    assert_type(HANDLERS["disk"], type[Handler])
    assert_type(HANDLERS.get("disk"), type[Handler] | None)
    assert_type(NUMBERED[1], type[Numbered])
    assert_type(METADATA["disk"], type[Metadata])
    assert_type(list(HANDLERS), list[str])
    assert_type(list(NUMBERED), list[int])
    assert_type(list(HANDLERS.values()), list[type[Handler]])
    assert_type(list(HANDLERS.items()), list[tuple[str, type[Handler]]])
    assert_type(HANDLERS.copy(), dict[str, type[Handler]])
    assert_type(HANDLERS["disk"]().parse("x"), int)


def knowing() -> None:
    assert_type(HANDLERS.info("disk"), PluginInfo)
    assert_type(HANDLERS.problems, tuple[Problem, ...])
    assert_type(HANDLERS.refresh(), Changes)


def inferred() -> None:
    assert_type(Inferred.__registry__["x"], type[Inferred])


def foreign() -> None:
    registry = LazyDiscoveryDict.for_subclasses(Command, package="pkg", key="NAME")
    assert_type(registry["x"], type[Command])


def eager() -> None:
    assert_type(discover_registry_classes([], "pkg.", Command), list[type])


class Shade(Enum):
    """A base without members."""


def enums() -> None:
    assert_type(cached_enum("A", dict, module=__name__), type[Enum])
    assert_type(cached_enum("B", dict, module=__name__, base=Shade), type[Shade])


def anything(registry: LazyDiscoveryDict[Any, Any]) -> int:
    return len(registry)


def without_annotations() -> None:
    assert_type(BARE, LazyDiscoveryDict[Any])
    assert_type(VIEW, SecondaryRegistryDict[Any, Any])
    with HANDLERS.isolated() as same:
        assert_type(same, LazyDiscoveryDict[Handler])
