"""A long run of cases of every layer: `make fuzz`. What goes wrong is saved for the tests."""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import importlib.util
import itertools
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NoReturn

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.fuzz.layers import LAYERS, Layer  # noqa: E402 - the path is needed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

FAILURES = HERE / "failures"
_LONGEST = 60
"""Seconds of processor time for a batch; a second is usual. On a busy machine it may take ten times as long."""
STRETCH = 15
"""Seconds that one process works; then another begins, so that nothing adds up, and a crash ends no more than it."""
_PACKAGES = ("anyio", "celery", "fastapi", "httpx", "kombu", "openai", "redis", "sqlalchemy", "starlette", "uvicorn")


def seeds(folders: Sequence[Path] = ()) -> list[str]:
    """The fixtures and examples of this project, and the modules in other folders."""
    roots = [HERE.parent / "fixtures", HERE.parents[1] / "examples", *folders]
    files = sorted(file for root in roots for file in root.rglob("*.py") if file.stat().st_size < 60_000)
    return [file.read_text(encoding="utf-8", errors="replace") for file in files]


def installed() -> list[Path]:
    """The folders of packages that are installed beside this one, whose modules are broken in long runs."""
    specs = (importlib.util.find_spec(name) for name in _PACKAGES)
    return [Path(place) for spec in specs if spec for place in spec.submodule_search_locations or ()]


def batch(layer: Layer, number: int, known: Sequence[str]) -> list[bytes]:
    """The cases of a number."""
    return layer.make(Random(f"{layer.name} {number}"), known, layer.size)


def _overdue(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError("it takes too long")


def failure(layer: Layer, folder: Path, cases: Sequence[bytes]) -> str:
    """Why cases fail; nothing if they do not."""
    signal.signal(signal.SIGPROF, _overdue)
    signal.signal(signal.SIGALRM, _overdue)
    signal.setitimer(signal.ITIMER_PROF, _LONGEST)
    signal.alarm(10 * _LONGEST)
    try:
        layer.judge(folder, cases)
    except Exception:  # noqa: BLE001 - whatever it is, it is what we are after
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    return ""


def _stretch(layer: Layer, first: int, known: Sequence[str], out: int) -> None:
    """Judge batches from a number on for a while; says of each that it begins, and how it ended."""
    faulthandler.enable()
    end = time.monotonic() + STRETCH
    with tempfile.TemporaryDirectory() as name, os.fdopen(out, "w") as pipe:
        folder = Path(name).resolve()
        for number in itertools.count(first):
            print(json.dumps([number, None]), file=pipe, flush=True)
            cases = batch(layer, number, known)
            print(json.dumps([number, [len(cases), failure(layer, folder, cases)]]), file=pipe, flush=True)
            if time.monotonic() > end:
                return


def stretch(layer: Layer, first: int, known: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Numbers of batches from one on, how many cases each had, and why it failed, from a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _stretch(layer, first, known, writing)
        except BaseException:  # noqa: BLE001 - a child that ran on would do the parent's work twice
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    begun = first
    with os.fdopen(reading) as pipe:
        for line in pipe:
            begun, result = json.loads(line)
            if result is not None:
                yield begun, *result
    _, status = os.waitpid(child, 0)
    if status:
        yield begun, layer.size, f"the process died: {os.waitstatus_to_exitcode(status)}"


def smallest(layer: Layer, cases: Sequence[bytes]) -> Sequence[bytes]:
    """A single case that fails by itself, if there is one."""
    with tempfile.TemporaryDirectory() as name:
        for case in cases:
            if failure(layer, Path(name).resolve(), [case]):
                return [case]
    return cases


def save(layer: Layer, cases: Sequence[bytes]) -> Path:
    """Keep cases that fail together where the tests find them: a folder for the layer, a folder for each failure."""
    name = hashlib.blake2b(b"\0".join(cases), digest_size=4).hexdigest()
    folder = FAILURES / layer.name.replace(" ", "_") / name
    folder.mkdir(parents=True, exist_ok=True)
    for place, case in enumerate(cases):
        (folder / f"{place}.case").write_bytes(case)
    return folder


def saved() -> list[tuple[str, Layer, list[bytes]]]:
    """All failures that were kept: name, layer and cases of each."""
    layers = {layer.name.replace(" ", "_"): layer for layer in LAYERS}
    folders = sorted(FAILURES.glob("*/*")) if FAILURES.exists() else []
    return [(folder.name, layers[folder.parent.name], _cases(folder)) for folder in folders]


def _cases(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.iterdir(), key=lambda file: int(file.stem))]


def campaign(
    seconds: float, first: int, known: Sequence[str], layers: Sequence[Layer]
) -> Iterator[tuple[Layer, int, str]]:
    """Judge batches of all layers by their shares for so long; yields those that failed, and prints the counts."""
    cases: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    following = dict.fromkeys((layer.name for layer in layers), first)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        layer = min(layers, key=lambda layer: spent[layer.name] / layer.share)
        started = time.monotonic()
        for number, count, reason in stretch(layer, following[layer.name], known):
            following[layer.name] = number + 1
            cases[layer.name] += count
            if reason:
                yield layer, number, reason
        spent[layer.name] += int(time.monotonic() - started) + 1
        counts = ", ".join(f"{name} {cases[name]:,}" for name in following)
        print(f"{cases.total():,} cases: {counts}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=int(time.time()), help="number of the first batch")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--layer", action="append", choices=[layer.name for layer in LAYERS], help="only these")
    parser.add_argument("--seeds", type=Path, action="append", default=[], help="a folder with more modules to break")
    parser.add_argument("--save", action="store_true", help="save what fails under tests/fuzz/failures")
    options = parser.parse_args()
    known = seeds([*installed(), *options.seeds])
    layers = [layer for layer in LAYERS if layer.name in (options.layer or [layer.name])]
    failed = 0
    for layer, number, reason in campaign(options.seconds, options.first, known, layers):
        failed += 1
        print(f"{layer.name}, batch {number}:\n{reason}", flush=True)
        if options.save and not reason.startswith("the process died"):
            print(f"saved as {save(layer, smallest(layer, batch(layer, number, known)))}", flush=True)
    print(f"{failed} batches failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
