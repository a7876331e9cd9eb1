from __future__ import annotations

import pytest

from asynclint.flow import ir
from asynclint.flow.control_flow import ControlFlowGraph, Kind, Node, all_paths_pass, build_cfg, some_path_avoids
from asynclint.flow.from_ast import lower_ast
from asynclint.flow.traversal import blocks, walk


def graph(text: str) -> ControlFlowGraph:
    """The graph of a function with this body."""
    lines = "".join(f"  {line}\n" for line in text.strip("\n").splitlines())
    return build_cfg(ir.decode_body(lower_ast("async def f():\n" + lines).functions[0].body))


def calls(node: Node, name: str) -> bool:
    """Whether `name()` is called at the node."""
    found = (part for expr in node.expressions for part in walk(expr))
    return any(isinstance(part, ir.Call) and isinstance(part.func, ir.Name) and part.func.id == name for part in found)


def reachable(cfg: ControlFlowGraph) -> set[Node]:
    seen = {cfg.entry}
    pending = [cfg.entry]
    while pending:
        new = set(cfg.successors(pending.pop())) - seen
        seen |= new
        pending += new
    return seen


def start_of(cfg: ControlFlowGraph) -> Node:
    """The node that calls `start`; the entry if none does."""
    found = [node for node in reachable(cfg) if calls(node, "start")]
    return found[0] if found else cfg.entry


def passes(text: str, *, or_raises: bool = False) -> bool:
    """Whether all ways out from after `start()` call `done`."""
    cfg = graph(text)
    return all_paths_pass(cfg, start_of(cfg), lambda node: calls(node, "done"), or_raises=or_raises)


ALWAYS = {
    "straight": "start()\ndone()",
    "both branches": "start()\nif a: done()\nelif b: done()\nelse: done()",
    "test": "start()\nif done(): pass",
    "only raises": "start()\nraise X",
    "other branch raises": "start()\nif a:\n  raise X\ndone()",
    "finally": "try:\n  start()\n  return g()\nfinally:\n  done()",
    "finally by break": "for a in b:\n  try:\n    start()\n    break\n  finally:\n    done()",
    "finally by continue": "while a:\n  try:\n    start()\n    continue\n  finally:\n    done()",
    "nested finally": "try:\n  try:\n    start()\n    return\n  finally:\n    g()\nfinally:\n  done()",
    "all handlers": "start()\ntry:\n  g()\n  done()\nexcept E:\n  done()",
    "handler returns after": "start()\ntry:\n  g()\nexcept E:\n  done()\n  return\ndone()",
    "else of try": "start()\ntry:\n  g()\nexcept E:\n  raise\nelse:\n  done()",
    "endless": "start()\nwhile True:\n  g()",
    "endless but for one break": "start()\nwhile True:\n  if g():\n    done()\n    break",
    "else of loop": "start()\nfor a in b: pass\nelse: done()",
    "after with": "start()\nwith a: g()\ndone()",
    "in with": "with a:\n  start()\n  done()",
    "all cases": "start()\nmatch a:\n  case 1: done()\n  case _: done()",
    "guard": "start()\nmatch a:\n  case x if done(): pass",
    "no harm between": "try:\n  start()\n  x = y = None\n  done()\nexcept E: pass",
    "loop back": "while done():\n  start()",
    "finally overrides": "try:\n  start()\n  return\nfinally:\n  done()\n  return",
    "bare handler": "start()\ntry:\n  g()\nexcept:\n  done()\nelse:\n  done()",
    "start fails": "try:\n  start()\nexcept E:\n  return\ndone()",
    "start in test": "if start(): done()\nelse: done()",
    "star": "start()\ntry:\n  g()\n  done()\nexcept* A:\n  done()\nexcept* B:\n  done()",
}
SOMETIMES = {
    "nothing": "start()",
    "one branch": "start()\nif a: done()",
    "return before": "start()\nif a: return\ndone()",
    "swallowed": "start()\ntry:\n  g()\n  done()\nexcept E: pass",
    "swallowed finally": "start()\ntry:\n  try:\n    g()\n    done()\n  finally:\n    h()\nexcept E: pass",
    "loop may not run": "start()\nfor a in b: done()",
    "while may not run": "start()\nwhile a: done()",
    "break skips else": "start()\nfor a in b:\n  break\nelse: done()",
    "continue": "start()\nfor a in b:\n  if c: continue\n  done()",
    "case missing": "start()\nmatch a:\n  case 1: done()\n  case x if b: done()",
    "suppressed": "start()\nwith suppress(E):\n  g()\n  done()",
    "suppressed by attribute": "start()\nwith contextlib.suppress(E):\n  g()\n  done()",
    "before only": "done()\nstart()",
    "finally returns": "start()\ntry:\n  raise X\nfinally:\n  return",
    "handler of handler": "start()\ntry: g()\nexcept E:\n  try:\n    h()\n    done()\n  except F: pass\nelse: done()",
    "not in another copy": "try:\n  start()\n  return\nfinally:\n  h()\ndone()",
    "star": "start()\ntry:\n  g()\n  done()\nexcept* A:\n  done()\nexcept* B: pass",
    "lambda with": "start()\nasync with a:\n  return\ndone()",
}


