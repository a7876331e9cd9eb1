"""A short slice of the long runs (`make fuzz`), and all that these ever found."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.campaign import FAILURES, batch, seeds
from tests.fuzz.judging import BrokenPromiseError, judge
from tests.fuzz.programs import module

SLICE = 6
"""Batches; some six seconds of processor time."""


@pytest.mark.parametrize("number", range(SLICE))
def test_a_batch(tmp_path_factory: pytest.TempPathFactory, number: int) -> None:
    judge(tmp_path_factory.mktemp("project"), *batch(number, seeds()), fixes=number == 0)


@pytest.mark.parametrize("file", sorted(FAILURES.glob("*.py.txt")), ids=lambda file: file.name)
def test_what_once_failed(tmp_path_factory: pytest.TempPathFactory, file) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    judge(tmp_path_factory.mktemp("project"), {"m.py": file.read_bytes()}, fixes=True)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_modules_of_the_grammar(tmp_path_factory: pytest.TempPathFactory, random) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    judge(tmp_path_factory.mktemp("project"), {"m.py": module(random).encode()})


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.text(max_size=100))
def test_any_bytes_and_any_text(tmp_path_factory: pytest.TempPathFactory, data: bytes, text: str) -> None:
    sources = {
        "m.py": data,
        "n.py": text.encode("utf-8", "surrogatepass"),
        "o.py": b"x = 1  # noqa: " + text.encode("utf-8", "surrogatepass"),
    }
    judge(tmp_path_factory.mktemp("project"), sources)


def test_the_judge_notices_an_internal_error(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asynclint.run.analysis.filter_suppressed", lambda *_: 1 / 0)
    with pytest.raises(BrokenPromiseError, match="internal-error"):
        judge(tmp_path_factory.mktemp("project"), {"m.py": b"x = 1\n"})
