"""Statements that a body reaches only where no event loop runs in its thread, or never.

Code that serves both sync and async callers asks first: `asyncio.get_running_loop()` raises RuntimeError in a thread
without a running loop, `loop.is_running()` is false there, and a loop's own thread is told by its identity. What such
a test guards does not hold up a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, dotted, header_exprs, statements, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ASKS_FOR_LOOP = frozenset({"get_running_loop", "current_task", "current_async_library"})
"""They raise where no loop runs in this thread."""

_NO_LOOP = frozenset({"RuntimeError", "NoEventLoopError", "AsyncLibraryNotFoundError"})
"""What asyncio, AnyIO and sniffio raise there."""

_LEAVING = (ir.Return, ir.Raise, ir.Break, ir.Continue)
"""What follows them in the same block never runs."""

_COMPOUND = frozenset({ir.If, ir.While, ir.For, ir.With, ir.Try, ir.Match})

_THREAD_IDENTITY = frozenset({"get_ident", "current_thread", "main_thread"})


def off_loop_statements(body: tuple[ir.Stmt, ...], calls: Iterable[str]) -> frozenset[int]:
    """The `id` of every statement of a body that runs only where no event loop runs in its thread.

    `calls` are the last names of all that the body calls.
    """
    return frozenset(_off_loop(body, asks=not _ASKS_FOR_LOOP.isdisjoint(calls)))


def _off_loop(body: tuple[ir.Stmt, ...], *, asks: bool) -> Iterator[int]:
    """`asks`: somewhere a call asks for the running loop."""
    for position, statement in enumerate(body):
        if isinstance(statement, ir.Try):
            if asks:
                yield from _of_handlers(statement)
        elif isinstance(statement, ir.If):
            on_loop = _says_on_loop(statement.test)
            if on_loop is not None:
                yield from _all(statement.orelse if on_loop else statement.body)
                if on_loop and _ends(statement.body):
                    yield from _all(body[position + 1 :])
        elif isinstance(statement, _LEAVING):
            yield from _all(body[position + 1 :])
            return
        if type(statement) in _COMPOUND:
            for block in blocks(statement):
                yield from _off_loop(block, asks=asks)


def _of_handlers(statement: ir.Try) -> Iterator[int]:
    for handler in statement.handlers:
        if _says_no_loop(handler, statement.body):
            yield from _all(handler.body)


def _all(body: tuple[ir.Stmt, ...]) -> Iterator[int]:
    return (id(statement) for statement in statements(body))


def _ends(body: tuple[ir.Stmt, ...]) -> bool:
    return bool(body) and isinstance(body[-1], ir.Return | ir.Raise)


def _says_no_loop(handler: ir.ExceptHandler, tried: tuple[ir.Stmt, ...]) -> bool:
    """Whether the handler is reached because no loop runs: it is for that error, or for all of a body that asks first.

    A body that awaits has a loop: where it asks for it by the way, something else has failed.
    """
    if not any(_asks_for_loop(statement) for statement in tried):
        return False
    return _catches_no_loop(handler.type) or (_asks_for_loop(tried[0]) and not _awaits(tried))


def _catches_no_loop(caught: ir.Expr | None) -> bool:
    types = caught.items if isinstance(caught, ir.Collection) else (caught,)
    return any(item is not None and dotted(item).rpartition(".")[2] in _NO_LOOP for item in types)


def _awaits(body: tuple[ir.Stmt, ...]) -> bool:
    return any(
        isinstance(node, ir.Await)
        for statement in statements(body)
        for expr in header_exprs(statement)
        for node in walk(expr)
    )


def _asks_for_loop(statement: ir.Stmt) -> bool:
    return any(
        isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] in _ASKS_FOR_LOOP
        for expr in header_exprs(statement)
        for node in walk(expr)
    )


def _says_on_loop(test: ir.Expr) -> bool | None:
    """True where the test holds on a running loop only, False where it never holds there, None for other tests."""
    match test:
        case ir.Name(id="TYPE_CHECKING") | ir.Attribute(attr="TYPE_CHECKING") | ir.Constant(value=False | 0):
            return False  # never runs at all
        case ir.UnaryOp(op="not", operand=operand):
            inner = _says_on_loop(operand)
            return None if inner is None else not inner
        case ir.Call(func=ir.Attribute(attr="is_running")):
            return True
        case ir.BoolOp(op="and", values=(ir.Constant(value=False | 0), *_)):
            return False
        case ir.BoolOp(op="and", values=values):
            return next((True for value in values if _says_on_loop(value)), None)
        case ir.Compare(ops=(op,), operands=operands) if any(_is_thread_identity(item) for item in operands):
            return {"==": True, "is": True, "!=": False, "is not": False}.get(op)
        case _:
            return None


def _is_thread_identity(node: ir.Expr) -> bool:
    return isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] in _THREAD_IDENTITY
