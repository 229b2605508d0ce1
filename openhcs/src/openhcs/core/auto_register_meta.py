"""Name plugindex's registration API where openhcs plugins have always found it."""

from plugindex import (
    PRIMARY_KEY,
    AutoRegisterMeta,
    LazyDiscoveryDict,
    LeaveOut,
    RegistryConfig,
    SecondaryRegistry,
    SecondaryRegistryDict,
    discover_registry_classes,
    discover_registry_classes_recursive,
    extract_key_from_backend_suffix,
    extract_key_from_handler_suffix,
    make_suffix_extractor,
)

__all__ = [
    "PRIMARY_KEY",
    "AutoRegisterMeta",
    "LazyDiscoveryDict",
    "LeaveOut",
    "RegistryConfig",
    "SecondaryRegistry",
    "SecondaryRegistryDict",
    "discover_registry_classes",
    "discover_registry_classes_recursive",
    "extract_key_from_backend_suffix",
    "extract_key_from_handler_suffix",
    "make_suffix_extractor",
]
