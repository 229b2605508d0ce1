"""How functions are classified: by trying them, in a process of their own for a whole library."""

from __future__ import annotations

import io
import sys
import textwrap
import threading

import numpy as np
import pytest

from openhcs.processing.backends.lib_registry import LIBRARY_REGISTRIES
from openhcs.processing.backends.lib_registry.candidates import Candidate, candidates_of
from openhcs.processing.backends.lib_registry.classification import classify_library
from openhcs.processing.backends.lib_registry.progress import ProgressBar
from openhcs.processing.backends.lib_registry.trial import classify
from openhcs.processing.capture import quietly
from openhcs.processing.contracts import ProcessingContract

FLEXIBLE, TO_SLICE = ProcessingContract.FLEXIBLE, ProcessingContract.VOLUMETRIC_TO_SLICE
ONLY_3D, ONLY_2D = ProcessingContract.PURE_3D, ProcessingContract.PURE_2D


def tried(function):
    return classify(Candidate("f", "m", "f", function), "numpy")


def only(dimensions):
    def function(image):
        if image.ndim != dimensions:
            raise ValueError(f"not {image.ndim} axes")
        return image

    return function


def changing(image):
    image += 1
    return image


def of_colours(image):
    if image.ndim == 2:
        return image.mean(axis=0, keepdims=True) + 0 * image
    return np.stack([of_colours(image[..., n]) for n in range(image.shape[-1])], -1)


@pytest.mark.parametrize(
    ("function", "contract"),
    [
        (lambda image: image * 2, FLEXIBLE),
        (lambda image: image.max(axis=0) if image.ndim == 3 else image, TO_SLICE),
        (only(3), ONLY_3D),
        (only(2), ONLY_2D),
        (lambda image: image[..., ::2, ::2], FLEXIBLE),
        (lambda image: image[::2, ::2], ONLY_2D),
        (lambda image, factor: image * factor, FLEXIBLE),
        (lambda image: (image, 7), FLEXIBLE),
        (lambda image: image & 1, FLEXIBLE),  # whole numbers only
        (lambda image: ~image if image.dtype == bool else 1 / 0, FLEXIBLE),
        (of_colours, ONLY_2D),
        (changing, FLEXIBLE),
        (lambda image: image.sum(), None),
        (lambda image: [image], None),
        (lambda image: np.argwhere(image > 0.5), None),
        (lambda image: image[..., :0, :], None),
        (lambda image: image.astype(complex), None),
        (lambda image: np.zeros((5, 5)), None),
        (lambda image: None, None),
        (lambda image: 1 / 0, None),
    ],
)
def test_the_results_decide_the_contract(function, contract):
    assert tried(function).contract is contract


def test_a_rejected_function_comes_with_the_reason():
    assert tried(lambda image: 1 / 0).reason == "ZeroDivisionError: division by zero"
    assert tried(lambda image: image.sum()).reason == "it gives float32, not an image"
    assert "shape (5, 5)" in tried(lambda image: np.zeros((5, 5))).reason


def test_what_a_function_prints_and_warns_of_is_kept_back(capsys):
    def loud(image):
        import warnings

        print("loud")
        print("loud", file=sys.stderr)
        warnings.warn("loud", stacklevel=1)
        return image

    assert tried(loud).contract is FLEXIBLE
    assert capsys.readouterr() == ("", "")


def test_what_other_threads_print_meanwhile_is_printed(capsys):
    with quietly():
        thread = threading.Thread(target=print, args=("from another thread",))
        thread.start()
        thread.join()
        print("from this thread")
    assert capsys.readouterr().out == "from another thread\n"


def test_threads_that_try_functions_at_once_leave_the_streams_as_they_were():
    before = sys.stdout, sys.stderr
    threads = [threading.Thread(target=tried, args=(np.square,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sys.stdout, sys.stderr) == before


def test_candidates_are_public_functions_of_an_image(tmp_path, monkeypatch):
    (tmp_path / "some_functions.py").write_text(
        textwrap.dedent(
            """
            from os import path
            class Image:
                def __init__(self, image): ...
            image = 3
            def blur(image, sigma=1): ...
            def area(label_image): ...
            def test_it(image): ...
            def imread(image): ...
            def show_all(image): ...
            def _hidden(image): ...
            def make(shape): ...
            def nothing(): ...
            def tested(image): ...
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = [candidate.name for candidate in candidates_of("x.", "some_functions")]
    assert found == ["x.area", "x.blur", "x.tested"]


def test_one_part_of_scikit_image_is_classified_alike_each_time():
    skimage = LIBRARY_REGISTRIES["skimage"]()
    names = [c.name for c in candidates_of("exposure.", "skimage.exposure")]
    first = list(classify_library(skimage, names))
    assert [one.name for one in first] == names
    assert sum(one.contract is FLEXIBLE for one in first) >= 6
    assert list(classify_library(skimage, names)) == first
    assert [skimage.classify(skimage.candidate(name)) for name in names] == first


@pytest.fixture
def wild(tmp_path, monkeypatch):
    """A library whose functions misbehave."""
    (tmp_path / "wild_functions.py").write_text(
        textwrap.dedent(
            """
            import os, time
            def a_good(image): return image
            def b_exits(image): raise SystemExit(3)
            def c_dies(image): os._exit(7)
            def d_hangs(image):
                while True: time.sleep(1)
            def e_prints(image):
                os.write(1, b"{}\\n")
                print("]")
                return image
            def f_good(image): return image
            """
        )
    )
    (tmp_path / "wild_library.py").write_text(
        textwrap.dedent(
            """
            from openhcs.processing.backends.lib_registry import LibraryRegistryBase

            class WildRegistry(LibraryRegistryBase):
                _registry_name = "wild"
                def version(self): return "1"
                def modules(self): return (("", "wild_functions"),)
                def try_out(self): pass
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    with LIBRARY_REGISTRIES.isolated():
        from importlib import import_module

        yield import_module("wild_library").WildRegistry()
    for name in ("wild_library", "wild_functions"):
        sys.modules.pop(name, None)


def test_functions_that_exit_crash_hang_or_print_harm_no_other(wild):
    found = {one.name: one for one in classify_library(wild, limit_s=2)}
    assert list(found) == ["a_good", "b_exits", "c_dies", "d_hangs", "e_prints", "f_good"]
    good = {name for name, one in found.items() if one.contract is FLEXIBLE}
    assert good == {"a_good", "e_prints", "f_good"}
    assert found["b_exits"].reason == "SystemExit: 3"
    assert found["c_dies"].reason == "it ended the interpreter with 7"
    assert found["d_hangs"].reason == "it took too long"


def test_a_bar_shows_on_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        bar = ProgressBar("trying", 2)
        bar.advance("first")
        assert ("trying [###############...............] 1/2 first" in stream.getvalue()) is shown
        bar.close()
