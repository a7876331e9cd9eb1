"""Which settings hold where: the nearest configuration file of each folder, the command line before it."""

from __future__ import annotations

import dataclasses
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asynclint import __version__
from asynclint.config.config import Config
from asynclint.config.files import ConfigFiles, Layer
from asynclint.config.options import BY_KEY, OPTIONS, Scope
from asynclint.config.settings import SettingsError
from asynclint.core.version_range import NEWEST, VersionsByFolder, read_ranges, read_version
from asynclint.source.paths import absolute
from asynclint.source.roots import config_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asynclint.core.diagnostic import RuleInfo
    from asynclint.core.version_range import Version


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings of a folder, and the layers they come from, strongest first."""

    config: Config
    layers: tuple[Layer, ...] = ()

    @property
    def file(self) -> str | None:
        """The configuration file that decides, absolute; None if there is none."""
        return next((layer.file for layer in self.layers if layer.file is not None), None)

    def origins(self, key: str) -> tuple[str, ...]:
        """Where the value of a key was said, such as `pyproject.toml:12`; nothing for a default."""
        saying = [layer.place(key) for layer in self.layers if key in layer.values]
        return tuple(saying if BY_KEY[key].adds_up else saying[:1])


class Configurations:
    """Answers for every folder; each file is read once."""

    def __init__(
        self, cwd: str, rules: tuple[RuleInfo, ...], given: tuple[str, ...] = (), *, isolated: bool = False
    ) -> None:
        """`given` are the values of `--config`; with `isolated`, no file is looked for."""
        self._files = ConfigFiles(cwd, rules)
        self._isolated = isolated
        self._inline: tuple[Layer, ...] = ()
        self._named: str | None = None
        self._cwd = cwd
        for text in given:
            self._take(text)
        self._by_folder: dict[str, Resolved] = {}
        self._by_file: dict[str | None, Resolved] = {}

    def for_folder(self, folder: str) -> Resolved:
        """What holds in an absolute folder. What is wrong with the files is gathered, not raised."""
        found = self._by_folder.get(folder)
        if found is None:
            found = self._by_folder[folder] = self._by(self._file_for(folder))
        return found

    def for_path(self, path: str) -> Resolved:
        """What holds for an absolute path, a file or a folder."""
        return self.for_folder(path if posixpath.isdir(path) else posixpath.dirname(path))

    def declares_root(self, folder: str) -> bool:
        """Whether the configuration in an absolute folder says that a project begins there."""
        resolved = self.for_folder(folder)
        return resolved.config.root and resolved.file is not None and posixpath.dirname(resolved.file) == folder

    def for_project(self, root: str, folders: Iterable[str]) -> Config:
        """What holds for a project as a whole: its root's, with what the configurations of folders in it declare."""
        base = self.for_folder(root).config
        others = {id(config): config for config in (self.for_folder(folder).config for folder in sorted(folders))}
        others.pop(id(base), None)
        if not others:
            return base
        merged: dict[str, Any] = {
            option.field: tuple(
                dict.fromkeys(item for config in (base, *others.values()) for item in getattr(config, option.field))
            )
            for option in OPTIONS
            if option.scope is Scope.PROJECT and isinstance(option.default_value, tuple)
        }
        versions = [config.fastapi_version for config in others.values() if config.fastapi_version is not None]
        newest = max(versions, key=_newest, default=None)
        return dataclasses.replace(base, **merged, fastapi_version=base.fastapi_version or newest)

    def versions(self, folders: Iterable[str]) -> VersionsByFolder:
        """What the configuration nearest to each of the absolute folders gives."""
        configs = {folder: self.for_folder(folder).config for folder in folders}
        fastapi = {folder: said for folder, config in configs.items() if (said := config.fastapi_version) is not None}
        python = {folder: said for folder, config in configs.items() if (said := config.target_version) is not None}
        return VersionsByFolder(fastapi, python)

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong with the files read so far."""
        return tuple(dict.fromkeys(self._files.problems))

    def refuse_problems(self) -> None:
        """Raise SettingsError with the problems, if there are any."""
        if self.problems:
            raise SettingsError(self.problems)

    def _take(self, text: str) -> None:
        path = absolute(text, self._cwd)
        if "=" in text and not posixpath.isfile(path):
            self._inline = (self._files.inline(text), *self._inline)
        elif self._named is not None:
            self._files.problems.append(f"--config: {text}: one file at a time; the other is {self._named}")
        else:
            self._named = path

    def _file_for(self, folder: str) -> str | None:
        if self._named is not None:
            return self._named
        if self._isolated:
            return None
        found = config_file(folder)
        parent = posixpath.dirname(folder)
        if found is not None or parent == folder:
            return found
        return self.for_folder(parent).file

    def _by(self, file: str | None) -> Resolved:
        found = self._by_file.get(file)
        if found is None:
            layers = () if file is None else self._files.layers(file, folder=self._cwd if self._named else None)
            found = self._by_file[file] = _merged((*self._inline, *layers))
            self._refuse_other_version(found)
        return found

    def _refuse_other_version(self, resolved: Resolved) -> None:
        wanted = resolved.config.required_version
        running = read_version(__version__)
        if wanted is None or running is None or any(running in item for item in read_ranges(wanted)):
            return
        place = resolved.origins("required-version")[0]
        self._files.problems.append(f"{place}: asynclint {wanted} is required here, and this is {__version__}")


def _newest(text: str) -> Version:
    return max((item.newest for item in read_ranges(text)), default=NEWEST)


def _merged(layers: tuple[Layer, ...]) -> Resolved:
    values: dict[str, Any] = {}
    for option in OPTIONS:
        said = [layer.values[option.key] for layer in layers if option.key in layer.values]
        if option.adds_up and said:
            values[option.field] = tuple(item for value in reversed(said) for item in value)
        elif said:
            values[option.field] = said[0]
    return Resolved(Config(**values), layers)
