"""Messages as SARIF wants them: sentences, of which viewers show the first as a title, with links to places."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import Diagnostic

_LINK = re.compile(r"\[([^\[\]]*)\](?=\()")
_QUOTED = re.compile(r"`[^`]+`")


def plain(text: str) -> str:
    """Text that a viewer must not take for placeholders or links (SARIF 2.1.0, sections 3.11.5 and 3.11.6)."""
    return _LINK.sub(r"\\[\1\\]", text.replace("{", "{{").replace("}", "}}"))


def sentences(message: str) -> str:
    """The fact as a sentence and the way out as another."""
    fact, separator, way_out = message.rpartition("; ")
    if not separator or way_out.count("`") % 2:
        return _sentence(message)
    return f"{_sentence(fact)} {_sentence(way_out)}"


def linked(text: str, told: str, target: int) -> str:
    """What `told` quotes, linked to the place with the id `target` where `text` quotes it too."""
    for quoted in reversed(_QUOTED.findall(told)):
        if quoted in text:
            return text.replace(quoted, f"[{quoted}]({target})", 1)
    return text


def told_apart(diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[Diagnostic, str]]:
    """Each finding with its sentences; those that are equal on a line, which GitHub would merge, are numbered."""
    seen: Counter[object] = Counter()
    for diagnostic in diagnostics:
        place = diagnostic.location
        key = (place.path, place.start.row, diagnostic.code, diagnostic.message)
        seen[key] += 1
        text = sentences(plain(diagnostic.message))
        yield diagnostic, text if seen[key] == 1 else f"{text} (Number {seen[key]} on this line.)"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
