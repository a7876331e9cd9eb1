"""Every name of the survey that the catalogue was begun with is in it, or left out for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from asynclint.knowledge.blocking import lookup

SURVEYED = Path(__file__).with_name("surveyed_names.txt").read_text(encoding="utf-8").split()

CHEAP = "computes on a string, or reads what the process has in memory"
LEFT_OUT = {
    "filecmp.dircmp": "compares nothing before its attributes are read",
    "httpx.Client.close": "closes sockets, waits for nothing",
    "httpx2.Client.close": "closes sockets, waits for nothing",
    "os.getcwd": CHEAP,
    "os.path.abspath": CHEAP,
    "os.path.expanduser": CHEAP,
    "os.path.normpath": CHEAP,
    "os.path.relpath": CHEAP,
    "os.path.samestat": CHEAP,
    "pathlib.Path.absolute": CHEAP,
    "pathlib.Path.cwd": CHEAP,
    "pathlib.Path.expanduser": CHEAP,
    "pathlib.Path.home": CHEAP,
    "sqlalchemy.orm.Session.delete": "marks the object; the flush or commit that follows does the work and is reported",
    "tempfile.SpooledTemporaryFile": "stays in memory until it grows; its methods are in the catalogue",
}


def test_the_survey_is_complete() -> None:
    assert len(set(SURVEYED)) == 1251


@pytest.mark.parametrize("name", SURVEYED)
def test_a_surveyed_name_is_accounted_for(name: str) -> None:
    assert (lookup(name) is None) == (name in LEFT_OUT)
