"""The fast front end: lowers the standard `ast`.

Written for speed, since every file of a project passes through here: one function per node type, found by the
type itself, and offsets by one addition. `from_cst` is the reference for what the result must be.
"""

from __future__ import annotations

import ast
import re
import warnings
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, cast

from asynclint.flow import ir
from asynclint.flow.definitions import NO_CLASS, Definitions, Scope, module_scope
from asynclint.flow.errors import MAX_DEPTH, NestingTooDeep
from asynclint.flow.literals import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class _State:
    """What lowering a node needs besides the node."""

    __slots__ = ("aliases", "data", "definitions", "lines", "scope", "words")

    def __init__(self, data: bytes) -> None:
        self.data = data
        # `bytes.splitlines` breaks lines exactly where the tokenizer does. `ast` counts lines from 1.
        self.lines = [0, *accumulate(map(len, data.splitlines(keepends=True)), initial=0)]
        self.definitions = Definitions()
        self.scope = module_scope()
        self.aliases: list[ir.Alias] = []
        self.words: set[str] = set()


def lower_ast(text: str, parse: Callable[[str], ast.Module] = ast.parse) -> ir.ModuleIR:
    """Lower a module's text, which has no byte order mark, after the tree that `parse` makes of it.

    Raises:
        SyntaxError: the running interpreter does not read the text.
        NestingTooDeep: a chain of operators or of `elif` is too long.
        RecursionError: it is nested too deeply; `MemoryError`, from the parser, means the same.
    """
    try:
        data = text.encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are not our matter
            tree = parse(text)
    except ValueError as error:  # a lone surrogate or, before Python 3.12, a null byte
        raise SyntaxError(str(error)) from error
    state = _State(data)
    body = _body(tree.body, state)
    return ir.ModuleIR(
        ir.encode_body(body),
        state.definitions.functions,
        state.definitions.classes,
        tuple(sorted(state.scope.calls)),
        tuple(state.aliases),
        " ".join(sorted(state.words)),
    )


def _start(node: ast.expr | ast.stmt | ast.ExceptHandler | ast.arg, state: _State) -> int:
    return state.lines[node.lineno] + node.col_offset


def _end(node: ast.expr | ast.stmt, state: _State) -> int:
    # The parser always sets both; the type stubs allow for trees made by hand.
    return state.lines[node.end_lineno] + node.end_col_offset  # type: ignore[index, operator]


# --------------------------------------------------------------------------------------------------------------
# Expressions. The functions met most often compute their offsets in place, which saves a call each.


def _expr(node: ast.expr, state: _State) -> ir.Expr:
    return _EXPRESSIONS[type(node)](node, state)


def _optional(node: ast.expr | None, state: _State) -> ir.Expr | None:
    return None if node is None else _EXPRESSIONS[type(node)](node, state)


def _exprs(nodes: list[ast.expr], state: _State) -> tuple[ir.Expr, ...]:
    return tuple([_EXPRESSIONS[type(node)](node, state) for node in nodes]) if nodes else ()


def _name(node: ast.Name, state: _State) -> ir.Name:
    name = node.id
    state.words.add(name)
    return ir.Name(name, state.lines[node.lineno] + node.col_offset)


def _attribute(node: ast.Attribute, state: _State) -> ir.Attribute:
    value, attr = node.value, node.attr
    lines = state.lines
    state.words.add(attr)
    return ir.Attribute(
        _EXPRESSIONS[type(value)](value, state),
        attr,
        lines[node.lineno] + node.col_offset,
        lines[node.end_lineno] + node.end_col_offset,  # type: ignore[index, operator]
    )


def _call(node: ast.Call, state: _State) -> ir.Call:
    func = node.func
    lines = state.lines
    kind = type(func)
    if kind is ast.Attribute:
        state.scope.calls.add(func.attr)  # type: ignore[attr-defined]
    elif kind is ast.Name:
        state.scope.calls.add(func.id)  # type: ignore[attr-defined]
    return ir.Call(
        _EXPRESSIONS[kind](func, state),
        _exprs(node.args, state),
        _keywords(node.keywords, state),
        lines[node.lineno] + node.col_offset,
        lines[node.end_lineno] + node.end_col_offset,  # type: ignore[index, operator]
    )


