"""Files beside the code that say something about it: configuration, requirements, what is ignored.

Anybody may have put anything in their place, so no reader of them waits for a pipe or fills the memory from a device.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Any

MOST_BYTES = 16 * 2**20
"""Several times the largest lock files there are."""


class NotTOML(ValueError):  # noqa: N818 - says what the text is
    """The text cannot be read as TOML; the message says why, as `tomllib` does."""


def read_project_file(path: str) -> bytes:
    """The content of a regular file of a sensible size, or of what a link leads to. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - what is asked about is what is read
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"more than {MOST_BYTES // 2**20} MB", path)
    return data


def read_toml(text: str) -> dict[str, Any]:
    """The tables of a document. Raises NotTOML, for what `tomllib` answers with a RecursionError too."""
    import tomllib  # noqa: PLC0415 - 10 ms that a folder without a configuration need not pay

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise NotTOML("nested too deeply (at end of document)") from None
    except ValueError as error:  # also a number of more digits than Python takes
        raise NotTOML(str(error)) from None
