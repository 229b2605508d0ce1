from __future__ import annotations

import os

import pytest

from hcs_plates import htd, tiff, untouched
from openhcs.errors import BrokenFileError, ComponentError, MetadataNotFoundError, PlateError
from openhcs.microscopes import create_microscope_handler
from openhcs.microscopes.imagexpress import ImageXpressMetadataHandler

GUID = "E8DE988A-1234-4ABC-9DEF-0123456789AB"
METADATA = ImageXpressMetadataHandler()


def left_out(plate):
    return {ignored.file: ignored.reason for ignored in plate.ignored}


def test_the_real_export_tells_all(hcs_data):
    plate = METADATA.read_plate(hcs_data / "imagexpress" / "9987_Plate_3420")
    summary = plate.summary()
    del summary["plate"]
    assert summary == {
        "microscope": "imagexpress",
        "wells": ["B02"],
        "sites": [1],
        "channels": {"1": "DAPI"},
        "z_indexes": [1],
        "timepoints": [1],
        "grid_dimensions": [1, 1],
        "pixel_size_um": 1.3672,
        "images": 1,
        "ignored": [],
    }


def test_step_folders_in_any_spelling_give_timepoint_and_plane(tmp_path):
    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "TimePoint_2" / "ZStep_1" / "A01_s1_w1.tif")
    tiff(tmp_path / "timepoint-1" / "zstep_3" / "A01_s1_w1.tif")
    tiff(tmp_path / "TIMEPOINT_3" / "A01_s1_w1.TIF")
    plate = METADATA.read_plate(tmp_path)
    assert {(i.timepoint, i.z_index) for i in plate.images} == {(2, 1), (1, 3), (3, 1)}


def test_the_htd_copied_into_every_folder_makes_no_plate_of_its_own(tmp_path):
    htd(tmp_path / "a.HTD")
    htd(tmp_path / "TimePoint_1" / "a.HTD")
    htd(tmp_path / "TimePoint_1" / "ZStep_1" / "a.HTD")
    tiff(tmp_path / "TimePoint_1" / "ZStep_1" / "A01_w1.tif")
    assert METADATA.find_metadata_file(tmp_path) == tmp_path / "a.HTD"
    for part in ("TimePoint_1", "TimePoint_1/ZStep_1"):
        with pytest.raises(MetadataNotFoundError, match="is a part of the plate"):
            METADATA.find_metadata_file(tmp_path / part)


@pytest.mark.parametrize(("folder", "given"), [("TimePoint_1", "."), ("TimePoint_1/ZStep_1", "..")])
def test_a_part_of_a_plate_is_named_however_it_is_given(tmp_path, monkeypatch, folder, given):
    htd(tmp_path / "p1536" / "a.HTD")
    htd(tmp_path / "p1536" / "TimePoint_1" / "a.HTD")
    (tmp_path / "p1536" / "TimePoint_1" / "ZStep_1").mkdir()
    monkeypatch.chdir(tmp_path / "p1536" / folder)
    with pytest.raises(MetadataNotFoundError, match="TimePoint_1 is a part of the plate p1536"):
        METADATA.find_metadata_file(given)


def test_a_copy_of_the_htd_serves_where_the_plates_own_is_gone(tmp_path):
    copy = htd(tmp_path / "TimePoint_1" / "a.HTD", waves=("GFP",))
    tiff(tmp_path / "TimePoint_1" / "A01_w1.tif")
    assert METADATA.find_metadata_file(tmp_path) == copy
    assert METADATA.get_channel_values(tmp_path) == {"1": "GFP"}


def test_of_several_htds_the_one_that_calls_itself_a_plates_is_taken(tmp_path):
    for name in ("alpha.HTD", "my_Plate.HTD", "._my_Plate.HTD"):
        htd(tmp_path / name)
    assert METADATA.find_metadata_file(tmp_path).name == "my_Plate.HTD"


def test_an_htd_in_lower_case_is_found(tmp_path):
    htd(tmp_path / "a.htd", sites=(2, 3))
    assert METADATA.get_grid_dimensions(tmp_path) == (2, 3)


