"""What is depended on: between bounds that were tried, and locked with hashes for whoever works on the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(text) for text in _PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(text) for text in _PROJECT["optional-dependencies"]["dev"]]


def _locked() -> dict[str, tuple[str, ...]]:
    """By the name of a project the version that is locked, and the kinds and digits of its hashes."""
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[a-z])", text)[1:]
    found = {}
    for entry in entries:
        name, version = re.match(r"([a-z0-9-]+)==([^ ;]+)", entry).groups()  # type: ignore[union-attr] # else the lock is broken
        found[name] = (version, *re.findall(r"--hash=(\S+)", entry))
    return found


LOCKED = _locked()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirement", NEEDED + DEVELOPMENT, ids=str)
def test_the_lock_fits_what_is_asked_for(requirement: Requirement) -> None:
    version, *_ = LOCKED[_normal(requirement.name)]
    assert requirement.specifier.contains(version), "run `make lock`"


def test_everything_locked_has_a_hash() -> None:
    assert len(LOCKED) > 50
    for name, (_, *hashes) in LOCKED.items():
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", item) for item in hashes), name


@pytest.mark.parametrize("requirement", NEEDED, ids=str)
def test_the_bounds_of_a_dependency_were_tried(requirement: Requirement) -> None:
    """The lower one by `test_the_oldest_dependencies_will_do`, the upper one, not included, by what is locked."""
    bounds = {item.operator: Version(item.version) for item in requirement.specifier}
    assert set(bounds) == {">=", "<"}
    version, *_ = LOCKED[_normal(requirement.name)]
    assert bounds["<"] == Version(str(Version(version).major + 1))


def test_every_target_that_runs_the_tests_installs_from_the_lock() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "$(INSTALL) --require-hashes --requirement $(LOCKED)" in makefile
    assert "\nLOCKED := requirements-dev.txt\n" in makefile
    for target in ("test", "lint", "corpus", "fuzz"):
        assert f"\n{target}: $(VENV)/.installed-dev\n" in makefile
    commands = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^make \w+", commands) == ["make test", "make lint"]
    assert "pip install" not in commands
