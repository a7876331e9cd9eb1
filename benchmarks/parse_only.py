"""What no checker in Python is spared: `ast.parse` of all files below a folder (`parse_only.py PROCESSES FOLDER`)."""

from __future__ import annotations

import ast
import contextlib
import gc
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def parse(path: Path) -> None:
    with contextlib.suppress(SyntaxError, ValueError):  # what is newer than this interpreter
        ast.parse(path.read_bytes())


def main() -> None:
    processes, folder = int(sys.argv[1]), Path(sys.argv[2])
    with ProcessPoolExecutor(processes, initializer=gc.disable) as pool:
        list(pool.map(parse, folder.rglob("*.py"), chunksize=32))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
