"""`python -m asynclint` and the console script."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading


def main() -> None:
    answers_interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if answers_interrupts:  # until there is somebody to say so, Ctrl-C ends the process without a traceback
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from asynclint.cli.app import run_command_line  # noqa: PLC0415 - as above
    from asynclint.cli.exit_codes import NOT_CHECKED  # noqa: PLC0415 - as above
    from asynclint.cli.streams import flush_streams, reserve_standard_streams  # noqa: PLC0415 - as above

    reserve_standard_streams()
    if answers_interrupts:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run_command_line(sys.argv[1:])
    may_leave = _may_leave_at_once()
    if not flush_streams():
        code = NOT_CHECKED
    if may_leave:
        os._exit(code)
    sys.exit(code)


def _may_leave_at_once() -> bool:
    """Whether nothing is left to do, so that the interpreter need not take a large project apart object by object.

    That takes an eighth of the time of a run, for memory which the process gives back anyway.
    """
    if threading.active_count() > 1 or sys.getprofile() is not None or sys.gettrace() is not None:
        return False
    atexit._run_exitfuncs()  # noqa: SLF001 - as the interpreter does at its end
    return True


if __name__ == "__main__":
    main()
