"""Paths to projects: which files to read, which of them findings are wanted of, and what the settings say of each."""

from __future__ import annotations

import functools
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from asynclint.config.configurations import Configurations
from asynclint.config.exclusion import Exclusion
from asynclint.core.diagnostic import CheckError
from asynclint.findings.ruling import Rulings
from asynclint.rulekit.descriptions import described_rules
from asynclint.source.boundaries import PYPROJECT, git_root
from asynclint.source.declarations import declarations_above, declaring_folder
from asynclint.source.discovery import PassedOver, discover
from asynclint.source.paths import absolute, display, inside
from asynclint.source.problems import EMPTY_FOLDER, UNREADABLE_FILE
from asynclint.source.project_files import why_unread
from asynclint.source.roots import ProjectRoots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asynclint.config.config import Config
    from asynclint.config.settings import Settings
    from asynclint.core.diagnostic import RuleInfo


@dataclass(frozen=True, slots=True)
class Work:
    """A project to read as a whole, and those of its files that findings are wanted of.

    `declarations` are the files in and below its root in which projects say what they depend on, `links` those of its
    files that are symbolic links.
    """

    root: str
    asked: frozenset[str]
    files: tuple[str, ...]
    declarations: tuple[str, ...]
    configurations: Configurations
    links: frozenset[str] = frozenset()

    @property
    def config(self) -> Config:
        """What holds for the project as a whole."""
        return self.configurations.for_project(self.root, self.folders)

    @property
    def folders(self) -> set[str]:
        """Those with files of the project."""
        return {posixpath.dirname(path) for path in self.files}

    def in_patterns(self, path: str) -> str:
        """How a pattern in the configuration nearest to a file names it."""
        file = self.configurations.for_folder(posixpath.dirname(path)).file
        folder = self.root if file is None else posixpath.dirname(file)
        return path.removeprefix(folder.rstrip("/") + "/")


class Plan(NamedTuple):
    """The projects to read, and the errors, rulings and enabled codes that hold for the run as a whole."""

    infos: tuple[RuleInfo, ...]
    work: list[Work]
    errors: list[CheckError]
    rulings: Rulings
    chosen: frozenset[str]
    passed_over: tuple[PassedOver, ...] = ()


def plan(paths: Sequence[str], settings: Settings, cwd: str) -> Plan:
    """What is to be read, and what the settings say of it. Raises SettingsError where they make no sense."""
    infos = described_rules()
    configurations = Configurations(cwd, infos, settings.config, isolated=settings.isolated)
    rulings = Rulings(infos, settings, configurations)
    work, errors, passed_over = _projects(paths, cwd, configurations, settings)
    asked = [path for item in work for path in item.asked]
    chosen = rulings.enabled(asked or [f"{cwd}/"])
    configurations.refuse_problems()
    return Plan(infos, work, errors, rulings, chosen, passed_over)


def _projects(
    paths: Sequence[str], cwd: str, configurations: Configurations, settings: Settings
) -> tuple[list[Work], list[CheckError], tuple[PassedOver, ...]]:
    """The files asked for, each in the project it belongs to, outer projects first.

    Which that is does not depend on the paths: a project inside another one is judged by itself, and read as a part of
    the outer one too, whose files may import it.
    """
    exclusion = Exclusion(configurations)
    search = functools.partial(discover, cwd=cwd, left_out=exclusion, respects_gitignore=exclusion.respects_gitignore)
    given_text = settings.given.path if settings.given is not None else None
    named = [absolute(item, cwd) for item in paths]
    given = [path for path in named if not _is_left_out(path, exclusion, settings)]
    folders = {path if posixpath.isdir(path) else posixpath.dirname(path) for path in given}
    roots = ProjectRoots(cwd, configurations.declares_root, folders)
    found = search(tuple(path for path in given if path != given_text))
    by_root: dict[str, set[str]] = {}
    for path in (*found.files, *(path for path in given if path == given_text)):
        by_root.setdefault(roots.of_folder(posixpath.dirname(path)), set()).add(path)
    work: list[Work] = []
    for root, asked in sorted(by_root.items()):
        whole = found if root in given else search((root,))
        files = asked.union(path for path in whole.files if inside(path, root))
        declarations = tuple(path for path in whole.declarations if inside(path, root))
        work.append(
            Work(root, frozenset(asked), tuple(sorted(files)), declarations, configurations, found.links | whole.links)
        )
    unread = [error for item in work for error in _unread_declarations(item, cwd)]
    excluded = (PassedOver(path, "is left out by the configuration") for path in named if path not in given)
    errors = [error for error in found.errors if not (settings.allow_empty and error.code == EMPTY_FOLDER)]
    return work, list(dict.fromkeys([*errors, *unread])), (*excluded, *found.passed_over)


def _unread_declarations(work: Work, cwd: str) -> Iterator[CheckError]:
    """What cannot be read of the files that say what the files asked for run on: rules go by it."""
    root = work.root
    for path in (*declarations_above(root, git_root(root) or root), *work.declarations):
        folder = declaring_folder(path)
        reason = why_unread(path)
        if reason is None or not any(inside(asked, folder) for asked in work.asked):
            continue
        if posixpath.basename(path) == PYPROJECT:
            yield CheckError(UNREADABLE_FILE, display(path, cwd), reason)
        elif work.configurations.for_folder(folder).config.fastapi_version is None:
            unknown = "so the version of FastAPI may be another one; replace it by a file, or set `fastapi-version`"
            yield CheckError(UNREADABLE_FILE, display(path, cwd), f"{reason}, {unknown}")


def _is_left_out(path: str, exclusion: Exclusion, settings: Settings) -> bool:
    """Whether a path that was given is a file that exclusion is forced on."""
    if not settings.force_exclude:
        return False
    is_file = posixpath.isfile(path) or (settings.given is not None and path == settings.given.path)
    return is_file and exclusion.of_given(path)
