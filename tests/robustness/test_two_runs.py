"""Runs at the same time on one cache answer as if each were alone, and leave a cache that the next one believes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from asynclint.caching.folder import CACHE_FOLDER, CacheFolder
from asynclint.caching.seal import KEY_VARIABLE, Seal

if TYPE_CHECKING:
    from pathlib import Path

FILES = 60
RUNS = 2
"""At once, of each of two kinds."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    for number in range(FILES):
        head = f"import time\nfrom m{number + 1} import f as g\n\n\n"
        source = f"{head}async def f():\n    time.sleep({number + 1})\n    g()\n"
        (tmp_path / f"m{number}.py").write_text(source)
    return tmp_path


def _start(project: Path, *options: str, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "asynclint", "check", "--output-format=json", *options, "."]
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    environment["XDG_CACHE_HOME"] = str(home)  # where the key is, which the first runs make at once
    return subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def _answers(runs: list[subprocess.Popen[bytes]]) -> set[tuple[int | None, bytes, bytes]]:
    said = [run.communicate(timeout=120) for run in runs]
    return {(run.returncode, out, errors) for run, (out, errors) in zip(runs, said, strict=True)}


def test_runs_at_once_answer_as_one_alone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    for text in ("", "# changed\n"):
        for number in range(0, FILES, 7):
            with (project / f"m{number}.py").open("a") as file:
                file.write(text)
        alone = _answers([_start(project, "--no-cache", home=home)])
        ((code, out, _),) = alone
        assert (code, len(json.loads(out)["diagnostics"])) == (1, FILES * 2 - 1)
        assert _answers([_start(project, home=home) for _ in range(RUNS)]) == alone
        others = [_start(project, "--select=ASL201", home=home) for _ in range(RUNS)]  # which keep other results
        assert _answers([_start(project, home=home) for _ in range(RUNS)]) == alone
        assert len(_answers(others)) == 1
    names = [file.name for file in (project / CACHE_FOLDER).iterdir()]
    assert [name for name in names if name.endswith(".tmp")] == []
    timed = _start(project, "--timings", home=home)
    out, errors = timed.communicate()
    assert (timed.returncode, out) == (code, next(iter(alone))[1])
    assert f"{FILES}    results from the cache" in errors.decode()


def test_a_reader_meets_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    texts = [bytes([number]) * 2_000_000 for number in range(2)]
    folder = CacheFolder(str(tmp_path / "cache"), Seal(b"key"))
    folder.write("files", texts[0])
    writing = threading.Event()

    def write() -> None:
        for number in range(100):
            folder.write("files", texts[number % 2])
        writing.set()

    writer = threading.Thread(target=write)
    writer.start()
    met = []
    while not writing.is_set():
        met.append(folder.read("files"))
    writer.join()
    assert len(met) > 1
    assert set(met) <= set(texts)
