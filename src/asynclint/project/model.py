"""The program as objects: modules, classes, functions, and the bodies whose names they hold."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.control_flow import build_cfg
from asynclint.flow.traversal import dotted
from asynclint.project.reads import FIRST_MODULE, Reads
from asynclint.project.scopes import ScopeIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from asynclint.flow.control_flow import ControlFlowGraph
    from asynclint.flow.ir import Stmt

Content = TypeVar("Content")
Owner = TypeVar("Owner", bound="Module | Class | Function")


class _content(Generic[Owner, Content]):  # noqa: N801 - used as a decorator, like `functools.cached_property`
    """A property that is found once from the module that its owner stands in, which each access counts as reading."""

    def __init__(self, compute: Callable[[Owner], Content]) -> None:
        self._compute = compute
        self._key = ""
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._key = f"={name}"

    def __get__(self, scope: Owner, owner: type) -> Content:
        module = scope.module
        reads = module.reads
        if reads.module is not module:
            reads.see(module)
        kept: dict[str, Any] = scope.__dict__
        try:
            return kept[self._key]  # type: ignore[no-any-return]
        except KeyError:
            found = kept[self._key] = self._compute(scope)
            return found


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A module as it enters the project.

    `path` is absolute; `display` is how people are shown it; `data` is its text as UTF-8 without BOM.
    """

    path: str
    display: str
    data: bytes
    ir: ir.ModuleIR


