"""What a change of some modules means for what was found before it.

The words of a module that has changed, and the rows of tables that have, stand for the questions whose answers are no
longer the same. What was found without asking any of them, or reading any of these modules, holds still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from asynclint.project.layout import WORDS
from asynclint.project.reads import UNSETTLED, bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asynclint.flow.ir import ModuleIR
    from asynclint.project.call_graph import ModuleCalls
    from asynclint.project.project import Project
    from asynclint.project.tables import Stamps, Table


class TableTrace(NamedTuple):
    """What is kept of a table: what it was made from (see `Reads`), and the stamps of its rows."""

    made_from: int
    stamps: Stamps


@dataclass(frozen=True, slots=True)
class ProjectTrace:
    """What is kept of the tables and names that anybody asked a project for."""

    tables: Mapping[str, TableTrace]
    names: Mapping[str, frozenset[str]]
    calls: Mapping[str, ModuleCalls]

    def joined(self, other: ProjectTrace) -> ProjectTrace:
        """What was asked for here or there; where it was in both, the stamps are those of the other."""
        tables = {**self.tables, **other.tables}
        for name in self.tables.keys() & other.tables.keys():
            tables[name] = TableTrace(self.tables[name].made_from | other.tables[name].made_from, tables[name].stamps)
        calls = {**self.calls, **other.calls}
        for path in self.calls.keys() & other.calls.keys():
            calls[path] = {**self.calls[path], **other.calls[path]}
        return ProjectTrace(tables, {**self.names, **other.names}, calls)


FROM_CALLS: Final = frozenset({"response functions", "background functions"})
"""The tables that are made from the call graph, of which an earlier run knows more or less all."""

NOTHING_ASKED: Final = ProjectTrace({}, {}, {})


def trace_of(project: Project) -> ProjectTrace:
    """What was asked for so far."""
    made = {name: table for name, table in project.reads.tables.items() if table.is_made}
    tables = {name: TableTrace(table.made_from, table.stamps()) for name, table in made.items()}
    names = {name: found.names() for name, found in project.reads.name_sets.items() if found.is_made}
    return ProjectTrace(tables, names, project.call_graph.calls())


def changes_since(project: Project, before: ProjectTrace, modules: Mapping[str, ModuleIR]) -> int | None:
    """What no longer holds of what was found before, as a mask (see `Reads`); None if that cannot be told.

    `modules` are those that have changed, by absolute path, as they were before. There must be no others than then.
    """
    tables = project.all_tables
    if not before.tables.keys() <= tables.keys() or not before.names.keys() <= project.reads.name_sets.keys():
        return None
    changed = UNSETTLED
    for path, old in modules.items():
        module = project.module_at(path)
        if module is None:
            return None
        changed |= module.bit | _of_words(set(old.words.split()) ^ set(module.ir.words.split()))
    changed |= _of_names(project, before.names)
    at_once = {name: trace for name, trace in before.tables.items() if name not in FROM_CALLS}
    changed |= _of_tables(tables, at_once, changed)
    project.call_graph.take(before.calls, changed)
    changed |= _of_tables(tables, before.tables, changed)
    return changed if project.call_graph.holds(changed) else None


def _of_words(words: Iterable[str]) -> int:
    mask = 0
    for word in words:
        mask |= 1 << bucket(WORDS, word)
    return mask


def _of_names(project: Project, before: Mapping[str, frozenset[str]]) -> int:
    """The modules in which a name stands that has become one of a set, or is one no more."""
    mask = 0
    for name, known in before.items():
        for word in known ^ project.reads.name_sets[name].names():
            for module in project.layout.modules_with(word):
                mask |= module.bit
    return mask


def _of_tables(tables: Mapping[str, Table[object, object]], before: Mapping[str, TableTrace], changed: int) -> int:
    """The questions whose rows are no longer the same: tables are made anew as long as that changes others."""
    mask = 0
    waiting = dict(before)
    while True:
        touched = [name for name, trace in waiting.items() if trace.made_from & (changed | mask)]
        if not touched:
            return mask
        for name in touched:
            mask |= _of_stamps(tables[name].stamps(), waiting.pop(name).stamps)


def _of_stamps(one: Stamps, other: Stamps) -> int:
    mask = 0
    for number in one.keys() | other.keys():
        if one.get(number) != other.get(number):
            mask |= 1 << number
    return mask
