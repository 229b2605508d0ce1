"""Every code block of the seed document runs against this host, in the order of the document.

Each block runs in a process of its own, in a home of its own in which caches stay from block to
block. The table says what a block needs before it, what its placeholders stand for, what is asked
after it, and what all that must print.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

import openhcs
from seed_blocks import Block, blocks, seed_file
from seed_table import APART, ENUMS, PLUGIN, REGISTRIES, TABLE
from third_party import EXAMPLE, run

pytestmark = pytest.mark.skipif(
    not seed_file().is_file(),
    reason=f"the seed document is not at {seed_file()}; PLUGINDEX_SEED may name it",
)
BLOCKS = blocks() if seed_file().is_file() else []


def heading_of(number: int) -> str:
    return TABLE[number].heading if number in TABLE else APART[number]


class World:
    """A home, and the folders in which blocks run."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder = folder
        self.wheels = wheels
        for name in ("home", "work", "tree", "site"):
            (folder / name).mkdir()
        host = folder / "tree" / "openhcs"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(openhcs.__file__).parent, host, ignore=ignored)
        (host / "microscopes" / "my_plugin.py").write_text(PLUGIN)

    def run(self, block: Block) -> str:
        """Run *block* as its row says, and return what it prints."""
        row = TABLE[block.number]
        self._write_files(block.number)
        text = block.text
        for pattern, replacement in row.fill:
            text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
            assert count == 1, pattern
        parts = [row.before, "" if row.file else text, row.after]
        cwd = self.folder / row.folder
        return "\n".join(self._run(block, "\n".join(parts), cwd) for _ in range(row.times))

    def _write_files(self, upto: int) -> None:
        """Write the blocks that are files; what one of them imports is the example's."""
        package = self.folder / "work" / "my_openhcs_plugin"
        package.mkdir(exist_ok=True)
        shutil.copy(EXAMPLE / "src" / package.name / "backends.py", package)
        for block in BLOCKS[:upto]:
            if block.number in TABLE and TABLE[block.number].file:
                (package.parent / TABLE[block.number].file).write_text(block.text)

    def _run(self, block: Block, text: str, cwd: Path) -> str:
        command: list[object] = ["bash", "-euc", text]
        if block.language == "python":
            script = cwd / f"block_{block.number}.py"
            script.write_text(text)
            command = [sys.executable, "-W", "error", script]
        return run(command, cwd, **self.variables(cwd))

    def variables(self, cwd: Path) -> dict[str, object]:
        """Return the variables that make `~` and `pip` mean ours."""
        return {
            "HOME": self.folder / "home",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": cwd,
            "PIP_TARGET": self.folder / "site",
            "PIP_FIND_LINKS": self.wheels,
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }


@pytest.fixture(scope="module")
def world(tmp_path_factory, plugin_wheels) -> World:
    """One home for all blocks, as the document's reader has."""
    return World(tmp_path_factory.mktemp("seed"), plugin_wheels)


def test_the_table_knows_every_block_of_the_document():
    assert [heading_of(block.number) for block in BLOCKS] == [one.heading for one in BLOCKS]
    assert len(BLOCKS) == len(TABLE) + len(APART)


@pytest.mark.parametrize(
    "block",
    [one for one in BLOCKS if one.number in TABLE],
    ids=lambda one: f"{one.number}-{one.heading.strip('`')}",
)
def test_a_block_runs_and_prints_what_it_says(world, block):
    printed = world.run(block)
    assert re.fullmatch(TABLE[block.number].prints, printed), printed


def test_the_cache_holds_exactly_the_files_that_the_document_lists(tmp_path):
    listed = re.findall(r"\w+\.json", BLOCKS[1].text)
    assert len(listed) == 7
    everything = ENUMS + "\n".join(f"from {module} import {name}" for module, name in REGISTRIES)
    everything += "\n" + "\n".join(f"list({name})" for _, name in REGISTRIES)
    run([sys.executable, "-W", "error", "-c", everything], tmp_path, HOME=tmp_path)
    folder = BLOCKS[1].text.split()[0].replace("~", str(tmp_path))
    assert sorted(file.name for file in Path(folder).iterdir()) == sorted(listed)


def test_the_component_enums_are_kept_in_the_form_that_the_document_shows(tmp_path):
    shown = json.loads(BLOCKS[9].text.replace(", ...", ""))
    run([sys.executable, "-W", "error", "-c", ENUMS], tmp_path, HOME=tmp_path)
    file = tmp_path / ".local" / "share" / "openhcs" / "cache" / "component_enums.json"
    told = json.loads(file.read_text())
    assert shown.keys() <= told.keys()
    assert told["cache_version"] == shown["cache_version"]
    enums, example = told["items"]["enums"], shown["items"]["enums"]
    assert (told["items"].keys(), enums.keys()) == (shown["items"].keys(), example.keys())
    assert next(iter(enums["group_by"].items())) == next(iter(example["group_by"].items()))
