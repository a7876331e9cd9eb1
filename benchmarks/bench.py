"""Times asynclint and its peers on the same files: `python benchmarks/bench.py --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measuring import Run, measured
from plot import plotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

HERE = Path(__file__).parent
RULES = ("--select", "ASYNC,RUF006", "--preview")
FRACTIONS = (8, 4, 2, 1)
SMALL = 50
"""Files of the small project."""


@dataclass(frozen=True)
class Subject:
    """A folder to check: a file that much depends on, and one that is asked for alone, both relative to it."""

    name: str
    folder: Path
    changed: str
    single: str


@dataclass(frozen=True)
class Scenario:
    """A command to time. `prepare` is called before each run, which does not count."""

    subject: str
    tool: str
    name: str
    command: tuple[str, ...]
    folder: Path
    files: int
    prepare: Callable[[], None] = lambda: None


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="asynclint-bench-") as scratch:
        os.environ["XDG_CACHE_HOME"] = str(Path(scratch, "cache"))
        subjects = [item for item in _subjects(options.corpus, Path(scratch)) if item.name in options.subjects]
        scenarios = [item for subject in subjects for item in _scenarios(subject, options)]
        if options.growth:
            scenarios += _growth(options.corpus / "homeassistant", Path(scratch), options)
        runs = _in_turn(scenarios, options.runs)
    results = _summary(runs, options)
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    options.plot.write_text(plotted(results["scenarios"]), encoding="utf-8")
    sys.stdout.write(_table(results["scenarios"]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path(".corpus"), help="where scripts/corpus.py put the packages")
    parser.add_argument("--asynclint", type=Path, default=Path(sys.executable).parent / "asynclint")
    parser.add_argument("--peers", type=Path, default=HERE / ".venv/bin", help="the folder with the other linters")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--subjects", nargs="*", default=["litellm", "homeassistant", "small"])
    parser.add_argument("--tools", nargs="*", default=["asynclint", "ruff", "flake8-async", "hydroid", "ast.parse"])
    parser.add_argument("--growth", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--jobs", type=int, default=2, help="processes of each tool that can be told")
    parser.add_argument(
        "--slow", action="store_true", help="flake8-async on large projects too, half an hour each time"
    )
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    parser.add_argument("--plot", type=Path, default=HERE.parent / "docs/images/benchmark.svg")
    return parser


def _subjects(corpus: Path, scratch: Path) -> Iterator[Subject]:
    """Copies, so that no run meets the caches of another day, and that a file can be changed."""
    for name, changed, single in (
        ("litellm", "litellm/caching/in_memory_cache.py", "litellm/proxy/health_endpoints/_health_endpoints.py"),
        ("homeassistant", "homeassistant/components/zone/condition.py", "homeassistant/components/onkyo/receiver.py"),
    ):
        if (corpus / name).is_dir():
            yield Subject(name, _copied(corpus / name, scratch / name), changed, single)
    source = corpus / "open_webui"
    if source.is_dir():
        folder = scratch / "small"
        for path in sorted(source.rglob("*.py"))[:SMALL]:
            (folder / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / path.relative_to(source))
        (folder / "pyproject.toml").touch()
        first, *_, last = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))
        yield Subject("small", folder, first, last)


def _copied(source: Path, target: Path, every: int = 1) -> Path:
    for path in sorted(source.rglob("*.py"))[::every]:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    (target / "pyproject.toml").touch()
    return target


def _scenarios(subject: Subject, options: argparse.Namespace) -> Iterator[Scenario]:
    def make(tool: str, name: str, command: Iterable[object], prepare: Callable[[], None] = lambda: None) -> Scenario:
        return Scenario(subject.name, tool, name, tuple(map(str, command)), subject.folder, files, prepare)

    peers = options.peers
    files = _count(subject.folder)
    output = ("--output-format", "json", "-o", subject.folder.parent / "asynclint.json")
    own = (options.asynclint, "check", "--exit-zero", "--quiet", "-j", options.jobs, *output)
    forget = _forgetting(subject.folder, ".asynclint_cache")
    if "asynclint" in options.tools:
        yield make("asynclint", "cold", (*own, "."), forget)
        yield make("asynclint", "warm", (*own, "."))
        yield make("asynclint", "one changed", (*own, "."), _changing(subject.folder / subject.changed))
        yield make("asynclint", "one file, warm", (*own, subject.single))
        yield make("asynclint", "one file, cold", (*own, subject.single), forget)
    if "ruff" in options.tools:
        ruff = (peers / "ruff", "check", "--isolated", *RULES, "--exit-zero", "--quiet")
        cache = subject.folder.parent / f"ruff-{subject.name}"
        yield make("ruff", "cold", (*ruff, "--no-cache", "."))
        yield make("ruff", "warm", (*ruff, "--cache-dir", cache, "."))
    if "hydroid" in options.tools:
        hydroid = (peers / "hydroid", "--format", "json", ".")
        yield make("hydroid", "cold", hydroid, _forgetting(subject.folder, ".hydroid_cache"))
        yield make("hydroid", "warm", hydroid)
    if "ast.parse" in options.tools:
        yield make("ast.parse", "cold", (sys.executable, HERE / "parse_only.py", options.jobs, "."))
    if "flake8-async" in options.tools and (files <= SMALL or options.slow):
        flake8 = (peers / "flake8", "--isolated", "--select", "ASYNC", "--exit-zero", "-j", options.jobs)
        yield make("flake8-async", "cold", (*flake8, "--extend-exclude", ".asynclint_cache,.hydroid_cache", "."))


def _growth(source: Path, scratch: Path, options: argparse.Namespace) -> Iterator[Scenario]:
    """Every eighth, fourth, second and each file, so that the parts are alike."""
    for fraction in FRACTIONS if source.is_dir() else ():
        folder = _copied(source, scratch / f"growth-{fraction}", every=fraction)
        output = ("--output-format", "json", "-o", str(scratch / "growth.json"))
        own = (str(options.asynclint), "check", "--exit-zero", "--quiet", "-j", str(options.jobs), *output, ".")
        name = "cold" if fraction == 1 else f"cold, 1/{fraction} of the files"
        yield Scenario(
            "growth", "asynclint", name, own, folder, _count(folder), _forgetting(folder, ".asynclint_cache")
        )


def _forgetting(folder: Path, cache: str) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder / cache, ignore_errors=True)


def _changing(path: Path) -> Callable[[], None]:
    def change() -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n\ndef added_by_the_benchmark() -> None:\n    return None\n")

    return change


def _in_turn(scenarios: Sequence[Scenario], rounds: int) -> dict[Scenario, list[Run]]:
    """Every scenario once a round, in order: a machine that slows down slows all of them."""
    runs: dict[Scenario, list[Run]] = {scenario: [] for scenario in scenarios}
    for number in range(1, rounds + 1):
        for scenario in scenarios:
            scenario.prepare()
            run = measured(scenario.command, scenario.folder)
            runs[scenario].append(run)
            sys.stderr.write(
                f"{number}/{rounds} {scenario.subject}: {scenario.tool}, {scenario.name}: {run.seconds:.2f} s\n"
            )
    return runs


def _summary(runs: dict[Scenario, list[Run]], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "versions": _versions(options),
        "scenarios": [
            {
                "subject": scenario.subject,
                "tool": scenario.tool,
                "scenario": scenario.name,
                "files": scenario.files,
                "seconds": statistics.median(run.seconds for run in found),
                "cpu_seconds": statistics.median(run.cpu_seconds for run in found),
                "peak_mb": max(run.peak_mb for run in found),
                "exit_codes": sorted({run.exit_code for run in found}),
                "runs": [run.seconds for run in found],
            }
            for scenario, found in runs.items()
        ],
    }


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.py"))


def _versions(options: argparse.Namespace) -> dict[str, str]:
    commands = {"asynclint": (options.asynclint,)} | {
        tool: (options.peers / program,)
        for tool, program in (("ruff", "ruff"), ("hydroid", "hydroid"), ("flake8-async", "flake8"))
        if tool in options.tools
    }
    return {
        tool: subprocess.run((*command, "--version"), capture_output=True, text=True, check=False).stdout.strip()
        for tool, command in commands.items()
    }


def _table(scenarios: Sequence[dict[str, Any]]) -> str:
    """Medians, and how many times as long as ruff and as hydroid in the same scenario each took."""
    by_key = {(item["subject"], item["tool"], item["scenario"]): item["seconds"] for item in scenarios}
    lines = [
        "| subject | files | tool | scenario | seconds | CPU seconds | peak MB | to ruff | to hydroid | to ast.parse |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for item in scenarios:
        kind = "warm" if item["scenario"] in ("warm", "one changed", "one file, warm") else "cold"
        ratios = [
            _ratio(item["seconds"], by_key.get((item["subject"], peer, "cold" if peer == "ast.parse" else kind)))
            for peer in ("ruff", "hydroid", "ast.parse")
        ]
        cells = (item["subject"], f"{item['files']:,}", item["tool"], item["scenario"], f"{item['seconds']:.2f}")
        used = (f"{item['cpu_seconds']:.2f}", f"{item['peak_mb']:.0f}")
        lines.append(f"| {' | '.join((*cells, *used, *ratios))} |")
    return "\n".join(lines) + "\n"


def _ratio(seconds: float, other: float | None) -> str:
    return "" if other is None else f"{seconds / other:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
