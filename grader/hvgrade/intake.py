"""Takes what was handed in: an archive or a folder, however it is laid out.

Nothing is unpacked. Of all that is there, only plain files with the names that
lab.toml lists are read, from the first of these places that holds one of them:
a folder with the lab's name, anywhere; else the one folder that has them.
"""

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from .lab import Lab
from .scratch import MAX_FILE
from .verdict import Infrastructure

MAX_MEMBERS = 10_000  # of an archive: what comes after is not looked at
MAX_UNPACKED = 512 << 20  # bytes: the same
MAX_TAKEN = 64 << 20  # bytes, from all the places in it
_Read = Callable[[], bytes]


def _unpack(path: Path, target: IO[bytes]) -> None:
    """The beginning of a compressed file, however much would come out of it."""
    module = {b"\x1f\x8b": gzip, b"BZ": bz2, b"\xfd7": lzma}
    with path.open("rb") as file:
        opener = module.get(file.read(2))
    with opener.open(path) if opener else path.open("rb") as file:
        left = MAX_UNPACKED
        while left > 0 and (data := file.read(min(left, 1 << 20))):
            left -= target.write(data)
    target.seek(0)


def _tar(path: Path) -> Iterator[tuple[str, _Read]]:
    with tempfile.TemporaryFile() as plain:
        _unpack(path, plain)
        with tarfile.open(fileobj=plain, mode="r:") as archive:
            yield from _plain_members(archive)


def _plain_members(archive: tarfile.TarFile) -> Iterator[tuple[str, _Read]]:
    for _, member in zip(range(MAX_MEMBERS), archive, strict=False):
        if member.isreg() and member.size <= MAX_FILE:
            file = archive.extractfile(member)
            if file:
                yield member.name, partial(file.read, MAX_FILE + 1)


def _zip(path: Path) -> Iterator[tuple[str, _Read]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist()[:MAX_MEMBERS]:
            mode = info.external_attr >> 16
            plain = not stat.S_IFMT(mode) or stat.S_ISREG(mode)
            if plain and not info.is_dir() and info.file_size <= MAX_FILE:

                def read(info: zipfile.ZipInfo = info) -> bytes:
                    with archive.open(info) as file:
                        return file.read(MAX_FILE + 1)

                yield info.filename, read


def _folder(path: Path) -> Iterator[tuple[str, _Read]]:
    count = 0
    for place, folders, names in os.walk(path):  # follows no links
        folders.sort()
        for name in sorted(names):
            count += 1
            file = Path(place) / name
            status = file.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_FILE:
                yield file.relative_to(path).as_posix(), file.read_bytes
        if count > MAX_MEMBERS:
            return


def _members(path: Path) -> Iterator[tuple[str, _Read]]:
    if path.is_dir():
        return _folder(path)
    if not path.is_file():  # a FIFO, a device: nothing that can be looked into
        return iter(())
    if zipfile.is_zipfile(path):
        return _zip(path)
    return _tar(path)


def find(lab: Lab, path: Path) -> dict[str, bytes]:
    """The lab's files in what was handed in, by name; those that are there."""
    places: dict[str, dict[str, bytes]] = {}
    taken = 0
    try:
        for name, read in _members(path):
            if taken > MAX_TAKEN:
                break
            whole = PurePosixPath(name)
            place = places.setdefault(str(whole.parent), {})
            if whole.name in lab.files and whole.name not in place:
                content = read()
                taken += len(content)
                if len(content) <= MAX_FILE:
                    place[whole.name] = content
    except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile):
        pass  # a damaged archive: what could be read of it
    except (NotImplementedError, RuntimeError):  # its method, its password
        pass
    except Exception as error:  # zlib.error, lzma.LZMAError ...
        if type(error).__module__ not in ("zlib", "_lzma", "lzma", "bz2"):
            raise
    named = [f for p, f in places.items() if PurePosixPath(p).name == lab.dir.name]
    filled = [files for files in [*named, *places.values()] if files]
    return filled[0] if filled else {}


def take(lab: Lab, path: Path, target: Path) -> str:
    """Lays the lab's files into target/LAB_DIR; returns a digest of them."""
    if not path.exists():
        raise Infrastructure(f"{path} is not there")
    folder = target / lab.dir.name
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for name, content in sorted(find(lab, path).items()):
        (folder / name).write_bytes(content)
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
