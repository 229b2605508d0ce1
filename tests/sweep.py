"""Verify every package of an environment, those included that nobody here has looked at.

``python tests/sweep.py [--python INTERPRETER] [--bases N] [PACKAGE ...]`` runs ``plugindex verify``
on the classes of each package from which most others derive, and on ``Exception`` where any does.
The packages are imported, in child interpreters, as ``verify`` does. It ends with 1 if a listing
differed from what importing gives.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINE = Path(__file__).parent.parent / "src"
LEFT_OUT = {"pip", "setuptools", "pkg_resources", "wheel", "tests", "test", "docs", "examples"}
DEEPEST = 3  # folders without __init__ that are gone into
MOST_FILES, FEWEST_FILES = 6_000, 5
LIMIT_S = 400
SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"


def main() -> int:
    """Verify and print a line for each pair of package and base."""
    parser = argparse.ArgumentParser(description="Verify every package of an environment.")
    parser.add_argument("--python", default=sys.executable, help="the environment's interpreter")
    parser.add_argument("--bases", type=int, default=3, help="classes of each package")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="these alone")
    options = parser.parse_args()
    try:
        site = Path(subprocess.check_output([options.python, "-c", SITE], text=True).strip())
    except (OSError, subprocess.CalledProcessError) as error:
        parser.error(f"{options.python} can't be run ({error}): name an interpreter")
    found = options.packages or list(packages(site))
    lost = [name for name in found if not (site / name.replace(".", "/")).is_dir()]
    if lost:
        parser.error(f"there is no package {lost[0]} in {site}: install it there, or name another")
    asked = (pair for one in found for pair in pairs(site, one, options.bases))
    told = [verified(options.python, *pair) for pair in asked]
    wrong = [one for one in told if "NOT SOUND" in one]
    over = [one for one in told if one.endswith("over 3 %")]
    print(f"{len(told)} pairs, {len(wrong)} not sound, {len(over)} over 3 % undecided")
    return 1 if wrong else 0


def packages(folder: Path, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the packages in a folder, and in namespace packages there."""
    for path in sorted(folder.iterdir()):
        if not path.is_dir() or not path.name.isidentifier() or path.name in LEFT_OUT:
            continue
        if (path / "__init__.py").exists():
            yield prefix + path.name
        elif depth < DEEPEST and path.name[:1] != "_":
            yield from packages(path, f"{prefix}{path.name}.", depth + 1)


def pairs(site: Path, package: str, most: int) -> Iterator[tuple[str, str]]:
    """Yield a package with each of the bases that are to be asked about, so many of its own."""
    files = list((site / package.replace(".", "/")).rglob("*.py"))[:MOST_FILES]
    if len(files) < FEWEST_FILES:
        return
    derived, homes = derived_from(site, files)
    named = [name for name, count in derived.most_common(30) if name in homes and count > 1]
    for name in named[:most]:
        yield package, f"{homes[name]}:{name}"
    if derived["Exception"] > 1:
        yield package, "builtins:Exception"


def derived_from(site: Path, files: list[Path]) -> tuple[Counter[str], dict[str, str]]:
    """Return how many class statements name each base, and the module of each class."""
    derived, homes = Counter[str](), {}
    for path in files:
        parts = path.relative_to(site).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError, RecursionError, OSError):
            continue
        for node in ast.walk(tree):
            derived.update(name_of(base) for base in getattr(node, "bases", ()))
        if all(part.isidentifier() for part in module.split(".")):
            own = (node for node in tree.body if isinstance(node, ast.ClassDef))
            homes |= {node.name: module for node in own if node.name not in homes}
    return derived, homes


def name_of(base: ast.expr) -> str:
    """Return the last part of the name of a base, "" if it has none."""
    base = base.value if isinstance(base, ast.Subscript) else base
    if isinstance(base, ast.Name):
        return base.id
    return base.attr if isinstance(base, ast.Attribute) else ""


def verified(python: str, package: str, base: str) -> str:
    """Verify one pair, print what came out, and return it."""
    kept = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    told = outcome(python, package, base, kept | {"PYTHONPATH": str(ENGINE)})
    line = f"{package:<24} {base:<64} {told}"
    print(line, flush=True)
    return line


def outcome(python: str, package: str, base: str, environment: dict[str, str]) -> str:
    """Return in words what ``plugindex verify`` says."""
    command = [python, "-m", "plugindex", "verify", "--package", package, "--base", base, "--json"]
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LIMIT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no verdict in {LIMIT_S} s"
    if not done.stdout.strip():
        return " ".join(done.stderr.split())[-200:]
    (found,) = json.loads(done.stdout.strip().splitlines()[-1])["registries"]
    missing, extra = len(found["missing"]), len(found["extra"])
    verdict = f"NOT SOUND: {missing} missing, {extra} extra" if missing + extra else "sound"
    share = found["undecided_percent"]
    text = f"{found['modules']} modules, {found['plugins']} plugins, {verdict}, undecided {share} %"
    return f"{text}, over 3 %" if share > 3 else text


if __name__ == "__main__":
    sys.exit(main())
