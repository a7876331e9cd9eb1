"""Writes docs/rules/*.md, the table of rules in the README and that of their descriptions; `--check` only compares.

All of it comes from the rules themselves.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asynclint.findings.suppression_rules import SUPPRESSION_RULES
from asynclint.findings.unchecked import UNCHECKED
from asynclint.rulekit.descriptions import TABLE, table_text
from asynclint.rulekit.discovery import all_rules
from asynclint.rulekit.page import markdown_page, markdown_table, with_table

ROOT = Path(__file__).resolve().parent.parent
PAGES = "docs/rules"
DESCRIPTIONS = Path(TABLE).relative_to(ROOT)


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of the repository with the text it should have."""
    infos = sorted((*(rule.info for rule in all_rules()), *SUPPRESSION_RULES, *UNCHECKED), key=lambda info: info.code)
    files = {root / PAGES / f"{info.name}.md": markdown_page(info) for info in infos}
    readme = root / "README.md"
    files[readme] = with_table(readme.read_text(encoding="utf-8"), markdown_table(infos, PAGES))
    return {**files, root / DESCRIPTIONS: table_text(infos)}


def outdated(root: Path) -> list[Path]:
    """The files that differ from what would be generated, pages of rules that are gone included."""
    files = generated(root)
    differing = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return sorted([*differing, *(set((root / PAGES).glob("*.md")) - files.keys())])


def write(root: Path) -> None:
    files = generated(root)
    for path in set((root / PAGES).glob("*.md")) - files.keys():
        path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")
    if not parser.parse_args(arguments).check:
        write(ROOT)
        return 0
    differing = outdated(ROOT)
    for path in differing:
        print(f"{path.relative_to(ROOT)} is out of date; run python scripts/generate_docs.py", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
