"""What holds for all tests."""

from __future__ import annotations

import os
import signal

from asynclint.caching.seal import KEY_VARIABLE

os.environ[KEY_VARIABLE] = "of the tests"
"""So that no test makes a key in the home folder of whoever runs them; programs that tests start inherit it."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell without job control starts what runs in the background with Ctrl-C ignored (POSIX, 2.11), and the programs
    # that tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
