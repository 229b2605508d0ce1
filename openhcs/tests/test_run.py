"""The main job: what it leaves, what it does with bad images, and how it goes on after a kill."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from command_lines import Done, here, in_process, refused
from hcs_plates import fingerprint, harmony, htd
from openhcs.errors import JobError
from openhcs.io.ngff import finished_wells, read_field
from openhcs.io.ngff_lock import StoreLock
from openhcs.pipeline.progress import ProgressBar
from openhcs.pipeline.run import Order, run_plate
from openhcs.processing.backends.experimental_analysis import FORMAT_REGISTRIES
from run_plates import STEPS, WELLS, cut_short, imagexpress, opera_phenix, outcome, steps

DEADLINE_SECONDS = 60
# Imports nothing large, so that what is wrong elsewhere is found out fast.
QUICK = '[[step]]\nfunction = "openhcs:max_projection"\n'


def run(order: Order, **changes: object) -> dict[str, object]:
    return run_plate(dataclasses.replace(order, **changes), ProgressBar(io.StringIO()))


@pytest.fixture
def order(tmp_path) -> Order:
    plate = imagexpress(tmp_path / "plate")
    return Order(str(plate), str(steps(tmp_path)), str(tmp_path / "out"))


def test_each_well_gets_images_numbers_and_a_place_in_the_pictures(order):
    report = run(order)
    out = Path(order.out)
    assert list(report["wells"]) == list(WELLS)
    assert finished_wells(out / "plate.zarr") == list(WELLS)
    assert set(report["wells"]["A01"]["features"]) == {
        f"{feature} ({channel})"
        for feature in (
            "Mean",
            "Standard deviation",
            "95th percentile",
            "Foreground fraction",
            "Objects",
        )
        for channel in ("DAPI", "GFP")
    }
    for name in (report["table"], *report["pictures"]):
        assert (out / name).is_file()
    assert json.loads((out / "run.json").read_bytes()) == report


def test_the_images_written_are_what_the_functions_give(order):
    from openhcs.processing.func_registry import resolve_function
    from run_plates import spots

    run(order)
    stack = np.stack([spots(1, 2, 1, plane) for plane in (1, 2)])  # A02, site 2, wave 1
    smooth = resolve_function("skimage:filters.gaussian")(stack, sigma=1.5, preserve_range=True)
    flat = resolve_function("openhcs:subtract_background")(smooth, radius=6)
    field = read_field(f"{order.out}/plate.zarr", "A02", 1)
    assert field.data.shape == (1, 2, 1, *stack.shape[1:])
    assert np.array_equal(field.data[0, 0, 0], flat.max(axis=0))
    assert (field.channel_names, field.pixel_size_um) == (("DAPI", "GFP"), 0.65)


def test_objects_are_counted_per_field(tmp_path):
    plate = opera_phenix(tmp_path / "plate")
    text = '[[step]]\nfunction = "skimage:filters.gaussian"\nparameters = {sigma = 2}\n'
    report = run(Order(str(plate), str(steps(tmp_path, text)), str(tmp_path / "out")))
    counts = [about["features"]["Objects (DAPI)"] for about in report["wells"].values()]
    assert all(1 <= count <= 6 for count in counts)


def test_running_again_does_nothing_over(order):
    run(order)
    before = outcome(Path(order.out))
    again = run(order)
    assert again["run"]["wells"] == []
    assert outcome(Path(order.out)) == before


def test_some_wells_can_be_run_first_and_the_others_later(order, tmp_path):
    assert list(run(order, wells=("B01",))["wells"]) == ["B01"]
    report = run(order)
    assert (list(report["wells"]), report["run"]["wells"]) == (list(WELLS), ["A01", "A02"])
    run(order, out=str(tmp_path / "at once"))
    assert outcome(Path(order.out)) == outcome(tmp_path / "at once")


def test_another_colormap_repaints_and_computes_nothing(order):
    run(order)
    out = Path(order.out)
    before = (out / "heatmap.png").read_bytes()
    assert run(order, colormap="magma")["run"]["wells"] == []
    assert (out / "heatmap.png").read_bytes() != before


@pytest.mark.parametrize("change", ["steps", "plate"])
def test_another_job_in_the_same_folder_is_refused(order, tmp_path, change):
    run(order, wells=("A01",))
    before = fingerprint(Path(order.out))
    if change == "steps":
        steps(tmp_path, STEPS.replace("radius = 6", "radius = 7"))
    other = str(imagexpress(tmp_path / "other")) if change == "plate" else order.plate
    with pytest.raises(JobError, match=f"another job: its {change} differ"):
        run(order, plate=other)
    assert fingerprint(Path(order.out)) == before


def test_two_runs_at_once_are_refused(order):
    run(order, wells=("A01",))
    with StoreLock(order.out), pytest.raises(JobError, match="another run is writing"):
        run(order)


def test_a_bad_image_costs_its_stack_and_is_named(order):
    bad = cut_short(Path(order.plate, "A02_s1_w2_z2.tif"))
    report = run(order)
    (problem,) = report["problems"]
    assert (problem["well"], problem["site"], problem["channel"]) == ("A02", 1, 2)
    assert problem["file"] == str(bad)
    assert "damaged" in problem["message"]
    assert report["wells"]["A02"]["sites"] == [1, 2]
    assert not read_field(f"{order.out}/plate.zarr", "A02", 0).data[0, 1].any()


def test_the_first_image_of_the_plate_may_be_bad_too(order):
    bad = cut_short(Path(order.plate, "A01_s1_w1_z1.tif"))
    report = run(order)
    assert [problem["file"] for problem in report["problems"]] == [str(bad)]
    assert report["plate"]["pixel_size_um"] == 0.65


def test_a_well_without_a_good_image_has_a_row_without_numbers(order):
    for image in Path(order.plate).glob("A02_*"):
        cut_short(image)
    report = run(order)
    assert set(report["wells"]["A02"]["features"].values()) == {None}
    assert finished_wells(f"{order.out}/plate.zarr") == ["A01", "B01"]
    assert len(report["problems"]) == 8


def test_a_bad_image_keeps_its_row_while_other_wells_are_run(order):
    cut_short(Path(order.plate, "A02_s1_w2_z2.tif"))
    run(order)
    report = run(order, wells=("A01",))
    assert (report["run"]["wells"], list(report["wells"])) == ([], list(WELLS))
    assert run(order)["run"]["wells"] == ["A02"]


def test_a_mended_image_has_its_well_done_again(order, tmp_path):
    image = Path(order.plate, "A02_s1_w2_z2.tif")
    whole = image.read_bytes()
    cut_short(image)
    run(order)
    image.write_bytes(whole)
    report = run(order)
    assert (report["problems"], report["run"]["wells"]) == ([], ["A02"])
    run(order, out=str(tmp_path / "undisturbed"))
    assert outcome(Path(order.out)) == outcome(tmp_path / "undisturbed")


def test_a_function_that_fails_costs_the_image_and_is_named(order, tmp_path):
    steps(tmp_path, STEPS.replace("radius = 6", "radius = 0"))
    report = run(order)
    problem = report["problems"][0]
    assert (problem["step"], problem["channel"]) == ("openhcs:subtract_background", 1)
    assert "radius" in problem["message"]
    assert report["wells"]["A01"]["features"]["Mean (DAPI)"] is None
    assert report["wells"]["A01"]["features"]["Mean (GFP)"] > 0


def test_a_plate_that_nobody_can_write_to_is_enough(order):
    before = fingerprint(Path(order.plate))
    for path in [Path(order.plate), *Path(order.plate).rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    run(order)
    assert fingerprint(Path(order.plate)) == before


@pytest.mark.parametrize("name", ["$\\frac$ of it", "\u65e5\u672c", "100 %", "bytes \udcff"])
def test_a_plate_may_have_any_name_that_a_folder_can(tmp_path, name):
    plate = imagexpress(tmp_path / name, ("A01",))
    report = run(Order(str(plate), str(steps(tmp_path, QUICK)), str(tmp_path / "out")))
    assert report["problems"] == []
    assert json.loads(Path(tmp_path, "out", "run.json").read_bytes()) == report


def test_an_ignored_file_may_have_any_name(order, tmp_path):
    Path(order.plate, "\udcff.tif").write_bytes(b"")
    report = run(order, steps=str(steps(tmp_path, QUICK)))
    assert json.loads(Path(order.out, "run.json").read_bytes()) == report


def test_channels_that_are_called_after_each_other_stay_apart(tmp_path):
    plate = imagexpress(tmp_path / "plate", ("A01",))
    htd(plate / "plate.HTD", sites=(1, 2), waves=("channel 2", ""))
    report = run(Order(str(plate), str(steps(tmp_path, QUICK)), str(tmp_path / "out")))
    features = report["wells"]["A01"]["features"]
    assert {"Mean (channel 1)", "Mean (channel 2)"} <= features.keys()


@pytest.mark.parametrize("table_format", ["EDDU_CX5", "EDDU_metaxpress"])
def test_channels_and_plates_may_have_names_that_no_workbook_holds(tmp_path, table_format):
    plate = imagexpress(tmp_path / "a\x02b", ("A01",))
    htd(plate / "plate.HTD", sites=(1, 2), waves=("DA\x01PI", "GFP"))
    order = Order(str(plate), str(steps(tmp_path, QUICK)), str(tmp_path / "out"))
    report = run(order, table_format=table_format)
    table = FORMAT_REGISTRIES[table_format]().process_data(Path(order.out, report["table"]))
    assert r"Mean (DA\x01PI)" in table["features"]
    assert r"a\x02b" in table["plate_names"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_steps_may_begin_with_the_mark_of_windows_editors(order, mark):
    Path(order.steps).write_bytes(mark + QUICK.encode())
    assert run(order, wells=("A01",))["problems"] == []


def test_an_image_whose_compressed_pixels_are_damaged_costs_no_more_than_itself(order, tmp_path):
    bad = Path(order.plate, "A02_s1_w2_z2.tif")
    tifffile.imwrite(bad, tifffile.imread(bad), compression="zlib", metadata=None)
    content = bytearray(bad.read_bytes())
    content[-200:-100] = bytes(100)
    bad.write_bytes(content)
    report = run(order, steps=str(steps(tmp_path, QUICK)))
    assert [problem["file"] for problem in report["problems"]] == [str(bad)]


# A kill in the middle


def arguments(order: Order, *more: str) -> list[str]:
    return ["run", order.plate, "--steps", order.steps, "--out", order.out, *more]


def command(order: Order, *more: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "openhcs", *arguments(order, *more)]


def finished(out: str) -> dict[str, int]:
    """Return when the record of each finished well was written."""
    return {file.stem: file.stat().st_mtime_ns for file in Path(out, "wells").glob("[!.]*.json")}


def until(condition) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.01)


def parents() -> dict[int, int]:
    """Return the parent of each living process, as Linux tells."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = file.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has just ended
            continue
        if state != "Z":
            found[int(file.parent.name)] = int(parent)
    return found


