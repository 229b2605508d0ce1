"""How each contender lists or loads plugins; the measured child imports this before the clock.

Each function takes the case, the package (whose name is also that of the group of entry points)
and the key, and returns what was asked for: keys for a listing, classes otherwise.
"""

# importlib itself is left to those who need it: the clock isn't running yet.
import sys


def by_registry(case, package, key):
    """List as plugindex and metaclass-registry do: the registry is a mapping of classes."""
    registry = registry_of(package)
    if case == "one key":
        return [registry[key]]
    return list(registry.values()) if case == "load all" else list(registry)


def registry_of(package):
    """Return the registry of a package in either library's idiom."""
    return __import__(f"{package}.base", fromlist=["Base"]).Base.__registry__


def by_loop(case, package, key):
    """Import every module of the folder; the base class fills a dict."""
    import_every(package)
    plugins = sys.modules[f"{package}.base"].PLUGINS
    if case == "one key":
        return [plugins[key]]
    return list(plugins.values()) if case == "load all" else list(plugins)


def import_every(package):
    """Import the plugin modules of *package* and return their names."""
    from importlib import import_module
    from os import listdir

    import_module(f"{package}.base")
    files = sorted(listdir(sys.modules[package].__path__[0]))
    names = [f"{package}.{one[:-3]}" for one in files if one.startswith("plugin_")]
    for name in names:
        import_module(name)
    return names


def by_metadata(case, package, key):
    """Ask the standard library for the group; nothing is kept between processes."""
    from importlib.metadata import entry_points

    found = entry_points(group=package)
    if case == "one key":
        return [found[key].load()]
    return [one.load() if case == "load all" else one.name for one in found]


def by_stevedore(case, package, key):
    """Take the manager that does least: the one that loads no name still tells all of them."""
    import stevedore

    if case == "one key":
        return [stevedore.DriverManager(package, key).driver]
    if case == "load all":
        return [one.plugin for one in stevedore.ExtensionManager(package)]
    return stevedore.NamedExtensionManager(package, names=[]).entry_points_names()


def by_catalogue(case, package, key):
    """Get entry points through a catalogue; all that it has for all names loads them."""
    import catalogue

    registry = catalogue.create(package, entry_points=True)
    if case == "one key":
        return [registry.get(key)]
    plugins = registry.get_all()
    return list(plugins.values()) if case == "load all" else list(plugins)


def by_pluggy(case, package, key):
    """Register entry points with a plugin manager, which loads them."""
    from pluggy import PluginManager

    manager = PluginManager(package)
    manager.load_setuptools_entrypoints(package, key if case == "one key" else None)
    pairs = manager.list_name_plugin()
    return [name if case.startswith("list") else plugin for name, plugin in pairs]


WAYS = {
    "plugindex": by_registry,
    "metaclass-registry": by_registry,
    "import loop": by_loop,
    "importlib.metadata": by_metadata,
    "stevedore": by_stevedore,
    "catalogue": by_catalogue,
    "pluggy": by_pluggy,
}
