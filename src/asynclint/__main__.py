"""`python -m asynclint` and the console script."""

from __future__ import annotations

import sys

from asynclint.cli.app import run_command_line


def main() -> None:
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
