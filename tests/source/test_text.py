"""Reading and decoding, and every way in which it fails."""

from __future__ import annotations

import codecs
import contextlib
import encodings
import os
import pkgutil
import re
from pathlib import Path

import pytest

from asynclint.source.text import SourceFile, UnreadableFile, decode_source, read_source


def decode(raw: bytes) -> SourceFile:
    return decode_source(raw, "/a.py", "a.py")


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        ("s = 'ï'".encode(), "s = 'ï'", "utf-8"),
        (b"# coding: latin-1\ns = '\xef'", "# coding: latin-1\ns = 'ï'", "iso8859-1"),
        (b"#!/bin/python\r\n# -*- coding: latin-1-unix -*-\r\n'\xef'", None, "iso8859-1"),
        (b"# vim: set fileencoding=cp1252 :\n'\x80'", "# vim: set fileencoding=cp1252 :\n'€'", "cp1252"),
        (b"# coding: latin-1 \xef", "# coding: latin-1 ï", "iso8859-1"),
        (b"\n# coding: latin-1\n'\xef'", "\n# coding: latin-1\n'ï'", "iso8859-1"),
        (b"# coding: utf_8-unix\n", "# coding: utf_8-unix\n", "utf-8"),
        (b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n", "utf-8"),
        (b"\n\n# coding: latin-1\n", "\n\n# coding: latin-1\n", "utf-8"),
    ],
)
def test_the_encoding_is_the_declared_one_or_utf_8(raw: bytes, text: str | None, encoding: str) -> None:
    source = decode(raw)
    assert source.encoding == encoding
    assert source.text == (text if text is not None else raw.decode(encoding))
    assert source.data == source.text.encode()


def test_a_byte_order_mark_is_taken_off_once() -> None:
    source = decode(b"\xef\xbb\xbf\xef\xbb\xbfx")
    assert source.bom
    assert source.text == "\ufeffx"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a\nb\ns = '\xef'", "is not valid UTF-8 (line 3) and declares no other encoding"),
        (b"# coding: klingon\n", "declares the unknown encoding `klingon`"),
        (b"# coding: hex\n", "declares `hex`, which is no encoding of text"),
        (b"# coding: ascii\n'\xef'", "is not valid in the encoding it declares, `ascii`"),
        (b"# coding: " + b"x" * 5000 + b"\n", f"declares the unknown encoding `{'x' * 40}…`"),
        (b"# coding: johab\n'\xff'", "is not valid in the encoding it declares, `johab`"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "has a UTF-8 byte order mark but declares the encoding `iso8859-1`"),
        ("x = 1".encode("utf-16"), "is UTF-16; Python reads source as UTF-8 or as its coding comment says"),
        (b"x = 1\ny\0 = 2", "holds a NUL byte (line 2)"),
    ],
)
def test_undecodable_text_is_refused_in_one_line(raw: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        decode(raw)
    assert str(caught.value) == message


_OF_ASCII = re.compile(
    r"ascii|utf-8(-sig)?|charmap|big5(hkscs)?|(?!cp037|cp1026|cp1140|cp273|cp424|cp500|cp864|cp875)cp\d+|euc_\w+|gb\w+"
    r"|hp-roman8|iso2022_\w+|iso8859-\d+|johab|koi8-[rtu]|kz1048|mac-\w+|palmos|ptcp154|shift_jis|tis-620"
)
"""The encodings of Python that extend ASCII. Others are those of mainframes, of wide characters, and of escapes."""


def _codecs() -> list[str]:
    names = set()
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(LookupError):  # `aliases`, and those of other systems
            names.add(codecs.lookup(module.name).name)
    return sorted(names)


@pytest.mark.parametrize("encoding", _codecs())
def test_source_is_in_an_encoding_that_extends_ascii(encoding: str) -> None:
    raw = f"# coding: {encoding}\nx = 'a'\n".encode()
    if _OF_ASCII.fullmatch(encoding):
        assert decode(raw).data == raw
        return
    with pytest.raises(UnreadableFile, match=r"which is no encoding of text$|in which ASCII does not stand for itself"):
        decode(raw)


def test_a_file_is_read_up_to_the_size_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    assert read_source(str(file), "a.py", 6).text == "x = 1\n"
    with pytest.raises(UnreadableFile, match="has 6 bytes, more than the limit of 5"):
        read_source(str(file), "a.py", 5)


def test_a_file_that_is_gone_is_named_as_gone(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="gone"):
        read_source(str(tmp_path / "a.py"), "a.py", 100)


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "a.py"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableFile, match="is not a regular file"):
        read_source(str(pipe), "a.py", 100)


def test_what_was_no_link_when_it_was_found_is_not_read_through_one(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x = 1\n")
    (tmp_path / "a.py").symlink_to("secret")
    with pytest.raises(UnreadableFile, match=r"^has become a symbolic link since the run began$"):
        read_source(str(tmp_path / "a.py"), "a.py", 100)
    assert read_source(str(tmp_path / "a.py"), "a.py", 100, is_link=True).text == "x = 1\n"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a file that has more than it says")
def test_a_file_that_has_more_than_it_says_is_read_up_to_the_limit() -> None:
    assert Path("/proc/version").stat().st_size == 0
    assert "Linux" in read_source("/proc/version", "a.py", 10_000).text
    with pytest.raises(UnreadableFile, match="more than the limit of 10"):
        read_source("/proc/version", "a.py", 10)


def test_a_file_that_may_not_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "a.py"
    file.touch()
    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(UnreadableFile, match=r"cannot be read: permission denied$"):
        read_source(str(file), "a.py", 100)
