"""Name plugindex's cache API where openhcs code has always found it."""

from plugindex import (
    CacheConfig,
    RegistryCacheManager,
    deserialize_plugin_class,
    get_package_file_mtimes,
    serialize_plugin_class,
)

__all__ = [
    "CacheConfig",
    "RegistryCacheManager",
    "deserialize_plugin_class",
    "get_package_file_mtimes",
    "serialize_plugin_class",
]
