"""The only maker of edits: each function says how one change is written on the original source, or refuses with None.

Edits are small on purpose: they touch the tokens that change and nothing else, so comments and layout stay. Whether a
change is right is the rule's business; here it is only made sure that the result is legal code. The facts are those
observed on Python 3.11 to 3.13: where `await` compiles, what binds tighter than it, where an import may stand.
"""
# ruff: noqa: PLC0415 - libcst takes 60 ms to import; a run without candidates never pays for it

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from asynclint.core.span import Span
from asynclint.semantics.module_head import free_name, newline_of, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    import libcst as cst

    from asynclint.semantics.module_head import ModuleHead
    from asynclint.semantics.syntax import NodeMatch, StatementSyntax


class TextEdit(NamedTuple):
    """Puts `content` in the place of a range of the file; an empty range inserts."""

    span: Span
    content: str


Edits: TypeAlias = tuple[TextEdit, ...]
"""In order, neither overlapping nor touching; all belong to one change."""


# --------------------------------------------------------------------------------------------------------------
# await


def may_await(match: NodeMatch[cst.CSTNode], *, in_async: bool) -> bool:
    """Whether `await` is legal, and means the enclosing function, at a node.

    `in_async`: the statement that holds the node stands directly in the body of an `async def` (for a header of a
    nested definition: the definition does).
    """
    if not in_async:
        return False
    path = [match.node, *match.syntax.parents(match.node)]
    steps = [path[:depth] for depth in range(2, len(path) + 1)]
    if any(_leaves_frame(step) for step in steps):
        return False
    # Before Python 3.11 a comprehension that awaits may not stand in one that does not.
    return sum(_enters_comprehension(step) for step in steps) < 2


def _enters_comprehension(path: list[cst.CSTNode]) -> bool:
    """Whether the last node of an upward path is a comprehension that evaluates the ones before it again and again."""
    import libcst as cst

    return isinstance(path[-1], cst.BaseComp) and not _is_outermost_iterable(path, path[-1])


def _is_outermost_iterable(path: list[cst.CSTNode], comprehension: cst.BaseComp) -> bool:
    """Whether an upward path comes from what the enclosing frame evaluates, once, for a comprehension."""
    return len(path) > 2 and path[-2] is comprehension.for_in and path[-3] is comprehension.for_in.iter


def _leaves_frame(path: list[cst.CSTNode]) -> bool:
    """Whether the last node of an upward path runs the one before it later, elsewhere, or not as an expression."""
    import libcst as cst

    child, parent = path[-2], path[-1]
    match parent:
        case cst.Lambda() | cst.FunctionDef() | cst.ClassDef():
            # Defaults, decorators and bases are evaluated in the enclosing frame.
            return child is parent.body
        case cst.GeneratorExp():
            # Only the outermost iterable is evaluated at once; `await` elsewhere makes the generator an async one.
            return not _is_outermost_iterable(path, parent)
        case cst.Annotation() | cst.TypeAlias() | cst.TypeParameters():
            return True
        case _:
            return False


def insert_await(match: NodeMatch[cst.BaseExpression], *, in_async: bool) -> Edits | None:
    """`f()` → `await f()`, parenthesised where what stands around it binds tighter."""
    if not may_await(match, in_async=in_async):
        return None
    opening, closing, span = _await_tokens(match)
    data = match.syntax.data
    return _edits(data, [TextEdit(Span(span.start, span.start), opening), TextEdit(Span(span.end, span.end), closing)])


def await_receiver(call: NodeMatch[cst.Call], *, in_async: bool) -> Edits | None:
    """`task.result()` → `await task`, parenthesised where needed; refuses a call with arguments."""
    import libcst as cst

    if call.node.args or not isinstance(call.node.func, cst.Attribute) or not may_await(call, in_async=in_async):
        return None
    syntax, receiver = call.syntax, call.node.func.value
    kept = syntax.outer_span_of(receiver)
    opening, closing, span = _await_tokens(call)
    if call.node.lpar:
        span = call.span
    return _edits(
        syntax.data,
        [
            TextEdit(Span(span.start, span.start), opening),
            TextEdit(Span(kept.end, call.span.end), ""),
            TextEdit(Span(span.end, span.end), closing),
        ],
    )