def test_projections_are_no_plane_zero(tmp_path):
    htd(tmp_path / "a.HTD")
    for step in (0, 1, 2):
        tiff(tmp_path / "TimePoint_1" / f"ZStep_{step}" / "A01_s1_w1.tif", value=step)
    plate = METADATA.read_plate(tmp_path)
    assert plate.values("z_index") == [1, 2]
    assert left_out(plate) == {"TimePoint_1/ZStep_0/A01_s1_w1.tif": "projection of the planes"}


def test_a_projection_without_planes_is_the_image(tmp_path):
    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "ZStep_0" / "A01_s1_w1.tif")
    plate = METADATA.read_plate(tmp_path)
    assert [(i.file, i.z_index) for i in plate.images] == [("ZStep_0/A01_s1_w1.tif", 1)]


def test_a_channel_without_a_stack_counts_once_although_every_step_repeats_it(tmp_path):
    htd(tmp_path / "a.HTD", waves=("DAPI", "Brightfield"))
    for step in (1, 2, 3):
        tiff(tmp_path / f"ZStep_{step}" / "A01_s1_w1.tif", value=step)
        tiff(tmp_path / f"ZStep_{step}" / "A01_s1_w2.tif", value=9)
    plate = METADATA.read_plate(tmp_path)
    assert sorted((i.channel, i.z_index) for i in plate.images) == [(1, 1), (1, 2), (1, 3), (2, 1)]
    assert set(left_out(plate)) == {"ZStep_2/A01_s1_w2.tif", "ZStep_3/A01_s1_w2.tif"}


def test_a_well_without_cells_takes_no_planes_from_the_others(tmp_path):
    # The stain shows nothing in A01: its planes are alike there, and differ in A02.
    htd(tmp_path / "a.HTD", waves=("DAPI", "GFP"))
    for step in (1, 2, 3):
        for well, stain in (("A01", 0), ("A02", step)):
            tiff(tmp_path / f"ZStep_{step}" / f"{well}_s1_w1.tif", value=step)
            tiff(tmp_path / f"ZStep_{step}" / f"{well}_s1_w2.tif", value=stain)
    plate = METADATA.read_plate(tmp_path)
    assert (len(plate.images), plate.ignored) == (12, ())


def test_two_images_of_one_plane_are_no_stack(tmp_path):
    htd(tmp_path / "a.HTD", waves=("DAPI", "GFP"))
    for step in (1, 2):
        tiff(tmp_path / f"ZStep_{step}" / "A01_s1_w1.tif", value=step)
    tiff(tmp_path / "ZStep_1" / "A01_s1_w2.tif")
    tiff(tmp_path / "ZStep_1" / "A01_s001_w2.tif")
    assert left_out(METADATA.read_plate(tmp_path)) == {
        "ZStep_1/A01_s1_w2.tif": "shows the same as ZStep_1/A01_s001_w2.tif"
    }


def test_a_stack_of_equal_planes_alone_is_kept(tmp_path):
    htd(tmp_path / "a.HTD")
    for step in (1, 2):
        tiff(tmp_path / f"ZStep_{step}" / "A01_s1_w1.tif")
    assert METADATA.read_plate(tmp_path).values("z_index") == [1, 2]


def test_a_database_export_has_no_htd_and_ignores_thumbnails(tmp_path):
    tiff(tmp_path / f"exp_E07_s1_w1_thumb{GUID}.tif", size=8.7)
    for site, wave in ((1, 1), (1, 2), (2, 1), (2, 2)):
        tiff(tmp_path / f"exp_E07_s{site}_w{wave}{GUID}.tif", size=1.3)
    plate = METADATA.read_plate(tmp_path)
    assert (plate.values("site"), plate.values("channel")) == ([1, 2], [1, 2])
    assert (plate.pixel_size, len(plate.images)) == (1.3, 4)
    assert left_out(plate) == {f"exp_E07_s1_w1_thumb{GUID}.tif": "thumbnail"}