def descendants(pid: int) -> set[int]:
    """Return the processes that *pid* has started, and those that they have started."""
    known, found, new = parents(), set(), {pid}
    while new := {one for one, parent in known.items() if parent in new} - found:
        found |= new
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Order, dict[str, object]]:
    """The order of a plate of many wells, and what a run leaves that nothing disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    wells = tuple(f"{row}{column:02}" for row in "AB" for column in range(1, 6))
    plate = imagexpress(folder / "plate", wells)
    order = Order(str(plate), str(steps(folder)), str(folder / "out"))
    run(order)
    return order, outcome(Path(order.out))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("executor", ["local", "processes", "zmq"])
def test_a_run_goes_on_after_a_kill_without_doing_finished_wells_again(
    tmp_path, tmp_path_factory, monkeypatch, undisturbed, executor
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    order = dataclasses.replace(undisturbed[0], out=str(tmp_path / "out"))
    started = command(order, "--executor", executor, "--workers", "2")
    with subprocess.Popen(started, stderr=subprocess.DEVNULL) as process:
        until(lambda: len(finished(order.out)) >= 2)
        workers = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
    until(lambda: not workers & parents().keys())
    before = finished(order.out)
    report = run(order)
    left = set(report["wells"]) - before.keys()
    assert left
    assert set(report["run"]["wells"]) == left
    assert {well: finished(order.out)[well] for well in before} == before
    assert outcome(Path(order.out)) == undisturbed[1]


def is_worker(pid: int) -> bool:
    """Tell workers from the process with which Python tracks what they share."""
    try:
        return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("executor", ["processes", "zmq"])
def test_workers_that_die_are_told_of_and_finished_wells_stay(
    tmp_path, tmp_path_factory, monkeypatch, undisturbed, executor
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    order = dataclasses.replace(undisturbed[0], out=str(tmp_path / "out"))
    started = command(order, "--executor", executor, "--workers", "1")
    with subprocess.Popen(started, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: finished(order.out))
        for worker in filter(is_worker, descendants(process.pid)):
            with contextlib.suppress(ProcessLookupError):  # gone with its parent
                os.kill(worker, signal.SIGKILL)
        told = process.communicate()[1]
    assert process.returncode == 2, told
    assert "Traceback" not in told
    assert "  fix:   " in told
    before = finished(order.out)
    assert before
    assert not before.keys() & set(run(order)["run"]["wells"])


# An interrupt in the middle

# Some tenths of a second on the small images of a well, and an hour of C code on the large ones.
ENDLESS = """
[[step]]
function = "openhcs:gaussian_smooth"
parameters = {sigma = 50000}
"""


@contextlib.contextmanager
def killed_at_last(started: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Give a process of these arguments; it is killed afterwards, and its workers end with it."""
    process = subprocess.Popen(started, stderr=subprocess.PIPE, text=True, start_new_session=True)
    with process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def endless(tmp_path) -> Order:
    """The order of a plate of which one well is soon finished, and two aren't in a lifetime."""
    plate = imagexpress(tmp_path / "plate")
    for image in plate.glob("A01_*.tif"):
        tifffile.imwrite(image, tifffile.imread(image)[:8, :8], metadata=None)
    for image in (*plate.glob("A02_*.tif"), *plate.glob("B01_*.tif")):
        tifffile.imwrite(image, np.tile(tifffile.imread(image), (40, 40)), metadata=None)
    return Order(str(plate), str(steps(tmp_path, ENDLESS)), str(tmp_path / "out"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("interrupts", [1, 2])
def test_an_interrupt_ends_processes_in_the_middle_of_their_work(endless, interrupts):
    started = command(endless, "--executor", "processes", "--workers", "2")
    with killed_at_last(started) as process:
        until(lambda: finished(endless.out))
        until(lambda: len(list(filter(is_worker, descendants(process.pid)))) == 2)
        workers = descendants(process.pid)
        for _ in range(interrupts):
            process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=DEADLINE_SECONDS)[1]
        until(lambda: not workers & parents().keys())
    assert finished(endless.out).keys() == {"A01"}
    if interrupts == 1:
        assert (process.returncode, told.splitlines()[-1]) == (130, "openhcs: interrupted")
        assert "Traceback" not in told
    else:  # a late one may come to an interpreter that is ending, and has no handler any more
        assert process.returncode in (130, -signal.SIGINT)


# What the command says and how it ends


def openhcs(order: Order, *more: str) -> Done:
    return here(*arguments(order, *more))


def test_the_command_tells_each_well_and_where_the_results_are(order):
    done = in_process(*arguments(order))
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"{w} finished ({n} of 3)" for n, w in enumerate(WELLS, 1)]
    for name in ("plate.zarr", "results.csv", "heatmap.png", "montage.png", "run.json"):
        assert f"{order.out}/{name}" in done.stdout


