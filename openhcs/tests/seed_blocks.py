"""Read the code blocks out of the seed document; nothing of it is copied here."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SEED = ROOT.parent / "shared" / "reference" / "plugin_registry_advanced.rst"
_DIRECTIVE = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:(?:   .*)?\n)+)", re.MULTILINE)
_HEADING = re.compile(r"^(\S.*)\n[=\-~]{3,}$", re.MULTILINE)


class Block(NamedTuple):
    """One code block: its place in the document, the heading above it, language and text."""

    number: int
    heading: str
    language: str
    text: str


def seed_file() -> Path:
    """Return where the document is expected; ``PLUGINDEX_SEED`` may name another place."""
    return Path(os.environ.get("PLUGINDEX_SEED") or SEED)


def blocks() -> list[Block]:
    """Return the code blocks of the document in their order."""
    text = seed_file().read_text("utf-8")
    found = []
    for number, match in enumerate(_DIRECTIVE.finditer(text), 1):
        heading = [one[1] for one in _HEADING.finditer(text, 0, match.start())][-1]
        found.append(Block(number, heading, match[1], textwrap.dedent(match[2]).strip() + "\n"))
    return found
