"""lab.toml: a broken one is one clear line, never a wrong score."""

from pathlib import Path

import pytest

from hvgrade.lab import LabError, find_labs, load_lab

GOOD = """
lab = "h1"
title = "A lab"
files = ["isa.c", "switch.S"]
[[task]]
id = "h1.1"
title = "Detect"
file = "isa.c"
read = "README.md#h11"
[[test]]
name = "test_a"
task = "h1.1"
points = 60
title = "a"
[[test]]
name = "test_b"
task = "h1.1"
points = 40
title = "b"
"""


def write(kit: Path, text: str, folder: str = "h1_lab") -> Path:
    path = kit / "labs" / folder / "lab.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_good_one_is_read_whole(tmp_path: Path) -> None:
    lab = load_lab(write(tmp_path, GOOD))
    assert (lab.name, lab.files) == ("h1", ("isa.c", "switch.S"))
    assert {t.name: t.points for t in lab.tests.values()} == {
        "test_a": 60,
        "test_b": 40,
    }
    assert lab.read_of("h1.1") == "labs/h1_lab/README.md#h11"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points = 40", "points = 41", "sum to 101, not 100"),
        ("points = 40", "points = 0", "at least 1"),
        ("points = 40", 'points = "40"', "'points' must be a int"),
        ("points = 40", "points = true", "'points' must be a int"),
        ("points = 40", 'points = 40\nunit = "yes"', "'unit' must be a bool"),
        ('name = "test_b"', 'name = "test_a"', "test_a is there twice"),
        ('name = "test_b"\ntask = "h1.1"', 'name = "test_b"\ntask = "h1.2"', "h1.2"),
        ('file = "isa.c"', 'file = "other.c"', "'other.c' is not in 'files'"),
        ('"switch.S"', '"../switch.S"', "not a plain file name"),
        ('"switch.S"', '".hidden"', "not a plain file name"),
        ('read = "README.md#h11"', "", "task h1.1: 'read' must be a str"),
        ('title = "b"', f'title = "{37 * "b"}"', "longer than 36"),
        ('lab = "h1"', 'lab = "h2"', "in the folder h1_lab"),
        ("[[task]]", "[[task", "lab.toml"),
    ],
)
def test_a_broken_one_is_one_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(LabError) as error:
        load_lab(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_labs_are_found_in_order(tmp_path: Path) -> None:
    for name in ("h2", "h1"):
        write(tmp_path, GOOD.replace('lab = "h1"', f'lab = "{name}"'), f"{name}_x")
    assert list(find_labs(tmp_path)) == ["h1", "h2"]