def _keywords(nodes: list[ast.keyword], state: _State) -> tuple[ir.Keyword, ...]:
    if not nodes:
        return ()
    return tuple([ir.Keyword(node.arg, _EXPRESSIONS[type(node.value)](node.value, state)) for node in nodes])


def _await(node: ast.Await, state: _State) -> ir.Await:
    state.scope.has_await = True
    return ir.Await(_expr(node.value, state), _start(node, state), _end(node, state))


def _constant(node: ast.Constant, state: _State) -> ir.Constant | ir.Opaque:
    value = node.value
    if type(value) is str and len(value) <= ir.MAX_TEXT and value.isascii():  # nearly all of them
        if value.isidentifier():
            state.words.add(value)
        return ir.Constant(value)
    return literal(value)


def _subscript(node: ast.Subscript, state: _State) -> ir.Subscript:
    return ir.Subscript(_expr(node.value, state), _expr(node.slice, state), _start(node, state), _end(node, state))


def _tuple(node: ast.Tuple, state: _State) -> ir.Collection:
    return ir.Collection("tuple", _exprs(node.elts, state))


def _list(node: ast.List, state: _State) -> ir.Collection:
    return ir.Collection("list", _exprs(node.elts, state))


def _set(node: ast.Set, state: _State) -> ir.Collection:
    return ir.Collection("set", _exprs(node.elts, state))


def _slice(node: ast.Slice, state: _State) -> ir.Collection:
    bounds = [bound for bound in (node.lower, node.upper, node.step) if bound is not None]
    return ir.Collection("slice", _exprs(bounds, state))


def _dict(node: ast.Dict, state: _State) -> ir.Dict:
    return ir.Dict(tuple([_optional(key, state) for key in node.keys]), _exprs(node.values, state))


def _lambda(node: ast.Lambda, state: _State) -> ir.Lambda:
    params = _params(node.args, state)
    with state.scope.paused():
        body = _expr(node.body, state)
    return ir.Lambda(params, body, _start(node, state), _end(node, state))


def _list_comprehension(node: ast.ListComp, state: _State) -> ir.Comprehension:
    return ir.Comprehension("list", (_expr(node.elt, state),), _generators(node.generators, state))


def _set_comprehension(node: ast.SetComp, state: _State) -> ir.Comprehension:
    return ir.Comprehension("set", (_expr(node.elt, state),), _generators(node.generators, state))


def _generator_expression(node: ast.GeneratorExp, state: _State) -> ir.Comprehension:
    return ir.Comprehension("generator", (_expr(node.elt, state),), _generators(node.generators, state))


def _dict_comprehension(node: ast.DictComp, state: _State) -> ir.Comprehension:
    elements = (_expr(node.key, state), _expr(node.value, state))
    return ir.Comprehension("dict", elements, _generators(node.generators, state))


def _generators(nodes: list[ast.comprehension], state: _State) -> tuple[ir.Generator, ...]:
    generators = []
    for node in nodes:
        if node.is_async:
            state.scope.has_await = True
        generators.append(
            ir.Generator(
                _expr(node.target, state), _expr(node.iter, state), _exprs(node.ifs, state), bool(node.is_async)
            )
        )
    return tuple(generators)


def _bool_op(node: ast.BoolOp, state: _State) -> ir.BoolOp:
    return ir.BoolOp("and" if type(node.op) is ast.And else "or", _exprs(node.values, state))


def _compare(node: ast.Compare, state: _State) -> ir.Compare:
    ops = tuple([_COMPARISONS[type(op)] for op in node.ops])
    return ir.Compare(ops, (_expr(node.left, state), *_exprs(node.comparators, state)))


def _unary_op(node: ast.UnaryOp, state: _State) -> ir.UnaryOp:
    return ir.UnaryOp(_UNARY_OPERATORS[type(node.op)], _expr(node.operand, state))


def _bin_op(node: ast.BinOp, state: _State) -> ir.Expr:
    # Long sums of strings are real: go down the left side in a loop, not by recursion.
    terms = [node]
    left = node.left
    while isinstance(left, ast.BinOp):
        terms.append(left)
        left = left.left
    _check_length(terms)
    result = _expr(left, state)
    for term in reversed(terms):
        result = ir.BinOp(_BINARY_OPERATORS[type(term.op)], result, _expr(term.right, state))
    return result