def test_the_command_has_findings_where_an_image_is_bad(order):
    bad = cut_short(Path(order.plate, "A02_s1_w2_z2.tif"))
    done = openhcs(order, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"][0]["file"] == str(bad)
    assert "A02 site 1 channel 2" in done.stderr
    assert str(bad) in done.stderr


@pytest.mark.parametrize("bad", [False, True])
def test_a_run_goes_on_when_nobody_reads_what_it_tells(order, bad):
    if bad:
        cut_short(Path(order.plate, "A02_s1_w2_z2.tif"))
    reader, writer = os.pipe()
    os.close(reader)
    started = command(order, "--executor", "local")
    done = subprocess.run(started, stdout=writer, stderr=writer, check=False)
    os.close(writer)
    assert done.returncode == (1 if bad else 0)
    assert list(json.loads(Path(order.out, "run.json").read_bytes())["wells"]) == list(WELLS)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device here is always full")
@pytest.mark.parametrize("redirected", ["2>&-", ">&-", "2>/dev/full"])
def test_a_run_goes_on_where_nothing_can_be_told(order, redirected):
    told = shlex.join(command(order))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{told} {redirected}"], stdout=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0
    assert finished(order.out).keys() == set(WELLS)


@pytest.fixture
def quick(order) -> Order:
    """The same order with a step that costs no time."""
    steps(Path(order.steps).parent, QUICK)
    return order


def occupied(folder: Path) -> str:
    steps(folder, QUICK)
    (folder / "out").mkdir()
    (folder / "out" / "thesis.txt").write_text("mine")
    return "isn't empty"


def is_file(folder: Path) -> str:
    steps(folder, QUICK)
    (folder / "out").write_text("mine")
    return "this is a file"


def broken_htd(folder: Path) -> str:
    (folder / "plate" / "plate.HTD").write_bytes(b"\0\1")
    return "HTD"


def no_plate(folder: Path) -> str:
    for file in (folder / "plate").iterdir():
        file.unlink()
    return "no microscope handler recognises"


def broken_index(folder: Path) -> str:
    no_plate(folder)
    (folder / "plate" / "Index.xml").write_text("<Evaluation")
    return "damaged XML"


def all_images_gone(folder: Path) -> str:
    for file in (folder / "plate").glob("*.tif"):
        file.unlink()
    return "no image"


def all_images_bad(folder: Path) -> str:
    for file in (folder / "plate").glob("*.tif"):
        cut_short(file)
    return "TIFF is damaged"


def with_steps(old: str, new: str, told: str):
    def change(folder: Path) -> str:
        steps(folder, STEPS.replace(old, new))
        return told

    return change


BAD_INPUT = {
    "an output that isn't empty": occupied,
    "an output that is a file": is_file,
    "a broken HTD": broken_htd,
    "a broken index": broken_index,
    "a folder that is no plate": no_plate,
    "a plate without images": all_images_gone,
    "a plate without a sound image": all_images_bad,
    "no TOML": with_steps("[[step]]", "[[step]", "no TOML"),
    "a number beyond all": with_steps("1.5", "9" * 5000, "no TOML"),
    "an unknown function": with_steps("filters.gaussian", "filters.gausian", "filters.gaussian"),
    "an unknown library": with_steps("skimage:", "itk:", "skimage"),
    "a wrong parameter": with_steps("sigma", "sgma", "sigma"),
    "a channel that isn't there": with_steps("channels = [1]", "channels = [7]", "no channel 7"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_named_with_its_remedy_and_nothing_is_written(order, tmp_path, case):
    told = BAD_INPUT[case](tmp_path)
    before = fingerprint(tmp_path)
    done = openhcs(order)
    refused(done, told, str(tmp_path))
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--wells", "A01,H12"), "'H12'"),
        (("--wells", ","), "--wells"),
        (("--workers", "0"), "--workers"),
        (("--executor", "slurm"), "slurm"),
        (("--executor", "local", "--address", "7777"), "takes no address"),
        (("--executor", "zmq", "--address", "somewhere"), "'somewhere'"),
        (("--microscope", "leica"), "imagexpress"),
        (("--colormap", "virids"), "viridis"),
        (("--format", "EDDU_CX7"), "EDDU_CX5"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(quick, wrong, told):
    refused(openhcs(quick, *wrong), told)
    assert not Path(quick.out).exists()


def test_a_colormap_that_a_headless_machine_leaves_out_names_the_switch(quick, monkeypatch):
    monkeypatch.setenv("CI", "true")
    refused(openhcs(quick, "--colormap", "turbo"), "'turbo'", "CI or OPENHCS_HEADLESS is set")


def test_wells_that_no_table_can_have_are_refused_before_they_are_run(tmp_path):
    harmony(tmp_path / "plate", {1: (0, 0)}, wells=((1, 1), (40, 60)))
    plate, file = str(tmp_path / "plate"), str(steps(tmp_path, QUICK))
    refused(openhcs(Order(plate, file, str(tmp_path / "out"))), "R40C60")
    assert not (tmp_path / "out").exists()


def test_an_output_inside_the_plate_is_refused(quick):
    inside = dataclasses.replace(quick, out=f"{quick.plate}/results")
    refused(openhcs(inside), "never written to", inside.out)
    assert not Path(inside.out).exists()


def test_an_output_that_leads_into_the_plate_is_refused(quick, tmp_path):
    (tmp_path / "link").symlink_to(quick.plate)
    refused(openhcs(dataclasses.replace(quick, out=str(tmp_path / "link" / "results"))), "never")


def test_an_output_that_cant_be_made_is_refused(quick):
    refused(openhcs(dataclasses.replace(quick, out="/proc/nowhere/out")), "/proc/nowhere")


def test_an_interrupt_ends_a_run_without_a_traceback(order):
    started = subprocess.Popen(command(order), stderr=subprocess.PIPE, text=True)
    with started as process:
        until(lambda: finished(order.out))
        process.send_signal(signal.SIGINT)
        told = process.communicate()[1]
    assert "Traceback" not in told
    assert process.returncode in (0, 130)