def _await_tokens(match: NodeMatch[cst.BaseExpression]) -> tuple[str, str, Span]:
    """What to write at the start and at the end of which span to await a node."""
    import libcst as cst

    node, syntax = match.node, match.syntax
    simple = isinstance(node, cst.Name | cst.Attribute | cst.Call | cst.Subscript)
    if node.lpar and simple:
        return "await ", "", match.span  # inside the parentheses that are there
    bare = simple or bool(node.lpar)
    opening, closing = ("await ", "") if bare else ("await (", ")")
    if _binds_tighter(next(syntax.parents(node), None), node):
        opening, closing = f"({opening}", f"{closing})"
    return opening, closing, syntax.outer_span_of(node)


def _binds_tighter(parent: cst.CSTNode | None, node: cst.CSTNode) -> bool:
    import libcst as cst

    match parent:
        case cst.Attribute() | cst.Subscript():
            return parent.value is node
        case cst.Call():
            return parent.func is node
        case cst.Await():
            return True  # `await await x` is no Python
        case _:
            return False


# --------------------------------------------------------------------------------------------------------------
# calls


def replace_callee(call: NodeMatch[cst.Call], callee: str) -> Edits:
    """`f(x)` → `callee(x)`."""
    return (TextEdit(call.syntax.outer_span_of(call.node.func), callee),)


def await_instead(call: NodeMatch[cst.Call], callee: str, *, in_async: bool) -> Edits | None:
    """`f(x)` → `await callee(x)`."""
    awaited = insert_await(call, in_async=in_async)
    return None if awaited is None else _edits(call.syntax.data, [*awaited, *replace_callee(call, callee)])


def sleep_without_blocking(call: NodeMatch[cst.Call], asyncio_sleep: str, *, in_async: bool) -> Edits | None:
    """`time.sleep(x)` → `await asyncio.sleep(x)`; refuses other arguments than one positional."""
    arguments = call.node.args
    if len(arguments) != 1 or arguments[0].keyword is not None or arguments[0].star:
        return None
    return await_instead(call, asyncio_sleep, in_async=in_async)


def offload(call: NodeMatch[cst.Call], to_thread: str, *, in_async: bool) -> Edits | None:
    """`f(a, k=v)` → `await to_thread(f, a, k=v)`; `to_thread` is the text of the offloading callable."""
    parent = next(call.syntax.parents(call.node), None)
    if not may_await(call, in_async=in_async) or _is_await(parent) or _passes_keyword(call, "func"):
        return None
    separated = _separate_callee(call)
    if separated is None:
        return None
    opening, closing, span = _await_tokens(call)
    return _edits(
        call.syntax.data,
        [
            TextEdit(Span(span.start, span.start), f"{opening}{to_thread}("),
            *separated,
            TextEdit(Span(span.end, span.end), f"){closing}" if _is_sole_generator(call) else closing),
        ],
    )


def pass_call_as_arguments(call: NodeMatch[cst.Call]) -> Edits | None:
    """`add_task(f(a, k=v))` → `add_task(f, a, k=v)`, given the inner call.

    Refuses where the inner call is not the only argument, and where a keyword would reach `add_task` itself, whose
    own parameters are called `self` and `func`.
    """
    argument = _sole_positional_argument(call)
    if argument is None or call.node.lpar or _passes_keyword(call, "func", "self"):
        return None
    separated = _separate_callee(call)
    if separated is None:
        return None
    if _is_sole_generator(call):
        return _edits(call.syntax.data, separated)
    return _edits(call.syntax.data, [*separated, *_drop_closing_parenthesis(call, argument)])


