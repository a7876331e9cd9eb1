"""The JSON schema says what the reader of files says, and the generated files are up to date."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from asynclint.config.configurations import Configurations
from asynclint.config.options import EXTEND, OPTIONS
from asynclint.config.settings import SettingsError
from asynclint.config.shown import json_schema
from asynclint.rulekit.descriptions import described_rules

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def generate_configuration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "scripts" / "generate_configuration.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_files_are_up_to_date(generate_configuration: ModuleType, tmp_path: Path) -> None:
    assert generate_configuration.outdated(ROOT) == [], "run python scripts/generate_configuration.py"
    assert len(generate_configuration.outdated(tmp_path)) == 2


def test_the_schema_is_one_and_knows_every_key() -> None:
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    assert set(schema["properties"]) == {EXTEND, *(option.key for option in OPTIONS)}
    defaults = {key: item["default"] for key, item in schema["properties"].items() if "default" in item}
    jsonschema.validate(defaults, schema)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_examples_are_valid(option: Any, tmp_path: Path) -> None:
    for folder in ("backend", "libs/common/python"):
        (tmp_path / folder).mkdir(parents=True)
    text = option.example if option.example.startswith("[") else f"[tool.asynclint]\n{option.example}"
    if option.key == "required-version":
        text = text.replace("0.2", "0.0")
    (tmp_path / "pyproject.toml").write_text(text)
    table = tomllib.loads(text)["tool"]["asynclint"]
    assert list(table) == [option.key]
    jsonschema.validate(table, json_schema())
    assert _is_accepted(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "unknown = 1",
        "select = 'ASL1'",
        "select = [1]",
        "fail-level = 'bad'",
        "honour-peer-noqa = 1",
        "max-file-size = 0",
        "max-file-size = '4'",
        "severity = {ASL201 = 'bad'}",
        "severity = []",
        "per-file-ignores = {'a.py' = 'ASL1'}",
        "blocking-calls = [{nam = 'a.b'}]",
        "blocking-calls = [{name = 'a.b', rule = 'ASL401'}]",
        "fastapi-version = 1",
        "extend = 1",
    ],
)
def test_schema_and_reader_refuse_the_same(text: str, tmp_path: Path) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), json_schema())
    (tmp_path / "asynclint.toml").write_text(text)
    assert not _is_accepted(tmp_path)


def test_the_schema_file_is_json() -> None:
    assert json.loads((ROOT / "docs" / "asynclint.schema.json").read_text()) == json_schema()


def _is_accepted(folder: Path) -> bool:
    configurations = Configurations(str(folder), described_rules())
    configurations.for_folder(str(folder))
    try:
        configurations.refuse_problems()
    except SettingsError as error:
        print(error.problems)  # noqa: T201 - shown where a test fails
        return False
    return True
