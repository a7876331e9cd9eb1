"""The standard streams, also where they are closed or full: that changes no exit code for a better one."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

import click

from asynclint.cli.exit_codes import NOT_CHECKED

if TYPE_CHECKING:
    from collections.abc import Iterator


class UnwritableOutput(click.ClickException):
    """Standard output takes nothing, on a full disk for instance."""

    exit_code = NOT_CHECKED


def reserve_standard_streams() -> None:
    """Have a stream in the place of each one that the process was started without.

    Else the next file that is opened gets its number, and what is meant for people is written into it. What is opened
    here can only be used the other way round, so that who reads or writes is told, as the C library does for programs
    that run with the rights of others.
    """
    if sys.stdin is None:
        sys.stdin = _opened(os.devnull, os.O_WRONLY, "r")
    if sys.stdout is None:
        sys.stdout = _opened(_FULL, os.O_RDONLY, "w")
    if sys.stderr is None:
        sys.stderr = _opened(_FULL, os.O_RDONLY, "w")


_FULL = "/dev/full" if os.path.exists("/dev/full") else os.devnull  # noqa: PTH110 - pathlib takes 5 ms to import
"""What takes nothing even where it is opened once more, as `-o /dev/stdout` does."""


def _opened(path: str, flags: int, mode: str) -> TextIO:
    number = os.open(path, flags)
    return cast("TextIO", open(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False))


@contextlib.contextmanager
def checked_streams() -> Iterator[None]:
    """Within, whoever writes to standard output in vain, as click does for `--help`, raises UnwritableOutput.

    What cannot be said on standard error is not said: the exit code has to do.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", _Output(before[0])), cast("TextIO", _Checked(before[1]))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Checked:
    """A stream that drops what it cannot take."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if text == "":  # click tries with nothing whether it is a stream of text, and takes an error for an answer
            return 0
        try:
            return self._stream.write(text)
        except OSError as error:
            self.fail(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self.fail(error)

    def fail(self, error: OSError) -> None:
        """What becomes of an error."""


class _Output(_Checked):
    """A stream that says what it cannot take. A reader that has gone away (`| head -1`) is no error."""

    def fail(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            raise UnwritableOutput(f"cannot write to standard output: {reason(error)}") from None


def flush_streams() -> bool:
    """Write what is left, and whether standard output took it.

    What a stream does not take is dropped: else the interpreter tries again at exit, and ends with a 120.
    """
    complete = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            complete = complete and (stream is not sys.stdout or isinstance(error, BrokenPipeError))
            _drop(stream)
        except ValueError:  # it is closed
            continue
    return complete


def _drop(stream: TextIO) -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        stream.flush()


def read_standard_input() -> bytes:
    """All that stands on standard input. Raises OSError."""
    return sys.stdin.buffer.read()


def reason(error: OSError) -> str:
    """Why a stream takes or gives nothing."""
    if error.errno == errno.EBADF:
        return "it is closed"
    return (error.strerror or str(error)).lower()
