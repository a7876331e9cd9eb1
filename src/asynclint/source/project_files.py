"""Files beside the code that say something about it: configuration, requirements, what is ignored, a baseline.

Anybody may have put anything in their place. This is the one door they are read through: no reader waits for a pipe,
fills the memory from a device, or follows a link out of the project that nobody named.
"""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING, Any

from asynclint.source.boundaries import leads_out
from asynclint.source.opening import NotAFile, open_regular

if TYPE_CHECKING:
    from asynclint.source.opening import Opened

MOST_BYTES = 16 * 2**20
"""Several times the largest lock files there are."""

LINK_OUT = "is a link out of the project"


class UnreadableProjectFile(Exception):  # noqa: N818 - says what the file is, as FileNotFoundError does
    """The file is not read; the message says why in one line, after the file's name."""


class MissingProjectFile(UnreadableProjectFile):
    """Nothing has the file's name."""


class NotTOML(ValueError):  # noqa: N818 - says what the text is
    """The text cannot be read as TOML; the message says why, as `tomllib` does."""


def read_project_file(path: str, *, most: int = MOST_BYTES, named: bool = False) -> bytes:
    """The content of a regular file of at most `most` bytes, given by its absolute path. Raises UnreadableProjectFile.

    A link is followed inside of the project, and wherever it leads if the command line has `named` it.
    """
    try:
        data = _opened(path, named=named).read(most)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if len(data) > most:
        raise UnreadableProjectFile(_too_large(most))
    return data


def why_unread(path: str, *, most: int = MOST_BYTES) -> str | None:
    """Why a file that is there by its name would not be read; None where it would be, or is not there."""
    try:
        opened = _opened(path, named=False)
    except (OSError, ValueError) as error:
        reason = _unreadable(path, error)
        return None if isinstance(reason, MissingProjectFile) else str(reason)
    except UnreadableProjectFile as error:
        return str(error)
    os.close(opened.descriptor)
    return _too_large(most) if opened.status.st_size > most else None


def _opened(path: str, *, named: bool) -> Opened:
    if named:
        return open_regular(path, follow=True)
    os.lstat(path)
    if leads_out(path):
        raise UnreadableProjectFile(LINK_OUT)
    return open_regular(os.path.realpath(path), follow=False)


def _too_large(most: int) -> str:
    return f"has more than {most // 2**20} MB" if most >= 2**20 else f"has more than {most // 2**10} kB"


def _unreadable(path: str, error: OSError | ValueError) -> UnreadableProjectFile:
    if isinstance(error, NotAFile):
        return UnreadableProjectFile(error.strerror)
    if isinstance(error, FileNotFoundError):
        if os.path.islink(path):  # noqa: PTH114 - paths are texts here
            return UnreadableProjectFile("is a symbolic link to nothing")
        return MissingProjectFile("cannot be read: no such file or directory")
    if isinstance(error, OSError):
        if error.errno == errno.ELOOP:
            return UnreadableProjectFile("is a loop of symbolic links")
        if error.errno == errno.ENXIO:  # a socket, which open(2) refuses
            return UnreadableProjectFile("is no regular file")
        return UnreadableProjectFile(f"cannot be read: {error.strerror or error}".lower())
    return UnreadableProjectFile("cannot be read: there is a null byte in its name")


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a document. Raises NotTOML, for what `tomllib` answers with a RecursionError too."""
    import tomllib  # noqa: PLC0415 - 10 ms that a folder without a configuration need not pay

    if len(text) > MOST_TOML:
        raise NotTOML(f"more than {MOST_TOML // 2**20} MB of text (at end of document)")
    if _has_long_key(text):
        raise NotTOML(f"a key of more than {MOST_PARTS} parts (at end of document)")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise NotTOML("nested too deeply (at end of document)") from None
    except tomllib.TOMLDecodeError as error:
        raise NotTOML(str(error)) from None
    except ValueError:
        raise NotTOML("a number of more digits than Python takes (at end of document)") from None


MOST_TOML = 2**21
"""Characters; 0.8 million of them, in keys of a hundred parts, took four seconds."""

MOST_PARTS = 100
"""Of a dotted key; `tomllib` takes a time that grows with the square of their number."""
_TOML_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?|\'{3}(?:[^\']|\'(?!\'\'))*+(?:\'{3,5})?'
    r'|"(?:\\.|[^"\\\n])*+"?|\'[^\'\n]*+\'?|\#[^\n]*+|[.\n=\[\]{},]',
    re.DOTALL,
)
"""A string that is not closed is taken as well: else each quote in it would be tried as the beginning of another."""


def _has_long_key(text: str) -> bool:
    """Whether a key, outside of strings and comments, has too many parts."""
    if all(line.count(".") < MOST_PARTS for line in text.split("\n")):  # a key is on one line
        return False
    parts = 1
    for token in _TOML_TOKEN.finditer(text):
        if token[0] == ".":
            parts += 1
            if parts > MOST_PARTS:
                return True
        elif token[0][0] not in "\"'#":
            parts = 1
    return False
