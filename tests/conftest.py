"""What holds for every test of the engine, and for the processes that they start."""

from __future__ import annotations

import os

# Whether imports write bytecode decides what the next start finds; tests about that clear it.
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
