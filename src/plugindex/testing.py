"""A pytest fixture for tests that change a registry: ``pytest_plugins = ["plugindex.testing"]``."""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from plugindex.registry import LazyDiscoveryDict


@pytest.fixture
def isolated_registry() -> Iterator[Callable[[LazyDiscoveryDict[Any, Any]], Any]]:
    """Return a function that isolates the registry it is given until the test ends."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda registry: stack.enter_context(registry.isolated())