def _separate_callee(call: NodeMatch[cst.Call]) -> list[TextEdit] | None:
    """`f(a)` → `f, a)`, `f()` → `f)`, `f(x for x in y)` → `f, (x for x in y)`."""
    data, start = call.syntax.data, call.syntax.outer_span_of(call.node.func).end
    parenthesis = call.syntax.span_of(call.node.whitespace_after_func).end
    if data[parenthesis : parenthesis + 1] != b"(":
        return None
    if _is_sole_generator(call):
        return [TextEdit(Span(start, parenthesis), ", ")]
    following = data[parenthesis + 1 : parenthesis + 2]
    separator = "" if not call.node.args else "," if following.isspace() else ", "
    return [TextEdit(Span(start, parenthesis + 1), separator)]


def _is_sole_generator(call: NodeMatch[cst.Call]) -> bool:
    """`f(x for x in y)`: the parentheses of the call are those of the generator expression."""
    import libcst as cst

    match call.node.args:
        case [cst.Arg(value=cst.GeneratorExp(lpar=parentheses))]:
            return not parentheses
        case _:
            return False


def _sole_positional_argument(call: NodeMatch[cst.Call]) -> cst.Arg | None:
    """The argument of another call that the call is, if that has no other and passes it by position."""
    import libcst as cst

    around = call.syntax.parents(call.node)
    argument, outer = next(around, None), next(around, None)
    if not isinstance(argument, cst.Arg) or not isinstance(outer, cst.Call) or argument not in outer.args:
        return None
    return argument if len(outer.args) == 1 and argument.keyword is None and not argument.star else None


def _drop_closing_parenthesis(call: NodeMatch[cst.Call], argument: cst.Arg) -> Iterator[TextEdit]:
    """Without leaving two commas in a row or a line with nothing on it."""
    syntax, end = call.syntax, call.span.end
    last = call.node.args[-1] if call.node.args else None
    comma = None if last is None else _comma_span(syntax, last)
    if comma is not None and _comma_span(syntax, argument) is not None:
        yield TextEdit(comma, "")
    before = comma.end if comma is not None else end - 1 if last is None else syntax.outer_span_of(last.value).end
    gap = syntax.data[before : end - 1]
    alone = b"\n" in gap and not gap.strip()
    yield TextEdit(Span(before if alone else end - 1, end), "")


def _comma_span(syntax: StatementSyntax, argument: cst.Arg) -> Span | None:
    """The comma after an argument, without white space."""
    import libcst as cst

    if not isinstance(argument.comma, cst.Comma):
        return None
    start = syntax.span_of(argument.comma.whitespace_before).end
    return Span(start, start + 1)


def _passes_keyword(call: NodeMatch[cst.Call], *names: str) -> bool:
    return any(argument.keyword is not None and argument.keyword.value in names for argument in call.node.args)


def _is_await(node: cst.CSTNode | None) -> bool:
    import libcst as cst

    return isinstance(node, cst.Await)


# --------------------------------------------------------------------------------------------------------------
# statements


def keep_task(call: NodeMatch[cst.Call], task: str, tasks: str) -> Edits | None:
    """`create_task(x)` as a statement → kept in the set `tasks` until it is done; refuses anything but a statement.

    `task` is a name that is free in the function, `tasks` one of a set that the function can see.
    """
    import libcst as cst

    if not isinstance(next(call.syntax.parents(call.node), None), cst.Expr):
        return None
    syntax, statement = call.syntax, call.syntax.outer_span_of(call.node)
    more = (f"{tasks}.add({task})", f"{task}.add_done_callback({tasks}.discard)")
    assign = TextEdit(Span(statement.start, statement.start), f"{task} = ")
    indent, line_end = _alone_on_lines(syntax.data, statement)
    if line_end is None:
        return assign, TextEdit(Span(statement.end, statement.end), "".join(f"; {line}" for line in more))
    newline = newline_of(syntax.data)
    return assign, TextEdit(Span(line_end, line_end), "".join(f"{newline}{indent}{line}" for line in more))


