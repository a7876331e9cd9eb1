"""Settings as people read them: values as in TOML and JSON, the JSON schema, and the page of the documentation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asynclint import HOME
from asynclint.config.kinds import InnerPath
from asynclint.config.options import EXTEND, OPTIONS
from asynclint.config.values import DeclaredCall, DeclaredOffloader, Pattern
from asynclint.core.diagnostic import Severity
from asynclint.source.paths import display

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.config.options import Option

EXTEND_MEANING = (
    "Another configuration file, relative to this one. What it says holds as well where this file is silent; keys that "
    "begin with `extend-` add up. A cycle is an error."
)


def plain(value: object, folder: str) -> Any:
    """A value as JSON has it; paths are shown relative to `folder`, an absolute one."""
    match value:
        case Pattern(text=text, negated=negated):
            return f"!{text}" if negated else text
        case DeclaredCall(name=name, replacement=replacement, rule=rule):
            return {"name": name, "replacement": replacement, "rule": rule}
        case DeclaredOffloader(name=name, replacement=replacement):
            return {"name": name, "replacement": replacement} if replacement else name
        case Severity():
            return value.value
        case tuple() if value and all(isinstance(item, tuple) for item in value):
            return {plain(key, folder): plain(item, folder) for key, item in value}
        case tuple():
            return [plain(item, folder) for item in value]
        case str() if value.startswith("/"):
            return display(value, folder)
        case _:
            return value


def plain_value(option: Option, value: object, folder: str) -> Any:
    """The value of an option as JSON has it; paths are shown relative to `folder`, an absolute one."""
    return {} if value == () and option.kind.schema().get("type") == "object" else plain(value, folder)


def toml(value: object) -> str:
    """A JSON value in one line of TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            inner = ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list():
            return f"[{', '.join(toml(item) for item in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def default_text(option: Option) -> str:
    """What holds where nothing is said."""
    return option.default or f"`{toml(plain_value(option, option.default_value, '/'))}`"


def option_text(option: Option) -> str:
    """An option in full, as plain text."""
    return "\n".join(
        (
            option.key,
            "",
            option.meaning,
            "",
            f"Value: {option.kind.label}",
            f"Default: {default_text(option).strip('`')}",
            f"Decides for: {option.scope.value}",
            "",
            "Example:",
            *(f"    {line}" for line in option.example.split("\n")),
            "",
        )
    )


def option_json(option: Option) -> dict[str, Any]:
    """An option as JSON."""
    return {
        "key": option.key,
        "value": option.kind.label,
        "default": plain_value(option, option.default_value, "/"),
        "default_text": default_text(option).strip("`"),
        "scope": option.scope.name.lower(),
        "meaning": option.meaning,
        "example": option.example,
    }


def json_schema() -> dict[str, Any]:
    """The schema of `asynclint.toml`, which is also that of `[tool.asynclint]`."""
    properties = {option.key: {**option.kind.schema(), "description": option.meaning} for option in OPTIONS}
    for option in OPTIONS:
        default = plain_value(option, option.default_value, "/")
        if default is not None and not option.default:
            properties[option.key]["default"] = default
    properties[EXTEND] = {**InnerPath().schema(), "description": EXTEND_MEANING}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{HOME}/blob/main/docs/asynclint.schema.json",
        "title": "Configuration of asynclint",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
    }


def page() -> str:
    """The reference of all keys, in Markdown."""
    return "\n".join(_page())


def _page() -> Iterator[str]:
    yield f"### `{EXTEND}`\n\n{EXTEND_MEANING}\n\nValue: a path inside the project\n"
    yield '```toml\nextend = "../pyproject.toml"\n```\n'
    for option in OPTIONS:
        yield f"### `{option.key}`\n\n{option.meaning}\n"
        yield f"Value: {option.kind.label}  "
        yield f"Default: {default_text(option)}  "
        yield f"Decides for: {option.scope.value}\n"
        yield f"```toml\n{option.example}\n```\n"
