"""Build and install the example package of a third party, and run code where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "my-openhcs-plugin"
# What a caller's environment may say that would change what is tested.
SWITCHES = (
    "CI",
    "OPENHCS_HEADLESS",
    "OPENHCS_SUBPROCESS_NO_GPU",
    "OPENHCS_DISABLE_REGISTRY_CACHE",
    "OPENHCS_CACHE_DIR",
    "XDG_DATA_HOME",
    "PYTHONPATH",
)


def environment(**variables: object) -> dict[str, str]:
    """Return this process's environment without the switches, and with *variables*."""
    kept = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    return kept | {name: str(value) for name, value in variables.items()}


def run(command: list[object], cwd: Path, **variables: object) -> str:
    """Run *command*, which must succeed, and return what it prints."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def python(code: str, cwd: Path, **variables: object) -> str:
    """Run *code* in a fresh interpreter and return what it prints."""
    return run([sys.executable, "-W", "error", "-c", textwrap.dedent(code)], cwd, **variables)


def pip(*arguments: object, cwd: Path, **variables: object) -> None:
    """Run pip without any index."""
    quiet = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    run([sys.executable, "-m", "pip", *arguments], cwd, **{**quiet, **variables})


def build(folder: Path) -> None:
    """Build the wheel of the example package into *folder*."""
    source = folder / "source"  # building leaves files beside the sources
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("*.egg-info", "build"))
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)


def install(wheels: Path, site: Path) -> None:
    """Install the example package from its wheel into the folder *site*."""
    found = ("--find-links", wheels, "--target", site)
    pip("install", "--no-deps", *found, "my-openhcs-plugin", cwd=site)
