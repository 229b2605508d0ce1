"""The public names of metaclass-registry 0.4.1 take what they take there; what is new is named."""

from __future__ import annotations

import inspect

import pytest

import plugindex
from plugindex import AutoRegisterMeta, LazyDiscoveryDict, RegistryCacheManager

REQUIRED = inspect.Parameter.empty
SCAN = {
    "package_path": REQUIRED,
    "package_prefix": REQUIRED,
    "base_class": REQUIRED,
    "exclude_modules": None,
    "validation_func": None,
}
# Parameters that may be given by place, in order, with their defaults.
THERE = {
    "RegistryConfig": {
        "registry_dict": REQUIRED,
        "key_attribute": REQUIRED,
        "key_extractor": None,
        "skip_if_no_key": False,
        "secondary_registries": None,
        "log_registration": True,
        "registry_name": "plugin",
        "discovery_package": None,
        "discovery_recursive": False,
        "discovery_function": None,
    },
    "SecondaryRegistry": {"registry_dict": REQUIRED, "key_source": REQUIRED, "attr_name": REQUIRED},
    "LazyDiscoveryDict": {"enable_cache": True},
    "make_suffix_extractor": {"suffix": REQUIRED},
    "extract_key_from_handler_suffix": {"name": REQUIRED, "cls": REQUIRED},
    "extract_key_from_backend_suffix": {"name": REQUIRED, "cls": REQUIRED},
    "discover_registry_classes": SCAN | {"skip_packages": True, "module_filter": None},
    "discover_registry_classes_recursive": SCAN,
    "RegistryCacheManager": {
        "cache_name": REQUIRED,
        "version_getter": REQUIRED,
        "serializer": REQUIRED,
        "deserializer": REQUIRED,
        "config": None,
        "file_mtimes_getter": None,
    },
    "serialize_plugin_class": {"plugin_class": REQUIRED},
    "deserialize_plugin_class": {"data": REQUIRED},
    "get_package_file_mtimes": {"package_path": REQUIRED},
}
METHODS = {
    RegistryCacheManager.load_cache: {},
    RegistryCacheManager.save_cache: {"items": REQUIRED, "file_mtimes": None},
    RegistryCacheManager.clear_cache: {},
    LazyDiscoveryDict.keys: {},
    LazyDiscoveryDict.values: {},
    LazyDiscoveryDict.items: {},
    LazyDiscoveryDict.get: {"key": REQUIRED, "default": None},
    AutoRegisterMeta.__new__: {
        "name": REQUIRED,
        "bases": REQUIRED,
        "attrs": REQUIRED,
        "registry_config": None,
    },
}


def by_place(function):
    """Return the parameters of *function* that may be given by place, with their defaults."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in found if p.kind in kinds}


@pytest.mark.parametrize("name", THERE)
def test_a_public_name_is_called_as_there(name):
    found, wanted = by_place(getattr(plugindex, name)), THERE[name]
    optional = {known: d for known, d in found.items() if wanted.get(known) is not REQUIRED}
    assert list(found) == list(wanted)
    assert optional == {known: d for known, d in wanted.items() if d is not REQUIRED}


@pytest.mark.parametrize("method", METHODS, ids=lambda one: one.__qualname__)
def test_a_method_is_called_as_there(method):
    found, wanted = by_place(method), METHODS[method]
    assert list(found)[1:] == list(wanted)
    assert {n: found[n] for n, d in wanted.items() if d is None} == dict.fromkeys(
        n for n, d in wanted.items() if d is None
    )


def test_the_cache_configuration_is_called_as_there():
    config = plugindex.CacheConfig(14, False, "2.0")
    assert (config.max_age_days, config.check_mtimes, config.cache_version) == (14, False, "2.0")
    assert plugindex.CacheConfig().max_age_days == 7


def test_a_secondary_registry_is_made_from_its_primary_as_there():
    primary = LazyDiscoveryDict()
    assert list(plugindex.SecondaryRegistryDict(primary)) == []
    assert list(plugindex.SecondaryRegistryDict(primary_registry=primary)) == []


def test_an_unbound_registry_is_an_empty_dict():
    registry = LazyDiscoveryDict()
    assert (len(registry), dict(registry), registry == {}) == (0, {}, True)
