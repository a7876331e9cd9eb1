"""Writes docs/report.schema.json, the JSON schema of the format `json`; `--check` only compares."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import msgspec

from asynclint.report.json_report import FORMAT_VERSION, JsonReport

FILE = Path(__file__).resolve().parent.parent / "docs" / "report.schema.json"


def generated() -> str:
    """The schema as it should stand in the file."""
    schema = msgspec.json.schema(JsonReport)
    title = {"title": f"Report of asynclint, version {FORMAT_VERSION} of its form"}
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **title, **schema}, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")
    if not parser.parse_args(arguments).check:
        FILE.write_text(generated(), encoding="utf-8")
        return 0
    if FILE.read_text(encoding="utf-8") != generated():
        print(f"docs/{FILE.name} is out of date; run python scripts/{Path(__file__).name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
