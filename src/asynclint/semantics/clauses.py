"""The text of clauses and headers of compound statements, where findings about them stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.span import Span

if TYPE_CHECKING:
    from asynclint.flow import ir


def header_span(data: bytes, clause: ir.While | ir.For | ir.With | ir.If | ir.ExceptHandler) -> Span:
    """From the keyword to the end of the first line of the header, without the colon."""
    text = data[clause.start : clause.body[0].start].partition(b"\n")[0].partition(b"#")[0].rstrip(b" \t\r")
    return Span(clause.start, clause.start + len(text.removesuffix(b":").rstrip(b" \t")))
