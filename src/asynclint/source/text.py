"""A file's text, decoded as Python would."""

from __future__ import annotations

import codecs
import dataclasses
import functools
import re
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from asynclint.source.digests import digest_of, stamp_at
from asynclint.source.lines import LineTable
from asynclint.source.opening import NotAFile, is_link_refused, open_regular

if TYPE_CHECKING:
    from asynclint.source.digests import Stamp

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK_OR_COMMENT = re.compile(rb"^[ \t\f]*(?:#|$)")
_ASCII = bytes({*b"\t\n\f\r", *range(0x20, 0x7F)} - {*b"\\"}) + rb" \x41\u0041\n +AGE- ~{<:~} .xn--mnchen-3ya. "
"""Every character that source has outside of strings, and what some codecs take for something else."""
_LONGEST_NAME = 40
"""Characters of the name of an encoding that are shown."""
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableFile(Exception):  # noqa: N818 - says what the file is, as FileNotFoundError does
    """The file cannot be checked; the message says why in one line, without the file's name."""


@dataclass(frozen=True)
class SourceFile:
    """A file as it was when read.

    `path` is absolute, `display` what people are shown. `data` is the text as UTF-8 without BOM, whatever the
    `encoding` of the file; a coding cookie in it no longer says anything. `bom`: the file began with one. `digest` is
    that of its bytes, `stamp` what the file system said before they were read; both only where they came from a file.
    """

    path: str
    display: str
    data: bytes
    encoding: str = "utf-8"
    bom: bool = False
    digest: bytes = b""
    stamp: Stamp | None = None

    @cached_property
    def text(self) -> str:
        return self.data.decode("utf-8")

    @cached_property
    def lines(self) -> LineTable:
        return LineTable(self.data)


def read_source(path: str, display: str, max_file_size: int, *, is_link: bool = False) -> SourceFile:
    """Read and decode a regular file of at most `max_file_size` bytes. Raises UnreadableFile.

    `is_link`: it was one when it was found, so it is read through. What has become a link since is not.
    """
    try:
        seen = time.time_ns()
        opened = open_regular(path, follow=is_link)
        raw = opened.read(max_file_size)
    except FileNotFoundError:
        raise UnreadableFile("the file is gone, it was there when the run began") from None
    except NotAFile:
        raise UnreadableFile("is not a regular file") from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(_reason(error, is_link=is_link)) from None
    if len(raw) > max_file_size:
        size = max(len(raw), opened.status.st_size)
        raise too_large(size, max_file_size)
    source = decode_source(raw, path, display)
    return dataclasses.replace(source, digest=digest_of(raw), stamp=stamp_at(opened.status, seen))


def too_large(size: int, most: int) -> UnreadableFile:
    """What is wrong with a text of more bytes than are read."""
    return UnreadableFile(f"has {size:,} bytes, more than the limit of {most:,}")


def decode_source(raw: bytes, path: str, display: str) -> SourceFile:
    """The text of a file's bytes by the rules of PEP 263. Raises UnreadableFile.

    Not left to `tokenize.detect_encoding`, whose answers differ between versions of Python.
    """
    bom = raw.startswith(codecs.BOM_UTF8)
    body = raw.removeprefix(codecs.BOM_UTF8)
    encoding = _declared_encoding(body) or "utf-8"
    if bom and encoding != "utf-8":
        raise UnreadableFile(f"has a UTF-8 byte order mark but declares the encoding `{encoding}`")
    data = body if encoding == "utf-8" else _reencoded(body, encoding)
    _refuse_undecodable(data, raw)
    return SourceFile(path, display, data, encoding, bom)


def _reason(error: OSError | ValueError, *, is_link: bool) -> str:
    if isinstance(error, OSError) and is_link_refused(error) and not is_link:
        return "has become a symbolic link since the run began"
    return f"cannot be read: {getattr(error, 'strerror', None) or error}".lower()


def _declared_encoding(body: bytes) -> str | None:
    """The encoding named in the first two lines, under the name Python's codecs give it."""
    for line in re.split(rb"\r\n?|\n", body, maxsplit=2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie is not None:
            return _codec_name(cookie.group(1).decode("ascii"))
        if not _BLANK_OR_COMMENT.match(line):
            return None
    return None


def _codec_name(declared: str) -> str:
    # As Python's tokenizer, which knows what editors append: `utf-8-unix`.
    start = declared[:12].lower().replace("_", "-") + "-"
    if start.startswith("utf-8-"):
        return "utf-8"
    if start.startswith(("latin-1-", "iso-8859-1-", "iso-latin-1-")):
        return "iso8859-1"
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        shown = declared if len(declared) <= _LONGEST_NAME else f"{declared[:_LONGEST_NAME]}…"
        raise UnreadableFile(f"declares the unknown encoding `{shown}`") from None
    _refuse_unlike_ascii(name)
    return name


def _refuse_unlike_ascii(encoding: str) -> None:
    is_text, extends_ascii = _nature(encoding)
    if not is_text:
        raise UnreadableFile(f"declares `{encoding}`, which is no encoding of text")
    if not extends_ascii:
        raise UnreadableFile(
            f"declares `{encoding}`, an encoding in which ASCII does not stand for itself; save the file as UTF-8"
        )


@functools.cache
def _nature(encoding: str) -> tuple[bool, bool]:
    """Whether a codec is for text, and whether it reads ASCII as ASCII.

    PEP 263 allows encodings that do. Python tries others too, but code in the escapes of `unicode_escape` or `utf-7` is
    none that a reviewer sees, and the time that `punycode` takes grows with the square of the text.
    """
    try:
        return True, _ASCII.decode(encoding) == _ASCII.decode("ascii")
    except UnicodeError:
        return True, False
    except (LookupError, ValueError):  # bytes-to-bytes codecs such as `hex`
        return False, False


def _reencoded(body: bytes, encoding: str) -> bytes:
    try:
        return body.decode(encoding).encode("utf-8")
    except UnicodeError:
        raise UnreadableFile(f"is not valid in the encoding it declares, `{encoding}`") from None


def _refuse_undecodable(data: bytes, raw: bytes) -> None:
    if raw.startswith(_WIDE_BOMS):
        raise UnreadableFile("is UTF-16; Python reads source as UTF-8 or as its coding comment says")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = LineTable(data[: error.start]).position(error.start).row
        raise UnreadableFile(f"is not valid UTF-8 (line {row}) and declares no other encoding") from None
    if b"\0" in data:
        row = LineTable(data).position(data.index(b"\0")).row
        raise UnreadableFile(f"holds a NUL byte (line {row})")
