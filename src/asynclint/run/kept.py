"""What earlier runs know of a project: whether its answer is still theirs, and what spares the reading of files."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from asynclint.caching.digests import FileDigests
from asynclint.caching.folder import CacheFolder, cache_folder_of
from asynclint.caching.identity import identity_of_program
from asynclint.caching.modules import ModuleStore, StoredModule
from asynclint.caching.naming import Naming
from asynclint.caching.results import ResultStore
from asynclint.caching.seal import seal_of_user
from asynclint.caching.traces import TraceStore
from asynclint.core.diagnostic import SourceText
from asynclint.findings.sources import places_of
from asynclint.source.boundaries import git_root
from asynclint.source.declarations import declarations_above
from asynclint.source.digests import digest_of
from asynclint.source.paths import absolute, display, resolved
from asynclint.source.problems import INTERNAL_ERROR
from asynclint.source.project_files import UnreadableProjectFile, read_project_file
from asynclint.source.text import UnreadableFile, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asynclint.config.settings import Settings
    from asynclint.core.outcome import Outcome
    from asynclint.project.indexing import IndexedFile
    from asynclint.run.analysis import Analysis
    from asynclint.run.planning import Work
    from asynclint.run.traces import Earlier


class Kept:
    """The cache of one project."""

    def __init__(self, work: Work, settings: Settings, cwd: str, folder: CacheFolder) -> None:
        self._work = work
        self._settings = settings
        self._cwd = cwd
        self._folder = folder
        self._naming = Naming(work.root)
        self._identity = identity_of_program() + bytes([settings.exhaustive])
        self._digests: dict[str, bytes] | None = None
        self.digests = FileDigests(folder, self._naming, settings.max_file_size)
        self.modules = ModuleStore(folder, self._naming, self._identity)
        self._traces = TraceStore(folder)
        self._earlier: ResultStore | None = None

    def outcomes(self) -> dict[str, Outcome] | None:
        """What an earlier run found in the files asked for, if nothing that it depends on has changed since."""
        self._digests = self.digests.of(self._work.files)
        if self._digests is None:
            return None
        return ResultStore(self._folder, self._naming, self._key(self._digests)).get(self._work.asked)

    def sources(self, outcomes: Mapping[str, Outcome]) -> tuple[SourceText, ...] | None:
        """The files that the outcomes speak of; None if one is no longer what it was."""
        digests = self._digests or {}
        shown = {place.path for item in outcomes.values() for found in item.diagnostics for place in places_of(found)}
        shown.update(display(path, self._cwd) for path, item in outcomes.items() if item.errors)
        found: list[SourceText] = []
        for name in sorted(shown):
            path = absolute(name, self._cwd)
            try:
                source = read_source(path, name, self._settings.max_file_size, is_link=path in self._work.links)
            except UnreadableFile:
                return None
            if source.digest != digests.get(path):
                return None
            found.append(SourceText(name, resolved(path), source.data))
        return tuple(found)

    def earlier(self, files: Sequence[IndexedFile]) -> Earlier | None:
        """What the last run found in these files, of which some have changed since; None if there is nothing to use."""
        from asynclint.flow.ir import decode_module  # noqa: PLC0415 - only after a change
        from asynclint.run.traces import Earlier, restored  # noqa: PLC0415 - as above

        stored = self._traces.get(self._key({}))
        names = {self._naming.of(file.path): file for file in files}
        if stored is None or stored.files.keys() != names.keys():
            return None
        changed = [name for name, file in names.items() if stored.files[name] != file.digest]
        before = {name: self.modules.get(names[name].path, stored.files[name]) for name in changed}
        modules = {names[name].path: decode_module(module) for name, module in before.items() if module is not None}
        trace = restored(stored, {name: file.path for name, file in names.items()})
        if trace is None or len(modules) < len(changed):
            return None
        self._earlier = ResultStore(self._folder, self._naming, stored.results)
        return Earlier(trace, modules, self._earlier.outcome_of)

    def save(self, files: Iterable[IndexedFile], analysis: Analysis) -> None:
        """Keep what was read and found. What is not whole is not kept: the next run is to try it again."""
        read = [file for file in files if file.stamp is not None]
        for file in read:
            if file.stamp is not None:
                self.digests.put(file.path, file.stamp, file.digest)
        self.digests.save()
        self.modules.save({file.path: StoredModule(file.digest, file.ir) for file in read if file.ir is not None})
        if len(read) == len(self._work.files) and not any(_is_broken(item) for item in analysis.outcomes.values()):
            self._save_results({file.path: file.digest for file in read}, analysis)

    def _save_results(self, digests: Mapping[str, bytes], analysis: Analysis) -> None:
        from asynclint.run.traces import stored  # noqa: PLC0415 - only after a change

        key = self._key(digests)
        results = ResultStore(self._folder, self._naming, key)
        trace = analysis.trace
        if trace is not None and self._earlier is not None:
            results.take(self._earlier, map(self._naming.of, trace.masks.keys() - analysis.outcomes.keys()))
        results.save(analysis.outcomes)
        if trace is not None:
            self._traces.save(stored(trace, self._key({}), key, digests, self._naming))

    def _key(self, digests: Mapping[str, bytes]) -> bytes:
        """A digest of everything that an outcome depends on."""
        state = hashlib.blake2b(self._identity, digest_size=16)
        for text in (self._cwd, repr(_settings_that_count(self._settings)), *self._configurations()):
            state.update(f"{len(text)} {text}".encode("utf-8", "surrogateescape"))
        for path, digest in (*self._declarations(), *sorted(digests.items())):
            state.update(self._naming.of(path).encode() + b"\0" + digest)
        return state.digest()

    def _configurations(self) -> Iterator[str]:
        folders = (self._work.root, *sorted(self._work.folders))
        resolved_ones = {id(item): item for item in map(self._work.configurations.for_folder, folders)}
        yield from sorted(f"{item.file} {item.config!r}" for item in resolved_ones.values())

    def _declarations(self) -> Iterator[tuple[str, bytes]]:
        """The files that say which FastAPI the project runs on, and their digests."""
        root = self._work.root
        for path in (*declarations_above(root, git_root(root) or root), *self._work.declarations):
            try:
                yield path, digest_of(read_project_file(path))
            except UnreadableProjectFile:
                yield path, b""


def kept_of(work: Work, settings: Settings, cwd: str) -> Kept | None:
    """The cache of a project; None where the run is to do without, or nothing can be kept."""
    if not settings.use_cache or settings.given is not None:
        return None
    seal = seal_of_user()
    folder = cache_folder_of(work.root, settings.cache_dir)
    return None if seal is None else Kept(work, settings, cwd, CacheFolder(folder, seal))


def _settings_that_count(settings: Settings) -> Settings:
    """Those that an outcome depends on."""
    return dataclasses.replace(
        settings, jobs=None, cache_dir=None, fail_level=None, exit_zero=False, force_exclude=False, allow_empty=False
    )


def _is_broken(outcome: Outcome) -> bool:
    return any(error.code == INTERNAL_ERROR for error in outcome.errors)
