"""What must hold of any configuration file and any command line."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
from tests.fuzz.promises import BrokenPromiseError, empty

from asynclint.cli.app import run_command_line
from asynclint.config.configurations import Configurations
from asynclint.config.settings import FRAME, SettingsError
from asynclint.config.shown import json_schema
from asynclint.rulekit.descriptions import described_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ORDER = re.compile(r"(?m)^\s*::|##\w*\[|[^\n\t\x20-\x7e\xa0-\U0010ffff]")
_TABLE = re.compile(rb"(?m)^\[tool\.asynclint\]$")
_SCHEMA = jsonschema.Draft7Validator(json_schema())


def judge_configuration(folder: Path, text: bytes) -> None:
    """A configuration file is taken, or refused in lines that name it; what is taken stands in the schema."""
    file = folder / "pyproject.toml"
    file.write_bytes(text)
    (folder / ".git").mkdir(exist_ok=True)  # the outermost folder that is looked into
    configurations = Configurations(str(folder), described_rules())
    configurations.for_folder(str(folder))
    try:
        configurations.refuse_problems()
    except SettingsError as error:
        if not error.problems:
            raise BrokenPromiseError("refused for no reason") from error
        for problem in error.problems:
            judge_problem(problem)
        return
    try:
        tools = tomllib.loads(text.decode("utf-8-sig")).get("tool")
    except (ValueError, RecursionError) as error:
        if _TABLE.search(text):
            raise BrokenPromiseError("what cannot be read is taken") from error
        return  # it is not about this tool
    table = tools.get("asynclint", {}) if isinstance(tools, dict) else {}
    refused = [error.message for error in _SCHEMA.iter_errors(table)]
    if refused:
        raise BrokenPromiseError(f"the schema refuses what is taken: {refused}")


def judge_problem(text: str) -> None:
    """One line that names the file, or three, of which the second is from it and the third points into that."""
    first, *rest = text.split(FRAME)
    if ":" not in first or "Traceback" in first or (rest and (len(rest) != 2 or rest[1].strip() != "^")):
        raise BrokenPromiseError(f"a problem of no form: {text!r}")


def judge_command_line(folder: Path, arguments: Sequence[str]) -> None:
    """Any command line ends with one of the three codes, and no traceback."""
    empty(folder)
    (folder / "pyproject.toml").touch()
    (folder / "a.py").write_text("import time\n\n\nasync def f():\n    time.sleep(1)\n")
    (folder / "b.py").write_text("x = 1  # noqa: ASL101\n")
    (folder / "base.json").write_text("{}")
    out, errors = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), _no_input():
            code = run_command_line(list(arguments))
    except SystemExit as error:
        raise BrokenPromiseError(f"{arguments} leave by {error!r}") from error
    finally:
        os.chdir(before)
    errors.flush()
    said = errors.buffer.getvalue().decode()
    if code not in (0, 1, 2) or "internal error" in said or "Traceback" in said:
        raise BrokenPromiseError(f"{arguments} end with {code}: {said}")
    if _ORDER.search(said):
        raise BrokenPromiseError(f"{arguments} print what a build server or a terminal obeys: {said!r}")
    if code == 2 and not said.strip():
        raise BrokenPromiseError(f"{arguments} end with 2 and say nothing")


@contextlib.contextmanager
def _no_input() -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(), "utf-8")
    try:
        yield
    finally:
        sys.stdin = before
