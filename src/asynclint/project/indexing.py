"""Files to modules: read, decoded and lowered, in several processes where there are many."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from asynclint.core.diagnostic import CheckError
from asynclint.core.span import Position, Span
from asynclint.flow.errors import LowerError
from asynclint.source.lines import location
from asynclint.source.paths import display
from asynclint.source.problems import INTERNAL_ERROR, SYNTAX_ERROR, UNREADABLE_FILE
from asynclint.source.text import SourceFile, UnreadableFile, decode_source, read_source, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor

    from asynclint.source.digests import Stamp

FEW_FILES = 50
"""So many files are read faster than processes are started."""
CHUNK_BYTES = 2**19
MOST_PROCESSES = 61
"""What Windows can wait for at once."""

Progress: TypeAlias = "Callable[[str, int, int], None]"
"""Told a stage, how much of it is done, and how much there is."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read files: `cwd` is what shown names are relative to, `max_file_size` is in bytes.

    `links` are the symbolic links that are read through: what has become one since is not.
    """

    cwd: str
    max_file_size: int
    exhaustive: bool = False
    links: frozenset[str] = frozenset()

    def source(self, path: str) -> SourceFile:
        """The file of an absolute path. Raises UnreadableFile."""
        return read_source(path, display(path, self.cwd), self.max_file_size, is_link=path in self.links)


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """What became of a file: its text as UTF-8 and its encoded IR, or the error that stood in the way.

    `digest` and `stamp` are those of the source file, where it could be read. `by_reference`: the slower front end read
    it, because the other one could not.
    """

    path: str
    display: str
    data: bytes = b""
    ir: bytes | None = None
    error: CheckError | None = None
    digest: bytes = b""
    stamp: Stamp | None = field(default=None, compare=False)
    by_reference: bool = False


def index_files(
    paths: Sequence[str], reading: Reading, *, jobs: int | None, progress: Progress
) -> tuple[IndexedFile, ...]:
    """Every file in the order given, none left out. `jobs` is the number of processes, None for one a core."""
    processes = min(jobs or _cores(), MOST_PROCESSES)
    chunks = _chunks(paths)
    if processes == 1 or len(paths) < FEW_FILES:
        results: Iterator[list[IndexedFile]] = (lower_files(chunk, reading) for chunk in chunks)
    else:
        results = _in_processes(chunks, reading, min(processes, len(chunks)))
    found: dict[str, IndexedFile] = {}
    for batch in results:
        found |= {file.path: file for file in batch}
        progress("reading", len(found), len(paths))
    return tuple(found[path] for path in paths)


class StoredModules(Protocol):
    """What an earlier run made of files."""

    @property
    def is_empty(self) -> bool: ...

    def get(self, path: str, digest: bytes) -> bytes | None:
        """The encoded IR of the file of an absolute path, if its content has the digest."""


class FileIndex:
    """Files read and lowered once, however often they are asked for; other texts can be put in their place."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._files: dict[str, IndexedFile] = {}
        self._paths: dict[str, str] = {}
        self._put: dict[str, IndexedFile] = {}
        self.counters = {"files read": 0, "files from the cache": 0, "files parsed": 0, "files parsed by libcst": 0}
        """How much reading was done so far."""

    @property
    def has_other_texts(self) -> bool:
        """Whether files stand in it with a text that is not the one on the disk."""
        return bool(self._put)

    def follow(self, links: frozenset[str]) -> None:
        """From now on these files, which are symbolic links, are read through."""
        self.reading = replace(self.reading, links=self.reading.links | links)

    def files(
        self, paths: Sequence[str], *, jobs: int | None, progress: Progress, stored: StoredModules | None = None
    ) -> tuple[IndexedFile, ...]:
        """Every file in the order given, as `index_files`. `stored` may know the IR of a file that is as it was."""
        unread = [path for path in paths if path not in self._files]
        known = self._stored_files(unread, stored) if stored is not None and not stored.is_empty else {}
        new = [path for path in unread if path not in known]
        lowered = index_files(new, self.reading, jobs=jobs, progress=progress) if new else ()
        for file in (*known.values(), *lowered):
            self._files[file.path] = file
            self._paths[file.display] = file.path
        self.counters["files read"] += len(unread)
        self.counters["files from the cache"] += len(known)
        self.counters["files parsed"] += len(lowered)
        self.counters["files parsed by libcst"] += sum(file.by_reference for file in lowered)
        return tuple(self._put.get(path, self._files[path]) for path in paths)

    def _stored_files(self, paths: Sequence[str], stored: StoredModules) -> dict[str, IndexedFile]:
        found: dict[str, IndexedFile] = {}
        for path in paths:
            shown = display(path, self.reading.cwd)
            try:
                source = self.reading.source(path)
            except UnreadableFile:
                continue  # said where it is read in its turn
            module = stored.get(path, source.digest)
            if module is not None:
                found[path] = IndexedFile(path, shown, source.data, module, digest=source.digest, stamp=source.stamp)
        return found

    def give(self, path: str, raw: bytes) -> None:
        """The bytes that a file has, whatever is on the disk."""
        shown = display(path, self.reading.cwd)
        try:
            if len(raw) > self.reading.max_file_size:
                raise too_large(len(raw), self.reading.max_file_size)
            file = _lower_source(decode_source(raw, path, shown), self.reading)
        except UnreadableFile as error:
            file = IndexedFile(path, shown, error=CheckError(UNREADABLE_FILE, shown, str(error)))
        self._files[path] = file
        self._paths[shown] = path

    def path_of(self, shown: str) -> str:
        """The absolute path of a file that was asked for, by its shown name."""
        return self._paths[shown]

    def text_of(self, shown: str) -> bytes:
        """The text that the file itself has, as UTF-8 without BOM."""
        return self._files[self._paths[shown]].data

    def put(self, texts: Mapping[str, bytes]) -> None:
        """From now on files have these texts, given as UTF-8 without BOM by shown name, and all others their own."""
        by_path = {self._paths[shown]: data for shown, data in texts.items()}
        self._put = {path: self._with_text(path, data) for path, data in by_path.items()}

    def _with_text(self, path: str, data: bytes) -> IndexedFile:
        known = self._put.get(path)
        if known is not None and known.data == data:
            return known
        return _lower_source(SourceFile(path, self._files[path].display, data), self.reading)


