"""The sides of the rules' examples as running modules, and requests to real FastAPI applications."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import http.server
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.config.settings import Settings
from asynclint.rulekit.expectations import as_shown
from asynclint.run.fixes import fix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from asynclint.rulekit.rule import Rule

    Source = Callable[..., str]
    Load = Callable[..., dict[str, Any]]
    Request = Callable[..., httpx.Response]
    Served = Callable[..., str]
    Visit = Callable[[str], contextlib.AbstractContextManager[None]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests lose coroutines and tasks on purpose; Python complains of them where nobody can catch it."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(autouse=True)
def lost_objects_are_collected() -> Iterator[None]:
    """Before the next test, which would be blamed for what this one has lost."""
    yield
    gc.collect()


@functools.cache
def _fixed(rule: Rule, number: int) -> str:
    """What `--fix --unsafe-fixes` makes of the bad side."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("pyproject.toml").touch()
        Path("example.py").write_text(as_shown(rule.examples[number].bad))
        (change,) = fix(["."], Settings(jobs=1, select=(rule.code,)), unsafe=True, write=False).changes
    return change.after.decode()


@pytest.fixture
def source() -> Source:
    """The "bad" or the "good" side of an example (the first unless `number` says another), or the "fixed" bad one."""

    def text(rule: Rule, side: str, number: int = 0) -> str:
        example = rule.examples[number]
        return {"bad": as_shown(example.bad), "good": example.good}[side] if side != "fixed" else _fixed(rule, number)

    return text


@pytest.fixture
def load(source: Source) -> Load:
    """Runs a side of an example as a module, with texts of it replaced by others, and gives its globals."""

    def run(rule: Rule, side: str, number: int = 0, replaced: Mapping[str, str] | None = None) -> dict[str, Any]:
        text = source(rule, side, number)
        for old, new in (replaced or {}).items():
            assert old in text
            text = text.replace(old, new)
        namespace: dict[str, Any] = {"__name__": f"{rule.name}_{side}"}
        exec(compile(text, f"<{rule.name}, {side}>", "exec"), namespace)
        return namespace

    return run


@pytest.fixture
def request_to() -> Request:
    """Sends one request to an application; when it returns, the background tasks are through as well."""

    async def send(app: Any, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **options)

    def run(app: Any, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(send(app, method, path, options))

    return run


class Witness:
    """Says, from within a call that blocks its thread, whether the event loop went on meanwhile."""

    PATIENCE = 0.5
    """Seconds that a loop has to show itself; only a loop that stands still takes them all."""

    def __init__(self) -> None:
        self.turned: list[bool] = []
        """For each call that blocked, in their order."""
        self._asked = threading.Event()
        self._turned = threading.Event()

    def ask(self) -> bool:
        """To be called in the middle of the call, in whatever thread."""
        self._turned.clear()
        self._asked.set()
        self.turned.append(self._turned.wait(self.PATIENCE))
        return self.turned[-1]

    def run(self, work: Callable[[], Any]) -> Any:
        """The result of an async function, beside which the loop turns as long as nothing keeps it from that."""

        async def turn() -> None:
            while True:
                if self._asked.is_set():
                    self._asked.clear()
                    self._turned.set()
                await asyncio.sleep(0.001)

        async def main() -> Any:
            turning = asyncio.create_task(turn())
            try:
                return await work()
            finally:
                turning.cancel()

        return asyncio.run(main())

    def request(self, app: Any, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
                return await client.request(method, path, **options)

        response = self.run(send)
        assert isinstance(response, httpx.Response)
        return response


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def server(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an HTTP server that asks the witness before each answer: an empty object, or nothing to a PUT."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            witness.ask()
            self.send_response(200)
            body = b"" if self.command == "PUT" else b"{}"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("NO_PROXY", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """Serves a module by uvicorn, posts to each of the paths, ends the server by SIGTERM, and gives what it printed.

    `visit` is called with the address of the server before that, and what it yields goes on until the end.
    """

    def run(module: str, *paths: str, visit: Visit = lambda _: contextlib.nullcontext()) -> str:
        (tmp_path / "served.py").write_text(module)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-u", "-m", "uvicorn", "served:app", "--port", str(port), "--log-level", "error"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
            _wait_for(port)
            with visit(f"127.0.0.1:{port}"):
                for path in paths:
                    assert httpx.post(f"http://127.0.0.1:{port}{path}").status_code == 200
                server.send_signal(signal.SIGTERM)
                printed, _ = server.communicate(timeout=20)
        return printed.decode()

    return run


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("the server does not answer")
