"""What outcomes were found from, and which of an earlier run's hold still."""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.caching.traces import StoredTrace, packed, unpacked
from asynclint.project.call_graph import FunctionCalls
from asynclint.project.changes import ProjectTrace, TableTrace, changes_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asynclint.caching.naming import Naming
    from asynclint.core.outcome import Outcome
    from asynclint.flow.ir import ModuleIR
    from asynclint.project.project import Project


@dataclass(frozen=True, slots=True)
class Trace:
    """What outcomes were found from: by path, the mask of each (see `Reads`), and what is kept of the project.

    `modules` are the paths of all modules, in the order in which the masks count them.
    """

    modules: tuple[str, ...]
    masks: Mapping[str, int]
    project: ProjectTrace


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run found. `changed` are the modules that are not as they were then, by path, as they were.

    `outcome_of` gives the outcome of a path, None where it is not known.
    """

    trace: Trace
    changed: Mapping[str, ModuleIR]
    outcome_of: Callable[[str], Outcome | None]


def still_holding(project: Project, earlier: Earlier) -> Trace | None:
    """The trace of an earlier run, less the outcomes that hold no more; None if that cannot be told."""
    trace = earlier.trace
    if trace.modules != tuple(module.path for module in project.modules):
        return None
    changed = changes_since(project, trace.project, earlier.changed)
    if changed is None:
        return None
    masks = {path: mask for path, mask in trace.masks.items() if not mask & changed}
    # The project knows which of the calls hold; of the others, functions may not even be there any more.
    return Trace(trace.modules, masks, dataclasses.replace(trace.project, calls={}))


def known_outcomes(earlier: Earlier, paths: Iterable[str]) -> dict[str, Outcome]:
    """The outcomes of these paths, as far as they are known."""
    found = ((path, earlier.outcome_of(path)) for path in paths)
    return {path: outcome for path, outcome in found if outcome is not None}


def stored(trace: Trace, key: bytes, results: bytes, files: Mapping[str, bytes], naming: Naming) -> StoredTrace:
    """A trace as it is kept; `files` are digests by absolute path."""
    masks = {item.read_from for calls in trace.project.calls.values() for item in calls.values()}
    places = {mask: place for place, mask in enumerate(masks)}
    return StoredTrace(
        key,
        results,
        {naming.of(path): digest for path, digest in files.items()},
        [naming.of(path) for path in trace.modules],
        {naming.of(path): packed(mask) for path, mask in trace.masks.items()},
        {name: (packed(table.made_from), table.stamps) for name, table in trace.project.tables.items()},
        {name: sorted(names) for name, names in trace.project.names.items()},
        {
            naming.of(path): {number: (places[item.read_from], item.callees) for number, item in calls.items()}
            for path, calls in trace.project.calls.items()
        },
        [packed(mask) for mask in places],
    )


def restored(kept: StoredTrace, paths: Mapping[str, str]) -> Trace | None:
    """The trace that was kept, with the absolute `paths` of its files by name; None if it is no trace of them."""
    try:
        masks = {paths[name]: unpacked(mask) for name, mask in kept.outcomes.items()}
        tables = {name: TableTrace(unpacked(mask), stamps) for name, (mask, stamps) in kept.tables.items()}
        modules = tuple(paths[name] for name in kept.modules)
        read_from = [unpacked(mask) for mask in kept.read_from]
        calls = {
            paths[name]: {
                number: FunctionCalls(read_from[place], callees) for number, (place, callees) in found.items()
            }
            for name, found in kept.calls.items()
        }
    except (KeyError, IndexError, zlib.error):
        return None
    names = {name: frozenset(found) for name, found in kept.names.items()}
    return Trace(modules, masks, ProjectTrace(tables, names, calls))
