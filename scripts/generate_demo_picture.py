"""Draws the picture in the README: what `make demo` prints, of which some findings are shown; `--check` only compares.

What is compared is the text in the picture, since its drawing differs between versions of rich.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from asynclint.config.settings import Settings
from asynclint.report.formats import Format, render
from asynclint.run.checks import check

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "demo.svg"
COLUMNS = 100
SHOWN = ("ASL203 blocking-database  error", "ASL104 unawaited-coroutine", "ASL401 task-not-cancelled-on-shutdown")
"""The first finding of each of these stands in the picture."""
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def picture() -> str:
    """The picture as SVG; without the fonts that rich would have it load from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(_output()))
    svg = console.export_svg(title="make demo", unique_id="demo")
    return "\n".join(line.rstrip() for line in FONT.sub("", svg).splitlines()) + "\n"


def _output() -> str:
    os.chdir(ROOT)
    report = check(["examples/shop"], Settings(jobs=1))
    blocks = render(report, Format.FULL, colour=True, columns=COLUMNS).split("\n\n")
    shown = [next(block for block in blocks if _plain(block).startswith(heading)) for heading in SHOWN]
    left = len(report.diagnostics) - len(shown)
    return "\n\n".join([*shown, f"… and {left} more findings in {report.files} files"])


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def text_of(svg: str) -> str:
    """What a reader of the picture reads."""
    return html.unescape(re.sub(r"<[^>]+>", "", "".join(re.findall(r"<text[^>]*>.*?</text>", svg, re.DOTALL))))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")
    drawn = picture()
    if not parser.parse_args(arguments).check:
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
    elif not PICTURE.exists() or text_of(PICTURE.read_text(encoding="utf-8")) != text_of(drawn):
        print(f"{PICTURE.relative_to(ROOT)} is out of date; run python scripts/{Path(__file__).name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
