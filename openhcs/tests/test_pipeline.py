"""The parts of a run, each by itself: the job, the steps, measuring, pictures."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from openhcs.errors import JobError, OpenHCSError
from openhcs.pipeline.colors import find_colormap
from openhcs.pipeline.executors import make_executor
from openhcs.pipeline.job import Job, Step
from openhcs.pipeline.measure import FEATURES, averaged, measure
from openhcs.pipeline.preview import PREVIEW, previews
from openhcs.pipeline.progress import MOST_PROBLEMS, ProgressBar
from openhcs.pipeline.spots import Spot
from openhcs.pipeline.steps import read_steps
from openhcs.pipeline.versions import check_versions, library_versions

JOB = {"plate": "/plate", "out": "/out", "steps": [{"function": "openhcs:mean_projection"}]}


def test_a_job_survives_json():
    step = Step("skimage:filters.gaussian", {"sigma": [1, 2.5], "mode": "nearest"}, "smooth", (2,))
    job = Job("/plate", "/out", (step,), "imagexpress", "disk", {"numpy": "2"}, "r1")
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_job_needs_no_more_than_plate_out_and_steps():
    job = Job.from_json(JOB)
    assert (job.microscope, job.backend, job.steps[0].name) == (
        "auto",
        "disk",
        job.steps[0].function,
    )


def test_where_a_job_writes_to_is_no_part_of_what_it_is():
    other = Job.from_json({**JOB, "out": "/elsewhere", "run": "r2"})
    assert other.identity() == Job.from_json(JOB).identity()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "job",
        {},
        {**JOB, "code": "print()"},
        {**JOB, "plate": 1},
        {**JOB, "plate": ""},
        {**JOB, "steps": []},
        {**JOB, "steps": {}},
        {**JOB, "steps": ["openhcs:mean_projection"]},
        {**JOB, "steps": [{}]},
        {**JOB, "steps": [{"function": 1}]},
        {**JOB, "steps": [{"function": "a:b", "parameters": []}]},
        {**JOB, "steps": [{"function": "a:b", "parameters": {"sigma": float("nan")}}]},
        {**JOB, "steps": [{"function": "a:b", "parameters": {"sigma": {1: 2}}}]},
        {**JOB, "steps": [{"function": "a:b", "parameters": {"sigma": b"1"}}]},
        {**JOB, "steps": [{"function": "a:b", "channels": [True]}]},
        {**JOB, "steps": [{"function": "a:b", "channels": "1"}]},
        {**JOB, "steps": [{"function": "a:b", "sigma": 1}]},
        {**JOB, "versions": {"numpy": 2}},
    ],
)
def test_a_job_of_another_shape_is_refused(value):
    with pytest.raises(JobError, match=r"fix:   (give a (step|job)|use these)"):
        Job.from_json(value)


def test_a_parameter_nested_without_end_is_checked_without_recursion():
    value: list[object] = []
    for _ in range(50_000):
        value = [value]
    steps = [{"function": "a:b", "parameters": {"sigma": value}}]
    assert Job.from_json({**JOB, "steps": steps}).steps[0].parameters["sigma"] is value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no [[step]]"),
        ("[[step]", "no TOML"),
        ("step = 1", "no [[step]]"),
        ("[step]\nfunction = 'a:b'", "no [[step]]"),
        ("[[steps]]\nfunction = 'a:b'", "it has steps, and nothing is known but [[step]]"),
        ("[[step]]\nname = 'a'", "step 1: a step needs the field function"),
        ("[[step]]\nfunction = 'a:b'\nsigma = 2", "no field 'sigma'"),
        ("[[step]]\nfunction = 'a:b'\nparameters = {day = 2020-01-01}", "parameters of a:b"),
    ],
)
def test_a_wrong_file_of_steps_is_named_with_what_is_wrong(tmp_path, text, told):
    file = tmp_path / "steps.toml"
    file.write_text(text)
    with pytest.raises(JobError) as caught:
        read_steps(file)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)


def test_the_features_of_an_image_are_those_of_its_two_classes_and_their_parts():
    image = np.zeros((1, 20, 20), np.uint16)
    image[0, 2:6, 2:6] = image[0, 12:16, 12:16] = 1000
    found = measure(image)
    assert found["Foreground fraction"] == 32 / 400
    assert found["Objects"] == 2
    assert found["Mean"] == 80
    assert found["95th percentile"] == 1000


def test_an_even_image_has_no_foreground():
    found = measure(np.full((1, 8, 8), 7))
    assert (found["Mean"], found["Foreground fraction"], found["Objects"]) == (7, 0, 0)


def test_pixels_that_are_no_numbers_count_in_no_feature():
    image = np.array([[[1.0, np.nan, 3.0, np.inf]]])
    assert measure(image)["Mean"] == 2
    assert measure(np.full((1, 2, 2), np.nan)) == {}


def test_a_feature_that_no_image_has_is_none():
    assert averaged([{"Mean": 1.0}, {"Mean": 2.0}]) == dict.fromkeys(FEATURES) | {"Mean": 1.5}


@pytest.mark.parametrize(
    ("well", "row", "column"),
    [("A01", 0, 0), ("H12", 7, 11), ("AF48", 31, 47), ("R01C01", 0, 0), ("R16C24", 15, 23)],
)
def test_every_name_of_a_well_tells_its_place(well, row, column):
    assert Spot.of(well) == Spot(row, column)


def test_a_well_without_a_place_is_an_error_of_ours():
    with pytest.raises(OpenHCSError):
        Spot.of("blank")


def test_a_preview_is_the_mean_of_blocks_whatever_is_left_at_the_edge():
    image = np.ones((1, 2, 1, 2 * PREVIEW + 1, 7))
    image[0, 1] = 5
    small = previews(image)
    assert small.shape == (2, PREVIEW * 2 // 3 + 1, 3)
    assert (small[0] == 1).all()
    assert (small[1] == 5).all()


@pytest.mark.parametrize("name", ["viridis", "VIRIDIS", "magma"])
def test_a_colormap_goes_by_name_in_any_case(name):
    assert find_colormap(name).name == name.lower()


def test_an_unknown_colormap_is_answered_with_near_names():
    with pytest.raises(JobError, match="viridis"):
        find_colormap("virids")


def test_an_unknown_executor_is_answered_with_the_known_ones():
    with pytest.raises(JobError, match="local, processes, zmq, dask"):
        make_executor("slurm", 1)


def test_an_address_is_refused_where_it_means_nothing():
    with pytest.raises(JobError, match="takes no address"):
        make_executor("processes", 1, "7777")


def test_a_worker_with_other_libraries_refuses_the_job():
    job = Job.from_json(JOB)
    versions = library_versions(job.steps)
    check_versions(Job.from_json({**JOB, "versions": versions}))
    with pytest.raises(JobError, match=f"numpy {versions['numpy']}, not 0.1"):
        check_versions(Job.from_json({**JOB, "versions": {**versions, "numpy": "0.1"}}))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def bad(site: int) -> dict[str, object]:
    """Return a problem as records have it."""
    place = {"well": "A01", "site": site, "channel": 1, "timepoint": 1, "step": "read"}
    return {**place, "file": f"{site}.tif", "message": "it is damaged"}


def test_a_terminal_shows_a_bar_and_is_left_clean():
    stream = Terminal()
    progress = ProgressBar(stream)
    progress.begin(2, 0)
    progress.step("A01", "smooth", "site 1 channel 1")
    progress.well({"well": "A01", "problems": []})
    progress.end()
    shown = stream.getvalue()
    assert "0/2 wells  A01 smooth: site 1 channel 1" in shown
    assert "[############............] 1/2 wells" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_file_gets_a_line_for_each_well_and_no_steps():
    stream = io.StringIO()
    progress = ProgressBar(stream)
    progress.begin(3, 1)
    progress.step("A01", "smooth", "site 1 channel 1")
    progress.well({"well": "A01", "problems": []})
    progress.end()
    assert stream.getvalue().splitlines() == [
        "1 of 3 wells were finished before",
        "A01 finished (2 of 3)",
    ]


def test_many_problems_are_counted_and_not_all_printed():
    stream = io.StringIO()
    progress = ProgressBar(stream)
    progress.begin(1, 0)
    progress.well({"well": "A01", "problems": [bad(site) for site in range(MOST_PROBLEMS + 5)]})
    progress.end()
    assert stream.getvalue().count("it is damaged") == MOST_PROBLEMS
    assert "5 problems more" in stream.getvalue()
