"""What answers were found from: which modules were read, and what was asked of the tables of the whole project.

A module is judged anew only if something has changed that its last judgement was found from. So every question that is
answered once and asked again hands on what its answer was found from, to whoever asks: `Answers`, `answered_once`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast, overload
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from asynclint.project.tables import NameSet, Table

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")
Owner = TypeVar("Owner", bound="HasReads")

BUCKETS: Final = 4096
"""Questions to tables are told apart by this many numbers: two that share one are taken for the same question."""

_BITS: Final = tuple(1 << number for number in range(BUCKETS))

UNSETTLED: Final = 1 << BUCKETS
"""What stands for an answer that may depend on more than is known to have been read."""

FIRST_MODULE: Final = BUCKETS + 1
"""The bit of the first module."""


Around: TypeAlias = "tuple[int, object]"
"""What was read before a question, and the body in which it came up."""


class ReadModule(Protocol):
    """What is read."""

    @property
    def bit(self) -> int:
        """The bit that stands for it."""


class ReadBody(Protocol):
    """What holds names and expressions."""

    is_top_level: bool
    """Whether it is that of a module."""


class Reads:
    """What the question under way has been found from so far.

    `mask` has a bit for each question to a table, from bit 0, and for each module, from bit `FIRST_MODULE`. `module`
    is the one that was read last, so that reading it again costs nothing.
    """

    __slots__ = ("_bodies", "_shared", "body", "mask", "module", "name_sets", "tables")

    def __init__(self) -> None:
        self.mask = 0
        self.tables: dict[str, Table[Any, Any]] = {}
        """All tables of the project, by name."""
        self.name_sets: dict[str, NameSet] = {}
        self.module: object = None
        self.body: object = None
        """The body that is being read, other than the top level of a module."""
        self._shared: dict[int, int] = {}
        self._bodies: dict[object, int] = {}

    def see(self, module: ReadModule) -> None:
        """The module is read."""
        self.module = module
        self.mask |= module.bit

    def ask(self, table: str, key: str) -> None:
        """A table of the whole project is asked for a key."""
        self.mask |= bit_of(table, key)

    def begin(self) -> Around:
        """A question begins: what was read before, and where, is to be given to `end`."""
        self._note()
        around = self.mask, self.body
        self.mask = 0
        self.module = self.body = None
        return around

    def end(self, around: Around) -> int:
        """The question is answered: what it was found from. Whoever asked has read that too."""
        own = self.mask
        self.mask = around[0] | own
        self.module = None
        self.body = around[1]
        return self._shared.setdefault(own, own)

    def enter(self, scope: ReadBody) -> Around:
        """Names and expressions of a body are read: what was read before, and where, is to be given to `leave`.

        Many are small, and ask for each other. So what they are found from is noted for the body as a whole, and only
        at the top level of a module for each of them.
        """
        self._note()
        around = self.mask, self.body
        self.mask = 0
        self.module = None
        self.body = None if scope.is_top_level else scope
        return around

    def leave(self, scope: ReadBody, key: Hashable, around: Around) -> None:
        """The expression or binding, known by the key, has been read."""
        noted = key if scope.is_top_level else scope
        own = self.mask | self._bodies.get(noted, 0)
        self._bodies[noted] = self._shared.setdefault(own, own) if scope.is_top_level else own
        self.mask = around[0] | own
        self.module = None
        self.body = around[1]

    def _note(self) -> None:
        """Other things are read, in the middle of a body: they may ask for what has been found of it so far."""
        body = self.body
        if body is not None:
            self._bodies[body] = self._bodies.get(body, 0) | self.mask

    def of_body(self, scope: ReadBody) -> int:
        """What has been found of a body, other than the top level of a module, was found from this."""
        return self._bodies.get(scope, 0)

    def see_body(self, scope: ReadBody, key: Hashable) -> None:
        """What is known of an expression or binding of a body that is not being read is taken."""
        self.mask |= self._bodies.get(key if scope.is_top_level else scope, 0)

    @contextmanager
    def apart(self) -> Iterator[Made]:
        """Read on behalf of a table, whose askers read only what they ask for. Gives what it was made from."""
        around = self.begin()
        made = Made()
        try:
            yield made
        finally:
            made.mask = self.mask
            self.mask, self.body = around
            self.module = None


class Made:
    """What a table was made from, once it is made."""

    __slots__ = ("mask",)

    def __init__(self) -> None:
        self.mask = 0


def bit_of(table: str, key: str) -> int:
    """The bit of a question to a table."""
    return _BITS[bucket(table, key)]


@lru_cache(maxsize=1 << 16)
def bucket(table: str, key: str) -> int:
    """The number of a question to a table, the same in every run."""
    return crc32(f"{table} {key}".encode("utf-8", "surrogateescape")) % BUCKETS


class HasReads(Protocol):
    """What belongs to a project."""

    @property
    def reads(self) -> Reads:
        """What the questions to the project are found from."""


class Answers(Generic[Key, Answer]):
    """Answers to one kind of question, each found when first asked for. Finding one must not ask for it again."""

    __slots__ = ("_compute", "_found", "_reads")

    def __init__(self, reads: Reads, compute: Callable[..., Answer]) -> None:
        self._reads = reads
        self._compute = compute
        self._found: dict[Key, tuple[Answer, int]] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._found

    def of(self, key: Key, *asked: object) -> Answer:
        """The answer for a key; `asked` is what it is computed from."""
        found = self._found.get(key)
        reads = self._reads
        if found is not None:
            reads.mask |= found[1]
            return found[0]
        before = reads.begin()
        try:
            answer = self._compute(*asked)
        finally:
            own = reads.end(before)
        self._found[key] = answer, own
        return answer


class BodyAnswers(Generic[Answer]):
    """Answers about bodies, each found when first asked for. Finding one must not ask for it again.

    What they are found from is noted for a body as a whole, as for its names and expressions (see `Reads.enter`).
    """

    __slots__ = ("_compute", "_found", "_reads")

    def __init__(self, reads: Reads, compute: Callable[..., Answer]) -> None:
        self._reads = reads
        self._compute = compute
        self._found: dict[tuple[int, Hashable], tuple[Answer]] = {}

    def of(self, scope: ReadBody, also: Hashable = None) -> Answer:
        """The answer about a body, and what else it is computed from."""
        key = id(scope), also
        reads = self._reads
        found = self._found.get(key)
        if found is not None:
            if reads.body is not scope:
                reads.see_body(scope, key)
            return found[0]
        around = reads.enter(scope)
        try:
            answer = self._compute(scope) if also is None else self._compute(scope, also)
        finally:
            reads.leave(scope, key, around)
        self._found[key] = (answer,)
        return answer


class CircularAnswers(Answers[Key, Answer]):
    """Answers that may be asked for again while they are being found: then `otherwise` is the answer."""

    __slots__ = ("_active", "_otherwise")

    def __init__(self, reads: Reads, compute: Callable[..., Answer], otherwise: Answer) -> None:
        super().__init__(reads, compute)
        self._otherwise = otherwise
        self._active: set[Key] = set()

    def of(self, key: Key, *asked: object) -> Answer:
        """The answer for a key; `asked` is what it is computed from."""
        if key in self._active:
            self._reads.mask |= UNSETTLED  # what is found from this depends on a question that is not answered yet
            return self._otherwise
        if key in self._found:
            return super().of(key)
        self._active.add(key)
        try:
            return super().of(key, *asked)
        finally:
            self._active.discard(key)


class GraphReads(Generic[Key]):
    """What answers about the nodes of a graph were found from: each depends on all nodes that its own leads to."""

    __slots__ = ("_known", "_reads")

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._known: dict[Key, int] = {}

    def see(self, node: Key) -> None:
        """The answer about a node is asked for."""
        self._reads.mask |= self._known[node]

    def add(self, new: Mapping[Key, tuple[int, Collection[Key]]]) -> None:
        """Add nodes, each with what it was itself found from and the nodes that it leads to, new or known."""
        known = self._known
        known.update((node, own) for node, (own, _) in new.items())
        before: dict[Key, list[Key]] = {}
        for node, (_, following) in new.items():
            for item in following:
                before.setdefault(item, []).append(node)
        # Those found last are nearest to the leaves, mostly, and are taken first: so each changes few times.
        pending = list(dict.fromkeys((*before, *new)))
        waiting = set(pending)
        while pending:
            node = pending.pop()
            waiting.discard(node)
            own = known[node]
            for item in before.get(node, ()):
                if own | known[item] != known[item]:
                    known[item] |= own
                    if item not in waiting:
                        waiting.add(item)
                        pending.append(item)


class answered_once(Generic[Owner, Answer]):  # noqa: N801 - used as a decorator, like `functools.cached_property`
    """A property that is found when first asked for, and tells every asker what it was found from."""

    def __init__(self, compute: Callable[[Owner], Answer]) -> None:
        self._compute = compute
        self._name = ""
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> answered_once[Owner, Answer]: ...
    @overload
    def __get__(self, instance: Owner, owner: type) -> Answer: ...
    def __get__(self, instance: Owner | None, owner: type) -> answered_once[Owner, Answer] | Answer:
        if instance is None:
            return self
        reads = instance.reads
        kept: dict[str, Any] = instance.__dict__
        found = kept.get(self._name)
        if found is None:
            before = reads.begin()
            try:
                answer = self._compute(instance)
            finally:
                own = reads.end(before)
            kept[self._name] = answer, own
            return answer
        reads.mask |= found[1]
        return cast("Answer", found[0])

    def __set__(self, instance: Owner, value: Answer) -> None:
        raise AttributeError(self._name)  # makes this a data descriptor: `__dict__` alone would not tell what was read
