"""The wheel and the sdist: what is in them, and that the wheel works where nothing else is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def _sources() -> set[str]:
    package = ROOT / "src/asynclint"
    files = (file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {f"asynclint/{file.relative_to(package).as_posix()}" for file in files}


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == _sources()
    assert {name.rpartition("/")[2] for name in names - _sources()} == {
        "METADATA", "RECORD", "WHEEL", "LICENSE", "entry_points.txt"
    }  # fmt: skip


def test_the_sdist_holds_the_package_and_its_papers(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    papers = {name for name in names if not name.startswith("src/")}
    assert papers == {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "pyproject.toml", ".gitignore"}
    assert {name.removeprefix("src/") for name in names if name.startswith("src/")} == _sources()


def _interpreters() -> dict[str, str]:
    """Each Python from 3.11 on that this machine has, by version."""
    found: dict[str, str] = {}
    places = [*Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin/python")]
    places += [Path(path) for minor in range(11, 16) if (path := shutil.which(f"python3.{minor}"))]
    for place in (Path(sys.executable), *places):
        ask = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([str(place), "-c", ask], capture_output=True, text=True, check=False)
        major, _, minor = done.stdout.strip().partition(".")
        if done.returncode == 0 and major == "3" and int(minor) >= 11:
            found.setdefault(f"3.{minor}", str(place))
    return found


def _oldest() -> list[str]:
    """The lower bounds of what is depended on, as exact versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = map(Requirement, project["dependencies"])
    return [
        f"{item.name}=={bound.version}" for item in requirements for bound in item.specifier if bound.operator == ">="
    ]


def test_the_oldest_dependencies_will_do(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv/bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel), *_oldest()]
    subprocess.run(install, check=True, capture_output=True)
    shop = ROOT / "examples/shop"
    for output_format in ("concise", "full", "sarif", "html"):
        command = [
            "-m",
            "asynclint",
            "check",
            "--no-cache",
            "--select=ALL",
            f"--output-format={output_format}",
            str(shop),
        ]
        old, new = (
            subprocess.run([one, *command], capture_output=True, text=True, check=False)
            for one in (python, sys.executable)
        )
        assert (old.returncode, old.stderr) == (new.returncode, new.stderr)
        assert re.sub(r"\d\d:\d\d:\d\d", "", old.stdout) == re.sub(r"\d\d:\d\d:\d\d", "", new.stdout)


@pytest.mark.parametrize("version", sorted(_interpreters()))
def test_the_wheel_runs_where_nothing_else_is_installed(built: Path, tmp_path: Path, version: str) -> None:
    (wheel,) = built.glob("*.whl")
    subprocess.run([_interpreters()[version], "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv/bin/python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "m.py").write_text("import time\n\n\nasync def f():\n    time.sleep(1)\n")
    command = [str(tmp_path / "venv/bin/asynclint"), "check", "--output-format=concise", "m.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("m.py:5:5: ASL201")
