"""The version of FastAPI, from what each tool leaves in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.config import Config
from asynclint.core.version_range import ANY, NEWEST, VersionsByFolder
from asynclint.flow.from_ast import lower_ast
from asynclint.project.fastapi_version import UNKNOWN, find_fastapi_version, given_fastapi_version
from asynclint.project.project import ModuleSource, Project

if TYPE_CHECKING:
    from pathlib import Path

TOML_LOCK = """\
[[package]]
name = "fastapi-users"
version = "9.9.9"

[[package]]
name = "fastapi"
version = "0.115.6"
dependencies = [{ name = "starlette", specifier = ">=0.37" }]

[[package]]
name = "other"
version = "1.0"

[package.metadata]
requires-dist = [{ name = "fastapi", specifier = ">=0.100" }]
"""
PIPFILE_LOCK = '{"default": {"fastapi": {"version": "==0.115.6", "index": "pypi"}}, "develop": {}}'


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        put(folder, name, text)


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", TOML_LOCK),
        ("uv.lock", TOML_LOCK.replace("\n", "\r\n")),
        ("poetry.lock", TOML_LOCK),
        ("pdm.lock", TOML_LOCK),
        ("pylock.toml", TOML_LOCK.replace("[[package]]", "[[packages]]")),
        ("Pipfile.lock", PIPFILE_LOCK),
        ("requirements.txt", "fastapi==0.115.6\n"),
        ("requirements.txt", "starlette==0.1\nFastAPI[standard] == 0.115.6 ; python_version > '3.8'  # web\n"),
        ("requirements.txt", "fastapi==0.115.6 \\\n    --hash=sha256:00\n"),
        ("requirements-prod.txt", "fastapi==0.115.6 --hash=sha256:00\n"),
        ("requirements/base.txt", "fastapi-users==9.9\nfastapi==0.115.6\n"),
        ("pyproject.toml", '[project]\ndependencies = ["fastapi-users>=9", "fastapi[all]==0.115.6"]\n'),
        ("pyproject.toml", '[project.optional-dependencies]\nserver = ["fastapi ==0.115.6"]\n'),
        ("pyproject.toml", '[dependency-groups]\nweb = [{include-group = "x"}, "fastapi (==0.115.6)"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = "0.115.6"\n'),
        ("pyproject.toml", '[tool.poetry.group.web.dependencies]\nFastAPI = {version = "0.115.6", extras = ["all"]}\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = [{version = "0.99"}, {version = "0.115.6"}]\n'),
    ],
)
def test_each_kind_of_file(tmp_path: Path, name: str, text: str) -> None:
    put(tmp_path, name, text)
    found = find_fastapi_version(str(tmp_path))
    assert found.version == (0, 115, 6)
    assert found.origin == f"{tmp_path}/{name}"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"uv.lock": '[[package]]\nname = "fastapi"\nsource = { editable = "." }\n'},
        {"Pipfile.lock": '{"default": {"fastapi": "x"'},
        {"Pipfile.lock": '["fastapi", "version"]'},
        {"requirements.txt": "fastapi-users==1.0\nfastapi @ git+https://example.org/fastapi@0.1\n# fastapi==0.1\n"},
        {"pyproject.toml": "[project\nfastapi"},
        {"pyproject.toml": '[project]\nname = "fastapi"\ndependencies = "fastapi==1"\n'},
    ],
)
def test_without_a_word_of_it_the_newest_is_assumed(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, **files)
    assert find_fastapi_version(str(tmp_path)) == UNKNOWN
    assert UNKNOWN.version == NEWEST > (0, 118)


def test_lock_files_come_before_what_was_asked_for(tmp_path: Path) -> None:
    write(tmp_path, **{"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100"]\n'})
    write(tmp_path, **{"requirements.txt": "fastapi==0.110.0\n"})
    assert find_fastapi_version(str(tmp_path)).version == (0, 110, 0)
    write(tmp_path, **{"poetry.lock": TOML_LOCK})
    assert find_fastapi_version(str(tmp_path)).version == (0, 115, 6)
    write(tmp_path, **{"uv.lock": TOML_LOCK.replace("0.115.6", "0.120.0")})
    assert find_fastapi_version(str(tmp_path)).version == (0, 120, 0)


def test_a_range_means_its_newest(tmp_path: Path) -> None:
    write(tmp_path, **{"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100,<0.116"]\n'})
    found = find_fastapi_version(str(tmp_path))
    assert found.version == (0, 115, ANY)
    assert (0, 106) <= found.version < (0, 118)
    assert (found.text, found.exact) == (">=0.100,<0.116", False)


def test_an_exact_version_in_any_requirement_file_beats_a_range(tmp_path: Path) -> None:
    write(tmp_path, **{"requirements.txt": "fastapi\n", "requirements-lock.txt": "fastapi==0.110.0\n"})
    assert find_fastapi_version(str(tmp_path)).version == (0, 110, 0)


def test_the_lock_of_a_workspace_speaks_for_its_members(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, **{"uv.lock": TOML_LOCK})
    member = '[project]\ndependencies = ["fastapi>=0.100"]\n'
    write(tmp_path, **{"services/api/pyproject.toml": member})
    assert find_fastapi_version(f"{tmp_path}/services/api").version == (0, 115, 6)


def test_a_lock_that_breaks_the_range_is_of_another_service(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, **{"uv.lock": TOML_LOCK, "old/requirements.txt": "fastapi<0.110\n"})
    assert find_fastapi_version(f"{tmp_path}/old").version == (0, 109, ANY)


def test_nothing_outside_of_the_repository_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"uv.lock": TOML_LOCK})
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "repository/app").mkdir()
    assert find_fastapi_version(f"{tmp_path}/repository/app") == UNKNOWN


def test_where_the_code_is_counts_when_the_top_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, **{"backend/requirements.txt": "fastapi==0.110.0\n", "backend/app/__init__.py": ""})
    project = _linked(tmp_path, "backend/app/__init__.py")
    (module,) = project.modules
    assert project.fastapi_version_of(module) == (0, 110, 0)
    assert project.fastapi_releases.whole.origin == f"{tmp_path}/backend/requirements.txt"


def test_each_service_of_a_repository_has_its_own(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, **{"old/requirements.txt": "fastapi==0.110.0\n", "old/app/main.py": "", "scripts/run.py": ""})
    write(tmp_path, **{"new/uv.lock": TOML_LOCK, "new/app/main.py": "", "given/app/main.py": ""})
    paths = ("given/app/main.py", "new/app/main.py", "old/app/main.py", "scripts/run.py")
    sources = [ModuleSource(f"{tmp_path}/{path}", path, b"", lower_ast("")) for path in paths]
    project = Project.build(
        sources, str(tmp_path), Config(fastapi_version="0.120"), VersionsByFolder({f"{tmp_path}/given/app": "0.105"})
    )
    versions = [project.fastapi_version_of(module) for module in project.modules]
    assert [version[:2] for version in versions] == [(0, 105), (0, 115), (0, 110), (0, 120)]


def test_a_project_in_memory_runs_on_the_newest() -> None:
    source = ModuleSource("/project/app.py", "app.py", b"", lower_ast(""))
    project = Project.build([source], "/project")
    assert project.fastapi_version_of(project.modules[0]) == NEWEST


def test_a_version_given_by_hand() -> None:
    given = given_fastapi_version("<0.118", "pyproject.toml")
    assert given is not None
    assert given.version == (0, 117, ANY)
    assert given_fastapi_version("new") is None


def _linked(folder: Path, path: str) -> Project:
    return Project.build([ModuleSource(f"{folder}/{path}", path, b"", lower_ast(""))], str(folder))
