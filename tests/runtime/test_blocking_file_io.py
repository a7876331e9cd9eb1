"""ASL204 at run time: while the disk, here a pipe, gives no data, the loop stands still."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import UploadFile

from asynclint.rules.blocking_file_io import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load, Witness


@pytest.fixture
def slow_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, witness: Witness) -> list[threading.Thread]:
    """A `settings.json` that is written, and an `upload.bin` that is read, once somebody has opened it and waited."""
    monkeypatch.chdir(tmp_path)

    def write_settings() -> None:
        with Path("settings.json").open("w") as file:
            witness.ask()
            file.write('{"a": "b"}')

    def read_upload() -> None:
        witness.ask()
        Path("upload.bin").read_bytes()

    os.mkfifo("settings.json")
    os.mkfifo("upload.bin")
    return [threading.Thread(target=work, daemon=True) for work in (write_settings, read_upload)]


@pytest.mark.parametrize(("side", "turned"), [("bad", False), ("fixed", True), ("good", True)])
def test_reading(side: str, turned: bool, load: Load, witness: Witness, slow_files: list[threading.Thread]) -> None:
    app = load(RULE, side)["app"]
    slow_files[0].start()
    assert witness.request(app, "GET", "/settings").json() == {"a": "b"}
    assert witness.turned == [turned]


def test_writing_on_the_loop(load: Load, witness: Witness, slow_files: list[threading.Thread]) -> None:
    module = load(RULE, "bad")

    def opened(*args: Any) -> Any:
        slow_files[1].start()
        return open(*args)  # noqa: PTH123

    module["open"] = opened
    witness.run(lambda: module["upload"](UploadFile(io.BytesIO(b"text"))))
    assert witness.turned == [False]


def test_writing_in_threads(load: Load, witness: Witness, slow_files: list[threading.Thread]) -> None:
    slow_files[1].start()
    witness.run(lambda: load(RULE, "good")["upload"](b"text"))
    assert witness.turned == [True]
