"""What is said where a file was not checked through a fault that is not the user's."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from asynclint.core.diagnostic import CheckError
from asynclint.source.paths import display
from asynclint.source.problems import INTERNAL_ERROR, OVER_BUDGET

if TYPE_CHECKING:
    from asynclint.rulekit.rule import Rule

_PACKAGE = Path(__file__).parent.parent
_LOG = logging.getLogger(__name__)


def failure_of_rule(rule: Rule, shown: str, error: Exception) -> CheckError:
    """What a rule that broke on a file, given by its shown name, leaves unchecked."""
    return failure(f"rule {rule.code} {rule.name} failed", shown, error)


def too_many_findings(rule: Rule, shown: str, most: int) -> CheckError:
    """A file in which a rule found more than anybody reads."""
    what = f"rule {rule.code} {rule.name} stopped after {most:,} findings"
    return CheckError(OVER_BUDGET, shown, f"{what}; leave it out for this file with `per-file-ignores`")


def too_deep(rule: Rule, shown: str) -> CheckError:
    """A file with a statement that a rule has something to say of, and that the parser of statements cannot take."""
    what = f"rule {rule.code} {rule.name} met a statement that is nested too deeply to be looked at"
    return CheckError(OVER_BUDGET, shown, f"{what}; leave it out for this file with `per-file-ignores`")


def too_much_work(shown: str, bound: str) -> CheckError:
    """A file that no rule was run on; `bound` says what there is too much of."""
    return CheckError(OVER_BUDGET, shown, f"{bound}, which takes too long; leave the file out with `extend-exclude`")


def not_linked(root: str, cwd: str, error: Exception) -> CheckError:
    """A project, given by its absolute root, of which nothing was checked."""
    return failure("the project could not be linked, so nothing in it was checked", display(root, cwd), error)


def failure(what: str, shown: str, error: Exception) -> CheckError:
    """One line that tells users what was not checked, and us where to look; the traceback in its details."""
    _LOG.debug("%s: %s", shown, what, exc_info=error)
    _, *frames = traceback.extract_tb(error.__traceback__)  # the first is where it was caught
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames
    why = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
    details = "".join(traceback.format_exception(error))
    return CheckError(INTERNAL_ERROR, shown, f"{what}: {why} ({place})", details=details)


_LONGEST = 500
"""Characters of an exception's text that are shown: some quote a whole syntax tree."""
