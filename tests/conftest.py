"""What holds for all tests."""

from __future__ import annotations

import os

from asynclint.caching.seal import KEY_VARIABLE

os.environ[KEY_VARIABLE] = "of the tests"
"""So that no test makes a key in the home folder of whoever runs them; programs that tests start inherit it."""
