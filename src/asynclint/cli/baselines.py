"""Baselines as files: read, compared with, written."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.cli.outputs import UnwritableFile, write_files
from asynclint.cli.refusal import Refusal
from asynclint.config.settings import SettingsError
from asynclint.findings.baseline import BaselineError, Naming, as_text, compare, from_text
from asynclint.source.paths import absolute
from asynclint.source.project_files import MissingProjectFile, UnreadableProjectFile, read_project_file

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Report
    from asynclint.findings.baseline import Baseline, Comparison

DEFAULT_FILE = ".asynclint-baseline.json"
MOST_BYTES = 64 * 2**20
"""Far beyond any real baseline; ends the reading of a device such as `/dev/zero`."""
_CREATE = "asynclint baseline create"
_UPDATE = "asynclint baseline update"


@dataclass(frozen=True, slots=True)
class BaselineFile:
    """A baseline and where it is; `file` is the name people gave."""

    file: str
    baseline: Baseline

    def compare(self, report: Report) -> Comparison:
        naming = naming_for(self.file)
        return compare(
            report,
            self.baseline,
            naming,
            is_gone=lambda path: not posixpath.exists(posixpath.join(naming.folder, path)),
        )

    def fixed_line(self, count: int) -> str:
        """Such as `3 baseline entries are fixed; run asynclint baseline update`."""
        entries = "entry is" if count == 1 else "entries are"
        return f"{count} baseline {entries} fixed; run {_with_file(_UPDATE, self.file)}"


def naming_for(file: str) -> Naming:
    cwd = absolute(".", str(Path.cwd()))
    return Naming(cwd, posixpath.dirname(absolute(file, cwd)))


def read_baseline(file: str, *, named: bool = True) -> BaselineFile:
    """The baseline in a file, which may be a pipe only where the command line has `named` it. Raises Refusal."""
    refuse_nameless(file)
    try:
        return BaselineFile(file, from_text(_content(file) if named else _content_of_file(file)))
    except IsADirectoryError:
        raise _refusal(file, "it is a folder") from None
    except (FileNotFoundError, MissingProjectFile):
        raise _refusal(file, f"there is no such file; `{_with_file(_CREATE, file)}` makes it") from None
    except UnreadableProjectFile as error:
        raise _refusal(file, f"it {error}") from None
    except (OSError, ValueError) as error:
        raise _refusal(file, (getattr(error, "strerror", None) or str(error)).lower()) from None
    except BaselineError as error:
        raise _refusal(file, str(error)) from None


def refuse_foreign(file: str) -> None:
    """Keep a baseline from being written over what is something else, or out of the project. Raises Refusal."""
    if posixpath.lexists(file):
        read_baseline(file, named=False)


def refuse_nameless(file: str) -> None:
    """Refuse an empty name, as an unset variable leaves it, and `-`: a baseline is kept. Raises Refusal."""
    if file in ("", "-"):
        raise Refusal(SettingsError((f"a baseline needs the name of a file, and `{file}` is none",)))


def write_baseline(file: str, baseline: Baseline) -> None:
    """Put a baseline in its place, whole or not at all. Raises Refusal."""
    try:
        write_files({file: as_text(baseline)})
    except UnwritableFile as error:
        raise Refusal(SettingsError((str(error),))) from None


def _content_of_file(file: str) -> bytes:
    return read_project_file(absolute(file, str(Path.cwd())), most=MOST_BYTES)


def _content(file: str) -> bytes:
    with Path(file).open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BaselineError(f"it has more than {MOST_BYTES // 2**20} MB")
    return data


def _with_file(command: str, file: str) -> str:
    return command if posixpath.normpath(file) == DEFAULT_FILE else f"{command} --file {file}"


def _refusal(file: str, reason: str) -> Refusal:
    return Refusal(SettingsError((f"cannot use the baseline {file}: {reason}",)))
