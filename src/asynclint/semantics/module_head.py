"""Where the imports of a module stand, as far as an insertion beside them needs to know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import blocks, bound_names, statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_WORD = re.compile(rb"[^\W\d]\w*")
_NON_ASCII_WORD = re.compile(r"[^\W\d]\w*")
_CODING = re.compile(rb"#.*?coding[:=]")
_GLOBAL = re.compile(rb"^[ \t]*global[ \t]+([^\n;#]+)|[;:][ \t]*global[ \t]+([^\n;#]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PlainImport:
    """`import name` at the top of a module; `line_start` and `line_end` as the offsets of `ModuleHead`."""

    name: str
    line_start: int
    line_end: int | None


@dataclass(frozen=True, slots=True)
class ModuleHead:
    """The top of a module.

    Offsets are bytes, at the start of a line or at the end of the text; None where no line can be put in because
    another statement stands on the same line.

    `imported` maps the names that unconditional imports at module level bind, and nothing else there does, to the
    dotted names behind them. `bound` are the names that the top level binds to anything, each with the dotted
    names that imports give it and "" for any other value. `preamble_end` is where the first import may stand:
    after comments, docstring and `from __future__`. `plain_imports` are the `import x` statements of the first
    run of imports, which goes from `imports_start` (None where there is no import) to `imports_end` (then equal
    to `preamble_end`).
    """

    imported: dict[str, str]
    bound: dict[str, frozenset[str]]
    preamble_end: int | None
    plain_imports: tuple[PlainImport, ...]
    imports_start: int | None
    imports_end: int | None


def module_head(data: bytes, module: ir.ModuleIR) -> ModuleHead:
    body = ir.decode_body(module.body)
    preamble = _preamble(body)
    preamble_end = _line_after(data, _end(module, preamble[-1])) if preamble else _leading_comments_end(data)
    run = _import_run(body[len(preamble) :])
    imports_end = _line_after(data, _end(module, run[-1])) if run else preamble_end
    bound = _bound(data, module, body)
    return ModuleHead(
        imported=_imported(body, bound),
        bound=bound,
        preamble_end=preamble_end,
        plain_imports=tuple(_plain_imports(data, run, preamble_end)),
        imports_start=_own_line(data, run[0].start, preamble_end) if run else None,
        imports_end=imports_end,
    )


def words(data: bytes) -> frozenset[str]:
    """Every word of the text, in code or not; a name that is none of them is free in every scope of the module."""
    if data.isascii():
        return frozenset(word.decode() for word in _WORD.findall(data))
    return frozenset(_NON_ASCII_WORD.findall(data.decode()))


def free_name(wanted: str, taken: Collection[str]) -> str:
    """`wanted` itself, or the first of `_wanted`, `_wanted_2`, `_wanted_3`, … that is not taken."""
    if wanted not in taken:
        return wanted
    private = f"_{wanted.lstrip('_')}"
    if private not in taken:
        return private
    number = 2
    while f"{private}_{number}" in taken:
        number += 1
    return f"{private}_{number}"


def newline_of(data: bytes) -> str:
    """The line end that the file uses, judged by its first line."""
    first = data.find(b"\n")
    return "\r\n" if first > 0 and data[first - 1 : first] == b"\r" else "\n"


def quote_of(data: bytes) -> str:
    """The quotes that the file writes most."""
    return "'" if data.count(b"'") > data.count(b'"') else '"'


def _preamble(body: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    """The docstring and the `from __future__` imports."""
    count = 0
    if body and isinstance(body[0], ir.ExprStmt) and isinstance(body[0].value, ir.Constant | ir.Opaque):
        count = 1
    while count < len(body) and _is_future(body[count]):
        count += 1
    return body[:count]


def _is_future(statement: ir.Stmt) -> bool:
    return isinstance(statement, ir.ImportFrom) and statement.module == "__future__" and statement.level == 0


def _import_run(body: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    """The statements from the first that are imports, bare or under `if` or `try`; the last one is an import."""
    count = 0
    while count < len(body) and _only_imports(body[count]):
        count += 1
    return body[:count]


def _only_imports(statement: ir.Stmt) -> bool:
    match statement:
        case ir.Import() | ir.ImportFrom():
            return True
        case ir.If() | ir.Try():
            inner = [item for block in blocks(statement) for item in block]
            # A fallback binds a name (`orjson = None`) or passes where the import fails.
            return any(_only_imports(item) for item in inner) and all(
                _only_imports(item) or isinstance(item, ir.Pass | ir.Assign | ir.AnnAssign) for item in inner
            )
        case _:
            return False


def _plain_imports(data: bytes, run: tuple[ir.Stmt, ...], preamble_end: int | None) -> Iterator[PlainImport]:
    for statement in run:
        if isinstance(statement, ir.Import):
            line_start = _own_line(data, statement.start, preamble_end)
            if line_start is not None:
                yield PlainImport(statement.names[0].name, line_start, _line_after(data, statement.end))


def _own_line(data: bytes, start: int, preamble_end: int | None) -> int | None:
    """The start of the line of a statement, None where another statement precedes it there."""
    line_start = data.rfind(b"\n", 0, start) + 1
    alone = preamble_end is not None and line_start >= preamble_end and not data[line_start:start].strip()
    return line_start if alone else None


def _imported(body: tuple[ir.Stmt, ...], bound: dict[str, frozenset[str]]) -> dict[str, str]:
    found = {name: target for statement in body for name, target in _import_bindings(statement)}
    return {name: target for name, target in found.items() if target and bound[name] == {target}}


def _bound(data: bytes, module: ir.ModuleIR, body: tuple[ir.Stmt, ...]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements(body):
        for name, target in _import_bindings(statement):
            found.setdefault(name, set()).add(target)
        for name in _other_bindings(module, statement):
            found.setdefault(name, set()).add("")
    for name in _declared_global(data):
        found.setdefault(name, set()).add("")
    return {name: frozenset(targets) for name, targets in found.items()}


def _declared_global(data: bytes) -> Iterator[str]:
    """The names that functions may bind, or delete, in the place of the module."""
    if b"global" not in data:
        return
    for statement in _GLOBAL.findall(data):
        for name in b"".join(statement).split(b","):
            yield name.strip().decode()


def _import_bindings(statement: ir.Stmt) -> Iterator[tuple[str, str]]:
    """Local names with the absolute dotted names behind them; "" for a relative import, whose package is not asked."""
    match statement:
        case ir.Import():
            for alias in statement.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        case ir.ImportFrom():
            for alias in statement.names:
                target = f"{statement.module}.{alias.name}" if statement.level == 0 else ""
                yield alias.asname or alias.name, target
        case _:
            return


def _other_bindings(module: ir.ModuleIR, statement: ir.Stmt) -> Iterator[str]:
    match statement:
        case ir.FunctionDef():
            yield module.functions[statement.index].name
        case ir.ClassDef():
            yield module.classes[statement.index].name
        case ir.TypeAliasDef():
            yield statement.name
        case ir.Match():
            for item in statement.cases:
                yield from item.names
        case ir.Try():
            yield from (handler.name for handler in statement.handlers if handler.name)
        case _:
            for target in _targets(statement):
                yield from (name.id for name, _ in bound_names(target))


def _targets(statement: ir.Stmt) -> Iterator[ir.Expr]:
    match statement:
        case ir.Assign():
            yield from statement.targets
        case ir.AnnAssign() | ir.AugAssign() | ir.For():
            yield statement.target
        case ir.Delete():
            yield from statement.targets
        case ir.With():
            yield from (item.target for item in statement.items if item.target is not None)
        case _:
            return


def _end(module: ir.ModuleIR, statement: ir.Stmt) -> int:
    """The byte offset after a statement, its nested blocks included."""
    match statement:
        case ir.FunctionDef():
            return module.functions[statement.index].end
        case ir.ClassDef():
            return module.classes[statement.index].end
        case ir.Pass():
            return statement.start + len("pass")
        case _:
            inner = [_end(module, item) for block in blocks(statement) for item in block]
            return max([*inner, getattr(statement, "end", statement.start)])


def _line_after(data: bytes, offset: int) -> int | None:
    """The start of the line after the one where a statement ends, or None where another statement follows on it."""
    newline = data.find(b"\n", offset)
    end = len(data) if newline < 0 else newline + 1
    rest = data[offset:end].strip()
    return end if not rest or rest.startswith(b"#") else None


def _leading_comments_end(data: bytes) -> int:
    """After the shebang and coding line, and after the comment block around them if it stands for itself."""
    offset = fixed = 0
    while data.startswith(b"#", offset):
        newline = data.find(b"\n", offset)
        end = len(data) if newline < 0 else newline + 1
        if data.startswith(b"#!", offset) or _CODING.match(data[offset:end]):
            fixed = end
        offset = end
    stands_alone = not data[offset:].split(b"\n", 1)[0].strip()
    return offset if stands_alone else fixed