def _if_exp(node: ast.IfExp, state: _State) -> ir.IfExp:
    return ir.IfExp(_expr(node.test, state), _expr(node.body, state), _expr(node.orelse, state))


def _check_length(chain: Sequence[ast.BinOp | ast.If]) -> None:
    """Refuse what recursion spares us from here, but nobody who reads the IR: each link is a level of it."""
    if len(chain) > MAX_DEPTH:
        raise NestingTooDeep(chain[0].lineno)


def _named_expr(node: ast.NamedExpr, state: _State) -> ir.NamedExpr:
    target = _name(node.target, state)
    state.scope.assign(target)
    return ir.NamedExpr(target, _expr(node.value, state))


def _starred(node: ast.Starred, state: _State) -> ir.Starred:
    return ir.Starred(_expr(node.value, state))


def _yield(node: ast.Yield, state: _State) -> ir.Yield:
    state.scope.is_generator = True
    return ir.Yield(_optional(node.value, state), _start(node, state), _end(node, state))


def _yield_from(node: ast.YieldFrom, state: _State) -> ir.YieldFrom:
    state.scope.is_generator = True
    return ir.YieldFrom(_expr(node.value, state), _start(node, state), _end(node, state))


def _fstring(node: ast.JoinedStr, state: _State) -> ir.FString:
    fields = _fields(node)
    for field in fields:
        _pin(field, node)
    return ir.FString(_exprs(fields, state))


def _fields(node: ast.JoinedStr) -> list[ast.expr]:
    """The interpolated expressions of an f-string or t-string, without those of strings nested in them."""
    fields = []
    # Typed for `JoinedStr`; `TemplateStr` and `Interpolation` (Python 3.14) have the same attributes.
    for part in node.values:
        if not isinstance(part, ast.Constant):
            field = cast("ast.FormattedValue", part)
            fields.append(field.value)
            if field.format_spec is not None:
                fields += _fields(cast("ast.JoinedStr", field.format_spec))
    return fields


def _pin(field: ast.expr, literal_: ast.JoinedStr) -> None:
    """Give all nodes of an interpolated expression the place of the literal."""
    for node in (field,) if type(field) is ast.Name else ast.walk(field):
        if isinstance(node, (ast.expr, ast.arg)):
            node.lineno, node.col_offset = literal_.lineno, literal_.col_offset
            node.end_lineno, node.end_col_offset = literal_.end_lineno, literal_.end_col_offset


_EXPRESSIONS: Final[dict[type[ast.expr], Callable[[Any, _State], ir.Expr]]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Await: _await,
    ast.Constant: _constant,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Slice: _slice,
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.ListComp: _list_comprehension,
    ast.SetComp: _set_comprehension,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _generator_expression,
    ast.BoolOp: _bool_op,
    ast.Compare: _compare,
    ast.UnaryOp: _unary_op,
    ast.BinOp: _bin_op,
    ast.IfExp: _if_exp,
    ast.NamedExpr: _named_expr,
    ast.Starred: _starred,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.JoinedStr: _fstring,
}
if hasattr(ast, "TemplateStr"):  # Python 3.14
    _EXPRESSIONS[ast.TemplateStr] = _fstring

_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_UNARY_OPERATORS: Final[dict[type[ast.unaryop], str]] = {
    ast.Not: "not",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
}
_BINARY_OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.FloorDiv: "//",
}


# --------------------------------------------------------------------------------------------------------------
# Simple statements


def _body(nodes: list[ast.stmt], state: _State) -> tuple[ir.Stmt, ...]:
    return tuple([_STATEMENTS[type(node)](node, state) for node in nodes]) if nodes else ()


def _expr_stmt(node: ast.Expr, state: _State) -> ir.ExprStmt:
    return ir.ExprStmt(_expr(node.value, state), _start(node, state), _end(node, state))


def _assign(node: ast.Assign, state: _State) -> ir.Assign:
    targets = _exprs(node.targets, state)
    for target in targets:
        state.scope.assign(target)
    return ir.Assign(targets, _expr(node.value, state), _start(node, state), _end(node, state))


