"""Which background functions are said to be skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

ROUTE = """\
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def work(name: str) -> None:
    Path(name).write_text("x")


def log(name: str) -> None:
    print(name)


@app.post("/")
async def post(tasks: BackgroundTasks, name: str) -> None:
{body}
"""


@pytest.mark.parametrize(
    ("body", "skipped"),
    [
        ("tasks.add_task(work, name)\ntasks.add_task(log, name)", True),
        ("tasks.add_task(log, name)\ntasks.add_task(work, name)", False),
        ("if name:\n    tasks.add_task(work, name)\ntasks.add_task(log, name)", True),
        ("if name:\n    tasks.add_task(work, name)\nelse:\n    tasks.add_task(log, name)", False),
        ("if name:\n    tasks.add_task(work, name)\nelif not name:\n    tasks.add_task(log, name)", False),
        ("if name:\n    tasks.add_task(work, name)\n    return\ntasks.add_task(log, name)", False),
        ("for one in name:\n    tasks.add_task(work, one)\ntasks.add_task(log, name)", True),
    ],
)
def test_later_functions(body: str, skipped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(ROUTE.format(body="\n".join(f"    {line}" for line in body.splitlines())))
    (finding,) = check(["."], Settings(jobs=1, select=("ASL301",))).diagnostics
    assert ("after it are skipped" in finding.message) is skipped