def test_projections_above_the_steps_of_a_database_export_are_no_planes(tmp_path):
    # Natural order puts these names before and after "ZStep_1".
    for plate in ("Exp", "exp"):
        folder = tmp_path / plate
        for wave in (1, 2):
            tiff(folder / f"{plate}_E07_s1_w{wave}{GUID}.tif")
        for step in (1, 2):
            tiff(folder / f"ZStep_{step}" / f"{plate}_E07_s1_w1{GUID}.tif", value=step)
        read = METADATA.read_plate(folder)
        assert sorted((i.channel, i.z_index) for i in read.images) == [(1, 1), (1, 2), (2, 1)]
        assert left_out(read) == {f"{plate}_E07_s1_w1{GUID}.tif": "projection of the planes"}


def test_without_sites_and_waves_the_names_tell_neither(tmp_path):
    htd(tmp_path / "a.HTD", sites=(4, 4), waves=("DAPI",), Sites="FALSE", Waves="FALSE")
    tiff(tmp_path / "TimePoint_1" / "9987_B02.TIF")
    plate = METADATA.read_plate(tmp_path)
    assert (plate.grid, plate.channels, plate.values("site")) == ((1, 1), {1: "DAPI"}, [1])


def test_a_plate_whose_name_looks_like_a_well_keeps_its_wells_apart(tmp_path):
    htd(tmp_path / "plate_A1.HTD")
    for well in ("B02", "B03"):
        tiff(tmp_path / "TimePoint_1" / f"plate_A1_{well}_s1_w1.tif")
    assert METADATA.read_plate(tmp_path).values("well") == ["B02", "B03"]


def test_a_plate_of_1536_wells_has_rows_beyond_z(tmp_path):
    htd(tmp_path / "a.HTD", XWells="48", YWells="32")
    for well in ("B01", "Z48", "AA01", "AF48"):
        tiff(tmp_path / "TimePoint_1" / f"big_{well}_s1_w1.tif")
    plate = METADATA.read_plate(tmp_path)
    assert plate.values("well") == ["B01", "Z48", "AA01", "AF48"]
    assert plate.summary()["wells"] == plate.values("well")
    handler = create_microscope_handler("auto", tmp_path)
    assert "AA01_s001_w1_z001_t001.tif" in handler.initialize_workspace(tmp_path)
    patterns = handler.auto_detect_patterns(tmp_path / "TimePoint_1")
    assert list(patterns) == plate.values("well")


def test_a_sparse_export_tells_what_is_there_not_what_was_planned(tmp_path):
    htd(tmp_path / "a.HTD", sites=(2, 2), waves=("DAPI", "GFP", "RFP"), TimePoints="5", ZSteps="9")
    tiff(tmp_path / "TimePoint_1" / "C05_s4_w2.tif")
    plate = METADATA.read_plate(tmp_path)
    assert plate.channels == {2: "GFP"}
    assert (plate.values("timepoint"), plate.values("site")) == ([1], [4])
    assert plate.grid == (2, 2)


def test_a_description_in_another_code_page_does_no_harm(tmp_path):
    path = htd(tmp_path / "a.HTD", waves=("Grün µ",), Description='"5" plate"')
    path.write_bytes(path.read_bytes().replace(b"plate", b"\x81\x8d\xb5late"))
    tiff(tmp_path / "A01_w1.tif")
    assert METADATA.get_channel_values(tmp_path) == {"1": "Grün µ"}


def test_a_description_of_several_lines_does_no_harm(tmp_path):
    path = htd(tmp_path / "a.HTD", sites=(2, 3), Description='"first')
    path.write_bytes(path.read_bytes().replace(b'"first', b'"first\r\nsecond\x0bthird"'))
    assert METADATA.get_grid_dimensions(tmp_path) == (2, 3)


def test_the_old_form_of_the_htd_is_read(tmp_path):
    (tmp_path / "a.HTD").write_text("SiteColumns=3\nSiteRows=2\n")
    assert METADATA.get_grid_dimensions(tmp_path) == (2, 3)


