"""Configuration files: found, read, and followed through `extend`."""

from __future__ import annotations

import dataclasses
import os
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asynclint.config.kinds import InnerPath
from asynclint.config.options import BY_KEY, EXTEND, ROOT
from asynclint.config.places import line_of, lines_of
from asynclint.config.selection import nearest
from asynclint.config.settings import FRAME
from asynclint.config.values import Reading
from asynclint.source.boundaries import PYPROJECT, project_around
from asynclint.source.paths import display
from asynclint.source.project_files import LINK_OUT, NotTOML, UnreadableProjectFile, read_project_file, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.config.values import KeyPath
    from asynclint.core.diagnostic import RuleInfo

_TABLE = ("tool", "asynclint")
_AT = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source says: typed values by key. `name` is how people see it, `file` its absolute path if it is one.

    `text` and `prefix` are for the lines of the values: the text, and where the settings stand in it.
    """

    name: str
    values: Mapping[str, Any]
    file: str | None = None
    text: str = ""
    prefix: KeyPath = ()

    def without(self, key: str) -> Layer:
        """The same, silent about a key."""
        return dataclasses.replace(self, values={name: value for name, value in self.values.items() if name != key})

    def place(self, key: str) -> str:
        """Such as `pyproject.toml:12`."""
        if self.file is None:
            return self.name
        return f"{self.name}:{line_of(lines_of(self.text), (*self.prefix, key))}"


class ConfigFiles:
    """Reads files, each once, and gathers what is wrong with all of them."""

    def __init__(self, cwd: str, rules: tuple[RuleInfo, ...]) -> None:
        self._cwd = cwd
        self._rules = rules
        self.problems: list[str] = []

    def layers(self, file: str, *, folder: str | None = None) -> tuple[Layer, ...]:
        """The file's own layer and those of the files it extends, nearest first.

        `folder` is what its paths are relative to, if not its own: files named on the command line are read so.
        """
        found: list[Layer] = []
        seen: list[str] = []
        following: str | None = file
        while following is not None:
            seen.append(os.path.realpath(following))
            layer, extended = self._read(following, folder)
            found.append(layer if not found else layer.without(ROOT))
            if extended is not None and os.path.realpath(extended) in seen:
                way = " extends ".join(display(path, self._cwd) for path in (*seen, os.path.realpath(extended)))
                self.problems.append(f"{layer.place(EXTEND)}: `{EXTEND}` leads back: {way}")
                break
            following, folder = extended, None
        return tuple(found)

    def inline(self, text: str) -> Layer:
        """The settings of `--config 'KEY=VALUE'`."""
        name = "--config"
        reading = Reading(self._cwd, None, self._rules)
        table = _inline_table(text)
        if table is None:
            self.problems.append(f"{name}: `{text}` is neither a file nor KEY=VALUE with a value as in TOML")
            return Layer(name, {})
        table = {key: _as_list(key, value) for key, value in table.items()}
        values, _ = _settings(table, reading, can_extend=False)
        if ROOT in values:
            reading.fail((ROOT,), f"`{ROOT}` is about the folder of a file, so it is said in one")
        self.problems += [f"{name}: {message}" for _, message in reading.problems]
        return Layer(name, values)

    def _read(self, file: str, folder: str | None) -> tuple[Layer, str | None]:
        """The layer of a file, and the file it extends."""
        name = display(file, self._cwd)
        empty = Layer(name, {}, file)
        text = self._text(file, name, named=folder is not None)
        document = self._document(text, name) if text is not None else None
        if text is None or document is None:
            return empty, None
        prefix = _TABLE if posixpath.basename(file) == PYPROJECT else ()
        table = _inner(document, prefix)
        if not isinstance(table, dict):
            what = "is not a table" if table is not None else "is missing"
            self.problems.append(f"{name}:1: `[tool.asynclint]` {what}")
            return empty, None
        reading = Reading(folder or posixpath.dirname(file), _boundary(file), self._rules)
        values, extended = _settings(table, reading, can_extend=True)
        if reading.problems:
            lines = lines_of(text)
            placed = [(line_of(lines, (*prefix, *path)), message) for path, message in reading.problems]
            self.problems += [f"{name}:{line}: {message}" for line, message in sorted(placed, key=lambda item: item[0])]
        return Layer(name, values, file, text, prefix), extended

    def _text(self, file: str, name: str, *, named: bool) -> str | None:
        """A link may not show people what is elsewhere on the machine, as a line that cannot be read would be."""
        try:
            return read_project_file(file, named=named).decode("utf-8-sig")
        except UnicodeDecodeError:
            self.problems.append(f"{name}: is not UTF-8")
        except UnreadableProjectFile as error:
            way_out = "; name its target to read it: --config FILE" if str(error) == LINK_OUT else ""
            self.problems.append(f"{name}: {error}{way_out}")
        return None

    def _document(self, text: str, name: str) -> dict[str, Any] | None:
        try:
            return read_toml(text)
        except NotTOML as error:
            self.problems.append(f"{name}{_syntax_error(str(error), text)}")
        return None


def _settings(table: dict[str, Any], reading: Reading, *, can_extend: bool) -> tuple[dict[str, Any], str | None]:
    """The typed values of a table, and the file it extends, which is left out of them."""
    values: dict[str, Any] = {}
    extended: str | None = None
    for key, value in table.items():
        option = BY_KEY.get(key)
        count = len(reading.problems)
        if key == EXTEND and can_extend:
            path = InnerPath().read(value, (key,), reading)
            extended = path if len(reading.problems) == count else None
            _name_the_key(reading, key, count)
        elif option is None:
            reading.fail((key,), _unknown(key, can_extend=can_extend))
        else:
            read = option.kind.read(value, (key,), reading)
            if len(reading.problems) == count:
                values[key] = read
            else:
                _name_the_key(reading, key, count)
    return values, extended


def _name_the_key(reading: Reading, key: str, since: int) -> None:
    reading.problems[since:] = [(path, f"`{key}`: {message}") for path, message in reading.problems[since:]]


def _unknown(key: str, *, can_extend: bool) -> str:
    if key == EXTEND:
        return "unknown key `extend`; to read a file, name it itself: --config FILE"
    if key == "tool" and can_extend:
        return "unknown key `tool`; only pyproject.toml needs `[tool.asynclint]`, here the keys stand at the top"
    known = (*BY_KEY, EXTEND) if can_extend else tuple(BY_KEY)
    return f"unknown key `{key}`; {nearest(key, known) or '`asynclint config list` shows all'}"


def _inner(document: dict[str, Any], prefix: tuple[str, ...]) -> Any:
    table: Any = document
    for key in prefix:
        table = table.get(key) if isinstance(table, dict) else None
    return table


def _inline_table(text: str) -> dict[str, Any] | None:
    key, separator, value = text.partition("=")
    if not separator:
        return None
    for candidate in (text, f"{key} = '{value.strip()}'"):  # a bare word is meant as a text
        try:
            return read_toml(candidate)
        except NotTOML:
            continue
    return None


def _as_list(key: str, value: object) -> object:
    """A list written as on the rest of the command line: `ignore=ASL101,ASL204`."""
    option = BY_KEY.get(key)
    if isinstance(value, str) and option is not None and option.kind.schema().get("type") == "array":
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _boundary(file: str) -> str:
    """The folder that a configuration file may name paths in: what is around it of the project it belongs to."""
    folder = posixpath.dirname(file)
    return project_around(folder) or folder


def _syntax_error(message: str, text: str) -> str:
    """`:line:column: what is wrong`, with the line and a caret below it."""
    found = _AT.fullmatch(message)
    lines = text.split("\n")
    if found is None:
        return f":{len(lines)}: {_lowered(message.removesuffix(' (at end of document)'))}"
    row, column = int(found[2]), int(found[3])
    line = lines[row - 1].rstrip("\r") if row <= len(lines) else ""
    before = column - 1
    if len(line) > _MOST_SHOWN:
        start = max(0, before - _MOST_SHOWN // 2)
        line, before = f"…{line[start : start + _MOST_SHOWN]}…", before - start + 1
    return f":{row}:{column}: {_lowered(found[1])}{FRAME}{line}{FRAME}{' ' * before}^"


_MOST_SHOWN = 160
"""Characters of a line that is broken; of a longer one those around the place."""


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
