"""A profile as one HTML page that needs nothing beside it: no script, no picture, no network."""

from __future__ import annotations

import os
import platform
import time

from plugindex import profile_tables as tables
from plugindex import profile_text
from plugindex.errors import RegistryError, message
from plugindex.profile_style import STYLE
from plugindex.profile_tables import PARTS, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from plugindex.profiling import Profile

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def check(path: str | None, overwrite: bool) -> None:
    """Refuse a page that can't be written, before anything is measured.

    Raises:
        RegistryError: with the remedy.
    """
    if path is None:
        if overwrite:
            raise _refused("there is nothing to overwrite", "name the page: --html FILE")
    elif os.path.isdir(path) or not path:
        raise _refused(f"{path!r} is no name for a file", "name a file, as in --html profile.html")
    elif not os.path.isdir(os.path.dirname(path) or "."):
        raise _refused(f"there is no folder for {path}", f"mkdir -p {os.path.dirname(path)}")
    elif os.path.lexists(path) and not overwrite:
        raise _refused(f"{path} is there already", "name another file, or add --overwrite")


def write(path: str, profiles: Sequence[Profile], options: Namespace) -> None:
    """Write the page.

    Raises:
        RegistryError: the file can't be written.
    """
    made = page(profiles, options.runs, options.budget)
    try:
        with open(path, "w" if options.overwrite else "x", encoding="utf-8") as file:
            file.write(made)
    except OSError as error:
        fix = "name another file: --html FILE"
        raise _refused(f"{path} can't be written: {error.strerror}", fix) from error


def page(profiles: Sequence[Profile], runs: int, budget: float | None) -> str:
    """Return the page as text."""
    names = ", ".join(dict.fromkeys(one.scope.package for one in profiles))
    title = text(f"Import profile: {names}")
    body = "".join(_registry(one, budget) for one in profiles)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n{_about(runs)}{body}</body>\n</html>\n"
    )


def _refused(told: str, fix: str) -> RegistryError:
    return RegistryError(message(told, [("fix", fix)]))


def _about(runs: int) -> str:
    here = f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    runs_text = f"the median of {runs} runs" if runs > 1 else "one run"
    legend = "".join(f'<li><i class="{name}"></i>{said}</li>' for name, said in PARTS.items())
    return (
        f"<p>What importing each plugin costs in a fresh interpreter, after its base class: "
        f"{runs_text}. {text(here)}, {time.strftime('%Y-%m-%d %H:%M')}.</p>\n"
        f'<ul class="legend">{legend}</ul>\n'
    )


def _registry(found: Profile, budget: float | None) -> str:
    told = [*profile_text.over(found, budget), *profile_text.notes(found)]
    parts = [f"<section>\n<h2>{text(profile_text.title(found))}</h2>\n"]
    parts += [f'<p class="note">{text(line)}</p>\n' for line in told]
    parts += [tables.plugins(found, budget), tables.dependencies(found)]
    parts += [tables.others(found, "Failed", found.failed)]
    parts += [tables.others(found, "Unavailable, and so not tried", found.unavailable)]
    return "".join(parts) + "</section>\n"
