"""Files rewritten: all or nothing, in their own encoding, and only if they are still what was read."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.source.opening import open_regular
from asynclint.source.text import UnreadableFile, decode_source

if TYPE_CHECKING:
    from asynclint.source.text import SourceFile


class UnwritableFile(Exception):  # noqa: N818 - as UnreadableFile
    """The file was left as it is; the message says why in one line, without the file's name."""


def why_not_replaceable(path: str) -> str | None:
    """What forbids to rewrite a file, None where nothing does."""
    try:
        status = Path(path).lstat()
    except (OSError, ValueError):
        return "is gone, it was there when the run began"
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link; fix the file that it leads to"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        return "is read-only"
    if not os.access(Path(path).parent, os.W_OK | os.X_OK):
        return "is in a folder that is read-only"
    return None


def replace_text(path: str, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before`, both the text as UTF-8 without BOM. Raises UnwritableFile.

    Encoding, byte order mark and mode are kept. Whoever opens the file at any moment finds the old text or the new.
    """
    reason = why_not_replaceable(path)
    if reason is not None:
        raise UnwritableFile(reason)
    try:
        raw = _content(path, _most_bytes_of(before))
        source = decode_source(raw, path, path)
    except UnreadableFile:
        raise UnwritableFile(_CHANGED) from None
    if source.data != before:
        raise UnwritableFile(_CHANGED)
    if _encoded(source, before) != raw:
        raise UnwritableFile(f"has the encoding `{source.encoding}`, in which it cannot be written back as it was")
    _replace(Path(path), raw, _encoded(source, after))


def in_encoding_of(path: str, data: bytes) -> bytes:
    """A text, UTF-8 without BOM, as it would stand in a file. Raises UnwritableFile."""
    try:
        raw = open_regular(path, follow=True).read(_most_bytes_of(data))
        encoded = _encoded(decode_source(raw, path, path), data)
    except (OSError, UnreadableFile):
        raise UnwritableFile(_CHANGED) from None
    if encoded is None:
        raise UnwritableFile(_UNKNOWN)
    return encoded


_CHANGED = "was changed by someone else while it was checked; run again"
_MOST_FOR_A_CHARACTER = 8
"""Bytes that a byte of UTF-8 takes in any encoding, those that switch between character sets with it."""


def _most_bytes_of(text: bytes) -> int:
    return _MOST_FOR_A_CHARACTER * len(text) + _MOST_FOR_A_CHARACTER


def _content(path: str, most: int) -> bytes:
    """What a file holds, up to a byte more than `most`. Raises UnwritableFile where it has become something else."""
    try:
        return open_regular(path, follow=False).read(most)
    except OSError:
        raise UnwritableFile(_CHANGED) from None


_UNKNOWN = "has an encoding in which the fix cannot be written"


def _encoded(source: SourceFile, data: bytes) -> bytes | None:
    if source.encoding == "utf-8":
        return codecs.BOM_UTF8 + data if source.bom else data
    try:
        return data.decode().encode(source.encoding)
    except UnicodeError:
        return None


def _replace(path: Path, old: bytes, new: bytes | None) -> None:
    if new is None:
        raise UnwritableFile(_UNKNOWN)
    try:
        temporary = _written_beside(path, new)
    except OSError as error:
        raise UnwritableFile(f"cannot be written: {error.strerror}".lower()) from None
    try:
        if _content(str(path), len(old)) != old:
            raise UnwritableFile(_CHANGED)
        temporary.replace(path)
    except OSError as error:
        raise UnwritableFile(f"cannot be replaced: {error.strerror}".lower()) from None
    finally:
        temporary.unlink(missing_ok=True)


def _written_beside(path: Path, data: bytes) -> Path:
    """A new file with the owner and mode of `path`, complete on disk, in the same folder so that a rename will do."""
    status = path.stat()
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            _give_to_owner(temporary, status)
            temporary.chmod(stat.S_IMODE(status.st_mode))
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _give_to_owner(file: Path, status: os.stat_result) -> None:
    mine = file.stat()
    if hasattr(os, "chown") and (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        os.chown(file, status.st_uid, status.st_gid)
