"""The cupy library on a real NVIDIA GPU: what it computes, in which workers, and what it keeps."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from openhcs.pipeline.progress import ProgressBar
from openhcs.pipeline.run import Order, run_plate
from run_plates import imagexpress, outcome, steps

pytestmark = pytest.mark.gpu

ON_THE_GPU = """
[[step]]
function = "cupy:gaussian_filter"
parameters = { sigma = 1.5 }

[[step]]
function = "openhcs:max_projection"
"""


@pytest.fixture
def stack():
    return np.random.default_rng(5).integers(0, 4000, (3, 64, 48)).astype(np.uint16)


def run(code: str, **variables: str):
    """Run *code* in a fresh interpreter and return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_functions_of_cupy_compute_what_those_of_scipy_do(stack):
    from scipy import ndimage

    from openhcs.processing.func_registry import resolve_function

    before = stack.copy()
    for name, parameters in [
        ("gaussian_filter", {"sigma": 1.5}),
        ("uniform_filter", {"size": 5}),
        ("sobel", {"axis": 1}),
    ]:
        ours = resolve_function(f"cupy:{name}")(stack, **parameters)
        theirs = getattr(ndimage, name)(stack, **parameters)
        assert (ours.shape, ours.dtype, type(ours)) == (stack.shape, stack.dtype, np.ndarray)
        # Both round to whole numbers; the sums behind them differ in their last bits.
        assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 1, name
    assert (stack == before).all()


def test_the_functions_of_cupy_are_found_once_and_kept():
    code = """
    import json, sys
    from openhcs.processing.func_registry import all_functions
    found = all_functions(["cupy"])
    contracts = sorted((name, one.contract.value) for name, one in found.items())
    print(json.dumps([contracts, "cupy" in sys.modules]))
    """
    (first, imported), (second, again) = run(code), run(code)
    assert imported
    assert first == second
    assert not again
    assert len(first) > 20
    assert "cupy:gaussian_filter" in dict(map(tuple, first))


def test_a_hidden_gpu_is_told_with_the_remedy():
    code = """
    import json
    from dataclasses import asdict
    from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
    print(json.dumps(asdict(LIBRARY_REGISTRIES["cupy"]().availability())))
    """
    assert run(code)["available"]
    hidden = run(code, CUDA_VISIBLE_DEVICES="")
    assert not hidden["available"]
    assert "cudaError" in hidden["reason"]
    assert "NVIDIA GPU" in hidden["remedy"]


def test_a_run_gives_the_same_in_every_executor_on_the_gpu(tmp_path):
    plate = imagexpress(tmp_path / "plate")
    order = Order(str(plate), str(steps(tmp_path, ON_THE_GPU)), str(tmp_path / "local"))
    results = []
    for executor in ("local", "processes", "zmq"):
        out = tmp_path / executor
        changed = dataclasses.replace(order, out=str(out), executor=executor)
        run_plate(changed, ProgressBar(io.StringIO()))
        results.append(outcome(Path(out)))
    assert results[0] == results[1] == results[2]