def test_without_sites_the_grid_is_one_by_one(tmp_path):
    htd(tmp_path / "a.HTD", sites=(4, 4), Sites="FALSE")
    assert METADATA.get_grid_dimensions(tmp_path) == (1, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\x13 nothing of this is an HTD",
        bytes(200_000),
        b'"HTSInfoFile", Version 1.0\r\n"XSites", ' + b"9" * 5000,
        b'"HTSInfoFile", Version 1.0\r\n"TimePoints", 1\r\n',
        b'"HTSInfoFile", Version 1.0\r\n"XSites", 2\r\n"YSites", two\r\n"EndFile"\r\n',
        b'"HTSInfoFile", Version 1.0\r\n"XSites", 2\r\n"YSites", 2\r\n"NWavelengths", 2\r\n"WaveNa',
        b'"HTSInfoFile", 1\r\n"XSites", 2\r\n"YSites", 2\r\n"NWavelengths", 2\r\n"WaveName1", "a"',
    ],
)
def test_a_broken_htd_is_named_with_a_remedy(tmp_path, content):
    path = tmp_path / "a.HTD"
    path.write_bytes(content)
    with pytest.raises(BrokenFileError, match="fix: ") as caught:
        METADATA.read_plate(tmp_path)
    assert caught.value.file == str(path)


def test_an_htd_cut_at_any_place_is_told_as_cut(tmp_path):
    path = htd(tmp_path / "a.HTD", (2, 3), ("DAPI", "GFP"), Description='"a"', Sites="TRUE")
    whole = path.read_bytes()
    for end in range(len(b'"HTSInfoFile"'), whole.index(b'"EndFile"')):
        path.write_bytes(whole[:end])
        with pytest.raises(BrokenFileError, match="cut short"):
            METADATA.read_plate(tmp_path)
    path.write_bytes(whole[: -len(b"\r\n")])
    assert METADATA.get_grid_dimensions(tmp_path) == (2, 3)


@pytest.mark.parametrize("sites", [(0, 0), (2, 0), (0, 3)])
def test_no_sites_are_no_grid(tmp_path, sites):
    htd(tmp_path / "a.HTD", sites=sites)
    assert METADATA.read_plate(tmp_path).grid is None


def test_an_image_cut_short_is_named(tmp_path):
    htd(tmp_path / "a.HTD")
    image = tiff(tmp_path / "A01_w1.tif")
    image.write_bytes(image.read_bytes()[:-20])
    with pytest.raises(BrokenFileError, match="cut short") as caught:
        METADATA.get_pixel_size(tmp_path)
    assert caught.value.file == str(image)


@pytest.mark.parametrize(
    ("description", "size"),
    [
        ('<prop id="spatial-calibration-x" type="float" value="1.3672"/>', 1.3672),
        ("Spatial Calibration: 0.325 um", 0.325),
        ('<prop id="spatial-calibration-x" type="float" value="0"/>', 1.0),
        ('<prop id="spatial-calibration-x" type="float" value="1e999"/>', 1.0),
        ('id="spatial-calibration-state" value="off" id="spatial-calibration-x" value="2"', 1.0),
        ('id="spatial-calibration-x" value="2" id="spatial-calibration-units" value="pixel"', 1.0),
        ("no calibration here", 1.0),
    ],
)
def test_the_pixel_size_comes_from_the_first_image_or_is_one(tmp_path, description, size):
    import numpy
    import tifffile

    htd(tmp_path / "a.HTD")
    image = numpy.zeros((4, 4), "uint16")
    tifffile.imwrite(tmp_path / "A01_w1.tif", image, description=description, metadata=None)
    assert METADATA.get_pixel_size(tmp_path) == size
    told = METADATA.read_plate(tmp_path).summary()["pixel_size_um"]
    assert told == (None if size == 1.0 else size)


def test_foreign_files_and_folders_are_listed_as_ignored(tmp_path):
    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "A01_s1_w1.tif")
    tiff(tmp_path / "A01_s001_w1.tif")
    tiff(tmp_path / "overview.tif")
    tiff(tmp_path / "results" / "A02_s1_w1.tif")
    (tmp_path / "._A01_s2_w1.tif").write_bytes(b"\0\5\26\7")
    (tmp_path / "notes.txt").touch()
    plate = METADATA.read_plate(tmp_path)
    assert [i.file for i in plate.images] == ["A01_s001_w1.tif"]
    assert left_out(plate) == {
        "A01_s1_w1.tif": "shows the same as A01_s001_w1.tif",
        "overview.tif": "its name tells no well",
        "results": "no TimePoint or ZStep",
        "._A01_s2_w1.tif": "what macOS keeps beside a file, no image",
    }


