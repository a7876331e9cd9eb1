"""The plot of the README: times of cold and warm runs, on a logarithmic scale, as SVG that reads on light and dark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, LEFT, RIGHT, ROW, GAP = 760, 190, 80, 22, 34
COLOURS = {"asynclint": "#2f81f7", "ruff": "#8b949e", "hydroid": "#d29922", "flake8-async": "#a371f7"}
SHOWN = ("cold", "warm")


def plotted(scenarios: Sequence[dict[str, Any]]) -> str:
    """A bar for each tool and scenario, grouped by subject."""
    rows = [item for item in scenarios if item["tool"] in COLOURS and item["scenario"] in SHOWN]
    subjects = list(dict.fromkeys(item["subject"] for item in rows if item["subject"] != "growth"))
    if not subjects:
        return _svg(40, ['<text x="20" y="25" class="t">nothing was measured</text>'])
    low = math.log10(min(item["seconds"] for item in rows) / 1.5)
    high = math.log10(max(item["seconds"] for item in rows))
    parts: list[str] = []
    top = 20
    for subject in subjects:
        mine = [item for item in rows if item["subject"] == subject]
        parts.append(f'<text x="10" y="{top + 14}" class="h">{subject} ({mine[0]["files"]:,} files)</text>')
        top += ROW
        for item in sorted(mine, key=lambda item: (SHOWN.index(item["scenario"]), item["seconds"])):
            parts += _bar(item, top, (math.log10(item["seconds"]) - low) / (high - low))
            top += ROW
        top += GAP - ROW
    parts.append(f'<text x="10" y="{top + 8}" class="t">seconds, wall clock, logarithmic; shorter is better</text>')
    return _svg(top + 24, parts)


def _bar(item: dict[str, Any], top: int, share: float) -> Iterator[str]:
    length = max(2.0, share * (WIDTH - LEFT - RIGHT))
    colour = COLOURS[item["tool"]]
    opacity = 1 if item["scenario"] == "cold" else 0.55
    yield f'<text x="{LEFT - 8}" y="{top + 14}" class="t" text-anchor="end">{item["tool"]}, {item["scenario"]}</text>'
    place = f'x="{LEFT}" y="{top + 3}" width="{length:.1f}" height="15" rx="2"'
    yield f'<rect {place} fill="{colour}" opacity="{opacity}"/>'
    yield f'<text x="{LEFT + length + 6:.1f}" y="{top + 14}" class="t">{_seconds(item["seconds"])}</text>'


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _svg(height: int, parts: Sequence[str]) -> str:
    style = (
        "text{font-family:system-ui,sans-serif;font-size:13px;fill:#24292f}.h{font-weight:600}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="Times of linters on the same files">\n<style>{style}</style>\n{body}\n</svg>\n'
    )
