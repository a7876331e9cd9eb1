"""Modules that nobody wrote, from a grammar of asynchronous code.

Everything comes from a `random.Random`, so that a number stands for a module on every machine; hypothesis has one that
draws from its own choices, so that it can make the module that fails smaller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
COMMENTS = (
    "# noqa", "# noqa: ASL101", "# noqa:ASL1,RUF006 - why", "# asynclint: ignore[ASL201]", "# asynclint: ignore-next",
    "# asynclint: disable[ASL2]", "# asynclint: enable", "# asynclint: ignore-file[blocking-sleep] reason", "#noqa : X,",
    "# asynclint: ignor[ASL101]", "# asynclint:", "# noqa: ASL999, blocking-sleep", "# noqa: \u202e\u200b", "# \x0c noqa:",
    "# asynclint: ignore[", "# asynclint: ignore]ASL101[", "# NOQA:ASL101 ASL102,,ASL103 \\", "# type: ignore # noqa: ASL1 # x",
)  # fmt: skip
_FUEL = 90
"""Expressions and statements in a module, more or less."""


def module(random: Random) -> str:
    """A module that Python reads."""
    writer = _Writer(random)
    head = _IMPORTS if random.random() < 0.8 else ""
    body = "".join(writer.definition(0) for _ in range(random.randint(1, 5)))
    return f"{head}app = FastAPI(lifespan=f)\ntasks = set()\nlock = threading.Lock()\n{body}"


class _Writer:
    """Writes code until its fuel is used up, then whatever is shortest."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._fuel = random.randint(_FUEL // 9, _FUEL)

    def definition(self, depth: int) -> str:
        random, pad = self._random, "    " * depth
        lines = [f"{pad}{random.choice(_DECORATORS)}\n" for _ in range(random.choice((0, 0, 1, 1, 2)))]
        name = random.choice(_NAMES)
        if random.random() < 0.2 and depth < 4:
            base = random.choice(("", "(BaseModel)", "(Model)", f"({name})", "(a.B, metaclass=M)", "(Generic[x])"))
            lines.append(f"{pad}class {name}{base}:\n")
            lines += [self.definition(depth + 1) for _ in range(random.randint(1, 3))]
            return "".join(lines)
        kind = random.choice(("async def", "async def", "def"))
        lines.append(f"{pad}{kind} {name}({self._parameters()}){random.choice(('', ' -> None', ' -> Model'))}:\n")
        return "".join(lines) + self._block(depth + 1)

    def _parameters(self) -> str:
        random = self._random
        names = random.sample(_NAMES, random.randint(0, 3))
        found = [name + self._annotation() for name in names]
        if random.random() < 0.3:
            found.append(f"k{self._annotation()} = {self.expression(1)}")
        return ", ".join(found + random.choice(([], [], ["*args"], ["**kwargs"], ["*", "only"])))

    def _annotation(self) -> str:
        return f": {self._random.choice(_ANNOTATIONS)}" if self._random.random() < 0.5 else ""

    def _block(self, depth: int) -> str:
        return "".join(self._statement(depth) for _ in range(self._random.randint(1, 4) if self._fuel > 0 else 1))

    def _tail(self) -> str:
        return f"  {self._random.choice(COMMENTS)}\n" if self._random.random() < 0.08 else "\n"

    def _statement(self, depth: int) -> str:
        self._fuel -= 1
        if depth > 6 or self._fuel <= 0 or self._random.random() < 0.5:
            return self._simple("    " * depth)
        return self._compound(depth)

    def _simple(self, pad: str) -> str:
        random = self._random
        value, name = self.expression(0), random.choice(_NAMES)
        forms = (
            value, value, f"{name} = {value}", f"{name} = {value}", f"{name}.{random.choice(_NAMES)} = {value}",
            f"return {value}", f"yield {value}", f"{name}, (*{random.choice(_NAMES)}, x) = {value}; {name} += {value}",
            f"raise {random.choice(('HTTPException(500)', 'ValueError', ''))}", f"{name}: {random.choice(_ANNOTATIONS)} = {value}",
            random.choice(("pass", "break", "continue", f"global {name}", f"nonlocal {name}", f"del {name}", "import a.b as f")),
        )  # fmt: skip
        return f"{pad}{random.choice(forms)}{self._tail()}"

    def _compound(self, depth: int) -> str:
        random, pad = self._random, "    " * depth
        value, name, tail = self.expression(0), random.choice(_NAMES), self._tail()
        match random.randint(0, 10):
            case 0 | 1:
                rest = f"{pad}else:\n{self._block(depth + 1)}" if random.random() < 0.5 else ""
                return f"{pad}if {value}:{tail}{self._block(depth + 1)}{rest}"
            case 2:
                return f"{pad}while {random.choice(('True', value))}:{tail}{self._block(depth + 1)}"
            case 3:
                return f"{pad}{random.choice(('for', 'async for'))} {name} in {value}:{tail}{self._block(depth + 1)}"
            case 4 | 5:
                target = random.choice(("", f" as {name}"))
                kind = random.choice(("with", "async with"))
                return f"{pad}{kind} {value}{target}, {self.expression(1)}:{tail}{self._block(depth + 1)}"
            case 6 | 7 | 8:
                return self._try(depth)
            case 9:
                pattern = random.choice(("_", "Model(x=a)", "[a, *b]", "{1: x}"))
                return f"{pad}match {value}:\n{pad}    case {pattern}:\n{self._block(depth + 2)}"
            case _:
                return self.definition(depth)

    def _try(self, depth: int) -> str:
        random, pad = self._random, "    " * depth
        caught = random.choice(
            (" Exception", " asyncio.CancelledError as e", " (ValueError, f)", " BaseException", "", "* OSError")
        )
        last = random.choice(("finally", "else", ""))
        rest = f"{pad}{last}:\n{self._block(depth + 1)}" if last else ""
        head = f"{pad}try:{self._tail()}{self._block(depth + 1)}"
        return f"{head}{pad}except{caught}:\n{self._block(depth + 1)}{rest}"

    def expression(self, depth: int) -> str:
        """One that may stand anywhere if the depth is not 0."""
        self._fuel -= 1
        if depth > 3 or self._fuel <= 0:
            return self._random.choice((*_NAMES, "1", "'s'", "None", "True", "[]", "0.5", "..."))
        form = self._random.randint(0, 16)
        if form < 7:
            return self._call(depth)
        text = self._operation(form, depth) or self._display(form, depth)
        return text if depth == 0 or form > 12 else f"({text})"

    def _call(self, depth: int) -> str:
        name = self._random.choice(_NAMES)
        arguments = [self.expression(depth + 1) for _ in range(self._random.randint(0, 2))]
        more = self._random.choice(("", f"{name}=1", f"*{name}", f"**{name}", f"{name}={name}"))
        call = f"{self._random.choice(_CALLEES)}({', '.join([*arguments, *([more] if more else [])])})"
        if self._random.random() < 0.4:
            return f"await {call}" if depth == 0 else f"(await {call})"
        return call

    def _operation(self, form: int, depth: int) -> str:
        name, inner = self._random.choice(_NAMES), self.expression(depth + 1)
        match form:
            case 7:
                return f"await {inner}"
            case 8:
                return f"lambda {name}: {inner}"
            case 9:
                return f"{inner} if {self.expression(depth + 1)} else {self.expression(depth + 1)}"
            case 10:
                operator = self._random.choice(("+", "and", "or", "==", "in", "is not", "%", "@"))
                return f"{inner} {operator} {self.expression(depth + 1)}"
            case 11:
                return f"not {inner}"
            case 12:
                return f"({name} := {inner})"
        return ""

    def _display(self, form: int, depth: int) -> str:
        name, other = self._random.choice(_NAMES), self._random.choice(_NAMES)
        match form:
            case 13:
                loop = self._random.choice(("for", "async for"))
                inner, condition = self.expression(depth + 1), self.expression(depth + 1)
                return f"[{inner} {loop} {name} in {other} if {condition}]"
            case 14:
                return f'f"{{{name}!r:>{{x}}}} é {{{name}.b}}"'
            case 15:
                return f"{{{name}: {self.expression(depth + 1)}, **{other}}}"
            case _:
                return self._random.choice((f"{name}.{other}", f"{name}[{other}]", name))
