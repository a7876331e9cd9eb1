"""Brings the output shown in the README up to date with a real run.

The block between the markers starts with the command. Of what the command reports, the findings stay that are shown
there already, known by code and file; `…` stands where others are left out. `--check` changes nothing.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- output: begin (scripts/readme_output.py) -->\n```text\n"
END = "\n```\n<!-- output: end -->"
GAP = "…"


def with_output(text: str) -> str:
    """The text with the block renewed. Raises ValueError where something shown is reported no more."""
    before, begin, rest = text.partition(BEGIN)
    block, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the lines {BEGIN!r} and {END!r} must stand in the text")
    command, *shown, _ = block.split("\n\n")
    findings, summary = _run(command)
    return f"{before}{begin}" + "\n\n".join([command, *_excerpt(findings, shown), summary]) + f"{end}{after}"


def _run(command: str) -> tuple[list[str], str]:
    """The findings and the last line of what the command says."""
    prompt, program, *arguments = shlex.split(command)
    if (prompt, program) != ("$", "asynclint"):
        raise ValueError(f"`{command}` is not `$ asynclint …`")
    done = subprocess.run(
        [sys.executable, "-m", "asynclint", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.strip("\n").split("\n\n"), done.stderr.strip()


def _excerpt(findings: list[str], shown: list[str]) -> list[str]:
    """Those of the findings that are shown, with a gap where any are left out."""
    wanted = {_key(finding) for finding in shown if finding != GAP}
    excerpt: list[str] = []
    for finding in findings:
        if _key(finding) in wanted:
            wanted.remove(_key(finding))
            excerpt.append(finding)
        elif not excerpt or excerpt[-1] != GAP:
            excerpt.append(GAP)
    if wanted:
        raise ValueError(f"shown in the README, but not reported: {sorted(wanted)}")
    return excerpt


def _key(finding: str) -> tuple[str, str]:
    """Code and file of a finding."""
    found = re.match(r"(\S+) .*\n  (\S+?):\d+:\d+", finding)
    if found is None:
        raise ValueError(f"not a finding: {finding!r}")
    return found[1], found[2]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")
    check = parser.parse_args(arguments).check
    text = README.read_text(encoding="utf-8")
    renewed = with_output(text)
    if not check:
        README.write_text(renewed, encoding="utf-8")
    elif renewed != text:
        print("the output in README.md is out of date; run python scripts/readme_output.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
