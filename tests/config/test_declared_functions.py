"""What a project declares of its functions reaches the findings; each key with and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.config.conftest import found

if TYPE_CHECKING:
    from tests.config.conftest import CheckProject

ROUTE = "from fastapi import FastAPI\napp = FastAPI()\n\n"


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ('"legacy.fetch"', "ASL207"),
        ('"legacy.*"', "ASL207"),
        ('{name = "legacy.fetch", rule = "ASL203"}', "ASL203"),
        ('{name = "legacy.f?tch", rule = "ASL202"}', "ASL202"),
    ],
)
def test_a_function_of_a_library_that_blocks(check_project: CheckProject, declared: str, code: str) -> None:
    files = {"app.py": "import legacy\n\nasync def f():\n    legacy.fetch()\n    await legacy.other.get()\n"}
    assert found(check_project(files)) == []
    assert found(check_project(files, f"blocking-calls = [{declared}]")) == [f"app.py:4 {code}"]


def test_a_method_of_a_client_and_its_replacement(check_project: CheckProject) -> None:
    files = {
        "app.py": """\
            from ledger import Ledger

            class Own(Ledger):
                pass

            def helper(ledger: Ledger):
                ledger.post(1)

            async def f(own: Own):
                ledger = Ledger()
                ledger.post(1)
                helper(ledger)
                own.post(1)
                ledger.read()
            """
    }
    config = 'blocking-calls = [{name = "Ledger.post", replacement = "ledger.AsyncLedger.post"}]'
    report = check_project(files, config)
    assert found(report) == ["app.py:11 ASL207", "app.py:12 ASL207", "app.py:13 ASL207"]
    assert "use `ledger.AsyncLedger.post`" in report.diagnostics[0].message
    assert found(check_project(files)) == []


def test_a_glob_does_not_mean_the_making_of_objects(check_project: CheckProject) -> None:
    files = {"app.py": "import legacy\n\nasync def f():\n    legacy.Client().get()\n    raise legacy.Error('x')\n"}
    assert found(check_project(files, 'blocking-calls = ["legacy.*"]')) == ["app.py:4 ASL207"]
    assert len(check_project(files, 'blocking-calls = ["legacy.*"]').diagnostics) == 1
    assert len(check_project(files, 'blocking-calls = ["legacy.Error"]').diagnostics) == 1


def test_a_function_of_the_project_that_blocks_out_of_sight(check_project: CheckProject) -> None:
    files = {
        "native.py": """\
            from _native import call

            def compute(x):
                return call(x)

            async def compute_later(x): ...
            """,
        "app.py": "import native\n\nasync def f():\n    native.compute(1)\n    await native.compute_later(1)\n",
    }
    assert found(check_project(files, 'blocking-calls = ["native.*"]')) == ["app.py:4 ASL207"]
    assert found(check_project(files)) == []


def test_functions_that_do_not_block(check_project: CheckProject) -> None:
    files = {
        "app.py": """\
            import time

            class Clock:
                def tick(self):
                    time.sleep(1)

            def wait():
                time.sleep(1)

            async def f(clock: Clock):
                wait()
                clock.tick()
                time.sleep(2)
            """
    }
    assert found(check_project(files)) == [f"app.py:{line} ASL201" for line in (11, 12, 13)]
    assert found(check_project(files, 'non-blocking-calls = ["app.wait", "Clock.*"]')) == ["app.py:13 ASL201"]
    assert found(check_project(files, 'non-blocking-calls = ["time.sleep"]')) == []


def test_functions_that_offload(check_project: CheckProject) -> None:
    files = {
        "pool.py": """\
            import functools
            import _pool

            def run(fn, *args):
                if _pool.is_worker():
                    return fn(*args)
                return _pool.hand_over(fn, args)

            def offloaded(fn):
                @functools.wraps(fn)
                def wrapper(*args):
                    if _pool.is_worker():
                        return fn(*args)
                    return _pool.hand_over(fn, args)
                return wrapper
            """,
        "app.py": """\
            import time
            from pool import offloaded, run

            @offloaded
            def slow():
                time.sleep(1)

            def bare():
                time.sleep(1)

            async def f():
                run(bare)
                slow()
                bare()
            """,
    }
    assert found(check_project(files)) == [f"app.py:{line} ASL201" for line in (12, 13, 14)]
    assert found(check_project(files, 'offload-functions = ["pool.run", "pool.offloaded"]')) == ["app.py:14 ASL201"]


def test_how_the_project_offloads_is_what_findings_advise(check_project: CheckProject) -> None:
    files = {
        "app.py": """\
            import requests

            def fetch():
                return requests.get("https://example.com")

            async def f():
                fetch()
                requests.get("https://example.com")
            """,
    }
    declared = '"pool.run", {name = "pool.in_pool", replacement = "await in_pool(…)"}, {name = "a", replacement = "b"}'
    usual = check_project(files).diagnostics
    own = check_project(files, f"offload-functions = [{declared}]").diagnostics

    assert all("`await asyncio.to_thread(…)`" in item.message for item in usual)
    assert all("`await in_pool(…)`" in item.message and "to_thread" not in item.message for item in own)
    assert [bool(item.fixes) for item in usual] == [False, True]
    assert not any(item.fixes for item in own)


KEEPERS = {
    "tasks.py": """\
        import asyncio

        def look_after(task):
            print(task)

        def spawn(coroutine):
            return asyncio.create_task(coroutine)
        """,
    "app.py": """\
        import asyncio
        from tasks import look_after, spawn

        async def work(): ...

        async def f():
            task = asyncio.create_task(work())
            look_after(task)

        async def g():
            spawn(work())
        """,
}


def test_functions_that_keep_tasks(check_project: CheckProject) -> None:
    assert found(check_project(KEEPERS)) == ["app.py:7 ASL101", "app.py:11 ASL101"]
    assert found(check_project(KEEPERS, 'task-keepers = ["tasks.look_after"]')) == ["app.py:11 ASL101"]
    assert found(check_project(KEEPERS, 'task-keepers = ["tasks.*"]')) == []


def test_a_keeper_ends_what_runs_for_ever(check_project: CheckProject) -> None:
    files = {
        "app.py": """\
            import asyncio
            from contextlib import asynccontextmanager
            from fastapi import FastAPI

            def adopt(task):
                print(task)

            async def forever():
                while True:
                    await asyncio.sleep(1)

            @asynccontextmanager
            async def lifespan(app):
                app.state.task = asyncio.create_task(forever())
                adopt(app.state.task)
                yield

            app = FastAPI(lifespan=lifespan)
            """
    }
    assert found(check_project(files)) == ["app.py:14 ASL401"]
    assert found(check_project(files, 'task-keepers = ["app.adopt"]')) == []


BACKGROUND = {
    "jobs.py": """\
        import _queue

        class Jobs:
            def later(self, func, *args):
                _queue.put(func, args)

        def reported(fn):
            return _queue.wrap(fn)
        """,
    "app.py": """\
        import httpx
        from fastapi import FastAPI
        from jobs import Jobs, reported

        app = FastAPI()
        jobs = Jobs()

        async def send(address):
            async with httpx.AsyncClient() as client:
                await client.post(address)

        @reported
        async def send_safely(address):
            async with httpx.AsyncClient() as client:
                await client.post(address)

        @app.post("/")
        async def create():
            jobs.later(send, "a")
            jobs.later(send_safely, "a")
        """,
}


def test_functions_that_run_things_in_the_background(check_project: CheckProject) -> None:
    assert found(check_project(BACKGROUND)) == []
    runners = 'background-runners = ["Jobs.later"]\n'
    assert found(check_project(BACKGROUND, runners))[0] == "app.py:19 ASL301"
    handlers = 'exception-handling-decorators = ["jobs.reported"]'
    assert found(check_project(BACKGROUND, runners + handlers)) == ["app.py:19 ASL301"]


def test_a_decorator_that_handles_exceptions(check_project: CheckProject) -> None:
    files = {
        "errors.py": "import _errors\n\ndef reported(fn):\n    return _errors.wrap(fn)\n",
        "app.py": """\
            import httpx
            from errors import reported
            from fastapi import BackgroundTasks, FastAPI

            app = FastAPI()

            @reported
            async def send(address):
                async with httpx.AsyncClient() as client:
                    await client.post(address)

            @app.post("/")
            async def create(tasks: BackgroundTasks):
                tasks.add_task(send, "a")
            """,
    }
    assert found(check_project(files)) == ["app.py:14 ASL301"]
    assert found(check_project(files, 'exception-handling-decorators = ["errors.reported"]')) == []


def test_decorators_that_make_routes(check_project: CheckProject) -> None:
    files = {
        "routing.py": "import _routing\n\ndef endpoint(path):\n    return _routing.register(path)\n",
        "app.py": """\
            from pydantic import BaseModel, field_validator
            import time
            from routing import endpoint

            class Order(BaseModel):
                number: int

                @field_validator("number")
                @classmethod
                def check(cls, value):
                    time.sleep(1)
                    return value

            @endpoint("/orders")
            async def create(order: Order): ...
            """,
    }
    assert found(check_project(files)) == []
    assert found(check_project(files, 'route-decorators = ["routing.endpoint"]')) == ["app.py:11 ASL201"]


@pytest.mark.parametrize("hook", ["app.Server.stop_all", "Server.stop_all", "app.*.stop_all"])
def test_hooks_of_the_end(check_project: CheckProject, hook: str) -> None:
    files = {
        "app.py": """\
            import asyncio
            from fastapi import FastAPI

            app = FastAPI()

            class Server:
                def __init__(self):
                    self.task = None

                @app.on_event("startup")
                async def start(self):
                    self.task = asyncio.create_task(self.serve())

                async def serve(self):
                    while True:
                        await asyncio.sleep(1)

                async def stop_all(self):
                    self.task.cancel()
            """,
    }
    assert found(check_project(files)) == ["app.py:12 ASL401"]
    assert found(check_project(files, f'shutdown-hooks = ["{hook}"]')) == []


def test_a_decorator_that_makes_hooks_of_the_end(check_project: CheckProject) -> None:
    files = {
        "life.py": "import _life\n\ndef on_stop(fn):\n    return _life.register(fn)\n",
        "app.py": "import time\nimport life\n\n@life.on_stop\ndef stop():\n    time.sleep(1)\n",
    }
    assert found(check_project(files)) == []
    assert found(check_project(files, 'shutdown-hooks = ["life.on_stop"]')) == ["app.py:6 ASL201"]
