"""Know every plugin by reading code, load one at a time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plugindex.cache import (
        CacheConfig,
        RegistryCacheManager,
        deserialize_plugin_class,
        get_package_file_mtimes,
        serialize_plugin_class,
    )
    from plugindex.config import PRIMARY_KEY, LeaveOut, RegistryConfig, SecondaryRegistry
    from plugindex.describe import PluginInfo
    from plugindex.discovery import discover_registry_classes, discover_registry_classes_recursive
    from plugindex.distributions import installed_version
    from plugindex.enums import cached_enum
    from plugindex.errors import (
        CacheError,
        DiscoveryError,
        DuplicateKeyError,
        FailedPluginError,
        MissingKeyError,
        PluginLoadError,
        RegistryError,
        UnavailablePluginError,
        UnknownKeyError,
    )
    from plugindex.extractors import (
        extract_key_from_backend_suffix,
        extract_key_from_handler_suffix,
        make_suffix_extractor,
    )
    from plugindex.metaclass import AutoRegisterMeta
    from plugindex.mixin import AutoRegister
    from plugindex.records import Plugin, Problem, Stats
    from plugindex.registry import Changes, LazyDiscoveryDict
    from plugindex.secondary import SecondaryRegistryDict

# Where each public name is defined; a module is imported when one of its names is asked for, and
# the resolver looks here, since reading this module shows none of them bound.
HOMES = {
    "AutoRegister": "mixin",
    "AutoRegisterMeta": "metaclass",
    "CacheConfig": "header",
    "CacheError": "errors",
    "Changes": "registry",
    "DiscoveryError": "errors",
    "DuplicateKeyError": "errors",
    "FailedPluginError": "errors",
    "LazyDiscoveryDict": "registry",
    "LeaveOut": "config",
    "MissingKeyError": "errors",
    "PRIMARY_KEY": "config",
    "Plugin": "records",
    "PluginInfo": "describe",
    "PluginLoadError": "errors",
    "Problem": "records",
    "RegistryCacheManager": "cache",
    "RegistryConfig": "config",
    "RegistryError": "errors",
    "SecondaryRegistry": "config",
    "SecondaryRegistryDict": "secondary",
    "Stats": "records",
    "UnavailablePluginError": "errors",
    "UnknownKeyError": "errors",
    "cached_enum": "enums",
    "deserialize_plugin_class": "cache",
    "discover_registry_classes": "discovery",
    "discover_registry_classes_recursive": "discovery",
    "extract_key_from_backend_suffix": "extractors",
    "extract_key_from_handler_suffix": "extractors",
    "get_package_file_mtimes": "cache",
    "installed_version": "distributions",
    "make_suffix_extractor": "extractors",
    "serialize_plugin_class": "cache",
}

__all__ = [
    "PRIMARY_KEY",
    "AutoRegister",
    "AutoRegisterMeta",
    "CacheConfig",
    "CacheError",
    "Changes",
    "DiscoveryError",
    "DuplicateKeyError",
    "FailedPluginError",
    "LazyDiscoveryDict",
    "LeaveOut",
    "MissingKeyError",
    "Plugin",
    "PluginInfo",
    "PluginLoadError",
    "Problem",
    "RegistryCacheManager",
    "RegistryConfig",
    "RegistryError",
    "SecondaryRegistry",
    "SecondaryRegistryDict",
    "Stats",
    "UnavailablePluginError",
    "UnknownKeyError",
    "cached_enum",
    "deserialize_plugin_class",
    "discover_registry_classes",
    "discover_registry_classes_recursive",
    "extract_key_from_backend_suffix",
    "extract_key_from_handler_suffix",
    "get_package_file_mtimes",
    "installed_version",
    "make_suffix_extractor",
    "serialize_plugin_class",
]


if not TYPE_CHECKING:  # a checker would take it for leave to import any name

    def __getattr__(name):
        if name not in HOMES:
            raise AttributeError(f"module 'plugindex' has no attribute {name!r}")
        value = getattr(__import__(f"plugindex.{HOMES[name]}", fromlist=[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
