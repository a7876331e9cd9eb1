"""`python -m asynclint` and the console script."""

from __future__ import annotations

import atexit
import os
import sys
import threading

from asynclint.cli.app import run_command_line


def main() -> None:
    code = run_command_line(sys.argv[1:])
    if _may_leave_at_once():
        os._exit(code)
    sys.exit(code)


def _may_leave_at_once() -> bool:
    """Whether nothing is left to do, so that the interpreter need not take a large project apart object by object.

    That takes an eighth of the time of a run, for memory which the process gives back anyway.
    """
    if threading.active_count() > 1 or sys.getprofile() is not None or sys.gettrace() is not None:
        return False
    atexit._run_exitfuncs()  # noqa: SLF001 - as the interpreter does at its end
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # such as a pipe that nobody reads any more: the interpreter knows what to say
        return False
    return True


if __name__ == "__main__":
    main()
