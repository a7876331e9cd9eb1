"""Makes every fix, safe or not, in copies of the packages in a folder, and holds the result against what is promised.

`python scripts/corpus_fixes.py .corpus [package …]`: every changed file still compiles, no comment is gone,
`compileall` finds nothing new, no rule finds anything new, and a second run changes nothing. Prints the numbers.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.config.settings import Settings
from asynclint.run.fixes import fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import Diagnostic, Report
    from asynclint.run.fixes import Fixed

SETTINGS = Settings(isolated=True)


def fixed_package(package: Path) -> bool:
    """Whether the fixes of a copy of the package keep every promise; prints the numbers, and each promise broken."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(package, package.name)
        Path("pyproject.toml").touch()
        broken_before = _not_compiled(Path(package.name))
        reports: list[Report] = []

        def all_of(report: Report) -> tuple[Diagnostic, ...]:
            reports.append(report)
            return report.diagnostics

        started = time.perf_counter()
        fixed = fix(["."], SETTINGS, unsafe=True, write=True, fixable=all_of)
        seconds = time.perf_counter() - started
        again = fix(["."], SETTINGS, unsafe=True, write=True)
        broken_after = _not_compiled(Path(package.name))
    before = reports[0]
    _say_numbers(package.name, before, fixed, seconds)
    problems = [*_lost_comments(fixed), *_new_findings(before, again.report)]
    problems += [f"does not compile: {path}" for path in sorted(broken_after - broken_before)]
    problems += [f"changed again: {change.shown}" for change in again.changes]
    problems += [] if fixed.stable else ["the fixes came to no end"]
    for problem in problems:
        print(f"  BROKEN  {problem}")
    return not problems


def _say_numbers(name: str, before: Report, fixed: Fixed, seconds: float) -> None:
    offered = sum(bool(item.fixes) for item in before.diagnostics)
    reasons = Counter(item.reason.split(" at ")[0] for item in fixed.refused)
    print(f"{name}: {before.files} files, {len(before.diagnostics)} findings, {offered} with a fix ({seconds:.0f} s)")
    print(f"  tried {len(fixed.made) + len(fixed.refused)}, made {len(fixed.made)} in {len(fixed.changes)} files")
    for code, number in sorted(Counter(repair.diagnostic.code for repair in fixed.made).items()):
        print(f"  {number:6} {code}")
    for reason, number in reasons.most_common():
        print(f"  {number:6} refused: {reason}")


def _not_compiled(folder: Path) -> set[str]:
    """The files of which `compileall` says that they are no Python."""
    command = [sys.executable, "-m", "compileall", "-q", "-f", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {line.partition("***")[2] for line in done.stdout.splitlines() if line.startswith("***")}


def _lost_comments(fixed: Fixed) -> Iterator[str]:
    for change in fixed.changes:
        with contextlib.suppress(tokenize.TokenError, SyntaxError):
            for comment in _comments(change.before) - _comments(change.after):
                yield f"lost in {change.shown}: {comment}"


def _comments(data: bytes) -> Counter[str]:
    """All but those that silence findings, which a fix of their own takes away."""
    tokens = tokenize.generate_tokens(io.StringIO(data.decode()).readline)
    texts = (token.string for token in tokens if token.type == tokenize.COMMENT)
    return Counter(text for text in texts if "noqa" not in text and "asynclint:" not in text)


def _new_findings(before: Report, after: Report) -> Iterator[str]:
    for (path, code), number in (_counted(after) - _counted(before)).items():
        yield f"new: {number} of {code} in {path}"


def _counted(report: Report) -> Counter[tuple[str, str]]:
    return Counter((item.location.path, item.code) for item in report.diagnostics)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the packages are, each in a folder of its own")
    parser.add_argument("package", nargs="*", help="only these")
    options = parser.parse_args(arguments)
    packages = [path.resolve() for path in sorted(options.folder.iterdir()) if path.is_dir()]
    chosen = [path for path in packages if not options.package or path.name in options.package]
    kept = [fixed_package(path) for path in chosen]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
