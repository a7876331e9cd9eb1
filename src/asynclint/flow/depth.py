"""The guard before every libcst parse: refuses text that nests too deeply.

libcst's native parser dies with a segmentation fault on about 2,000 parentheses or 4,000 method calls in a row, which
would end the process. The guard reads tokens only, in one pass, and need not find the text well formed: it
overestimates the depth of the syntax tree, and what it lets pass is safe to parse.
"""

from __future__ import annotations

import re
from typing import Final

from asynclint.flow.errors import NestingTooDeep

MAX_DEPTH: Final = 400
"""Of the syntax tree, as far as tokens show it: open brackets and blocks, and in each the chain of operators,
attributes, calls and `elif` so far. The IR nests at most two levels for each, and Python's own limit is 1,000."""
MAX_BRACKETS: Final = 200
"""As in CPython's tokenizer."""
MAX_BLOCKS: Final = 100
"""As in CPython's tokenizer."""

_CHAINING: Final = frozenset(("and", "await", "else", "not", "or"))
"""Words that make a tree deeper until the next comma."""
_LASTING: Final = frozenset(("for", "lambda"))
"""Words that make a tree deeper until the bracket around them ends: commas are part of what follows them."""
_STATEMENTS: Final = frozenset(
    ("assert", "break", "class", "continue", "def", "del", "except", "finally", "global", "import")
    + ("nonlocal", "pass", "raise", "return", "try", "while", "with")
)
"""Words never found in brackets: where one is, a bracket was not closed, and no parser gets any further."""

_NEWLINE: Final = r"\r\n?|\n"
_TOKEN: Final = re.compile(
    rf"""
    (?P<comment>\#[^\r\n]*)
    | (?P<string>(?P<prefix>\b[bfrtuBFRTU]{{1,2}})?(?P<quote>'''|\"""|'|"))
    | (?P<word>\w+)
    | (?P<joined>\\(?:{_NEWLINE}))
    | (?P<newline>{_NEWLINE})
    | (?P<open>[(\[{{])
    | (?P<close>[)\]}}])
    | (?P<comma>[,;])
    | (?P<colon>:)
    | (?P<ellipsis>\.\.\.|\.(?=\d))
    | (?P<chain>\*\*|//|<<|>>|[<>=!]=|->|[-+*/%@&|^~<>=.])
    """,
    re.VERBOSE,
)
_INDENTATION: Final = re.compile(r"[ \t\f]*(?![ \t\f\r\n#\\])(?=[\s\S])(?P<elif>elif\b)?(?P<else>else\b)?")
_STRING_END: Final = {
    "'": re.compile(rf"(?:[^\\'\r\n]|\\(?:\r\n|[\s\S]))*+'?"),
    '"': re.compile(rf'(?:[^\\"\r\n]|\\(?:\r\n|[\s\S]))*+"?'),
    "'''": re.compile(r"(?:[^\\']|\\[\s\S]|'(?!''))*+(?:''')?"),
    '"""': re.compile(r'(?:[^\\"]|\\[\s\S]|"(?!""))*+(?:""")?'),
}
_TEMPLATE_TOKEN: Final = {
    quote: re.compile(rf"\\[\s\S]|\{{\{{|\}}\}}|(?P<open>\{{)|(?P<close>\}})|(?P<end>{end})")
    for quote, end in {"'": "['\r\n]", '"': '["\r\n]', "'''": "'''", '"""': '"""'}.items()
}
