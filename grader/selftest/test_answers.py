"""What a driver can answer, and what only somebody in its place would."""

import re

import pytest

from hvgrade.answers import COMMANDS, fits
from hvgrade.lab import KIT


def test_every_command_of_a_driver_has_a_shape() -> None:
    drivers = (KIT / "grader/unit").glob("h*/*.c")
    found = {
        name
        for path in drivers
        for name in re.findall(r'\{"(\w+)",\s*\w+\}', path.read_text())
    }
    assert found == COMMANDS


@pytest.mark.parametrize(
    "command, answer",
    [
        ("map 0 0 1000 e", "0 5 0 0 -,0 - 0 80000000,1,2,180000000,df ; "),
        ("walk 0", "-3 -1 0 0"),
        ("decode 3 13", "0,1,1,0,4 -"),
        ("extend 0 8 ff", "ff"),
        ("pop 5", "- 0 ffffffffffffffff 0"),
        ("pick", "- 0 0 1 0 0 64"),
        ("reset", ""),
    ],
)
def test_what_a_driver_answers_fits(command: str, answer: str) -> None:
    assert fits(command, answer.split(" ") if answer else [])


@pytest.mark.parametrize(
    "command, answer",
    [
        ("map 0 0 1000 e", "-"),
        ("map 0 0 1000 e", "0 5 0 0 -,0 - 0 80000000,7,2,180000000,df ; "),
        ("walk 0", "refused"),
        ("decode 3 13", "0,1,1,0,4"),
        ("decode 3 13", "0,1,1,0,4 - -"),
        ("extend 0 8 ff", "0x"),
        ("pop 5", "- 0 0"),
        ("pick", "- 0 0 1"),
        ("reset", "done"),
    ],
)
def test_what_no_driver_answers_does_not(command: str, answer: str) -> None:
    assert not fits(command, answer.split(" "))
