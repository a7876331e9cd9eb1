"""What the framework calls, on which thread, and the worst blocking call under it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from asynclint.core.entry_point import Thread
from asynclint.flow.from_ast import lower_ast
from asynclint.project.project import ModuleSource, Project
from asynclint.rulekit.discovery import all_rules
from asynclint.semantics import blocking
from asynclint.semantics.entry_points import entry_points

if TYPE_CHECKING:
    import pytest

    from asynclint.core.entry_point import EntryPoint
    from asynclint.project.call_sites import CallSite
    from asynclint.project.model import Function

RULES = {rule.code: rule.info for rule in all_rules()}


def link(files: dict[str, str]) -> Project:
    sources = []
    for path, text in files.items():
        source = textwrap.dedent(text)
        sources.append(ModuleSource(f"/project/{path}", path, source.encode(), lower_ast(source)))
    return Project.build(sources, "/project")


def entries(files: dict[str, str]) -> dict[str, EntryPoint]:
    project = link(files)
    listed, errors = entry_points(project, project.modules, RULES)
    assert errors == []
    return {entry.handler: entry for entry in listed}


def test_threads_and_kinds() -> None:
    found = entries(
        {
            "main.py": """\
                from contextlib import asynccontextmanager
                from fastapi import BackgroundTasks, FastAPI
                from starlette.middleware.base import BaseHTTPMiddleware
                import somewhere

                @asynccontextmanager
                async def lifespan(app):
                    yield

                app = FastAPI(lifespan=lifespan)

                class Timing(BaseHTTPMiddleware):
                    async def dispatch(self, request, call_next): ...

                app.add_middleware(Timing)

                @app.get("/plain")
                def plain(tasks: BackgroundTasks):
                    tasks.add_task(later)
                    tasks.add_task(async_later)
                    tasks.add_task(somewhere.else_)

                @app.get("/async")
                async def coroutine(): ...

                @app.websocket("/ws")
                async def socket(websocket): ...

                @app.exception_handler(ValueError)
                def refuse(request, error): ...

                @app.on_event("startup")
                def start(): ...

                def later(): ...

                async def async_later(): ...
            """,
        }
    )
    assert {name: (entry.kind, entry.thread) for name, entry in found.items()} == {
        "plain": ("route", Thread.WORKER),
        "coroutine": ("route", Thread.LOOP),
        "socket": ("websocket", Thread.LOOP),
        "later": ("background", Thread.WORKER),
        "async_later": ("background", Thread.LOOP),
        "somewhere.else_": ("background", Thread.UNKNOWN),
        "lifespan": ("lifespan", Thread.LOOP),
        "start": ("startup", Thread.LOOP),
        "Timing.dispatch": ("middleware", Thread.LOOP),
        "refuse": ("exception-handler", Thread.WORKER),
    }


def test_the_worst_call_is_found_through_awaited_helpers_and_dependencies() -> None:
    found = entries(
        {
            "main.py": """\
                from typing import Annotated
                from fastapi import Depends, FastAPI
                from helpers import Reader, current_user, load, stored

                app = FastAPI()
                User = Annotated[str, Depends(current_user)]

                @app.get("/far")
                async def far():
                    return await load()

                @app.get("/dependent")
                async def dependent(user: User): ...

                @app.get("/worker")
                def worker():
                    return stored()

                @app.get("/mixed")
                def mixed(user: User):
                    return stored()

                @app.get("/clean")
                async def clean(): ...
            """,
            "helpers.py": """\
                import sqlite3
                import requests

                class Reader: ...

                async def load():
                    with open("x") as file:
                        file.read()
                    return await deeper()

                async def deeper():
                    return requests.get("http://example.com")

                def stored():
                    return sqlite3.connect("x")

                async def current_user():
                    return stored()
            """,
        }
    )
    far = found["far"].blocking
    assert far is not None
    assert (far.code, far.call, far.thread) == ("ASL202", "requests.get", Thread.LOOP)
    assert [(step.location.path, step.location.start.row, step.message) for step in far.chain] == [
        ("main.py", 10, "calls `load`"),
        ("helpers.py", 9, "calls `deeper`"),
        ("helpers.py", 12, "`requests.get` blocks the thread"),
    ]
    dependent = found["dependent"].blocking
    assert dependent is not None
    assert (dependent.call, dependent.thread) == ("sqlite3.connect", Thread.LOOP)
    assert dependent.chain[0].message == "depends on `current_user`"
    worker, mixed = found["worker"].blocking, found["mixed"].blocking
    assert worker is not None
    assert worker.thread is Thread.WORKER
    assert mixed is not None
    assert mixed.thread is Thread.LOOP
    assert found["clean"].blocking is None


def test_only_the_modules_asked_about_are_listed() -> None:
    project = link(
        {
            "a.py": "from fastapi import APIRouter\nrouter = APIRouter()\n\n@router.get('/a')\ndef a(): ...\n",
            "b.py": "import a\nfrom fastapi import FastAPI\napp = FastAPI()\n"
            "app.include_router(a.router, prefix='/p')\n\n@app.get('/b')\ndef b(): ...\n",
        }
    )
    asked = [module for module in project.modules if module.name == "a"]
    listed, _ = entry_points(project, asked, RULES)
    assert [(item.path, item.handler) for item in listed] == [("/p/a", "a")]


def test_a_handler_that_cannot_be_judged_is_named_and_the_others_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    project = link(
        {
            "a.py": "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/a')\ndef a(): b()\n"
            "\n@app.get('/b')\ndef b(): ...\n",
        }
    )
    read = blocking.finding_at

    def finding_at(project: Project, function: Function, site: CallSite) -> blocking.BlockingFinding | None:
        if function.name == "a":
            raise RecursionError("too deep")
        return read(project, function, site)

    monkeypatch.setattr(blocking, "finding_at", finding_at)
    listed, errors = entry_points(project, project.modules, RULES)
    assert [item.path for item in listed] == ["/a", "/b"]
    assert [error.message for error in errors] == ["what blocks below `a` was not found: RecursionError: too deep"]
