"""Why a comment silences a finding, in the words of whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.findings.directives import read_directives
from asynclint.findings.reach import Reach
from asynclint.knowledge.peer_codes import PEER_CODES
from asynclint.source.comments import read_comments

if TYPE_CHECKING:
    from asynclint.core.diagnostic import Diagnostic
    from asynclint.findings.directives import Directive, Vocabulary


def justification(data: bytes, diagnostic: Diagnostic, vocabulary: Vocabulary) -> str:
    """The reason that the nearest comment gives which silences a finding in a text; empty where none does."""
    comments = read_comments(data)
    directives = tuple(read_directives(data, comments.comments, vocabulary))
    speaking = Reach(data, comments, directives).speaking_for(diagnostic.location.span.start, diagnostic.code)
    reasons = (_reason(data, item) for item in speaking if _is_about(item, diagnostic.code))
    return next(filter(None, reasons), "")


def _is_about(directive: Directive, code: str) -> bool:
    return directive.is_blanket or any(
        code in item.codes or code in PEER_CODES.get(item.text.upper(), ()) for item in directive.items
    )


def _reason(data: bytes, directive: Directive) -> str:
    end = directive.comment.end if directive.is_noqa else directive.span.end
    words = data[directive.head.end : end].decode("utf-8", "replace").partition("#")[0]
    return words.strip(" \t:;,.-")