def _ann_assign(node: ast.AnnAssign, state: _State) -> ir.AnnAssign:
    target = _expr(node.target, state)
    state.scope.assign(target)
    return ir.AnnAssign(
        target,
        _expr(node.annotation, state),
        _optional(node.value, state),
        _start(node, state),
        _end(node, state),
    )


def _aug_assign(node: ast.AugAssign, state: _State) -> ir.AugAssign:
    return ir.AugAssign(
        _expr(node.target, state),
        _BINARY_OPERATORS[type(node.op)],
        _expr(node.value, state),
        _start(node, state),
        _end(node, state),
    )


def _return(node: ast.Return, state: _State) -> ir.Return:
    return ir.Return(_optional(node.value, state), _start(node, state), _end(node, state))


def _raise(node: ast.Raise, state: _State) -> ir.Raise:
    return ir.Raise(_optional(node.exc, state), _optional(node.cause, state), _start(node, state), _end(node, state))


def _delete(node: ast.Delete, state: _State) -> ir.Delete:
    return ir.Delete(_exprs(node.targets, state), _start(node, state), _end(node, state))


def _assert(node: ast.Assert, state: _State) -> ir.Assert:
    return ir.Assert(_expr(node.test, state), _optional(node.msg, state), _start(node, state), _end(node, state))


def _pass(node: ast.Pass, state: _State) -> ir.Pass:
    return ir.Pass(_start(node, state))


def _break(node: ast.Break, state: _State) -> ir.Break:
    return ir.Break(_start(node, state))


def _continue(node: ast.Continue, state: _State) -> ir.Continue:
    return ir.Continue(_start(node, state))


def _global(node: ast.Global, state: _State) -> ir.Global:
    state.scope.global_names.update(node.names)
    return ir.Global(tuple(node.names), _start(node, state))


def _nonlocal(node: ast.Nonlocal, state: _State) -> ir.Nonlocal:
    return ir.Nonlocal(tuple(node.names), _start(node, state))


def _import(node: ast.Import, state: _State) -> ir.Import:
    return ir.Import(_aliases(node.names, state), _start(node, state), _end(node, state))


def _import_from(node: ast.ImportFrom, state: _State) -> ir.ImportFrom:
    return ir.ImportFrom(
        node.module or "", node.level or 0, _aliases(node.names, state), _start(node, state), _end(node, state)
    )


def _aliases(nodes: list[ast.alias], state: _State) -> tuple[ir.Alias, ...]:
    aliases = tuple([ir.Alias(node.name, node.asname) for node in nodes])
    state.aliases += [alias for alias in aliases if alias.asname is not None]
    state.scope.assigned.update([alias.asname or alias.name for alias in aliases])
    for alias in aliases:
        if alias.name != "*":
            state.words.update(alias.name.split("."))
    return aliases


# --------------------------------------------------------------------------------------------------------------
# Compound statements


def _if(node: ast.If, state: _State) -> ir.If:
    # A chain of `elif` is a list in disguise, and may be long: no recursion here.
    chain = [node]
    orelse = node.orelse
    while len(orelse) == 1 and isinstance(orelse[0], ast.If):
        chain.append(orelse[0])
        orelse = chain[-1].orelse
    _check_length(chain)
    parts = [(part, _expr(part.test, state), _body(part.body, state)) for part in chain]
    result: tuple[ir.Stmt, ...] = _body(orelse, state)
    for part, test, body in reversed(parts):
        result = (ir.If(test, body, result, _start(part, state)),)
    return cast("ir.If", result[0])


def _while(node: ast.While, state: _State) -> ir.While:
    return ir.While(_expr(node.test, state), _body(node.body, state), _body(node.orelse, state), _start(node, state))


def _for(node: ast.For | ast.AsyncFor, state: _State) -> ir.For:
    is_async = isinstance(node, ast.AsyncFor)
    if is_async:
        state.scope.has_await = True
    return ir.For(
        _expr(node.target, state),
        _expr(node.iter, state),
        _body(node.body, state),
        _body(node.orelse, state),
        is_async,
        _start(node, state),
    )


def _with(node: ast.With | ast.AsyncWith, state: _State) -> ir.With:
    is_async = isinstance(node, ast.AsyncWith)
    if is_async:
        state.scope.has_await = True
    items = tuple(
        [ir.WithItem(_expr(item.context_expr, state), _optional(item.optional_vars, state)) for item in node.items]
    )
    return ir.With(items, _body(node.body, state), is_async, _start(node, state))


