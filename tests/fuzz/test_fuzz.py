"""A short slice of the long runs (`make fuzz`), and all that these ever found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.campaign import batch, campaign, failure, saved, seeds, stretch
from tests.fuzz.judge_reading import judge_reading
from tests.fuzz.judge_runs import judge_check
from tests.fuzz.layers import LAYERS, Layer
from tests.fuzz.programs import module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

_forking = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
"""Python warns of it beside threads, which the runner of the tests has."""


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_batch(tmp_path_factory: pytest.TempPathFactory, layer: Layer) -> None:
    layer.judge(tmp_path_factory.mktemp("project"), batch(layer, 0, seeds())[:20])


@pytest.mark.parametrize(("name", "layer", "cases"), saved())
def test_what_once_failed(
    tmp_path_factory: pytest.TempPathFactory, name: str, layer: Layer, cases: Sequence[bytes]
) -> None:
    assert cases, name
    layer.judge(tmp_path_factory.mktemp("project"), cases)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_modules_of_the_grammar(tmp_path_factory: pytest.TempPathFactory, random: Random) -> None:
    judge_check(tmp_path_factory.mktemp("project"), {"m.py": module(random).encode()})


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.text(max_size=100))
def test_any_bytes_and_any_text(tmp_path_factory: pytest.TempPathFactory, data: bytes, text: str) -> None:
    sources = {
        "m.py": data,
        "n.py": text.encode("utf-8", "surrogatepass"),
        "o.py": b"x = 1  # noqa: " + text.encode("utf-8", "surrogatepass"),
    }
    for source in sources.values():
        judge_reading(source)
    judge_check(tmp_path_factory.mktemp("project"), sources)


def test_a_number_stands_for_the_same_cases_everywhere() -> None:
    known = ["import time\n\n\nasync def f():\n    time.sleep(1)\n"]
    for layer in LAYERS:
        if layer.name != "foreign programs":  # which depend on the release of hypothesis
            assert batch(layer, 7, known) == batch(layer, 7, known)
            assert batch(layer, 7, known) != batch(layer, 8, known)


def test_the_judge_notices_an_internal_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asynclint.run.analysis.filter_suppressed", lambda *_: 1 / 0)
    (checks,) = (layer for layer in LAYERS if layer.name == "checks")
    assert "internal-error" in failure(checks, tmp_path, [b"x = 1\n"])


@_forking
def test_a_process_that_dies_is_a_failure() -> None:
    def die(_folder: Path, _cases: Sequence[bytes]) -> None:
        os.kill(os.getpid(), 9)

    deadly = Layer("deadly", lambda _random, _seeds, count: [b""] * count, die, 3, 1)
    assert list(stretch(deadly, 5, [])) == [(5, 3, "the process died: -9")]


@_forking
def test_cases_are_counted_by_layer(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path, cases: Sequence[bytes]) -> None:
        assert cases == [b"good"] * 2

    def cases(random: Random, _seeds: Sequence[str], count: int) -> list[bytes]:
        return [b"good" if random.random() < 0.9 else b"bad"] * count

    layer = Layer("of two kinds", cases, refuse, 2, 1)
    monkeypatch.setattr("tests.fuzz.campaign.STRETCH", 0.1)
    failed = [number for _, number, reason in campaign(0.1, 0, [], [layer]) if "AssertionError" in reason]
    count = int(capfd.readouterr().out.replace(",", "").split()[-1])
    assert failed == [number for number in range(count // 2) if batch(layer, number, [])[0] == b"bad"]
    assert failed
