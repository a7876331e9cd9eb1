"""The files that findings speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.config.settings import Settings
from asynclint.report.line_hash import line_hashes
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

APP = "from helper import wait\n\n\nasync def f():\n    wait()\n"
HELPER = "import time\n\n\ndef wait():\n    time.sleep(1)\n"


def test_a_report_carries_the_texts_it_speaks_of_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "service").mkdir()
    (tmp_path / "service/pyproject.toml").touch()
    for name, text in (("app", APP), ("helper", HELPER), ("other", "x = 1\n"), ("broken", "def (:\n")):
        (tmp_path / "service" / f"{name}.py").write_text(text)
    (tmp_path / "link").symlink_to("service")
    monkeypatch.chdir(tmp_path / "service")
    report = check([str(tmp_path / "link")], Settings(jobs=1))
    sources = {source.path: source.data.decode() for source in report.sources}
    assert sources == {
        f"{tmp_path}/service/app.py": APP,
        f"{tmp_path}/service/helper.py": HELPER,
        f"{tmp_path}/service/broken.py": "def (:\n",
    }
    assert {source.shown for source in report.sources} == {
        f"{tmp_path}/link/{name}.py" for name in ("app", "helper", "broken")
    }
    assert (report.working_folder, report.repository) == (f"{tmp_path}/service", str(tmp_path))
    (found,) = report.diagnostics
    assert line_hashes(sources[f"{tmp_path}/service/app.py"], {found.location.start.row})