def _try(node: ast.Try | ast.TryStar, state: _State) -> ir.Try:
    return ir.Try(
        _body(node.body, state),
        tuple([_handler(handler, state) for handler in node.handlers]),
        _body(node.orelse, state),
        _body(node.finalbody, state),
        isinstance(node, ast.TryStar),
        _start(node, state),
    )


def _handler(node: ast.ExceptHandler, state: _State) -> ir.ExceptHandler:
    return ir.ExceptHandler(_optional(node.type, state), node.name, _body(node.body, state), _start(node, state))


def _match(node: ast.Match, state: _State) -> ir.Match:
    subject = _expr(node.subject, state)
    return ir.Match(subject, tuple([_match_case(case, state) for case in node.cases]), _start(node, state))


def _match_case(node: ast.match_case, state: _State) -> ir.MatchCase:
    names: list[str] = []
    exprs: list[ir.Expr] = []
    _pattern(node.pattern, names, exprs, state)
    return ir.MatchCase(
        tuple(names),
        tuple(exprs),
        _optional(node.guard, state),
        _body(node.body, state),
        _is_irrefutable(node.pattern),
    )


def _is_irrefutable(pattern: ast.pattern) -> bool:
    while isinstance(pattern, ast.MatchAs):
        if pattern.pattern is None:
            return True
        pattern = pattern.pattern
    return False


def _pattern(  # noqa: C901 - one case for each kind of pattern
    node: ast.pattern, names: list[str], exprs: list[ir.Expr], state: _State
) -> None:
    """Collect what a pattern binds and looks up, in source order."""
    match node:
        case ast.MatchValue():
            exprs.append(_expr(node.value, state))
        case ast.MatchSingleton():
            exprs.append(literal(node.value))
        case ast.MatchSequence() | ast.MatchOr():
            for part in node.patterns:
                _pattern(part, names, exprs, state)
        case ast.MatchMapping():
            for key, part in zip(node.keys, node.patterns, strict=True):
                exprs.append(_expr(key, state))
                _pattern(part, names, exprs, state)
            names += [node.rest] if node.rest else []
        case ast.MatchClass():
            exprs.append(_expr(node.cls, state))
            for part in (*node.patterns, *node.kwd_patterns):
                _pattern(part, names, exprs, state)
        case ast.MatchStar():
            names += [node.name] if node.name else []
        case ast.MatchAs():
            if node.pattern is not None:
                _pattern(node.pattern, names, exprs, state)
            names += [node.name] if node.name else []


# --------------------------------------------------------------------------------------------------------------
# Definitions


def _function_def(node: ast.FunctionDef | ast.AsyncFunctionDef, state: _State) -> ir.FunctionDef:
    outer = state.scope
    state.words.add(node.name)
    index = state.definitions.open_function()
    decorators = _exprs(node.decorator_list, state)
    params = _params(node.args, state)
    returns = _optional(node.returns, state)
    qualname = outer.qualify(node.name)
    inner = Scope(f"{qualname}.<locals>.", index, NO_CLASS)
    state.scope = inner
    body = _body(node.body, state)
    state.scope = outer
    start = _start(node, state)
    state.definitions.close_function(
        ir.FunctionIR(
            name=node.name,
            qualname=qualname,
            index=index,
            parent_function=outer.function_index,
            parent_class=outer.class_index,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=inner.is_generator,
            has_await=inner.has_await,
            params=params,
            returns=returns,
            decorators=decorators,
            type_params=_type_params(node),
            start=start,
            end=_body_end(node, state),
            name_start=_name_start(start, state),
            body=ir.encode_body(body),
            calls=tuple(sorted(inner.calls)),
            called_locals=inner.called_locals,
        )
    )
    return ir.FunctionDef(index, start)


