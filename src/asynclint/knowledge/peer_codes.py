"""The codes under which other checkers report what a rule of ours reports.

ruff: https://docs.astral.sh/ruff/rules/ (RUF, ASYNC). flake8-async: https://flake8-async.readthedocs.io/en/stable/rules.html
(ASYNC). SonarQube for Python: https://rules.sonarsource.com/python/ (S). Only codes that mean the same defect stand
here: who silenced one of them has judged what our rule would say.
"""

from __future__ import annotations

from typing import Final

_BLOCKING: Final = frozenset(f"ASL{number}" for number in range(201, 210))

PEER_CODES: Final[dict[str, frozenset[str]]] = {
    "RUF006": frozenset({"ASL101"}),
    "ASYNC300": frozenset({"ASL101"}),
    "S7502": frozenset({"ASL101"}),
    "ASYNC200": _BLOCKING,  # names that the project itself declares blocking
    "ASYNC251": frozenset({"ASL201"}),
    "S7488": frozenset({"ASL201"}),
    "ASYNC210": frozenset({"ASL202"}),
    "ASYNC211": frozenset({"ASL202"}),
    "ASYNC212": frozenset({"ASL202"}),
    "S7499": frozenset({"ASL202"}),
    "ASYNC230": frozenset({"ASL204"}),
    "ASYNC231": frozenset({"ASL204"}),
    "ASYNC232": frozenset({"ASL204"}),
    "ASYNC240": frozenset({"ASL204"}),
    "S7493": frozenset({"ASL204"}),
    "ASYNC220": frozenset({"ASL205"}),
    "ASYNC221": frozenset({"ASL205"}),
    "ASYNC222": frozenset({"ASL205"}),
    "S7487": frozenset({"ASL205"}),
    "S7489": frozenset({"ASL205"}),
    "ASYNC250": frozenset({"ASL209"}),
    "S7501": frozenset({"ASL209"}),
}
"""By the peer's code, our codes."""