def discard_when_done(store: NodeMatch[cst.Call], task: str, tasks: str) -> Edits | None:
    """`tasks.add(…)` as a statement → the task removes itself from the set when it is done; else refuses.

    `task` is the name that the argument is, or, where that is no name, one that is free in the function.
    """
    import libcst as cst

    syntax, node = store.syntax, store.node
    around = next(syntax.parents(node), None)
    if not isinstance(around, cst.Expr) or len(node.args) != 1 or node.args[0].star or node.args[0].keyword:
        return None
    statement, argument = syntax.outer_span_of(node), syntax.outer_span_of(node.args[0].value)
    indent, line_end = _alone_on_lines(syntax.data, statement)
    if line_end is None:
        return None
    lines = [f"{task}.add_done_callback({tasks}.discard)"]
    edits: list[TextEdit] = []
    if not isinstance(node.args[0].value, cst.Name):
        lines.insert(0, f"{tasks}.add({task})")
        edits.append(TextEdit(Span(statement.start, argument.start), f"{task} = "))
        edits.append(TextEdit(Span(argument.end, statement.end), ""))
        if b"\n" in syntax.data[statement.start : argument.start]:
            return None
    newline = newline_of(syntax.data)
    edits.append(TextEdit(Span(line_end, line_end), "".join(f"{newline}{indent}{line}" for line in lines)))
    return _edits(syntax.data, edits)


def drop_async(data: bytes, start: int) -> Edits | None:
    """`async def f()` → `def f()`, given where the definition starts."""
    keyword = re.compile(rb"async[ \t]+(?=def\b)").match(data, start)
    return None if keyword is None else (TextEdit(Span(start, keyword.end()), ""),)


def guard_body(function: NodeMatch[cst.FunctionDef], handler: str) -> Edits | None:
    """Puts the body of a function, its docstring aside, into `try:` … `except Exception:` with `handler` as its line.

    The lines inside a string that runs over several of them keep their text. Refuses a body on the line of the header.
    """
    import libcst as cst

    body = function.node.body
    if not isinstance(body, cst.IndentedBlock):
        return None
    docstring = function.node.get_docstring(clean=False) is not None
    guarded = body.body[1 if docstring else 0 :]
    if not guarded:
        return None
    syntax = function.syntax
    data = syntax.data
    start, end = _block_range(syntax, guarded)
    indent = re.match(rb"[ \t]*", data[start:end])
    if indent is None or not indent[0]:
        return None
    depth, newline = indent[0].decode(), newline_of(data)
    step = "\t" if depth.startswith("\t") else "    "
    opening = TextEdit(Span(start, start), f"{depth}try:{newline}{step}")
    shifted = (TextEdit(Span(line, line), step) for line in _shiftable_lines(syntax, function.node, start, end))
    closing = TextEdit(Span(end, end), f"{newline}{depth}except Exception:{newline}{depth}{step}{handler}")
    return _edits(data, [opening, *shifted, closing])


def _block_range(syntax: StatementSyntax, statements: Iterable[cst.BaseStatement]) -> tuple[int, int]:
    """From the start of the first line (comments above it included) to the end of the last line of statements."""
    import libcst as cst

    items = list(statements)
    first, last = syntax.span_of(items[0]), syntax.span_of(items[-1])
    start = first.start
    decorators = getattr(items[0], "decorators", ())
    if decorators:
        start = syntax.span_of(decorators[0]).start
    leading = [line for line in getattr(items[0], "leading_lines", ()) if isinstance(line, cst.EmptyLine)]
    if any(line.comment is not None for line in leading):
        first_comment = next(line for line in leading if line.comment is not None)
        start = min(start, syntax.span_of(first_comment).start)
    line_start = syntax.data.rfind(b"\n", 0, start) + 1
    return line_start, _content_end(syntax.data, last.end)


