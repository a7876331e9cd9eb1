"""Reading many files at once, and files that go wrong meanwhile."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asynclint.flow import lower as lowering
from asynclint.flow.ir import decode_module
from asynclint.project import indexing
from asynclint.project.indexing import IndexedFile, Reading, index_files

if TYPE_CHECKING:
    from pathlib import Path


def index(folder: Path, *names: str, jobs: int = 1, max_file_size: int = 10_000) -> dict[str, IndexedFile]:
    reading = Reading(str(folder), max_file_size)
    paths = [f"{folder}/{name}" for name in names]
    found = index_files(paths, reading, jobs=jobs, progress=lambda *_: None)
    assert [file.path for file in found] == paths
    return {file.display: file for file in found}


def test_a_file_becomes_its_text_and_its_ir(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfdef f(): pass\r\n")
    file = index(tmp_path, "a.py")["a.py"]
    assert file.error is None
    assert file.data == b"def f(): pass\r\n"
    assert file.ir is not None
    assert [function.name for function in decode_module(file.ir).functions] == ["f"]


def test_every_failure_is_an_error_with_its_place_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "syntax.py").write_text("é = 1\nx = = 2\n", encoding="utf-8")
    (tmp_path / "large.py").write_text("x" * 10_001)
    found = index(tmp_path, "syntax.py", "gone.py", "large.py", "good.py")
    codes = {name: file.error.code if file.error else None for name, file in found.items()}
    assert codes == {"syntax.py": "ASL010", "gone.py": "ASL011", "large.py": "ASL011", "good.py": None}
    error = found["syntax.py"].error
    assert error is not None
    assert error.location is not None
    assert error.location.start.row == 2
    assert error.location.lines == ("x = = 2",)
    assert [name for name, file in found.items() if file.ir is not None] == ["good.py"]


def test_a_defect_of_ours_concerns_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lower = lowering.lower

    def fail(text: str, **options: bool) -> object:
        if "bad" in text:
            raise KeyError("two\nlines")
        return lower(text, **options)

    monkeypatch.setattr(lowering, "lower", fail)
    (tmp_path / "a.py").write_text("bad = 1\n")
    (tmp_path / "b.py").write_text("good = 1\n")
    found = index(tmp_path, "a.py", "b.py")
    assert found["b.py"].ir is not None
    error = found["a.py"].error
    assert error is not None
    assert error.code == "internal-error"
    assert "\n" not in error.message


def test_processes_change_nothing_but_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "CHUNK_BYTES", 200)
    names = [f"m{number}.py" for number in range(60)]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(f"def f{number}(): pass\n" * 5)
    (tmp_path / "m7.py").write_text("def (:\n")
    names.insert(20, "gone.py")
    assert index(tmp_path, *names, jobs=2) == index(tmp_path, *names, jobs=1)


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    told: list[tuple[str, int, int]] = []
    index_files([f"{tmp_path}/a.py"], Reading("/", 10), jobs=1, progress=lambda *step: told.append(step))
    assert told[-1] == ("reading", 1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="the script plants its fault in a forked process")
def test_the_file_that_kills_its_process_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"m{number}.py").write_text("deadly = 1\n" if number == 17 else "x = 1\n")
    script = f"""
import os
from asynclint.flow import lower as lowering
from asynclint.project import indexing
from asynclint.flow import lower as lowering
lower = lowering.lower
lowering.lower = lambda text, **options: os._exit(1) if "deadly" in text else lower(text, **options)
indexing.CHUNK_BYTES = 100
paths = [f"{tmp_path}/m{{number}}.py" for number in range(60)]
found = indexing.index_files(paths, indexing.Reading({str(tmp_path)!r}, 1000), jobs=2, progress=lambda *_: None)
print(sum(file.ir is not None for file in found))
print(*((file.error.code, file.error.filename) for file in found if file.error))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "59\n('internal-error', 'm17.py')\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    "place", ["multiprocessing.synchronize.SemLock.__init__", "multiprocessing.process.BaseProcess.start"]
)
@pytest.mark.parametrize("error", [OSError(30, "Read-only file system"), BlockingIOError(11, "no more processes")])
def test_where_no_processes_can_be_had_all_is_read_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, error: OSError
) -> None:
    names = [f"m{number}.py" for number in range(indexing.FEW_FILES)]
    for name in names:
        (tmp_path / name).write_text("x = 1\n")

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(place, refuse)
    found = index(tmp_path, *names, jobs=2)
    assert [file.error for file in found.values()] == [None] * len(names)
