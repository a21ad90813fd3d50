"""What is taken out of what was handed in, however hostile it is."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from tinykit import Kit

from hvgrade import intake
from hvgrade.intake import find, take
from hvgrade.lab import Lab, load_lab
from hvgrade.scratch import MAX_FILE
from hvgrade.verdict import Infrastructure


@pytest.fixture
def lab(kit: Kit) -> Lab:
    kit.tests("", {"test_a": 100})
    return load_lab(kit.root / "labs/h1_tiny/lab.toml")


def tar(path: Path, *members: tuple[str, bytes | tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zipped(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "code.py",
        "./code.py",
        "h1_tiny/code.py",
        "a/b/labs/h1_tiny/code.py",
        "x/code.py",
    ],
)
def test_any_layout_will_do(lab: Lab, tmp_path: Path, name: str) -> None:
    wanted = {"code.py": b"mine"}
    other = ("README", b"?")
    assert find(lab, tar(tmp_path / "a.tar.gz", other, (name, b"mine"))) == wanted
    assert find(lab, zipped(tmp_path / "a.zip", other, (name, b"mine"))) == wanted
    folder = tmp_path / "folder"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_bytes(b"mine")
    assert find(lab, folder) == wanted


def test_the_folder_of_the_lab_comes_first(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    both = ("backup/code.py", b"old"), ("me/h1_tiny/code.py", b"new")
    assert find(lab, tar(path, *both)) == {"code.py": b"new"}
    empty = ("h1_tiny/README", b"?"), ("code.py", b"mine")
    assert find(lab, tar(path, *empty)) == {"code.py": b"mine"}


def special(name: str, kind: bytes) -> tuple[str, tarfile.TarInfo]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return name, info


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_only_plain_small_files_are_taken(
    lab: Lab, tmp_path: Path, kind: bytes
) -> None:
    path = tmp_path / "a.tar.gz"
    assert find(lab, tar(path, special("code.py", kind))) == {}
    assert find(lab, tar(path, ("code.py", bytes(MAX_FILE + 1)))) == {}
    bomb = zipped(tmp_path / "a.zip", ("code.py", bytes(100 << 20)))
    assert find(lab, bomb) == {}


def test_a_bomb_does_not_go_off(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MAX_UNPACKED", 1 << 20)
    monkeypatch.setattr(intake, "MAX_TAKEN", MAX_FILE)
    zeros = ("zeros", bytes(2 << 20))
    for name, pack in (("a.tgz", tar), ("a.zip", zipped)):
        many = [(f"{number}/code.py", bytes(MAX_FILE)) for number in range(20)]
        assert find(lab, pack(tmp_path / name, *many)) == {"code.py": bytes(MAX_FILE)}
    assert find(lab, tar(tmp_path / "a.tgz", ("code.py", b"x"), zeros)) != {}
    assert find(lab, tar(tmp_path / "a.tgz", zeros, ("code.py", b"x"))) == {}


def test_what_is_no_file_and_no_folder_holds_nothing(lab: Lab, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert find(lab, tmp_path / "fifo") == {}
    assert find(lab, Path("/dev/zero")) == {}


def test_nothing_is_written_elsewhere(lab: Lab, tmp_path: Path) -> None:
    names = ["../../code.py", "/etc/cron.d/code.py", "h1_tiny/../../code.py"]
    target = tmp_path / "target"
    for name in names:
        take(lab, tar(tmp_path / "a.tgz", (name, b"x"), ("../evil", b"x")), target)
        take(lab, zipped(tmp_path / "a.zip", (name, b"x"), ("../evil", b"x")), target)
    assert [p.name for p in target.rglob("*") if p.is_file()] == ["code.py"]
    assert not list(tmp_path.rglob("evil")) and not Path("/etc/cron.d/code.py").exists()


def test_links_and_fifos_in_a_folder_are_left_alone(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "h1_tiny").mkdir(parents=True)
    os.mkfifo(folder / "h1_tiny/code.py")
    assert find(lab, folder) == {}
    (folder / "h1_tiny/code.py").unlink()
    (folder / "h1_tiny/code.py").symlink_to("/etc/passwd")
    assert find(lab, folder) == {}
    (folder / "h1_tiny/code.py").unlink()
    (folder / "h1_tiny").rmdir()
    (folder / "h1_tiny").symlink_to(lab.dir)
    assert find(lab, folder) == {}


def test_a_damaged_archive_is_an_empty_one(lab: Lab, tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tgz", ("code.py", os.urandom(5000))).read_bytes()
    zips = zipped(tmp_path / "a.zip", ("code.py", os.urandom(5000))).read_bytes()
    for content in (b"", b"no archive", whole[:2000], zips[:2000]):
        (tmp_path / "bad").write_bytes(content)
        assert find(lab, tmp_path / "bad") == {}
    broken = bytearray(zips)
    broken[300] ^= 0xFF
    (tmp_path / "bad").write_bytes(broken)
    assert find(lab, tmp_path / "bad") == {}


def test_the_digest_is_that_of_the_files(lab: Lab, tmp_path: Path) -> None:
    first = take(lab, tar(tmp_path / "a.tgz", ("code.py", b"x")), tmp_path / "1")
    again = take(lab, zipped(tmp_path / "a.zip", ("x/code.py", b"x")), tmp_path / "2")
    other = take(lab, zipped(tmp_path / "b.zip", ("code.py", b"y")), tmp_path / "3")
    assert first == again != other
    with pytest.raises(Infrastructure):
        take(lab, tmp_path / "nowhere", tmp_path / "4")