def _shiftable_lines(syntax: StatementSyntax, function: cst.FunctionDef, start: int, end: int) -> Iterator[int]:
    """The starts of the lines after the first that hold code or comments and do not begin inside a string."""
    strings = [span for span in _string_spans(syntax, function) if span.start < end]
    offset = syntax.data.find(b"\n", start, end) + 1
    while offset:
        following = syntax.data.find(b"\n", offset, end) + 1
        line = syntax.data[offset : following or end]
        if line.strip() and not any(span.start < offset < span.end for span in strings):
            yield offset
        offset = following


def _string_spans(syntax: StatementSyntax, function: cst.FunctionDef) -> Iterator[Span]:
    """The strings that run over more than one line."""
    import libcst as cst

    pending: list[cst.CSTNode] = [function]
    while pending:
        node = pending.pop()
        pending.extend(node.children)
        if isinstance(node, cst.SimpleString | cst.FormattedString | cst.TemplatedString):
            span = syntax.span_of(node)
            if b"\n" in syntax.data[span.start : span.end]:
                yield span


def _alone_on_lines(data: bytes, statement: Span) -> tuple[str, int | None]:
    """The indentation of a statement and the end of its last line, None where it shares its lines with other code."""
    line_start = data.rfind(b"\n", 0, statement.start) + 1
    indent = data[line_start : statement.start].decode()
    end = _content_end(data, statement.end)
    rest = data[statement.end : end].strip()
    alone = not indent.strip() and (not rest or rest.startswith(b"#"))
    return indent, end if alone else None


def _content_end(data: bytes, offset: int) -> int:
    """The end of a line without its line end."""
    newline = data.find(b"\n", offset)
    if newline < 0:
        return len(data)
    return newline - 1 if data[newline - 1 : newline] == b"\r" else newline


_COMMENT_LINE = re.compile(rb"[ \t]*#[^\n]*\n\Z")


def clean_up_after(data: bytes, statement: Span, lines: Iterable[str]) -> Edits | None:
    """`yield` → `try:` … `finally:` with the lines in it; refuses a statement that shares its lines with others.

    Each of the lines is indented by four spaces a level, wherever it goes.
    """
    indent, line_end = _alone_on_lines(data, statement)
    text = data[statement.start : statement.end]
    if line_end is None or b'"""' in text or b"'''" in text:
        return None
    newline, step = newline_of(data), _step(indent)
    line_start = data.rfind(b"\n", 0, statement.start) + 1
    following = (match.end() for match in re.finditer(rb"\n(?=[^\r\n])", text))
    closing = "".join(
        f"{newline}{line}" for line in _indented(["finally:", *(f"    {line}" for line in lines)], indent)
    )
    return _edits(
        data,
        [
            TextEdit(Span(line_start, line_start), f"{indent}try:{newline}{step}"),
            *(_insertion(statement.start + offset, step) for offset in following),
            _insertion(line_end, closing),
        ],
    )


def insert_before(data: bytes, statement: Span, lines: Iterable[str]) -> Edits | None:
    """Lines before a statement and the comments above it; refuses one that does not begin its line."""
    line_start = data.rfind(b"\n", 0, statement.start) + 1
    indent = data[line_start : statement.start].decode()
    if indent.strip():
        return None
    newline = newline_of(data)
    content = "".join(f"{line}{newline}" for line in _indented(lines, indent))
    return (_insertion(_above_comments(data, line_start), content),)


def insert_after(data: bytes, statement: Span, lines: Iterable[str]) -> Edits | None:
    """Lines after a statement that has its lines for itself."""
    indent, line_end = _alone_on_lines(data, statement)
    if line_end is None:
        return None
    newline = newline_of(data)
    return (_insertion(line_end, "".join(f"{newline}{line}" for line in _indented(lines, indent))),)


def assign_to(statement: Span, target: str) -> Edits:
    """`create_task(x)` → `target = create_task(x)`."""
    return (_insertion(statement.start, f"{target} = "),)


def make_async(function_start: int) -> Edits:
    """`def f()` → `async def f()`, given where the definition starts."""
    return (_insertion(function_start, "async "),)


