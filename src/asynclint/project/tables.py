"""Tables of the whole project, of which an asker depends on no more than the rows that it asks for.

A table is made anew after every change that it was made from; what is kept of it is a stamp for each row, so that
those who asked for a row are judged anew only if it has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from asynclint.project.model import Class, Function, Module
from asynclint.project.reads import bit_of, bucket

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asynclint.project.reads import Reads

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

_STAMP: Final = 8
"""Bytes of a stamp."""

Stamps: TypeAlias = "dict[int, int]"
"""By the number of a question (see `Reads.ask`), the sum of the stamps of all rows that answer it."""


class Table(Generic[Key, Row]):
    """Rows by key. `stamp` is a text that differs where rows do, as far as askers cannot see that by themselves."""

    def __init__(
        self, reads: Reads, name: str, build: Callable[[], Mapping[Key, Row]], stamp: Callable[[Row], str]
    ) -> None:
        self.name = name
        self._reads = reads
        self._build = build
        self._stamp = stamp
        self._bits: dict[Key, int] = {}
        self._rows: Mapping[Key, Row] | None = None
        self.made_from = 0
        """What the table was made from, once it is."""
        reads.tables.setdefault(name, self)

    @property
    def is_made(self) -> bool:
        """Whether anybody has asked for a row."""
        return self._rows is not None

    def get(self, key: Key) -> Row | None:
        """The row for a key, None if there is none."""
        bit = self._bits.get(key)
        if bit is None:
            bit = self._bits[key] = bit_of(self.name, text_of(key))
        self._reads.mask |= bit
        return self._made().get(key)

    def rows(self) -> Mapping[Key, Row]:
        """All rows, for those who make other tables of them: whoever takes them depends on all."""
        found = self._made()
        self._reads.mask |= self.made_from
        return found

    def _made(self) -> Mapping[Key, Row]:
        found = self._rows
        if found is None:
            with self._reads.apart() as own:
                found = self._rows = self._build()
            self.made_from = own.mask
        return found

    def stamps(self) -> Stamps:
        """What is kept to tell which rows change."""
        found: Stamps = {}
        for key, row in self._made().items():
            number = bucket(self.name, text_of(key))
            text = f"{self.name} {text_of(key)} {self._stamp(row)}".encode("utf-8", "surrogateescape")
            stamp = int.from_bytes(blake2b(text, digest_size=_STAMP).digest(), "big")
            found[number] = (found.get(number, 0) + stamp) % (1 << (8 * _STAMP))
        return found


class Placed(Generic[Row]):
    """Things that stand in modules: an asker depends on those of the modules it asks for, and what they come from.

    `find` gives lists of them: those for which the same was read stand in one, as nobody can tell them apart later.
    """

    def __init__(self, reads: Reads, name: str, find: Callable[[], Iterator[list[tuple[Module, Row]]]]) -> None:
        self._reads = reads
        self._find = find
        self._table: Table[Module, list[tuple[Row, int]]] = Table(reads, name, self._build, _count)

    def of(self, module: Module) -> tuple[Row, ...]:
        """Those in a module, in the order in which they were found."""
        return tuple(self._seen(self._table.get(module) or []))

    def all(self) -> Iterator[Row]:
        """Those of all modules, for those who make tables of them."""
        for found in self._table.rows().values():
            yield from self._seen(found)

    def _seen(self, found: list[tuple[Row, int]]) -> Iterator[Row]:
        for item, made_from in found:
            self._reads.mask |= made_from
            yield item

    def _build(self) -> dict[Module, list[tuple[Row, int]]]:
        rows: dict[Module, list[tuple[Row, int]]] = {}
        found = self._find()
        while True:
            before = self._reads.begin()
            try:
                together = next(found, None)
            finally:
                own = self._reads.end(before)
            if together is None:
                return rows
            for module, item in together:
                rows.setdefault(module, []).append((item, own))


def _count(row: list[tuple[Row, int]]) -> str:
    return str(len(row))


def text_of(key: object) -> str:
    """The same text for the same thing in every run, as long as its module does not change."""
    match key:
        case Module():
            return key.path
        case Function():
            return f"{key.module.path} {key.number}"
        case Class():
            return f"{key.module.path} class {key.number}"
        case _:
            return str(key)


def listed(items: Iterable[Function | Class | Module]) -> str:
    """The stamp of a row that lists things."""
    return "\n".join(sorted(map(text_of, items)))


class FunctionSet(Table[Function, bool]):
    """Functions of the whole project: an asker depends on whether those it asks for are among them."""

    def __init__(self, reads: Reads, name: str, find: Callable[[], Iterable[Function]]) -> None:
        super().__init__(reads, name, lambda: dict.fromkeys(find(), True), str)

    def __contains__(self, function: Function) -> bool:
        return self.get(function) is not None


class NameSet:
    """Names that the whole project gives. They are asked for only where they stand in code.

    So whoever asked for a name that has become one, or is one no more, has read a module that holds the word.
    """

    def __init__(self, reads: Reads, name: str, find: Callable[[], Iterable[str]]) -> None:
        self._reads = reads
        self._find = find
        self._names: frozenset[str] | None = None
        reads.name_sets[name] = self

    @property
    def is_made(self) -> bool:
        """Whether anybody has asked for the names."""
        return self._names is not None

    def names(self) -> frozenset[str]:
        """All of them."""
        found = self._names
        if found is None:
            with self._reads.apart():
                found = self._names = frozenset(self._find())
        return found
