"""The names that other programs rely on."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from asynclint.api import Settings, SettingsError, check_paths

README = Path(__file__).parent.parent / "README.md"
BAD = "import time, requests\n\n\nasync def f():\n    time.sleep(1)\n    requests.get('u')\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text(BAD)
    (tmp_path / "pyproject.toml").write_text("[tool.asynclint]\nignore = ['ASL201']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_checked_as_on_the_command_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert [item.code for item in check_paths().diagnostics] == ["ASL202"]
    assert [item.code for item in check_paths([folder / "src"], Settings(isolated=True)).diagnostics] == [
        "ASL201",
        "ASL202",
    ]
    assert [error.code for error in check_paths(["nowhere"]).errors] == ["missing-path"]
    with pytest.raises(SettingsError, match="unknown rule `ASL9`"):
        check_paths(["src"], Settings(select=("ASL9",)))
    assert capfd.readouterr() == ("", "")


def test_the_example_in_the_readme_works() -> None:
    (example,) = re.findall(r"```python\n(from asynclint\.api .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(example, {})
    assert out.getvalue().startswith("src/a.py 6 ASL202 `requests.get` blocks the event loop")