class Module:
    """A module of the project, its definitions made objects once."""

    is_top_level = True

    def __init__(self, source: ModuleSource, name: str, import_root: str, reads: Reads, number: int) -> None:
        """`number` is its place among the modules of the project, counted from 0."""
        self.module: Module = self
        self.path = source.path
        self.display = source.display
        self.name = name
        self.import_root = import_root
        self.reads = reads
        self.number = number
        self.bit = 1 << (FIRST_MODULE + number)
        self._source = source
        self._index: ScopeIndex | None = None
        self._functions = tuple(Function(self, item, place) for place, item in enumerate(source.ir.functions))
        self._classes = tuple(Class(self, item, place) for place, item in enumerate(source.ir.classes))

    def __repr__(self) -> str:
        return f"Module({self.name})"

    # What follows, here and in the other classes, is asked for millions of times: so it says by itself that it is read.

    @property
    def ir(self) -> ir.ModuleIR:
        """The module as the front end gave it."""
        if self.reads.module is not self:
            self.reads.see(self)
        return self._source.ir

    @property
    def data(self) -> bytes:
        """Its text as UTF-8 without BOM."""
        if self.reads.module is not self:
            self.reads.see(self)
        return self._source.data

    @property
    def functions(self) -> tuple[Function, ...]:
        """All its functions, in source order."""
        if self.reads.module is not self:
            self.reads.see(self)
        return self._functions

    @property
    def classes(self) -> tuple[Class, ...]:
        """All its classes, in source order."""
        if self.reads.module is not self:
            self.reads.see(self)
        return self._classes

    @property
    def is_package(self) -> bool:
        return self.path.endswith(("/__init__.py", "/__init__.pyi"))

    @property
    def qualname(self) -> str:
        return self.name

    @_content
    def body(self) -> tuple[Stmt, ...]:
        return ir.decode_body(self.ir.body)

    @property
    def index(self) -> ScopeIndex:
        """What is known of the names and expressions of the body."""
        if self.reads.module is not self:
            self.reads.see(self)
        if self._index is None:
            self._index = ScopeIndex(self.ir, self.body)
        return self._index

    @property
    def parent(self) -> Scope | None:
        return None

    @_content
    def global_writers(self) -> dict[str, tuple[Function, ...]]:
        """By name, the functions that assign it after declaring it `global`."""
        found: dict[str, list[Function]] = {}
        if b"global " not in self.data:
            return {}
        for function in self.functions:
            if b"global " in self.data[function.ir.start : function.ir.end]:
                for name in sorted(function.index.global_names & function.index.bindings.keys()):
                    found.setdefault(name, []).append(function)
        return {name: tuple(functions) for name, functions in found.items()}

    def import_aliases(self, name: str) -> frozenset[str]:
        """Other names that bodies of the module import something under: `from m import name as other`."""
        return self._aliases.get(name, frozenset())

    @_content
    def _aliases(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for alias in self.ir.aliases:
            if alias.asname is not None:
                found.setdefault(alias.name, set()).add(alias.asname)
        return {name: frozenset(aliases) for name, aliases in found.items()}

    @_content
    def scopes(self) -> tuple[Scope, ...]:
        """The body of the module, then those of its classes and functions, each in source order."""
        return (self, *self.classes, *self.functions)

    def calling(self, names: Iterable[str]) -> list[Scope]:
        """The bodies that may call something of these last names, in the order of `scopes`."""
        found = [self._calling[name] for name in names if name in self._calling]
        places = found[0] if len(found) == 1 else sorted({place for places in found for place in places})
        return [self.scopes[place] for place in places]

    @_content
    def _calling(self) -> dict[str, list[int]]:
        """By the last name of what is called, the places in `scopes` of the bodies that call it."""
        found: dict[str, list[int]] = {}
        for place, scope in enumerate(self.scopes):
            for name in scope.ir.calls:
                found.setdefault(name, []).append(place)
        return found

    @property
    def called_names(self) -> Collection[str]:
        """The last names of all that the module calls."""
        return self._calling.keys()

    def text(self, span: Span) -> str:
        """The source between two offsets."""
        return self.data[span.start : span.end].decode()

    def function_at(self, offset: int) -> Function | None:
        """The innermost function whose text holds the offset."""
        place = bisect_right(self._function_starts, offset) - 1
        # What holds the offset is the last function that begins before it, or one around that.
        while place >= 0 and self.ir.functions[place].end <= offset:
            place = self.ir.functions[place].parent_function
        return self.functions[place] if place >= 0 else None

    @_content
    def _function_starts(self) -> list[int]:
        return [function.start for function in self.ir.functions]

    def body_at(self, offset: int) -> Scope:
        """The innermost body whose text holds the offset."""
        starts, definitions = self._definitions
        place = bisect_right(starts, offset) - 1
        found: Scope = definitions[place] if place >= 0 else self
        while not isinstance(found, Module) and found.ir.end <= offset:
            owner = found.ir.parent_class
            found = self.classes[owner] if owner >= 0 else found.parent
        return found

    @_content
    def _definitions(self) -> tuple[list[int], list[Function | Class]]:
        """Functions and classes in source order, and where each begins."""
        both: list[Function | Class] = [*self.functions, *self.classes]
        found = sorted(both, key=lambda item: item.ir.start)
        return [item.ir.start for item in found], found


class Class:
    """A class of the project. What it inherits is asked of the evaluator, which knows what its bases mean."""

    is_top_level = False

    def __init__(self, module: Module, node: ir.ClassIR, number: int) -> None:
        self.module = module
        self.number = number
        self._ir = node
        self._index: ScopeIndex | None = None

    def __repr__(self) -> str:
        return f"Class({self.module.name}.{self._ir.qualname})"

    @property
    def ir(self) -> ir.ClassIR:
        """The definition as the front end gave it."""
        module = self.module
        if module.reads.module is not module:
            module.reads.see(module)
        return self._ir

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def qualname(self) -> str:
        return self.ir.qualname

    @property
    def full_name(self) -> str:
        return f"{self.module.name}.{self.ir.qualname}"

    @_content
    def body(self) -> tuple[Stmt, ...]:
        return ir.decode_body(self.ir.body)

    @property
    def index(self) -> ScopeIndex:
        """What is known of the names and expressions of the body."""
        module = self.module
        if module.reads.module is not module:
            module.reads.see(module)
        if self._index is None:
            self._index = ScopeIndex(module.ir, self.body)
        return self._index

    @property
    def parent(self) -> Scope:
        """The body that holds the class statement, a function or the module (class bodies are no scope to others)."""
        if self.ir.parent_function != ir.MODULE_SCOPE:
            return self.module.functions[self.ir.parent_function]
        return self.module

    @_content
    def methods(self) -> tuple[Function, ...]:
        """The functions defined directly in the body, in source order."""
        return tuple(item for item in self.module.functions if item.ir.parent_class == self.ir.index)


class Function:
    """A function of the project; its body is decoded and indexed when first asked for."""

    is_top_level = False

    def __init__(self, module: Module, node: ir.FunctionIR, number: int) -> None:
        self.module = module
        self.number = number
        self._ir = node
        self._index: ScopeIndex | None = None

    def __repr__(self) -> str:
        return f"Function({self.module.name}.{self._ir.qualname})"

    @property
    def ir(self) -> ir.FunctionIR:
        """The definition as the front end gave it."""
        module = self.module
        if module.reads.module is not module:
            module.reads.see(module)
        return self._ir

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def qualname(self) -> str:
        return self.ir.qualname

    @property
    def full_name(self) -> str:
        return f"{self.module.name}.{self.ir.qualname}"

    @property
    def is_async(self) -> bool:
        return self.ir.is_async

    @property
    def is_generator(self) -> bool:
        return self.ir.is_generator

    @_content
    def body(self) -> tuple[Stmt, ...]:
        return ir.decode_body(self.ir.body)

    @property
    def index(self) -> ScopeIndex:
        """What is known of the names and expressions of the body."""
        module = self.module
        if module.reads.module is not module:
            module.reads.see(module)
        if self._index is None:
            self._index = ScopeIndex(module.ir, self.body, self._ir.params)
        return self._index

    @_content
    def nonlocal_writers(self) -> dict[str, tuple[Function, ...]]:
        """By name, the functions inside this one that assign it after declaring it `nonlocal`."""
        if self.module.data.find(b"nonlocal ", self.ir.start, self.ir.end) < 0:
            return {}
        found: dict[str, list[Function]] = {}
        for inner in self.module.functions:
            if self.ir.start < inner.ir.start < self.ir.end and self in inner.ancestors():
                for name in sorted(inner.index.nonlocal_names & inner.index.bindings.keys()):
                    found.setdefault(name, []).append(inner)
        return {name: tuple(functions) for name, functions in found.items()}

    @_content
    def control_flow(self) -> ControlFlowGraph:
        """The paths through the body."""
        return build_cfg(self.body)

    @property
    def owner(self) -> Class | None:
        """The class whose method this is."""
        return self.module.classes[self.ir.parent_class] if self.ir.parent_class >= 0 else None

    @property
    def parent(self) -> Scope:
        """The body around it in which its free names are looked up (class bodies are skipped, as Python does)."""
        if self.ir.parent_function != ir.MODULE_SCOPE:
            return self.module.functions[self.ir.parent_function]
        return self.module

    @_content
    def is_stub(self) -> bool:
        """Declares an interface only: no more than a docstring, `...`, `pass` or `raise NotImplementedError`."""
        return all(_is_placeholder(statement) for statement in self.body)

    @property
    def name_span(self) -> Span:
        return Span(self.ir.name_start, self.ir.name_start + len(self.ir.name.encode()))

    @_content
    def decorator_names(self) -> tuple[str, ...]:
        """The decorators as written (`app.get`), without their arguments; "" for other forms."""
        return tuple(dotted(item.func if isinstance(item, ir.Call) else item) for item in self.ir.decorators)

    def ancestors(self) -> Iterator[Function]:
        """The functions around it, innermost first."""
        current = self.parent
        while isinstance(current, Function):
            yield current
            current = current.parent


def _is_placeholder(statement: ir.Stmt) -> bool:
    match statement:
        case ir.Pass() | ir.ExprStmt(value=ir.Constant() | ir.Opaque()):
            return True
        case ir.Raise(exc=exc):
            name = exc.func if isinstance(exc, ir.Call) else exc
            return isinstance(name, ir.Name) and name.id == "NotImplementedError"
        case _:
            return False


Scope: TypeAlias = Module | Class | Function


def module_of(scope: Scope) -> Module:
    """The module that a body stands in, or is."""
    return scope if isinstance(scope, Module) else scope.module