def lower_files(paths: Sequence[str], reading: Reading) -> list[IndexedFile]:
    """Read and lower files one after the other; never raises for what is in them."""
    with without_collection():
        return [_lower_file(path, reading) for path in paths]


def _lower_file(path: str, reading: Reading) -> IndexedFile:
    shown = display(path, reading.cwd)
    try:
        source = reading.source(path)
    except UnreadableFile as error:
        return IndexedFile(path, shown, error=CheckError(UNREADABLE_FILE, shown, str(error)))
    return _lower_source(source, reading)


def _lower_source(source: SourceFile, reading: Reading) -> IndexedFile:
    from asynclint.flow.ir import encode_module  # noqa: PLC0415 - 40 ms that a run needs only where files are new
    from asynclint.flow.lower import lower  # noqa: PLC0415 - as above

    path, shown = source.path, source.display
    try:
        lowered = lower(source.text, reference=reading.exhaustive)
        encoded = encode_module(lowered.ir)
        return IndexedFile(
            path,
            shown,
            source.data,
            encoded,
            digest=source.digest,
            stamp=source.stamp,
            by_reference=lowered.front_end == "libcst",
        )
    except LowerError as error:
        problem = _syntax_error(source, error)
        return IndexedFile(path, shown, source.data, error=problem, digest=source.digest, stamp=source.stamp)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in one file, the others are read
        _LOG.debug("reading %s", shown, exc_info=True)
        import traceback  # noqa: PLC0415 - 6 ms, for what should never happen

        what = f"asynclint could not read it: {type(error).__name__}: {error}"
        return _broken(path, shown, what, "".join(traceback.format_exception(error)))


def _syntax_error(source: SourceFile, error: LowerError) -> CheckError:
    row = min(max(error.row, 1), len(source.lines))
    offset = source.lines.offset(Position(row, max(error.column, 1)))
    return CheckError(SYNTAX_ERROR, source.display, error.message, location(source, Span(offset, offset)))


