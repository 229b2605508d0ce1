"""``plugindex profile``: what importing each plugin costs, and which dependencies it needs."""

from __future__ import annotations

import time

from plugindex import measuring, output, profile_page, profile_text, targets
from plugindex.cli import FINDINGS, SOUND, target_of
from plugindex.cli_list import plugins, take
from plugindex.cli_show import keys_like, unknown
from plugindex.profiling import Bounds, profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from plugindex.cli_list import Taken
    from plugindex.config import Scope
    from plugindex.costs import Cost, Dependency
    from plugindex.profiling import Profile
    from plugindex.records import Plugin


def run(options: Namespace, started: float) -> int:
    """Measure every plugin that is meant, and show what that gave."""
    measuring.check()
    profile_page.check(options.html, options.overwrite)
    bounds = Bounds(options.runs, options.limit, options.timeout)
    chosen = _chosen(take(targets.resolve(target_of(options)), options.cache), options.plugins)
    profiles = [profile(scope, meant, bounds) for scope, meant in chosen]
    _show(profiles, options, time.perf_counter() - started)
    return SOUND if _is_sound(profiles, options.budget) else FINDINGS


def _chosen(found: Taken, texts: list[str]) -> list[tuple[Scope, list[Plugin]]]:
    """Return the plugins of each registry, or those that *texts* name.

    Raises:
        RegistryError: one of them names none.
    """
    if not texts:
        return [(declared.scope, plugins(snapshot)) for declared, snapshot in found]
    for text in texts:
        if not any(keys_like(text, snapshot) for _, snapshot in found):
            raise unknown(text, found)
    picked = [
        (declared.scope, [one for one in plugins(snapshot) if one.key in keys])
        for declared, snapshot in found
        for keys in [[key for text in texts for key in keys_like(text, snapshot)]]
    ]
    return [(scope, meant) for scope, meant in picked if meant]


def _is_sound(profiles: list[Profile], budget: float | None) -> bool:
    return not any(one.failed or one.over(budget) for one in profiles)


def _show(profiles: list[Profile], options: Namespace, seconds: float) -> None:
    if options.html:
        profile_page.write(options.html, profiles, options)
    if options.json:
        output.document({
            "sound": _is_sound(profiles, options.budget),
            "runs": options.runs,
            "budget_ms": options.budget,
            "registries": [_as_json(one, options.budget) for one in profiles],
            "seconds": round(seconds, 3),
        })  # fmt: skip
        return
    for number, one in enumerate(profiles):
        if number:
            output.say()
        profile_text.show(one, options.budget)
    if options.html:
        output.say(f"page: {options.html}")


def _as_json(found: Profile, budget: float | None) -> dict[str, Any]:
    base = found.base
    return {
        "name": found.scope.name,
        "package": found.scope.package,
        "base": {"module": base.module, "ms": _ms(base.total)},
        "plugins": [_plugin(one, one in found.over(budget)) for one in found.plugins],
        "dependencies": [
            {**_dependency(one), "plugins": list(one.plugins)} for one in found.dependencies
        ],
        "together_ms": _ms(found.together),
        "not_measured": found.left,
    }


def _plugin(cost: Cost, over: bool) -> dict[str, Any]:
    return {
        "module": cost.module,
        "keys": [output.plain(key) for key in cost.keys],
        "classes": list(cost.references),
        "status": cost.state,
        "reason": cost.reason,
        "own_ms": _ms(cost.own),
        "total_ms": _ms(cost.total),
        "runs_ms": [_ms(one) for one in cost.runs],
        "modules": cost.modules,
        "compiled": cost.compiled,
        "over_budget": over,
        "dependencies": [_dependency(one) for one in cost.dependencies],
    }


def _dependency(one: Dependency) -> dict[str, Any]:
    return {"name": one.name, "kind": one.kind, "ms": _ms(one.cost), "modules": one.modules}


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)