@pytest.mark.parametrize("text", ALWAYS.values(), ids=ALWAYS)
def test_every_path_passes(text: str) -> None:
    assert passes(text)


@pytest.mark.parametrize("text", SOMETIMES.values(), ids=SOMETIMES)
def test_some_path_avoids(text: str) -> None:
    assert not passes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start()\ng()\ndone()", False),
        ("start()\nx = None\ndone()", True),
        ("try:\n  start()\n  g()\nfinally:\n  done()", True),
        ("start()\ntry:\n  g()\nexcept Exception:\n  pass\ndone()", False),
        ("start()\ntry:\n  g()\nexcept BaseException:\n  pass\ndone()", True),
        ("start()\ntry:\n  g()\nexcept (E, builtins.BaseException):\n  pass\ndone()", True),
        ("start()\nraise X", False),
    ],
)
def test_paths_that_raise(text: str, *, expected: bool) -> None:
    assert passes(text, or_raises=True) is expected


def test_finally_is_copied_for_each_way_out() -> None:
    cfg = graph("for a in b:\n  try:\n    if c: return\n    if d: break\n    g()\n  finally:\n    x\n")
    (loop,) = (node.origin for node in cfg.normal_successors(cfg.entry))
    assert isinstance(loop, ir.For)
    (attempt,) = loop.body
    assert isinstance(attempt, ir.Try)
    # To the next round, by the exception and out: `return` and `break` both lead to the end of the function.
    assert len(cfg.nodes_of(attempt.finalbody[0])) == 3


def test_leaving_a_with_is_a_step_of_its_own() -> None:
    cfg = graph("async with a:\n  return\n")
    (header,) = cfg.normal_successors(cfg.entry)
    (returning,) = cfg.normal_successors(header)
    (leaving,) = cfg.normal_successors(returning)
    assert (header.kind, leaving.kind) == (Kind.HEADER, Kind.WITH_EXIT)
    assert leaving.origin is header.origin
    assert leaving.expressions == ()
    assert cfg.successors(leaving) == (cfg.exit, cfg.raise_exit)


def test_every_statement_has_a_node() -> None:
    text = "\n".join((*ALWAYS.values(), *SOMETIMES.values()))
    body = ir.decode_body(lower_ast(f"async def f():\n  {text.replace(chr(10), chr(10) + '  ')}").functions[0].body)
    cfg = build_cfg(body)
    pending = list(body)
    while pending:
        statement = pending.pop()
        assert cfg.nodes_of(statement)
        for block in blocks(statement):
            pending += block


def test_unreachable_code_is_not_entered() -> None:
    cfg = graph("return\nx")
    assert not any(isinstance(node.origin, ir.ExprStmt) for node in reachable(cfg))


def indented(line: str, depth: int) -> str:
    return " " * depth + line + "\n"


DEPTHS = range(90)
DEEP = {
    "elif": "if a: b\n" + "elif a: b\n" * 350,
    "try": "".join(indented("try:", depth) for depth in DEPTHS)
    + indented("a()", len(DEPTHS))
    + "".join(indented("finally: b()", depth) for depth in reversed(DEPTHS)),
    "finally": "".join(indented("try: a()", depth) + indented("finally:", depth) for depth in DEPTHS)
    + indented("a()", len(DEPTHS)),
    "with": "".join(indented("with a:", depth) for depth in DEPTHS) + indented("return", len(DEPTHS)),
    "long": "a()\n" * 20_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_and_long_bodies(text: str) -> None:
    cfg = graph(text)
    assert len(reachable(cfg)) < 100_000
    assert some_path_avoids(cfg, cfg.entry, lambda node: calls(node, "done"))