def _class_def(node: ast.ClassDef, state: _State) -> ir.ClassDef:
    outer = state.scope
    state.words.add(node.name)
    index = state.definitions.open_class()
    decorators = _exprs(node.decorator_list, state)
    bases = _exprs(node.bases, state)
    keywords = _keywords(node.keywords, state)
    qualname = outer.qualify(node.name)
    inner = Scope(f"{qualname}.", outer.function_index, index)
    state.scope = inner
    body = _body(node.body, state)
    state.scope = outer
    start = _start(node, state)
    state.definitions.close_class(
        ir.ClassIR(
            name=node.name,
            qualname=qualname,
            index=index,
            parent_function=outer.function_index,
            parent_class=outer.class_index,
            bases=bases,
            keywords=keywords,
            decorators=decorators,
            type_params=_type_params(node),
            start=start,
            end=_body_end(node, state),
            name_start=_name_start(start, state),
            body=ir.encode_body(body),
            calls=tuple(sorted(inner.calls)),
        )
    )
    return ir.ClassDef(index, start)


_TO_NAME: Final = re.compile(rb"(?:async(?:[ \t\f]|\\\r?\n?)+)?(?:def|class)(?:[ \t\f]|\\\r?\n?)+")


def _name_start(start: int, state: _State) -> int:
    """Where the name of the definition that starts at `start` begins."""
    return cast("re.Match[bytes]", _TO_NAME.match(state.data, start)).end()


def _body_end(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, state: _State) -> int:
    """The end of the last statement of a definition, of which `ast` has a `;` as a part."""
    end = _end(node, state)
    if state.data[end - 1] != _SEMICOLON:
        return end
    last: ast.AST = node
    while parts := _last_block(last):
        last = parts[-1]
    return _end(cast("ast.stmt", last), state)


_SEMICOLON: Final = ord(";")


def _last_block(node: ast.AST) -> list[ast.AST]:
    """The block in which a compound statement ends; empty for a simple statement."""
    blocks: Iterator[list[ast.AST]] = (getattr(node, name, []) for name in _BLOCKS)
    return next(filter(None, blocks), [])


_BLOCKS: Final = ("finalbody", "orelse", "handlers", "cases", "body")


def _type_params(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[str, ...]:
    return tuple([param.name for param in getattr(node, "type_params", ())])  # since Python 3.12


def _params(node: ast.arguments, state: _State) -> tuple[ir.Param, ...]:
    params: list[ir.Param] = []
    positional = node.posonlyargs + node.args
    if positional:
        without_default = len(positional) - len(node.defaults)
        positional_only = len(node.posonlyargs)
        for place, arg in enumerate(positional):
            kind = "positional-only" if place < positional_only else "positional"
            default = node.defaults[place - without_default] if place >= without_default else None
            params.append(_param(arg, kind, default, state))
    if node.vararg is not None:
        params.append(_param(node.vararg, "var-positional", None, state))
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        params.append(_param(arg, "keyword-only", default, state))
    if node.kwarg is not None:
        params.append(_param(node.kwarg, "var-keyword", None, state))
    return tuple(params)


def _param(node: ast.arg, kind: str, default: ast.expr | None, state: _State) -> ir.Param:
    return ir.Param(node.arg, kind, _optional(node.annotation, state), _optional(default, state), _start(node, state))


class TypeAlias(ast.stmt):
    """`type name = value`, which `ast` itself has since Python 3.12 (see `newer_syntax`)."""

    _fields = ("name", "value")

    def __init__(self, name: ast.Name, value: ast.expr) -> None:
        super().__init__()
        self.name = name
        self.value = value


def _type_alias(node: Any, state: _State) -> ir.TypeAliasDef:
    state.scope.assigned.add(node.name.id)
    return ir.TypeAliasDef(node.name.id, _expr(node.value, state), _start(node, state), _end(node, state))


_STATEMENTS: Final[dict[type[ast.stmt], Callable[[Any, _State], ir.Stmt]]] = {
    ast.Expr: _expr_stmt,
    ast.Assign: _assign,
    ast.AnnAssign: _ann_assign,
    ast.AugAssign: _aug_assign,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Delete: _delete,
    ast.Assert: _assert,
    ast.Pass: _pass,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.Match: _match,
    ast.FunctionDef: _function_def,
    ast.AsyncFunctionDef: _function_def,
    ast.ClassDef: _class_def,
    TypeAlias: _type_alias,
}
if hasattr(ast, "TypeAlias"):  # Python 3.12
    _STATEMENTS[ast.TypeAlias] = _type_alias
