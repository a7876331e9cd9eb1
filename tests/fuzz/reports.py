"""Reports that no run has made, of findings whose texts mean something to whoever shows them."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import (
    Applicability,
    ChainStep,
    CheckError,
    Confidence,
    Diagnostic,
    Edit,
    Fix,
    Report,
    Severity,
    SourceText,
)
from asynclint.core.span import Span
from asynclint.findings.unchecked import UNCHECKED
from asynclint.rulekit.descriptions import described_rules
from asynclint.source.lines import LineTable

if TYPE_CHECKING:
    from random import Random

    from asynclint.core.span import Location

_TEXTS = (
    "plain", "`f` blocks", "a: b; c", "::error file=x::owned", "##vso[task.x]y", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "<b>&amp;",
    "</script><script>alert(1)</script>", "]]>", "<!--", "%0A%25", "a\nb", "a\r\nb", "\r", "\t", "\0", "\u2028", "\u202e\u200b", "\ufffe",
    "caf\udce9", "😀é", "[link](http://x)", "**md**", "| a |", "", " ", "x" * 500, "\x9b31m", "{0}", "%s", "'\"", "\\", "🏳️‍🌈",
)  # fmt: skip
_PATHS = (
    "a.py", "pkg/b.py", "::error::.py", "a b.py", "<img src=x>.py", "a\nb.py", "caf\udce9.py", "%0A.py", "#.py", "?.py", "é/\u202e.py",
    "/abs/olute.py", "../up.py", "c:d.py", "-.py", "\x1b[31m.py", "[x].py", "'.py", '".py',
)  # fmt: skip


def report(random: Random) -> Report:
    """One with findings, errors and sources that fit each other, whatever their texts are."""
    paths = random.sample(_PATHS, random.randint(1, 4))
    sources = {path: _source(random) for path in paths}
    rules = (*described_rules(), *UNCHECKED)
    return Report(
        diagnostics=tuple(_diagnostic(random, sources) for _ in range(random.randint(0, 5))),
        errors=tuple(_error(random, sources) for _ in range(random.choice((0, 0, 1, 3)))),
        files=len(paths),
        suppressed=random.randint(0, 3),
        unresolved_calls=random.randint(0, 3),
        rules=rules,
        checked=frozenset(paths),
        sources=tuple(SourceText(path, f"/project/{path}", data) for path, data in sources.items()),
        working_folder=random.choice(("/", "/project", "/pro ject/é", "/pro\x1b[31mject", "/p<b>")),
        repository="/",
    )


def _source(random: Random) -> bytes:
    lines = (_text(random).replace("\n", " ").replace("\r", " ") for _ in range(random.randint(1, 8)))
    text = random.choice(("\n", "\r\n", "\r")).join(lines)
    return text.encode("utf-8", "replace")


def _text(random: Random) -> str:
    return "".join(random.choice(_TEXTS) for _ in range(random.randint(1, 3)))


def _new_text(random: Random) -> str:
    """What may stand in a file."""
    return _text(random).encode("utf-8", "replace").decode()


def _location(random: Random, sources: dict[str, bytes]) -> Location:
    path = random.choice(list(sources))
    text = sources[path].decode()
    first, last = sorted(random.randrange(len(text) + 1) for _ in range(2))
    span = Span(len(text[:first].encode()), len(text[:last].encode()))
    return LineTable(sources[path]).location(path, span)


def _diagnostic(random: Random, sources: dict[str, bytes]) -> Diagnostic:
    info = random.choice(described_rules())
    return Diagnostic(
        code=info.code,
        name=info.name,
        severity=random.choice(list(Severity)),
        confidence=random.choice(list(Confidence)),
        message=_text(random),
        location=_location(random, sources),
        symbol=random.choice(("", "f", _text(random))),
        chain=tuple(ChainStep(_location(random, sources), _text(random)) for _ in range(random.choice((0, 0, 1, 3)))),
        cause=random.choice(("", "key", _text(random))),
        fixes=tuple(_fix(random, sources) for _ in range(random.choice((0, 1, 2)))),
        url=info.url,
        fingerprint=hashlib.blake2b(str(random.random()).encode(), digest_size=8).hexdigest(),
    )


def _fix(random: Random, sources: dict[str, bytes]) -> Fix:
    first = Edit(_location(random, sources), _new_text(random))
    second = Edit(_location(random, {first.location.path: sources[first.location.path]}), _new_text(random))
    apart = first.span.end <= second.span.start or second.span.end <= first.span.start
    edits = sorted((first, second) if apart else (first,), key=lambda edit: edit.span)
    return Fix(random.choice(list(Applicability)), _text(random), tuple(edits))


def _error(random: Random, sources: dict[str, bytes]) -> CheckError:
    code = random.choice(("ASL010", "ASL011", "internal-error", "missing-path"))
    error = CheckError(code, random.choice(_PATHS), _text(random), details=_text(random))
    place = _location(random, sources)
    return dataclasses.replace(error, filename=place.path, location=place) if random.random() < 0.5 else error
