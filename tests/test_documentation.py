"""Every block of code in the README and the pages does what its text says, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from asynclint.config.settings import Settings
from asynclint.rulekit.descriptions import described_rules
from asynclint.rulekit.expectations import differences, parse_expectations
from asynclint.run.checks import check

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RULES = {info.name: info for info in described_rules()}
FENCE = re.compile(r"^( *)```([\w-]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"# (ASL\d{3}(?:\[\w+\])?(?:, ASL\d{3}(?:\[\w+\])?)*)$", re.MULTILINE)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


class Block(NamedTuple):
    page: str
    row: int
    language: str
    text: str
    before: str
    """The line above it."""

    def __str__(self) -> str:
        return f"{self.page}:{self.row}"


def _blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            row = text.count("\n", 0, match.start()) + 1
            before = text[: match.start()].rstrip().rpartition("\n")[2]
            found.append(Block(page.relative_to(ROOT).as_posix(), row, match[2], match[3], before))
    return found


BLOCKS = _blocks()


def of(language: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.language == language]
    assert chosen
    return pytest.mark.parametrize("block", chosen, ids=str)


def test_every_block_is_of_a_kind_that_is_checked() -> None:
    kinds = {"python", "sh", "toml", "yaml", "text", "mermaid"}
    assert [str(block) for block in BLOCKS if block.language not in kinds] == []
    assert sum(page.read_text(encoding="utf-8").count("```") for page in PAGES) == 2 * len(BLOCKS)


@of("python")
def test_python_is_reported_where_it_says_so(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that end in `# ASL101` are reported, and no others; so is what a page about comments calls bad."""
    if block.text.startswith(("from asynclint.api", '"""`asyncio.get_event_loop`')):
        pytest.skip("run by tests/test_api.py or tests/test_contributing.py")
    expected = MARK.sub(r"# expect: \1", block.text)
    rule = RULES.get(Path(block.page).stem) if block.page.startswith("docs/rules/") else None
    select = {info.code for info in RULES.values() if info.default} | ({rule.code} if rule else set())
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "example.py").write_text(block.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    report = check(["."], Settings(jobs=1, select=tuple(sorted(select)), isolated=True))
    assert not report.errors
    if rule is not None and block.before == "## Example" and not parse_expectations(expected):
        assert rule.code in {item.code for item in report.diagnostics}
    else:
        assert not differences(expected, report.diagnostics, "example.py")


@of("sh")
def test_shell_lines_are_known(block: Block) -> None:
    """`asynclint` is run by tests/examples/test_first_steps.py, line by line; of the others, what they name exists."""
    for line in filter(None, block.text.splitlines()):
        program, *arguments = shlex.split(line, comments=True)
        match program:
            case "make":
                assert f"\n{arguments[0]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
            case "pip":
                assert arguments in (["install", "."], ["install", "git+<address>"])
            case "diff":
                assert all((ROOT / path).is_dir() for path in arguments[1:])
            case _:
                assert program == "asynclint", line


@of("toml")
def test_toml_is_a_configuration(block: Block, tmp_path: Path) -> None:
    whole = "tool" in tomllib.loads(block.text)
    service = tmp_path / "service"
    for folder in ("backend", "libs/common/python"):
        (service / folder).mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.asynclint]\n")
    text = block.text.replace('">=0.2,<0.3"', '">=0.0"')  # versions that are still to come
    (service / ("pyproject.toml" if whole else "asynclint.toml")).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "asynclint", "config", "validate"]
    done = subprocess.run(command, cwd=service, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@of("yaml")
def test_yaml_can_be_read(block: Block) -> None:
    """tests/hooks says more of each: schemas, hooks that exist, commands that work."""
    assert yaml.safe_load(block.text)


@of("text")
def test_text_is_a_timeline_or_checked_elsewhere(block: Block) -> None:
    """The output in the README is held by scripts/readme_output.py, errors by the test below.

    What ASL401 shows is held by tests/semantics/test_shutdown_code.py.
    """
    known = ("$ asynclint check", "error: pyproject.toml", "  fix: cancel it and await it")
    assert re.search("[━┄]", block.text) or block.text.startswith(known)


def test_the_errors_shown_are_real(tmp_path: Path) -> None:
    (block,) = [block for block in BLOCKS if block.text.startswith("error: pyproject.toml")]
    text = '[tool.asynclint]\nselct = []\n\n[tool.asynclint.per-file-ignores]\n"scripts/" = ["discarded-tsk"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    command = [sys.executable, "-m", "asynclint", "config", "validate"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, block.text)


@of("mermaid")
def test_diagrams_join_what_they_name(block: Block) -> None:
    first, *lines = block.text.strip().splitlines()
    assert first.startswith("flowchart ")
    named = set(re.findall(r"(\w+)[\[(]", block.text))
    ends = {end.strip().split("[")[0].split("(")[0] for line in lines for end in line.split("-->") if "-->" in line}
    assert ends
    assert ends <= named


def _slugs(page: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), target
        assert aim.is_relative_to(ROOT), target
        assert not anchor or anchor in _slugs(aim), target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        links = (target.partition("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8")))
        waiting += [(page.parent / path).resolve() for path in links if path.endswith(".md") and ":" not in path]
    assert set(PAGES) - reached == set()