def _broken(path: str, shown: str, message: str, details: str = "") -> IndexedFile:
    return IndexedFile(path, shown, error=CheckError(INTERNAL_ERROR, shown, " ".join(message.split()), details=details))


def _chunks(paths: Sequence[str]) -> list[list[str]]:
    """The files in order, in portions of about equal size."""
    chunks: list[list[str]] = []
    room = 0
    for path in paths:
        if room <= 0:
            chunks.append([])
            room = CHUNK_BYTES
        chunks[-1].append(path)
        room -= _size(path)
    return chunks


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _cores() -> int:
    """The cores this process may use, which in a container are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def without_collection() -> Iterator[None]:
    """Turns the garbage collector off: what is made here is kept, and looking for cycles takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            # All that was made counts as young now, and would be looked through three times on its way to the oldest
            # generation; freezing and thawing takes it there at once (gc.unfreeze).
            gc.freeze()
            gc.unfreeze()
            gc.enable()


# --------------------------------------------------------------------------------------------------------------
# Processes


def _in_processes(chunks: list[list[str]], reading: Reading, processes: int) -> Iterator[list[IndexedFile]]:
    """Batches as they are done. What a dying process took with it is read again, to find the file that killed it.

    Where no processes can be had (no shared memory for their locks, as in some containers; too many processes), all is
    read in this one.
    """
    from concurrent.futures import as_completed  # noqa: PLC0415 - 13 ms that small runs need not pay
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    start_method = _start_method()
    lost: list[list[str]] = []
    try:
        with _pool(processes, start_method) as pool:
            pending: dict[Future[list[IndexedFile]], list[str]] = {}
            for chunk in chunks:
                try:
                    pending[pool.submit(lower_files, chunk, reading)] = chunk
                except BrokenProcessPool:  # a process died before all of the work was given out
                    lost.append(chunk)
            for future in as_completed(pending):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    lost.append(pending[future])
    except _NO_PROCESSES:
        yield from (lower_files(chunk, reading) for chunk in chunks)
        return
    for chunk in lost:
        yield from _apart(chunk, reading, start_method)


_NO_PROCESSES = (OSError, ImportError, NotImplementedError)
"""What `multiprocessing` raises where the system has no semaphores, or gives none, and where no process can start."""


def _apart(chunk: list[str], reading: Reading, start_method: str) -> Iterator[list[IndexedFile]]:
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    try:
        with _pool(1, start_method) as pool:
            batch = pool.submit(lower_files, chunk, reading).result()
    except BrokenProcessPool:
        batch = []
    except _NO_PROCESSES:  # not in this one: what killed another would kill it too
        yield [_broken(path, display(path, reading.cwd), "no process could be started to read it") for path in chunk]
        return
    if batch:
        yield batch
    elif len(chunk) == 1:
        yield [_broken(chunk[0], display(chunk[0], reading.cwd), "the process that read it died")]
    else:
        middle = len(chunk) // 2
        yield from _apart(chunk[:middle], reading, start_method)
        yield from _apart(chunk[middle:], reading, start_method)


def _start_method() -> str:
    """A fork starts twenty times as fast as a new interpreter, and is safe while there is one thread."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


@contextmanager
def _pool(processes: int, start_method: str) -> Iterator[ProcessPoolExecutor]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - as above
    from multiprocessing import active_children, get_context  # noqa: PLC0415 - as above

    others = set(active_children())
    pool = ProcessPoolExecutor(processes, mp_context=get_context(start_method), initializer=_start_worker)
    try:
        yield pool
    except BaseException:  # Ctrl-C above all: nobody wants to wait for work that is under way
        for child in set(active_children()) - others:
            child.terminate()
        pool.shutdown(cancel_futures=True)  # waits for its thread, which would complain of what is closed under it
        raise
    pool.shutdown()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()


def _end_with_parent() -> None:
    """Nobody tells a worker that its parent was killed: it would wait for work forever."""
    from multiprocessing import parent_process  # noqa: PLC0415 - as above
    from multiprocessing.connection import wait  # noqa: PLC0415 - as above

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
