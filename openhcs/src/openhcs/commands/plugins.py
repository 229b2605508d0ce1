"""``openhcs plugins``: what all registries hold, known without importing a plugin."""

from __future__ import annotations

import sys

from openhcs.core.command_line import FINDINGS, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from openhcs.processing.backends.lib_registry import LibraryRegistryBase
    from openhcs.processing.contracts import Availability
    from openhcs.runtime import ZMQServer
    from plugindex import LazyDiscoveryDict, PluginInfo

# The others cost no plugin that importing would give: they say why one isn't there.
NO_FINDINGS = ("missing-requirement", "inherited-key", "stale-bytecode")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to *parser*."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")
    parser.add_argument(
        "--probe",
        action="store_true",
        help="find out which function libraries and servers work here, by using them",
    )


def run(options: argparse.Namespace) -> int:
    """Print the plugins of each registry; return 1 if one of them has a problem."""
    from openhcs.core.registries import all_registries

    found = [_described(name, one, options.probe) for name, one in all_registries().items()]
    if options.json:
        import json

        tell(json.dumps({"registries": found}))
    else:
        tell("\n".join(_lines(found)))
        if not options.probe:
            tell("openhcs plugins --probe finds out which libraries and servers work here")
    problems = (problem for one in found for problem in one["problems"])
    return FINDINGS if any(one["kind"] not in NO_FINDINGS for one in problems) else 0


def _described(name: str, registry: LazyDiscoveryDict[Any], probe: bool) -> dict[str, Any]:
    plugins = [plugin_row(registry.info(key)) for key in registry]
    if probe and name in PROBES:
        plugins = [row | _probed(PROBES[name](registry[row["key"]])) for row in plugins]
    problems = [
        {"kind": one.kind, "module": one.module, "message": one.message, "hint": one.hint}
        for one in registry.problems
    ]
    return {"name": name, "plugins": plugins, "problems": problems}


def plugin_row(about: PluginInfo) -> dict[str, Any]:
    """Return what is told of one plugin; its module isn't imported for it."""
    module, _, name = about.reference.partition(":")
    return {
        "key": about.key,
        "class": name,
        "module": module,
        "status": about.status,
        "reason": about.reason,
        "remedy": about.remedy,
        "imported": module in sys.modules,
    }


def _library(library: type[LibraryRegistryBase]) -> Availability:
    """Use *library*: an import alone doesn't tell whether it works."""
    return library().availability()


def _server(server: type[ZMQServer]) -> Availability:
    """See whether all is there that *server* needs; it isn't started."""
    from openhcs.errors import OpenHCSError
    from openhcs.processing.contracts import Availability

    try:
        server.check_available()
    except OpenHCSError as missing:
        return Availability(False, str(missing).partition("\n")[0], missing.fix)
    return Availability(True)


PROBES: dict[str, Callable[[Any], Availability]] = {
    "library registry": _library,
    "zmq server": _server,
}


def _probed(found: Availability) -> dict[str, Any]:
    return {
        "status": "available" if found.available else "unavailable",
        "reason": found.reason,
        "remedy": found.remedy,
        "version": found.version,
    }


def _lines(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for one in found:
        yield f"{one['name']} ({len(one['plugins'])})"
        for row in one["plugins"]:
            why = f"  {row['reason']}" if row["reason"] else ""
            yield f"  {row['key']:<18}{row['class']:<28}{row['status']}{why}"
            if row["reason"] and row["remedy"]:
                yield f"  {'':<46}fix: {row['remedy']}"
        for problem in one["problems"]:
            yield f"  {problem['kind']}: {problem['module']}: {problem['message']}"
