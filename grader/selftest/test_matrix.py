"""The matrix of mutants and tests: what it finds, on a small one."""

import io

import pytest
from rich.console import Console

from hvgrade import matrix
from hvgrade.lab import Lab, find_labs
from hvgrade.matrix import Matrix
from hvgrade.variants import Mutant

ENDS = {
    "both": {"test_a": "killed", "test_b": "killed"},
    "one": {"test_a": "killed", "test_b": "survived"},
    "none": {"test_a": "survived", "test_b": "survived"},
    "odd": {"test_a": "killed", "test_b": "undecided"},
}
SMALL = Matrix(["test_a", "test_b"], ENDS)


def test_what_a_test_kills_alone() -> None:
    assert SMALL.survivors() == ["none"]
    assert SMALL.alone("test_a") == ["one", "odd"]
    assert SMALL.alone("test_b") == []
    assert SMALL.killers("test_b") == ["both"]


def test_the_matrix_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def mutants(lab: Lab, kit: object) -> list[Mutant]:
        return [Mutant(name, "f", "m", "x", "y", ("test_a",)) for name in ENDS]

    monkeypatch.setattr(matrix, "load_mutants", mutants)
    file = io.StringIO()
    matrix.show(find_labs()["h1"], SMALL, Console(file=file, width=80))
    shown = file.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    words = [line.split() for line in shown.splitlines() if line.strip()]
    rows = {first: last for first, *_, last in (w for w in words if len(w) == 2)}
    assert (rows["both"], rows["one"], rows["odd"]) == ("##", "#·", "#?")
    assert "mutants that no test kills: 1\n  none\n" in shown
    alone = "tests that kill no mutant alone: 1\n  test_b\n    no reason is given\n"
    assert shown.endswith(alone)
    assert "none survives test_a" in shown and "both is killed by test_b" in shown
