"""Where reports go: several in one run, each to standard output or to a file."""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from asynclint.cli.words import Words
from asynclint.report.formats import Format
from asynclint.source.boundaries import is_led_out
from asynclint.source.paths import absolute

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_STANDARD_OUTPUT = "-"
_FOR_PEOPLE = frozenset({Format.FULL, Format.CONCISE})
_SOURCE = frozenset({".py", ".pyi"})
"""Suffixes of files that are checked, so that none is meant to be replaced by a report."""


class Output(NamedTuple):
    """A report in a format; `file` is None for standard output."""

    format: Format
    file: str | None = None


class OutputType(click.ParamType[Output]):
    """`FMT` or `FMT=FILE`."""

    name = "output"
    _formats = Words([item.value for item in Format])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        return "FMT[=FILE]"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return self._formats.shell_complete(ctx, param, incomplete)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        if isinstance(value, Output):
            return value
        name, separator, file = str(value).partition("=")
        output_format = Format(self._formats.convert(name, param, ctx))
        if separator and not file:
            self.fail(f"{value!r} names no file after the `=`", param, ctx)
        return Output(output_format, _file(file))


def chosen_outputs(wanted: tuple[Output, ...], single_file: str | None, *, terminal: bool) -> tuple[Output, ...]:
    """The outputs that `--output-format` and `-o` ask for together. Raises click.UsageError where they clash."""
    if single_file == "":
        raise click.UsageError("-o names no file")
    if not wanted:
        file = _file(single_file or "")
        wanted = (Output(Format.FULL if terminal and file is None else Format.CONCISE, file),)
    elif single_file is not None:
        if len(wanted) > 1 or wanted[0].file is not None:
            raise click.UsageError("-o is for one --output-format that names no file; name each as in sarif=FILE")
        wanted = (Output(wanted[0].format, _file(single_file)),)
    _refuse_clashes(wanted)
    return wanted


def refuse_reports_of_diff(outputs: tuple[Output, ...]) -> None:
    """Refuse a report that a program waits for: a diff takes its place. Raises click.UsageError."""
    for output in outputs:
        if output.file is not None or output.format not in _FOR_PEOPLE:
            place = f"`{output.format.value}`" if output.file is None else output.file
            raise click.UsageError(f"--diff writes a diff in place of a report, so {place} would hold none")


def without_direct(outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """The outputs with a file: counts take the place of the other one. Raises click.UsageError if a program waits."""
    for output in outputs:
        if output.file is None and output.format not in _FOR_PEOPLE:
            raise click.UsageError(f"--statistics takes the place of `{output.format.value}`; give that a file")
    return tuple(output for output in outputs if output.file is not None)


class UnwritableFile(Exception):  # noqa: N818 - as that of source/
    """No report was written to a file; the message names the file and says why, in one line."""


def refuse_unwritable(outputs: tuple[Output, ...]) -> None:
    """Find out before a long run that a report has nowhere to go. Raises UnwritableFile."""
    for output in outputs:
        reason = _why_unwritable(Path(output.file)) if output.file is not None else None
        if reason is not None:
            raise UnwritableFile(f"cannot write {output.file}: {reason}")


def write_files(texts: dict[str, str]) -> None:
    """Write all files or none: each beside its place, then all of them moved there. Raises UnwritableFile.

    A lone surrogate stands for a byte that is no UTF-8.
    """
    moves = {file: _Move.to(file) for file in texts}
    writing = ""
    try:
        for writing, move in moves.items():
            move.prepare(texts[writing])
        for writing, move in moves.items():
            move.complete(texts[writing])
    except (OSError, ValueError) as error:
        raise UnwritableFile(f"cannot write {writing}: {_reason(error)}") from None
    finally:
        for move in moves.values():
            move.temporary.unlink(missing_ok=True)


class _Move(NamedTuple):
    """A file written under a `temporary` name in the folder of its `target`, so that a rename will do."""

    temporary: Path
    target: Path

    @classmethod
    def to(cls, file: str) -> _Move:
        # `/dev/stdout` leads to a pipe, which has no path.
        target = Path(file) if _is_special(Path(file)) else Path(os.path.realpath(file))
        if _leads_out(file):  # it may have become a link since the run began
            raise UnwritableFile(f"cannot write {file}: {_LINK_OUT}")
        return cls(target.with_name(f".{target.name[:200]}.{os.urandom(6).hex()}.tmp"), target)

    def prepare(self, text: str) -> None:
        if _is_special(self.target):
            return
        _write(self.temporary, text, "x")
        if self.target.exists():
            self.temporary.chmod(stat.S_IMODE(self.target.stat().st_mode))

    def complete(self, text: str) -> None:
        if _is_special(self.target):
            _write(self.target, text, "w")
        else:
            self.temporary.replace(self.target)


def _file(name: str) -> str | None:
    return name if name not in ("", _STANDARD_OUTPUT) else None


def _refuse_clashes(outputs: tuple[Output, ...]) -> None:
    direct = [output.format.value for output in outputs if output.file is None]
    if len(direct) > 1:
        raise click.UsageError(
            f"{' and '.join(f'`{name}`' for name in direct)} would both go to standard output; "
            f"give all but one a file, as in {direct[0]}=FILE"
        )
    files = Counter(_place(output.file) for output in outputs if output.file is not None)
    twice = [output.file for output in outputs if output.file is not None and files[_place(output.file)] > 1]
    if twice:
        raise click.UsageError(f"two reports would go to {twice[0]}")


def _place(file: str) -> str:
    """What tells a file from others: its path with links resolved."""
    try:
        return os.path.realpath(file)
    except ValueError:  # a NUL in the name, which is said when it is to be written
        return file


def _why_unwritable(path: Path) -> str | None:
    try:
        if _leads_out(str(path)):
            return _LINK_OUT
        if path.is_dir():
            return "it is a folder"
        if path.exists():
            if path.suffix in _SOURCE:
                return "it is Python source, which a report would replace"
            return None if os.access(path, os.W_OK) else "it is read-only"
        folder = Path(os.path.realpath(path)).parent
    except (OSError, ValueError) as error:
        return _reason(error)
    if not folder.is_dir():
        return "its folder does not exist" if not folder.exists() else "what should be its folder is a file"
    return None if os.access(folder, os.W_OK | os.X_OK) else "its folder is read-only"


_LINK_OUT = "it is, or is behind, a link out of the project; name its target"


def _leads_out(file: str) -> bool:
    """Whether a link of the project, which whoever named the file need not know of, leads out of it."""
    cwd = str(Path.cwd())
    path = absolute(file, cwd)
    goes_back = os.path.realpath(path) != os.path.realpath(Path(cwd, file))  # by a `..` behind a link
    return goes_back or is_led_out(path, cwd)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return "there is a null byte in its name"  # versions of Python say it in different words


def _is_special(path: Path) -> bool:
    """Whether the path is a device or a pipe, such as `/dev/stderr`, which must not be replaced by a file."""
    return path.exists() and not path.is_file()


def _write(path: Path, text: str, mode: str) -> None:
    with path.open(mode, encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
