"""What names a body binds, and which of the bindings a use can see."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias

import msgspec

from asynclint.flow import ir
from asynclint.flow.traversal import bound_names, children, header_exprs, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BindingKind: TypeAlias = Literal[
    "assign",
    "annotation",
    "augmented",
    "for",
    "async-for",
    "with",
    "async-with",
    "except",
    "match",
    "import",
    "import-from",
    "import-star",
    "function",
    "class",
    "param",
    "comprehension",
    "delete",
    "type-param",
]


class BlockStep(NamedTuple):
    """A run of statements that may or may not execute."""

    id: int
    group: int
    """Blocks of one statement that exclude each other (if/else, handlers, cases) share a group; -1 for none."""
    loop: bool
    body: tuple[ir.Stmt, ...]

    @property
    def leaves(self) -> bool:
        """Whether control never comes out of it (return, raise)."""
        return _leaves(self.body)


Block: TypeAlias = tuple[BlockStep, ...]
"""The conditional blocks from the body down to a statement; empty at the top."""


class Binding(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One place that gives a name its value.

    `value` is what it is bound from (the assigned expression, the iterable, the context manager, the exception
    type), `path` the tuple indices from there to the name. `order` counts along the body: a use at a later
    order may see it.
    """

    kind: BindingKind
    name: str
    order: int
    block: Block
    value: ir.Expr | None = None
    annotation: ir.Expr | None = None
    path: tuple[int, ...] = ()
    index: int = -1
    """Of the function or class defined."""
    source: ir.Alias | ir.Param | None = None
    statement: ir.Stmt | None = None