def test_copies_of_files_take_no_ones_place_and_make_no_channel(tmp_path):
    htd(tmp_path / "a.HTD", waves=("DAPI", "GFP"))
    for name in ("p_A01_s1_w1.TIF", "p_A01_s1_w1 - Copy.TIF", "p_A02_s1_w2(1).tif"):
        tiff(tmp_path / name)
    plate = METADATA.read_plate(tmp_path)
    assert [i.file for i in plate.images] == ["p_A01_s1_w1.TIF"]
    assert left_out(plate) == {
        "p_A01_s1_w1 - Copy.TIF": "its name goes on with ' - Copy' behind what it tells",
        "p_A02_s1_w2(1).tif": "its name goes on with '(1)' behind what it tells",
    }


def test_the_name_that_tells_nothing_else_is_the_images(tmp_path):
    htd(tmp_path / "a.HTD")
    for name in ("a_A01_s1_w1_mask.tif", "b_A01_s1_w1.tif", "a_A02_s1_w1_mask.tif"):
        tiff(tmp_path / name)
    plate = METADATA.read_plate(tmp_path)
    assert {i.file for i in plate.images} == {"b_A01_s1_w1.tif", "a_A02_s1_w1_mask.tif"}
    assert left_out(plate) == {"a_A01_s1_w1_mask.tif": "shows the same as b_A01_s1_w1.tif"}


def test_names_may_tell_the_plane_before_the_wave(tmp_path):
    htd(tmp_path / "a.HTD", waves=("DAPI", "GFP"))
    for wave in (1, 2):
        tiff(tmp_path / f"A01_s1_z1_w{wave}.TIF")
    plate = METADATA.read_plate(tmp_path)
    assert (plate.channels, plate.ignored) == ({1: "DAPI", 2: "GFP"}, ())


def test_there_is_no_site_and_no_wave_0(tmp_path):
    htd(tmp_path / "a.HTD")
    for name in ("A01_s1_w1.tif", "A01_s0_w1.tif", "A01_s1_w0.tif"):
        tiff(tmp_path / name)
    plate = METADATA.read_plate(tmp_path)
    assert [i.file for i in plate.images] == ["A01_s1_w1.tif"]
    assert left_out(plate) == dict.fromkeys(
        ("A01_s0_w1.tif", "A01_s1_w0.tif"),
        "its name has the number 0, and sites and waves count from 1",
    )


def test_a_link_to_an_image_is_one_and_a_link_to_nothing_is_told(tmp_path):
    htd(tmp_path / "plate" / "a.HTD")
    tiff(tmp_path / "elsewhere.tif")
    for name, target in (("A01_w1.tif", tmp_path / "elsewhere.tif"), ("B01_w1.tif", "gone.tif")):
        (tmp_path / "plate" / name).symlink_to(target)
    (tmp_path / "plate" / "C01_w1.tif").symlink_to("C01_w1.tif")
    plate = METADATA.read_plate(tmp_path / "plate")
    assert plate.values("well") == ["A01"]
    reason = "a link, but what it leads to is not there"
    assert left_out(plate) == {"B01_w1.tif": reason, "C01_w1.tif": reason}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("name", ["A01_s1_w1.tif", f"exp_A01_s1_w1{GUID}.tif"])
def test_a_pipe_with_an_images_name_is_told_and_not_waited_for(tmp_path, name):
    htd(tmp_path / "a.HTD")
    os.mkfifo(tmp_path / name)
    both_ends = os.open(tmp_path / name, os.O_RDWR)  # whoever opened it else would wait for ever
    try:
        plate = METADATA.read_plate(tmp_path)
    finally:
        os.close(both_ends)
    assert (plate.images, left_out(plate)) == ((), {name: "a pipe or a device, no file"})


def test_a_link_to_nothing_makes_no_database_export(tmp_path):
    (tmp_path / f"exp_A01_s1_w1{GUID}.tif").symlink_to("gone.tif")
    with pytest.raises(MetadataNotFoundError):
        METADATA.find_metadata_file(tmp_path)


def test_a_link_that_leads_back_up_ends(tmp_path):
    htd(tmp_path / "a.HTD")
    tiff(tmp_path / "TimePoint_1" / "A01_s1_w1.tif")
    (tmp_path / "TimePoint_1" / "TimePoint_2").symlink_to(tmp_path)
    assert len(METADATA.read_plate(tmp_path).images) == 1


