"""What configuration leaves out of a run."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from asynclint.source.discovery import EXCLUDED_FOLDERS, is_excluded_by_itself
from asynclint.source.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.config.config import Config
    from asynclint.config.configurations import Configurations
    from asynclint.config.values import Pattern


class _Matcher(NamedTuple):
    """Patterns that are relative to the same folder, which is given with a `/` at its end."""

    folder: str
    patterns: Patterns


class _Rule(NamedTuple):
    """What a configuration leaves out."""

    by_itself: bool
    matchers: tuple[_Matcher, ...]

    def holds(self, path: str, *, is_folder: bool) -> bool:
        if self.by_itself and is_folder and is_excluded_by_itself(path, is_folder=True):
            return True
        for folder, patterns in self.matchers:
            if path.startswith(folder):
                relative = path[len(folder) :]
                if patterns.covers(relative, is_folder=is_folder):
                    return True
        return False


class Exclusion:
    """Asked of every file and folder on the way; the configuration nearest to it decides."""

    def __init__(self, configurations: Configurations) -> None:
        self._configurations = configurations
        self._rules: dict[int, _Rule] = {}
        self._by_folder: dict[str, _Rule] = {}

    def __call__(self, path: str, *, is_folder: bool) -> bool:
        """Whether an absolute path is left out."""
        return self._rule(path).holds(path, is_folder=is_folder)

    def respects_gitignore(self, folder: str) -> bool:
        """Whether what git ignores in an absolute folder is left out."""
        return self._configurations.for_folder(folder).config.respect_gitignore

    def of_given(self, path: str) -> bool:
        """Whether a file given by name is left out, by itself or with a folder around it."""
        rule = self._rule(path)
        by_folder = rule.by_itself and not EXCLUDED_FOLDERS.isdisjoint(posixpath.dirname(path).split("/"))
        return by_folder or rule.holds(path, is_folder=False)

    def _rule(self, path: str) -> _Rule:
        folder = path.rpartition("/")[0] or "/"
        found = self._by_folder.get(folder)
        if found is None:
            config = self._configurations.for_folder(folder).config
            if id(config) not in self._rules:
                self._rules[id(config)] = _rule_of(config)
            found = self._by_folder[folder] = self._rules[id(config)]
        return found


def _rule_of(config: Config) -> _Rule:
    by_folder: dict[str, list[str]] = {}
    for pattern in _patterns(config):
        by_folder.setdefault(f"{pattern.folder.rstrip('/')}/", []).append(pattern.text)
    return _Rule(config.exclude is None, tuple(_matchers(by_folder)))


def _patterns(config: Config) -> Iterable[Pattern]:
    return (*(config.exclude or ()), *config.extend_exclude)


def _matchers(by_folder: dict[str, list[str]]) -> Iterable[_Matcher]:
    for folder, texts in by_folder.items():
        yield _Matcher(folder, Patterns(map(os.fsencode, texts)))
