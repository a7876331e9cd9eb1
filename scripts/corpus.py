"""Unpacks pinned packages of real async code into a folder, python files only: `python scripts/corpus.py .corpus`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGES = ("litellm==1.109.1", "langflow-base==1.13.0", "open-webui==0.12.4", "homeassistant==2026.11.0")


def unpack(requirement: str, corpus: Path) -> None:
    """Download a wheel and keep its python files in a folder that is named after the package; skip what is there."""
    name, _, version = requirement.partition("==")
    folder = corpus / name.replace("-", "_")
    done = folder / f".{version}"
    if done.exists():
        return
    print(f"{requirement} …", flush=True)
    with tempfile.TemporaryDirectory() as wheels:
        _download(requirement, wheels)
        (wheel,) = Path(wheels).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [member for member in archive.namelist() if member.endswith(".py")])
    done.touch()


def _download(requirement: str, folder: str) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--ignore-requires-python", "--only-binary=:all:", "--dest", folder, requirement),
        ],
        check=True,
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the packages go, each in a folder of its own")
    folder = parser.parse_args(arguments).folder
    for requirement in PACKAGES:
        unpack(requirement, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