def test_the_workspace_flattens_the_plate_without_touching_it(tmp_path):
    plate = tmp_path / "plate"
    htd(plate / "a.HTD", sites=(1, 2))
    for site in (1, 2):
        tiff(plate / "TimePoint_1" / "ZStep_2" / f"A01_s{site}_w1.tif", value=site)
    with untouched(plate):
        handler = create_microscope_handler("auto", plate)
        assert handler.initialize_workspace(plate) == {
            "A01_s001_w1_z002_t001.tif": "TimePoint_1/ZStep_2/A01_s1_w1.tif",
            "A01_s002_w1_z002_t001.tif": "TimePoint_1/ZStep_2/A01_s2_w1.tif",
        }


def test_patterns_leave_components_open_and_find_names_whatever_their_padding(tmp_path):
    for name in ("A01_s1_w1.tif", "A01_s2_w1.tif", "A01_s10_w2.tif", "B01_s1_w1.tif"):
        tiff(tmp_path / name)
    handler = create_microscope_handler("imagexpress")
    assert handler.auto_detect_patterns(tmp_path) == {
        "A01": ["A01_s{iii}_w1_t001.tif", "A01_s{iii}_w2_t001.tif"],
        "B01": ["B01_s{iii}_w1_t001.tif"],
    }
    grouped = handler.auto_detect_patterns(tmp_path, group_by="channel")
    assert grouped["A01"] == {
        "1": ["A01_s{iii}_w1_t001.tif"],
        "2": ["A01_s{iii}_w2_t001.tif"],
    }
    found = handler.path_list_from_pattern(tmp_path, "A01_s{iii}_w1_t001.tif")
    assert found == ["A01_s1_w1.tif", "A01_s2_w1.tif"]


def named_alike(name):
    """Return the component *name* in every way that it may be given."""
    from openhcs.constants import AllComponents, GroupBy, VariableComponents

    return [name, *(enum[name.upper()] for enum in (AllComponents, VariableComponents, GroupBy))]


def test_patterns_take_members_of_the_enums_for_the_names_of_components(tmp_path):
    for name in ("A01_s1_w1.tif", "A01_s2_w2.tif"):
        tiff(tmp_path / name)
    find = create_microscope_handler("imagexpress").auto_detect_patterns
    for site, channel in zip(named_alike("site"), named_alike("channel"), strict=True):
        assert find(tmp_path, [site], channel) == {
            "A01": {"1": ["A01_s{iii}_w1_t001.tif"], "2": ["A01_s{iii}_w2_t001.tif"]}
        }
        assert find(tmp_path, (site, channel)) == {"A01": ["A01_s{iii}_w{iii}_t001.tif"]}
        assert find(tmp_path, site) == find(tmp_path, [site])


def test_patterns_can_be_grouped_by_nothing(tmp_path):
    from openhcs.constants import GroupBy

    tiff(tmp_path / "A01_s1_w1.tif")
    find = create_microscope_handler("imagexpress").auto_detect_patterns
    assert find(tmp_path, group_by=GroupBy.NONE) == find(tmp_path) == find(tmp_path, group_by=None)


@pytest.mark.parametrize(
    ("variable", "group_by", "named"),
    [
        (["sites"], None, "'sites'"),
        (["site"], "chanel", "'chanel'"),
        (["site"], "", "''"),
        ([None], None, "None"),
        (["well"], None, "'well'"),
    ],
)
def test_a_component_that_no_pattern_has_is_named(tmp_path, variable, group_by, named):
    handler = create_microscope_handler("imagexpress")
    with pytest.raises(ComponentError, match=f"{named} is no(.|\n)*site, channel, z_index, time"):
        handler.auto_detect_patterns(tmp_path, variable, group_by)


def test_a_folder_without_htd_is_no_export(tmp_path):
    tiff(tmp_path / "A01_s1_w1.tif")
    with pytest.raises(MetadataNotFoundError, match="no HTD file"):
        METADATA.find_metadata_file(tmp_path)
    with pytest.raises(PlateError):
        create_microscope_handler("auto", tmp_path)
