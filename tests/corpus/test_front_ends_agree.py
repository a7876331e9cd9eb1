"""Both front ends give the same IR of real projects.

Set `ASYNCLINT_CORPUS` to a folder of checkouts; `ASYNCLINT_CORPUS_STRIDE` takes every Nth file (default 25).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asynclint.flow.from_cst import lower_cst
from asynclint.flow.ir import encode_module
from asynclint.flow.lower import LowerError, lower

CORPUS = os.environ.get("ASYNCLINT_CORPUS", "")
STRIDE = int(os.environ.get("ASYNCLINT_CORPUS_STRIDE", "25"))


def corpus_files() -> list[Path]:
    return sorted(path for path in Path(CORPUS).rglob("*.py") if path.is_file())[::STRIDE] if CORPUS else []


@pytest.mark.skipif(not CORPUS, reason="ASYNCLINT_CORPUS names no folder of Python projects")
@pytest.mark.parametrize("path", corpus_files(), ids=str)
def test_same_bytes(path: Path) -> None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        pytest.skip("not UTF-8")
    try:
        lowered = lower(text)
    except LowerError:
        with pytest.raises(LowerError):
            lower(text, reference=True)
        return
    if lowered.front_end == "ast":  # else the reference has just read it
        assert encode_module(lower_cst(text)) == encode_module(lowered.ir)
