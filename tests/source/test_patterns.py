"""Patterns as in a `.gitignore`: what git says of them, and that none takes long."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from asynclint.source.patterns import Patterns, is_pattern, lines_of

if TYPE_CHECKING:
    from pathlib import Path

_ITEMS = (
    "a", "b", "a", "b", "*", "*", "**", "***", "?", "/", "/", "/", "\\", "\\*", "\\a", "\\/", ".", "**/", "/**", "/**/",
    "a*", "*b", " ", "é", "!", "#", "-",
)  # fmt: skip
_IN_BRACKETS = (
    "a", "b", "a-b", "-", "]", "!", "^", "\\]", "\\a", "[:alpha:]", "[:punct:]", "[:space:]", "[:x:]", "[:", "/", "b-",
    "a-\\b", "[", "é", "\\",
)  # fmt: skip


def _pattern(chance: random.Random) -> str:
    text = "".join(
        chance.choice(_ITEMS) if chance.random() < 0.9 else _brackets(chance) for _ in range(chance.randint(1, 6))
    )
    text = chance.choice(("", "", "", "", "", "", "!", "\\")) + text
    return text + chance.choice(("", "", "", "", "", "", "/", " ", "\\ ", "\r"))


def _brackets(chance: random.Random) -> str:
    items = "".join(chance.choice(_IN_BRACKETS) for _ in range(chance.randint(0, 3)))
    return f"[{chance.choice(('', '', '!', '^'))}{items}{chance.choice((']', ']', ']', ''))}"


def _names(chance: random.Random) -> str:
    parts = ["".join(chance.choice("aaabbb.-]! *é") for _ in range(chance.randint(1, 3))) for _ in range(4)]
    return "/".join(part for part in parts[: chance.randint(1, 4)] if part.strip("."))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with files and folders of short names."""
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    chance = random.Random(1)
    for path in sorted({_names(chance) for _ in range(120)} - {""}):
        place = root / path
        if all(not folder.is_file() for folder in place.parents):
            (place if chance.random() < 0.3 else place.parent).mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.touch()
    return root


@pytest.mark.parametrize("seed", range(6))
def test_git_says_the_same(tree: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = {place.relative_to(tree).as_posix(): place.is_dir() for place in tree.rglob("*")}
    paths = {
        path: is_folder for path, is_folder in paths.items() if path.partition("/")[0] not in (".git", ".gitignore")
    }
    ignored_at_all = 0
    for _ in range(60):
        data = "\n".join(_pattern(chance) for _ in range(chance.choice((1, 1, 2, 3)))).encode()
        (tree / ".gitignore").write_bytes(data)
        ignored = _ignored_by_git(tree, paths)
        patterns = Patterns(lines_of(data))
        found = {path for path, is_folder in paths.items() if patterns.covers(path, is_folder=is_folder)}
        assert found == ignored, data
        ignored_at_all += len(found)
    assert ignored_at_all > 60


def _ignored_by_git(tree: Path, paths: dict[str, bool]) -> set[str]:
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin", "--no-index"],
        cwd=tree, input="\0".join(paths).encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return set(filter(None, done.stdout.decode().split("\0")))


@pytest.mark.parametrize(
    ("lines", "path", "meant"),
    [
        (b"a\\ \n", "a ", True),
        (b"a  \n", "a", True),
        (b"\xef\xbb\xbfa\r\n", "a", True),
        (b"a\0b\n", "a", True),
        (b"a\x0bb\n", "a\x0bb", True),
        (b"\xe9\n", "\udce9", True),
        (b"?\n", "é", False),
        (b"??\n", "é", True),
        (b"a\n!a\n", "a", False),
        (b"!a\na\n", "a", True),
        (b"d/\n!d/a\n", "d/a", True),
        (b"#a\n\\#b\n", "#a", False),
        (b"#a\n\\#b\n", "#b", True),
        (b"x" * 5000, "x" * 200, False),
    ],
)
def test_lines_are_read_as_git_reads_them(lines: bytes, path: str, meant: bool) -> None:
    assert Patterns(lines_of(lines)).covers(path, is_folder=False) is meant


@pytest.mark.parametrize("line", [b"", b"  ", b"# a", b"!", b"/", b"a[", b"a\\", b"[[:x:]]", b"a" * 5000])
def test_what_can_match_nothing_is_no_pattern(line: bytes) -> None:
    assert not is_pattern(line)


_HARD = """\
from asynclint.source.patterns import Patterns
name, deep = "a" * 255, "a/" * 2000 + "a"
for pattern, path in [
    ("*a" * 20 + "*b", name), ("*a" * 2000, name), ("?*" * 2000, name), ("*?" * 120 + "*b", name),
    ("[!b]*" * 100 + "b", name), ("**/a/" * 30 + "b", deep), ("**/" + "*/" * 1000 + "b/**/c", deep),
    ("**/*a*b/" * 100 + "**/b", deep), ("x/**/" + "*a" * 30 + "*b", "x/" + deep + name),
]:
    assert Patterns([pattern.encode()] * 3).covers(path, is_folder=False) is False, pattern
Patterns([b"*a*a%db" % number for number in range(5000)]).covers(name, is_folder=False)
"""


def test_no_pattern_takes_long() -> None:
    subprocess.run([sys.executable, "-c", _HARD], check=True, timeout=120)  # trying all ways takes more than a lifetime