class Use(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Where an expression stands in its body."""

    order: int
    block: Block
    statement: ir.Stmt
    inner: tuple[Binding, ...] = ()
    """Bindings of the comprehensions and lambdas around it, innermost first."""
    deferred: bool = False
    """Inside a lambda: runs when that is called, if ever."""
    lazy: bool = False
    """Inside a generator expression: runs when that is consumed."""


_LEAVES = frozenset({ir.Name, ir.Constant, ir.Opaque})
"""Expressions without parts, which nothing lists."""

_LEAVING = (ir.Return, ir.Raise)


def _leaves(body: tuple[ir.Stmt, ...]) -> bool:
    for statement in body:
        if isinstance(statement, _LEAVING):
            return True
        if isinstance(statement, ir.If) and statement.orelse and _leaves(statement.body) and _leaves(statement.orelse):
            return True
        if isinstance(statement, ir.With) and _leaves(statement.body):
            return True
    return False


class ScopeIndex:
    """Everything about one body (of a module, class or function) that asking by name or by node needs.

    `bindings`: by name, in order. `parents`: by `id` of each expression evaluated in this frame, the expression or
    statement directly around it; the nodes are kept alive by `body`. `statements` in source order. `calls` in order of
    evaluation.
    """

    def __init__(self, module: ir.ModuleIR, body: tuple[ir.Stmt, ...], params: Iterable[ir.Param] = ()) -> None:
        self.body = body
        self._module = module
        self.bindings: dict[str, list[Binding]] = {}
        self._uses: dict[int, Use] = {}
        """By `id` of the outermost expressions of statements, and of the parts of lambdas and comprehensions."""
        self.parents: dict[int, ir.Expr | ir.Stmt] = {}
        self.statements: list[ir.Stmt] = []
        self.enclosing: dict[int, ir.Stmt] = {}
        self.global_names: frozenset[str] = frozenset()
        self.nonlocal_names: frozenset[str] = frozenset()
        self.star_imports: list[Binding] = []
        self.calls: list[ir.Call] = []
        self.attributes: list[ir.Attribute] = []
        self.subscripts: list[ir.Subscript] = []
        self.comparisons: list[ir.Compare] = []
        self.comprehensions: list[ir.Comprehension] = []
        self.delegations: list[ir.YieldFrom] = []
        self._listed: dict[type, list[Any]] = {
            ir.Call: self.calls,
            ir.Attribute: self.attributes,
            ir.Subscript: self.subscripts,
            ir.Compare: self.comparisons,
            ir.Comprehension: self.comprehensions,
            ir.YieldFrom: self.delegations,
        }
        self._branch_counts: dict[int, int] = {}
        self._order = 0
        self._blocks = 0
        self._root: Block = ()
        for param in params:
            self._bind(Binding("param", param.name, 0, self._root, annotation=param.annotation, source=param))
        self._visit_body(body, self._root, None)
        del self._listed  # only building needs it, and there are many bodies

    # -- asking ------------------------------------------------------------------------------------------------

    def binds(self, name: str) -> bool:
        """Whether the name is local to this body."""
        return name in self.bindings and name not in self.global_names and name not in self.nonlocal_names

    def reaching(self, name: str, use: Use | None) -> list[Binding]:
        """The bindings whose value a use may see, in source order; with `use` None all that survive to the end."""
        found = self.bindings.get(name, [])
        if len(found) <= 1:
            return list(found)
        order, block = (use.order, use.block) if use is not None else (self._order + 1, self._root)
        earlier: list[Binding] = []
        hidden = False
        branches: dict[int, set[int]] = {}
        # A name can be bound a thousand times in one body, and be read as often: neither way looks at all bindings.
        middle = bisect_left(found, order, key=_order)
        for position in range(middle - 1, -1, -1):
            binding = found[position]
            if not flows(binding.block, block):
                continue
            earlier.append(binding)
            if block[: len(binding.block)] == binding.block:
                hidden = any(step.loop for step in binding.block)
                break
            if self._completes(binding, block, branches):
                break
        earlier.reverse()
        loop = None if hidden else next((depth for depth, step in enumerate(block) if step.loop), None)
        if loop is not None:
            # What is bound after the use is seen in the next turn of a loop that holds both.
            turn = block[: loop + 1]
            for position in range(middle, len(found)):
                if found[position].block[: loop + 1] != turn:
                    break
                earlier.append(found[position])
        return [binding for binding in earlier if binding.kind != "delete"]

    def starred_after(self, bindings: list[Binding], use: Use | None) -> list[ir.ImportFrom]:
        """The `import *` of this body that may bind a name later than all of its `bindings`, the last first."""
        last = max((item.order for item in bindings), default=0)
        found = [item for item in self.star_imports if item.order > last and (use is None or item.order < use.order)]
        return [item.statement for item in reversed(found) if isinstance(item.statement, ir.ImportFrom)]

    def _completes(self, binding: Binding, block: Block, branches: dict[int, set[int]]) -> bool:
        """Whether with this binding every branch of its statement that comes out of it has bound the name."""
        shared = _shared(binding.block, block)
        if len(binding.block) != shared + 1:
            return False
        step = binding.block[shared]
        seen = branches.setdefault(step.group, set())
        seen.add(step.id)
        return len(seen) == self._branch_counts.get(step.group, 0)

    @cached_property
    def names(self) -> dict[str, list[ir.Name]]:
        """The names that stand in the body, nested definitions left out, in source order."""
        found: dict[str, list[ir.Name]] = {}
        for statement in self.statements:
            for expr in header_exprs(statement):
                for node in walk(expr):
                    if isinstance(node, ir.Name):
                        found.setdefault(node.id, []).append(node)
        return found

    def use(self, node: ir.Expr) -> Use:
        """Where an expression of this body stands. Raises KeyError for any other."""
        found = self.use_of(node)
        if found is None:
            raise KeyError(node)
        return found

    def use_of(self, node: ir.Expr) -> Use | None:
        """Where an expression stands; None for one that is not evaluated in this body."""
        uses, parents = self._uses, self.parents
        key = id(node)
        found = uses.get(key)
        while found is None:
            around = parents.get(key)
            if around is None:
                return None
            key = id(around)
            found = uses.get(key)
        return found

    def statement_of(self, node: ir.Expr) -> ir.Stmt | None:
        use = self.use_of(node)
        return use.statement if use is not None else None

    # -- building ----------------------------------------------------------------------------------------------

    def _bind(self, binding: Binding) -> None:
        self.bindings.setdefault(binding.name, []).append(binding)

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _block(self, parent: Block, body: tuple[ir.Stmt, ...], group: int = -1, *, loop: bool = False) -> Block:
        self._blocks += 1
        return (*parent, BlockStep(self._blocks, group, loop, body))

    def _visit_body(self, body: tuple[ir.Stmt, ...], block: Block, around: ir.Stmt | None) -> None:
        for statement in body:
            self.statements.append(statement)
            if around is not None:
                self.enclosing[id(statement)] = around
            self._visit_statement(statement, block)

    def _visit_statement(self, statement: ir.Stmt, block: Block) -> None:
        order = self._next()
        exprs = header_exprs(statement)
        if exprs:
            use = Use(order, block, statement)
            for expr in exprs:
                self._visit(expr, statement, use)
        handler = self._handlers.get(type(statement))
        if handler is not None:
            handler(self, statement, block)

    def _visit(self, expr: ir.Expr, parent: ir.Expr | ir.Stmt, use: Use) -> None:
        parents, listed = self.parents, self._listed
        self._uses[id(expr)] = use
        parents[id(expr)] = parent
        stack = [expr]
        while stack:
            node = stack.pop()
            kind = type(node)
            if kind in listed:
                listed[kind].append(node)
            elif kind is ir.NamedExpr:
                self._bind_walrus(node, use)  # type: ignore[arg-type]
            elif kind is ir.Lambda:
                self._visit_lambda(node, use)  # type: ignore[arg-type]
                continue
            if kind is ir.Comprehension:
                self._visit_comprehension(node, use)  # type: ignore[arg-type]
                continue
            for child in reversed(children(node)):
                parents[id(child)] = node
                if type(child) not in _LEAVES:
                    stack.append(child)

    def _bind_walrus(self, node: ir.NamedExpr, use: Use) -> None:
        self._bind(
            Binding("assign", node.target.id, use.order, use.block, value=node.value, statement=use.statement),
        )

    def _visit_lambda(self, node: ir.Lambda, use: Use) -> None:
        for param in node.params:
            if param.default is not None:
                self._visit(param.default, node, use)
        params = tuple(
            Binding("param", param.name, use.order, use.block, source=param, value=None) for param in node.params
        )
        inner = Use(use.order, use.block, use.statement, (*params, *use.inner), deferred=True, lazy=use.lazy)
        self._visit(node.body, node, inner)

    def _visit_comprehension(self, node: ir.Comprehension, use: Use) -> None:
        lazy = use.lazy or node.kind == "generator"
        inner = use.inner
        for position, clause in enumerate(node.generators):
            # The outermost iterable is evaluated at once, in the enclosing scope (language reference, 6.2.4).
            around = Use(use.order, use.block, use.statement, inner, use.deferred, lazy if position else use.lazy)
            self._visit(clause.iter, node, around)
            bound = tuple(
                Binding(
                    "comprehension",
                    name.id,
                    use.order,
                    use.block,
                    value=clause.iter,
                    path=path,
                    index=int(clause.is_async),
                )
                for name, path in bound_names(clause.target)
            )
            inner = (*bound, *inner)
            within = Use(use.order, use.block, use.statement, inner, use.deferred, lazy)
            self._visit(clause.target, node, within)
            for test in clause.ifs:
                self._visit(test, node, within)
        within = Use(use.order, use.block, use.statement, inner, use.deferred, lazy)
        for element in node.elements:
            self._visit(element, node, within)

    # -- statements --------------------------------------------------------------------------------------------

    def _bind_target(
        self,
        kind: BindingKind,
        target: ir.Expr,
        value: ir.Expr | None,
        block: Block,
        statement: ir.Stmt,
    ) -> None:
        order = self._next()
        for name, path in bound_names(target):
            self._bind(Binding(kind, name.id, order, block, value=value, path=path, statement=statement))

    def _assign(self, node: ir.Assign, block: Block) -> None:
        for target in node.targets:
            self._bind_target("assign", target, node.value, block, node)

    def _ann_assign(self, node: ir.AnnAssign, block: Block) -> None:
        if isinstance(node.target, ir.Name):
            self._bind(
                Binding(
                    "annotation",
                    node.target.id,
                    self._next(),
                    block,
                    value=node.value,
                    annotation=node.annotation,
                    statement=node,
                ),
            )

    def _aug_assign(self, node: ir.AugAssign, block: Block) -> None:
        self._bind_target("augmented", node.target, node.value, block, node)

    def _delete(self, node: ir.Delete, block: Block) -> None:
        for target in node.targets:
            if isinstance(target, ir.Name):
                self._bind_target("delete", target, None, block, node)

    def _global(self, node: ir.Global, _block: Block) -> None:
        self.global_names = self.global_names.union(node.names)

    def _nonlocal(self, node: ir.Nonlocal, _block: Block) -> None:
        self.nonlocal_names = self.nonlocal_names.union(node.names)

    def _import(self, node: ir.Import, block: Block) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self._bind(Binding("import", name, self._next(), block, source=alias, statement=node))

    def _import_from(self, node: ir.ImportFrom, block: Block) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(Binding("import-star", "*", self._next(), block, source=alias, statement=node))
                continue
            self._bind(
                Binding("import-from", alias.asname or alias.name, self._next(), block, source=alias, statement=node),
            )

    def _function(self, node: ir.FunctionDef, block: Block) -> None:
        name = self._module.functions[node.index].name
        self._bind(Binding("function", name, self._next(), block, index=node.index, statement=node))

    def _class(self, node: ir.ClassDef, block: Block) -> None:
        name = self._module.classes[node.index].name
        self._bind(Binding("class", name, self._next(), block, index=node.index, statement=node))

    def _if(self, node: ir.If, block: Block) -> None:
        group = self._next()
        if node.orelse:
            self._branch_counts[group] = sum(not _leaves(branch) for branch in (node.body, node.orelse))
        self._visit_body(node.body, self._block(block, node.body, group), node)
        self._visit_body(node.orelse, self._block(block, node.orelse, group), node)

    def _while(self, node: ir.While, block: Block) -> None:
        self._visit_body(node.body, self._block(block, node.body, loop=True), node)
        self._visit_body(node.orelse, self._block(block, node.orelse), node)

    def _for(self, node: ir.For, block: Block) -> None:
        body = self._block(block, node.body, loop=True)
        self._bind_target("async-for" if node.is_async else "for", node.target, node.iter, block, node)
        self._visit_body(node.body, body, node)
        self._visit_body(node.orelse, self._block(block, node.orelse), node)

    def _with(self, node: ir.With, block: Block) -> None:
        for item in node.items:
            if item.target is not None:
                kind: BindingKind = "async-with" if node.is_async else "with"
                self._bind_target(kind, item.target, item.context, block, node)
        self._visit_body(node.body, block, node)

    def _try(self, node: ir.Try, block: Block) -> None:
        # The body of a try is taken to run to its end: what it binds hides earlier values after the statement.
        self._visit_body(node.body, block, node)
        group = self._next()
        for handler in node.handlers:
            inner = self._block(block, handler.body, group)
            if handler.name is not None:
                self._bind(
                    Binding("except", handler.name, self._next(), inner, value=handler.type, statement=node),
                )
            self._visit_body(handler.body, inner, node)
        self._visit_body(node.orelse, self._block(block, node.orelse, group), node)
        self._visit_body(node.finalbody, block, node)

    def _match(self, node: ir.Match, block: Block) -> None:
        group = self._next()
        if any(case.irrefutable and case.guard is None for case in node.cases):
            self._branch_counts[group] = sum(not _leaves(case.body) for case in node.cases)
        for case in node.cases:
            inner = self._block(block, case.body, group)
            for name in case.names:
                self._bind(Binding("match", name, self._next(), inner, value=None, statement=node))
            self._visit_body(case.body, inner, node)

    def _type_alias(self, node: ir.TypeAliasDef, block: Block) -> None:
        self._bind(Binding("assign", node.name, self._next(), block, value=node.value, statement=node))

    _handlers: ClassVar[dict[type, Callable[[ScopeIndex, Any, Block], None]]] = {
        ir.Assign: _assign,
        ir.AnnAssign: _ann_assign,
        ir.AugAssign: _aug_assign,
        ir.Delete: _delete,
        ir.Global: _global,
        ir.Nonlocal: _nonlocal,
        ir.Import: _import,
        ir.ImportFrom: _import_from,
        ir.FunctionDef: _function,
        ir.ClassDef: _class,
        ir.If: _if,
        ir.While: _while,
        ir.For: _for,
        ir.With: _with,
        ir.Try: _try,
        ir.Match: _match,
        ir.TypeAliasDef: _type_alias,
    }


def _order(binding: Binding) -> int:
    return binding.order


def _shared(left: Block, right: Block) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one is not other:  # a step is made once
            break
        count += 1
    return count


def flows(origin: Block, to: Block) -> bool:
    """Whether control can pass from one block to a later one."""
    if to[: len(origin)] == origin:
        return True
    shared = _shared(origin, to)
    if any(step.leaves for step in origin[shared:]):
        return False
    return not (shared < len(to) and origin[shared].group != -1 and origin[shared].group == to[shared].group)
