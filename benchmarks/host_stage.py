"""The temporary folder of a host run: the host once with each library, their data folders."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import host_peer
import trees
from contenders import CONTENDERS, OURS, PEER
from samples import Sample, measured, output_of
from stage import compiled_copy, compiled_program, environment_of, package_folder

HOST = "openhcs"
LIBRARIES = {name: CONTENDERS[name].library for name in (OURS, PEER)}
_SWITCH = "OPENHCS_DISABLE_REGISTRY_CACHE"
# It decides which colormaps there are, as the host's own variables decide other things.
_HEADLESS = "CI"


class HostStage:
    """The host's package twice below one temporary *folder*, each beside its compiled library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child = compiled_program("host_child.py", folder)
        self.contenders = tuple(name for name in LIBRARIES if self._build(name))

    def _build(self, contender: str) -> bool:
        target, source = self._library(contender), package_folder(HOST)
        if source is None:
            raise SystemExit(f"{HOST} is not installed: pip install -e . -e ./{HOST}")
        if not compiled_copy(LIBRARIES[contender], target):
            return False
        if contender == "plugindex":
            return compiled_copy(HOST, target)
        host_peer.write(source, target / HOST)
        trees.compile_tree(target / HOST)
        return True

    def _library(self, contender: str) -> Path:
        return self.folder / "lib" / contender

    def home(self, contender: str) -> Path:
        """Return the folder in which *contender* keeps its data."""
        return self.folder / "homes" / contender

    def forget(self, contender: str) -> None:
        """Remove all that *contender* keeps."""
        shutil.rmtree(self.home(contender), ignore_errors=True)

    def run(
        self, contender: str, action: str, subjects: str, plugins: str = "", *, cache: bool = True
    ) -> Sample:
        """Run one measured process; *cache* says whether anything is kept or used.

        Raises:
            SystemExit: it failed.
        """
        command = [sys.executable, str(self.child), action, subjects, plugins]
        environment = self._environment(contender)
        if not cache:
            environment[_SWITCH] = "1"
        return measured(command, environment, f"{contender}, {action} {subjects}")

    def _environment(self, contender: str) -> dict[str, str]:
        found = environment_of(self.home(contender), [str(self._library(contender))])
        own = [name for name in found if name == _HEADLESS or name.startswith(f"{HOST.upper()}_")]
        return {name: value for name, value in found.items() if name not in own}

    def idle(self) -> Sample:
        """Run a process that starts and ends."""
        command = [sys.executable, "-c", "print('inside=0')"]
        return measured(command, self._environment("plugindex"), "an idle process")

    def plugin_modules(self, subjects: str) -> str:
        """Return the modules that define the plugins of the registries *subjects*."""
        command = [sys.executable, str(self.child), "plugins", subjects, ""]
        environment = self._environment("plugindex") | {_SWITCH: "1"}
        return ",".join(output_of(command, environment, f"plugins of {subjects}").split())