def add_keyword(data: bytes, callee_end: int, keyword: str, *, has_arguments: bool) -> Edits | None:
    """`f(x=1)` → `f(keyword, x=1)`, given where the callee ends; refuses a comment before the parenthesis."""
    opening = data.find(b"(", callee_end)
    if opening < 0 or data[callee_end:opening].strip():
        return None
    if not has_arguments:
        return (_insertion(opening + 1, keyword),)
    gap = re.compile(rb"\s*").match(data, opening + 1)
    lead = gap[0].decode() if gap is not None else ""
    return (_insertion(opening + 1, f"{lead}{keyword}," if "\n" in lead else f"{keyword}, "),)


def define_before(data: bytes, offset: int, lines: Iterable[str]) -> Edits:
    """A definition at module level before the one that begins at an offset, its decorators and comments included."""
    line_start = _above_comments(data, data.rfind(b"\n", 0, offset) + 1)
    newline = newline_of(data)
    text = data[:line_start].rstrip(b" \t")
    breaks = len(text) - len(text.rstrip(b"\r\n"))
    missing = max(0, 3 - breaks // len(newline)) if text.strip() else 0
    return (_insertion(line_start, newline * missing + "".join(f"{line}{newline}" for line in lines) + newline * 2),)


def define_after(data: bytes, definition: Span, lines: Iterable[str]) -> Edits:
    """A definition behind another one, at its depth."""
    line_start = data.rfind(b"\n", 0, definition.start) + 1
    indent = re.compile(rb"[ \t]*").match(data, line_start)
    depth = indent[0].decode() if indent is not None else ""
    newline, end = newline_of(data), _content_end(data, definition.end)
    gap = newline * (2 if depth else 3)
    return (_insertion(end, gap + newline.join(_indented(lines, depth))),)


def joined(data: bytes, edits: Iterable[TextEdit]) -> Edits | None:
    """All edits of one file as one change, each made once."""
    return _edits(data, dict.fromkeys(edits))


def _above_comments(data: bytes, line_start: int) -> int:
    """The start of the first of the lines of comments directly above a line, or of the line itself."""
    before = data.rfind(b"\n", 0, max(0, line_start - 1)) + 1
    while before < line_start and _COMMENT_LINE.match(data[before:line_start]):
        line_start, before = before, data.rfind(b"\n", 0, max(0, before - 1)) + 1
    return line_start


def _step(indent: str) -> str:
    return "\t" if indent.startswith("\t") else "    "


def _indented(lines: Iterable[str], indent: str) -> Iterator[str]:
    for line in lines:
        text = line.lstrip(" ")
        yield indent + _step(indent) * ((len(line) - len(text)) // 4) + text if text else ""


# --------------------------------------------------------------------------------------------------------------
# the module


class ImportedName(NamedTuple):
    """How to write a name in the module, and the edits that make it so (none where an import is there)."""

    text: str
    edits: Edits


def import_name(
    data: bytes, head: ModuleHead, module: str, attribute: str, local_names: Collection[str] = ()
) -> ImportedName | None:
    """The text for `module.attribute`, with `import module` added unless an import at the top already gives it.

    `local_names` are those that the function of the use, or one around it, binds: they hide what the module imports.
    """
    known = imported_name(head, module, attribute, local_names)
    if known is not None:
        return ImportedName(known, ())
    name = _import_alias(data, head, module, local_names)
    statement = f"import {module}" if name == module else f"import {module} as {name}"
    edits = _insert_import(data, head, statement, module)
    return None if edits is None else ImportedName(f"{name}.{attribute}", edits)


def imported_name(head: ModuleHead, module: str, attribute: str, local_names: Collection[str] = ()) -> str | None:
    """The text for `module.attribute` by an import at the top that gives it already; see `import_name`."""
    for name, target in head.imported.items():
        if name not in local_names and target in (module, f"{module}.{attribute}"):
            return f"{name}.{attribute}" if target == module else name
    return None


def import_member(data: bytes, head: ModuleHead, module: str, attribute: str) -> ImportedName | None:
    """As `import_name` by `from module import attribute`, in a line below the first run of imports.

    Refuses where the attribute's name occurs in the module, whatever it means there.
    """
    if attribute in words(data) or head.imports_end is None:
        return None
    newline = newline_of(data)
    line = _after_line(data, head.imports_end, f"from {module} import {attribute}{newline}", newline)
    if head.imports_start is None:
        return ImportedName(attribute, _insert_block(data, head.imports_end, f"from {module} import {attribute}"))
    return ImportedName(attribute, (_insertion(head.imports_end, line),))


def _import_alias(data: bytes, head: ModuleHead, module: str, local_names: Collection[str]) -> str:
    """The module's own name where that is free or already means the module, else one that occurs nowhere."""
    usual = module.partition(".")[0]
    bound = head.bound.get(usual, frozenset())
    if usual not in local_names and bound <= {usual}:
        return module
    return free_name(f"_{module.replace('.', '_')}", words(data))


def _insert_import(data: bytes, head: ModuleHead, statement: str, module: str) -> Edits | None:
    """In its place among the `import x` lines at the top, else after docstring and `from __future__`."""
    newline = newline_of(data)
    following = next((item for item in head.plain_imports if item.name > module), None)
    if following is not None:
        return (_insertion(following.line_start, f"{statement}{newline}"),)
    if head.plain_imports and (line_end := head.plain_imports[-1].line_end) is not None:
        return (_insertion(line_end, _after_line(data, line_end, f"{statement}{newline}", newline)),)
    if head.imports_start is not None:
        return (_insertion(head.imports_start, f"{statement}{newline}"),)
    return None if head.preamble_end is None else _insert_block(data, head.preamble_end, statement)


def insert_after_imports(data: bytes, head: ModuleHead, text: str) -> Edits | None:
    """A statement (its lines joined by line feeds) at module level, after the first run of imports."""
    return None if head.imports_end is None else _insert_block(data, head.imports_end, text)


def _insert_block(data: bytes, offset: int, text: str) -> Edits:
    """Lines at the start of a line, with a blank line before and after them."""
    newline = newline_of(data)
    content = text.replace("\n", newline) + newline
    before = data[:offset].rstrip(b" \t")
    if before and not _ends_in_blank_line(before):
        content = newline + content
    if data[offset:].strip() and not data[offset:].lstrip(b" \t").startswith((b"\n", b"\r\n")):
        content += newline
    return (_insertion(offset, _after_line(data, offset, content, newline)),)


def _after_line(data: bytes, offset: int, content: str, newline: str) -> str:
    """Begins a new line first where the text ends without a line end."""
    return newline + content if offset == len(data) and data and not data.endswith(b"\n") else content


def _ends_in_blank_line(before: bytes) -> bool:
    return before.endswith((b"\n\n", b"\n\r\n"))


def _insertion(offset: int, content: str) -> TextEdit:
    return TextEdit(Span(offset, offset), content)


# --------------------------------------------------------------------------------------------------------------
# edits


def _edits(data: bytes, edits: Iterable[TextEdit]) -> Edits | None:
    """Sorted, without those that change nothing, those that touch joined into one; None if a comment would be lost."""
    ordered = sorted((edit for edit in edits if edit.content or edit.span.start < edit.span.end), key=lambda e: e.span)
    # What is taken away are names, punctuation and the space between them: a `#` there begins a comment.
    if any(b"#" in data[edit.span.start : edit.span.end] for edit in ordered):
        return None
    joined: list[TextEdit] = ordered[:1]
    for _, edit in pairwise(ordered):
        last = joined[-1]
        if last.span.end == edit.span.start:
            joined[-1] = TextEdit(Span(last.span.start, edit.span.end), last.content + edit.content)
        else:
            joined.append(edit)
    return tuple(joined)


def apply(data: bytes, edits: Iterable[TextEdit]) -> bytes:
    """The text with edits made that do not overlap."""
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        data = data[: edit.span.start] + edit.content.encode() + data[edit.span.end :]
    return data
