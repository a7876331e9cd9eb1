"""Configuration files and command lines that nobody would write, some of which mean something."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from asynclint.config.options import OPTIONS

if TYPE_CHECKING:
    from random import Random

_WORDS = (
    "ASL1", "ASL201", "ALL", "blocking-sleep", "asl2", "ASL999", "", "a.b", "*.c", "time.sleep", "..", "/etc/passwd", "[", "!x",
    "**/", "src", "error", "never", "note", "high", "json", "html", "0.110", ">=1,<2", "==", "3.11", "py3", "\x1b[31m", "::error::",
    "é\u202e", "~", "$HOME", "a\nb", "a\n::error::b", "x" * 300, "tests/*.py", "ASL2,", "<b>", "\\", "\0",
)  # fmt: skip
_NUMBERS = (
    "0",
    "1",
    "-1",
    "9" * 30,
    "1.5",
    "nan",
    "-inf",
    "9" * 5000,
    "[" * 2000,
    "true",
    "false",
    "1979-05-27",
    "07:32:00",
    "0x10",
)
_KEYS = (*(option.key for option in OPTIONS), "extend", "nonsense", "Select", "select.x", '"é"', '""', "tool", "rule")


def configuration(random: Random) -> str:
    """A `[tool.asynclint]` table, mostly wrong, or what some accident left of one."""
    text = "".join(_setting(random) for _ in range(random.randint(0, 5)))
    head = random.choice(
        ("[tool.asynclint]\n", "[tool.asynclint]\n", "[tool.asynclint]\n", "[tool]\nasynclint = 1\n", "")
    )
    if random.random() < 0.8:
        return head + text
    at = random.randrange(len(head + text) + 1)
    return (
        (head + text)[:at] + random.choice(("", "=", "[", '"', "\x00", "\r", "]]\n", "\ufeff", "a.b.c=1\n")) + text[at:]
    )


def _setting(random: Random) -> str:
    if random.random() < 0.3:
        option = random.choice(OPTIONS)
        said = tomllib.loads(option.example)
        said = said.get("tool", {}).get("asynclint", said)
        return "".join(f"{key} = {_toml(value)}\n" for key, value in said.items())
    return f"{random.choice(_KEYS)} = {_value(random, 0)}\n"


def _value(random: Random, depth: int) -> str:
    match random.randint(0, 5 if depth < 2 else 2):
        case 0 | 1:
            return _toml(random.choice(_WORDS))
        case 2:
            return random.choice(_NUMBERS)
        case 3 | 4:
            return f"[{', '.join(_value(random, depth + 1) for _ in range(random.randint(0, 3)))}]"
        case _:
            keys = dict.fromkeys(
                random.choice(("name", "rule", "replacement", "a.py", *_WORDS)) for _ in range(random.randint(0, 3))
            )
            return f"{{{', '.join(f'{_toml(key)} = {_value(random, depth + 1)}' for key in keys)}}}"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            escaped = "".join(f"\\u{ord(char):04x}" if ord(char) < 32 or char in '"\\' else char for char in value)
            return f'"{escaped}"'
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{_toml(key)} = {_toml(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)


_COMMANDS = (
    "check",
    "check",
    "check",
    "check",
    "rule",
    "rules",
    "routes",
    "config",
    "version",
    "baseline",
    "completion",
    "nope",
)
_FLAGS = (
    "--allow-empty", "--show-files", "--statistics", "--sarif-suppressed", "--fix", "--unsafe-fixes", "--diff", "--add-noqa",
    "--exit-zero", "--exit-non-zero-on-fix", "--ignore-suppressions", "--no-honour-peer-noqa", "--no-respect-gitignore",
    "--force-exclude", "--isolated", "--no-cache", "--timings", "-q", "-v", "--baseline-strict", "--nonsense", "-h", "--",
)  # fmt: skip
_VALUED = (
    "--select", "--ignore", "--files-from", "--stdin-filename", "--output-format", "-o", "--sarif-category", "--fail-level",
    "--min-confidence", "--explain", "--baseline", "--config", "-j", "--color", "--nonsense",
)  # fmt: skip
_OPERANDS = (
    ".", "a.py", "b.py", "missing.py", "-", "a.py:5", "a.py:99", "b.py:x", "pyproject.toml", "base.json", "sarif=out.sarif",
    "json", "json=", "github", "full", "show", "list", "bash", "1", "2", "select=['ASL2']", "fail-level=error", "x=", "=",
)  # fmt: skip


def arguments(random: Random) -> list[str]:
    """What follows `asynclint` on a command line."""
    found = [random.choice(_COMMANDS)]
    for _ in range(random.randint(0, 4)):
        match random.randint(0, 2):
            case 0:
                found.append(random.choice(_FLAGS))
            case 1:
                found += [random.choice(_VALUED), _operand(random)]
            case _:
                found.append(_operand(random))
    return found


def _operand(random: Random) -> str:
    if random.random() < 0.7:
        return random.choice(_OPERANDS)
    return random.choice(_WORDS).replace("\0", "").replace("/etc", "etc").replace("~", "tilde").replace("..", "dots")
