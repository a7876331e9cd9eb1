"""Modules that nobody wrote: from a grammar of asynchronous code, and by breaking modules that somebody did.

Everything comes from a `random.Random`, so that a number stands for a module on every machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

_NAMES = ("a", "b", "task", "tasks", "f", "g", "self", "app", "session", "lock", "Model", "x")
_CALLEES = (
    "asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", "asyncio.wait", "asyncio.sleep", "asyncio.run",
    "asyncio.to_thread", "asyncio.get_event_loop().run_in_executor", "time.sleep", "requests.get", "open", "f", "g",
    "tasks.add_task", "self.go", "app.include_router", "functools.partial", "Depends", "threading.Lock", "lock.acquire",
    "queue.Queue", "task.cancel", "task.result", "tasks.append", "tasks.add", "subprocess.run", "sorted", "map", "Model",
    "httpx.Client", "session.execute", "asyncio.wait_for", "asyncio.shield", "asyncio.TaskGroup", "contextlib.suppress",
    "task.add_done_callback", "app.add_event_handler", "getattr", "StreamingResponse", "BackgroundTasks", "super().go",
)  # fmt: skip
_DECORATORS = (
    '@app.get("/{x}")', "@app.websocket('/ws')", '@app.on_event("startup")', "@app.on_event('shutdown')",
    "@contextlib.asynccontextmanager", "@functools.lru_cache", "@functools.wraps(f)", "@staticmethod", "@property",
    "@app.exception_handler(ValueError)", "@app.middleware('http')", "@f", "@f(g)", "@pytest.fixture", "@classmethod",
)  # fmt: skip
_ANNOTATIONS = (
    "int", "BackgroundTasks", "Request", "WebSocket", "Model", "'Model'", "Annotated[Model, Depends(f)]", "set[asyncio.Task]",
    "AsyncSession | None", "Optional[httpx.AsyncClient]", "list['x']", "Callable[[int], Awaitable[None]]", "a.b.c", "'('",
)  # fmt: skip
_IMPORTS = """\
import asyncio, contextlib, functools, queue, subprocess, threading, time
import httpx, pytest, requests
from typing import Annotated, Any, Awaitable, Callable, Optional
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession
from pydantic import BaseModel, field_validator
"""
_COMMENTS = (
    "# noqa", "# noqa: ASL101", "# noqa:ASL1,RUF006 - why", "# asynclint: ignore[ASL201]", "# asynclint: ignore-next",
    "# asynclint: disable[ASL2]", "# asynclint: enable", "# asynclint: ignore-file[blocking-sleep] reason", "#noqa : X,",
    "# asynclint: ignor[ASL101]", "# asynclint:", "# noqa: ASL999, blocking-sleep", "# noqa: \u202e\u200b", "# \x0c noqa:",
    "# asynclint: ignore[", "# asynclint: ignore]ASL101[", "# NOQA:ASL101 ASL102,,ASL103 \\", "# type: ignore # noqa: ASL1 # x",
)  # fmt: skip


def module(random: Random) -> str:
    """A module that Python reads, mostly."""
    head = _IMPORTS if random.random() < 0.8 else ""
    body = "".join(_definition(random, 0) for _ in range(random.randint(1, 5)))
    return f"{head}app = FastAPI(lifespan=f)\ntasks = set()\nlock = threading.Lock()\n{body}"


def _definition(random: Random, depth: int) -> str:
    pad = "    " * depth
    lines = [f"{pad}{random.choice(_DECORATORS)}\n" for _ in range(random.choice((0, 0, 1, 1, 2)))]
    name = random.choice(_NAMES)
    if random.random() < 0.2:
        base = random.choice(("", "(BaseModel)", "(Model)", f"({name})", "(a.B, metaclass=M)", "(Generic[x])"))
        lines.append(f"{pad}class {name}{base}:\n")
        lines += [_definition(random, depth + 1) for _ in range(random.randint(1, 3))]
        return "".join(lines)
    params = ", ".join(dict.fromkeys(_param(random) for _ in range(random.randint(0, 3))))
    kind = random.choice(("async def", "async def", "def"))
    lines.append(f"{pad}{kind} {name}({params}){random.choice(('', ' -> None', ' -> Model'))}:\n")
    return "".join(lines) + _block(random, depth + 1)


def _param(random: Random) -> str:
    name = random.choice(_NAMES)
    annotation = f": {random.choice(_ANNOTATIONS)}" if random.random() < 0.5 else ""
    default = f" = {_expression(random, 1)}" if random.random() < 0.3 else ""
    return random.choice((name + annotation + default, f"*{name}", f"**{name}", name))


def _block(random: Random, depth: int) -> str:
    return "".join(_statement(random, depth) for _ in range(random.randint(1, 4)))


def _statement(random: Random, depth: int) -> str:
    pad, deep = "    " * depth, depth > 5
    value, name = _expression(random, 0), random.choice(_NAMES)
    tail = f"  {random.choice(_COMMENTS)}\n" if random.random() < 0.08 else "\n"

    def inner() -> str:
        return _block(random, depth + 1)

    match random.randint(0, 9 if deep else 22):
        case 0 | 1:
            return f"{pad}{value}{tail}"
        case 2 | 3:
            return f"{pad}{name} = {value}{tail}"
        case 4:
            return f"{pad}{name}.{random.choice(_NAMES)} = {value}{tail}"
        case 5:
            return f"{pad}return {value}{tail}"
        case 6:
            return f"{pad}raise {random.choice(('HTTPException(500)', 'ValueError', ''))}{tail}"
        case 7:
            return f"{pad}yield {value}{tail}"
        case 8:
            return f"{pad}{random.choice(('pass', 'break', 'continue', f'global {name}', f'nonlocal {name}', f'del {name}'))}{tail}"
        case 9:
            return f"{pad}{name}, (*{random.choice(_NAMES)}, x) = {value}; {name} += {value}{tail}"
        case 10 | 11:
            return f"{pad}if {value}:{tail}{inner()}" + (f"{pad}else:\n{inner()}" if random.random() < 0.5 else "")
        case 12:
            return f"{pad}while {random.choice(('True', value))}:{tail}{inner()}"
        case 13:
            return f"{pad}{random.choice(('for', 'async for'))} {name} in {value}:{tail}{inner()}"
        case 14 | 15:
            target = random.choice(("", f" as {name}"))
            return f"{pad}{random.choice(('with', 'async with'))} {value}{target}, {_expression(random, 1)}:{tail}{inner()}"
        case 16 | 17 | 18:
            caught = random.choice(
                ("", " Exception", " asyncio.CancelledError as e", " (ValueError, f)", " BaseException")
            )
            end = random.choice((f"{pad}finally:\n{inner()}", f"{pad}else:\n{inner()}", ""))
            return f"{pad}try:{tail}{inner()}{pad}except{caught}:\n{inner()}{end}"
        case 19:
            return (
                f"{pad}match {value}:\n{pad}    case {random.choice(('_', 'Model(x=a)', '[a, *b]', '{1: x}'))}:\n"
                + _block(random, depth + 2)
            )
        case _:
            return _definition(random, depth)


def _expression(random: Random, depth: int) -> str:
    if depth > 3:
        return random.choice((*_NAMES, "1", "'s'", "None", "True", "[]", "0.5", "..."))

    def inner() -> str:
        return _expression(random, depth + 1)

    name = random.choice(_NAMES)
    match random.randint(0, 17):
        case 0 | 1 | 2 | 3 | 4:
            arguments = [inner() for _ in range(random.randint(0, 2))]
            arguments += random.choice(([], [f"{name}={inner()}"], [f"*{name}"], [f"**{name}"]))
            return f"{random.choice(_CALLEES)}({', '.join(arguments)})"
        case 5 | 6:
            return f"await {inner()}"
        case 7:
            return f"{name}.{random.choice(_NAMES)}"
        case 8:
            return f"{name}[{inner()}]"
        case 9:
            return f"lambda {name}: {inner()}"
        case 10:
            return f"[{inner()} {random.choice(('for', 'async for'))} {name} in {inner()} if {inner()}]"
        case 11:
            return f"({inner()} if {inner()} else {inner()})"
        case 12:
            return f"({inner()} {random.choice(('+', 'and', 'or', '==', 'in', 'is not', '%', '@'))} {inner()})"
        case 13:
            return f'f"{{{name}!r:>{{x}}}} é {{{name}.b}}"'
        case 14:
            return f"({name} := {inner()})"
        case 15:
            return f"{{{inner()}: {inner()}, **{name}}}"
        case 16:
            return f"not {inner()}"
        case _:
            return name


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def broken(random: Random, seeds: Sequence[str]) -> bytes:
    """What some module became by a few changes of its tokens, its lines or its bytes."""
    text = random.choice(seeds)
    for _ in range(random.randint(1, 3)):
        text = random.choice((_of_tokens, _of_lines, _commented))(random, text, random.choice(seeds))
    data = text.encode("utf-8", "surrogatepass")
    return _of_bytes(random, data) if random.random() < 0.3 else data


def _of_tokens(random: Random, text: str, other: str) -> str:
    tokens, others = _TOKEN.findall(text), _TOKEN.findall(other)
    for _ in range(random.randint(1, 6)):
        if not tokens or not others:
            return other
        at = random.randrange(len(tokens))
        match random.randint(0, 4):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, random.choice(others))
            case 2:
                tokens[at] = random.choice(others)
            case 3:
                to = random.randrange(len(tokens))
                tokens[at], tokens[to] = tokens[to], tokens[at]
            case _:
                tokens[at:at] = tokens[at : at + random.randint(1, 12)] * random.randint(1, 3)
    return "".join(tokens)


def _of_lines(random: Random, text: str, other: str) -> str:
    lines, others = text.splitlines(keepends=True), other.splitlines(keepends=True)
    if not lines or not others:
        return other
    at, to = random.randrange(len(lines)), random.randrange(len(others))
    match random.randint(0, 3):
        case 0:
            del lines[at : at + random.randint(1, 4)]
        case 1:
            lines[at:at] = others[to : to + random.randint(1, 8)]
        case 2:
            lines[at] = random.choice((" ", "    ", "\t", "\f")) + lines[at]
        case _:
            lines = lines[:at] + others[to:]
    return "".join(lines).replace("\n", random.choice(("\n", "\n", "\n", "\r\n", "\r")))


def _commented(random: Random, text: str, _other: str) -> str:
    lines = text.splitlines()
    for _ in range(random.randint(1, 4)):
        if lines:
            at = random.randrange(len(lines))
            lines[at] += random.choice(("", " ", "  ")) + random.choice(_COMMENTS)
    return "\n".join(lines)


def _of_bytes(random: Random, data: bytes) -> bytes:
    edited = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(edited) + 1)
        edited[at:at] = random.choice(
            (b"\0", b"\xff", b"\xef\xbb\xbf", b"\x1b[31m", b"\x0c", b"\r", "é\u2028".encode(), b"(" * 30, b"\\")
        )
        del edited[at + 4 : at + 4 + random.choice((0, 0, 1, 50))]
    return bytes(edited)


def configuration(random: Random) -> str:
    """A `[tool.asynclint]` table, mostly wrong."""
    keys = (
        "select", "ignore", "extend-exclude", "per-file-ignores", "blocking-calls", "non-blocking-calls", "task-keepers",
        "fail-level", "fastapi-version", "baseline", "extend", "severity", "max-file-size", "output-format", "nonsense",
    )  # fmt: skip
    values = (
        '["ASL1"]', '["ALL"]', "[]", '"ALL"', "1", "-1", "true", '{"*.py" = ["ASL201"]}', '{"**" = 3}', '["[", "!x", "**/"]',
        '"note"', '"0.110"', '">=1,<2"', '"../../etc/passwd"', '["a.b", "*.c", ""]', '"\\u001b[31m"', "1979-05-27", "nan",
    )  # fmt: skip
    lines = {key: random.choice(values) for key in random.sample(keys, random.randint(0, 4))}
    text = "[tool.asynclint]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
    return text if random.random() < 0.9 else text[: random.randrange(len(text))]
