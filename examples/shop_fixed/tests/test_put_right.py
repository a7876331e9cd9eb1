"""What the mistakes did: each of these tests fails on the shop that has them."""

import asyncio
import builtins
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Providers
from fastapi import FastAPI
from fastapi.testclient import TestClient

from shop.repository import Repository
from shop.routers import catalogue, returns
from shop.services.notifications import Outbox
from shop.worker import Pulse

ORDER = {"product_id": 1, "quantity": 2, "email": "ada@example.org"}


@pytest.fixture
def strict(app: FastAPI) -> Iterator[TestClient]:
    """A client that raises what the server would only log."""
    with TestClient(app) as client:
        yield client


@pytest.fixture
def on_the_loop(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The blocking functions that the shop called in the thread of an event loop."""
    called: set[str] = set()

    def watch(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            caller = sys._getframe(1).f_globals.get("__name__", "")
            if caller.startswith("shop.") and loop_runs():
                called.add(f"{owner.__name__}.{name}")
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    for owner, name in (
        (time, "sleep"),
        (sqlite3, "connect"),
        (builtins, "open"),
        (Path, "read_text"),
        (Path, "write_text"),
        (Path, "write_bytes"),
        (Path, "mkdir"),
        (Path, "glob"),
        (subprocess, "run"),
        (httpx.Client, "post"),
    ):
        watch(owner, name)
    return called


def loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def blocking_calls(call: Callable[[httpx.AsyncClient], Any], app: FastAPI, on_the_loop: set[str]) -> set[str]:
    """What blocks the loop while the call is answered, start and end of the service apart."""

    async def run() -> set[str]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.post("/orders", json=ORDER)
                await asyncio.sleep(0.1)
                on_the_loop.clear()
                await call(client)
            return set(on_the_loop)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/announcement", None),
        ("GET", "/products", None),
        ("POST", "/orders", ORDER),
        ("DELETE", "/orders/1", None),
        ("POST", "/orders/1/voucher", {"code": "guess"}),
        ("POST", "/orders/1/voucher", {"code": "CREMA"}),
        ("GET", "/orders/1/invoice", None),
        ("POST", "/invoices/pack", None),
    ],
)
def test_no_request_blocks_the_loop(
    app: FastAPI, on_the_loop: set[str], method: str, path: str, body: dict[str, object] | None
) -> None:
    assert blocking_calls(lambda client: client.request(method, path, json=body), app, on_the_loop) == set()


def test_a_busy_provider_blocks_nobody(app: FastAPI, providers: Providers, on_the_loop: set[str]) -> None:
    providers.answers_to_payment = [201, 503, 201]
    assert "time.sleep" not in blocking_calls(lambda client: client.post("/orders", json=ORDER), app, on_the_loop)


def test_neither_the_start_nor_the_monitor_blocks_the_loop(app: FastAPI, on_the_loop: set[str]) -> None:
    async def run() -> None:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0.1)

    asyncio.run(run())
    assert on_the_loop == set()


def test_the_monitor_ends_with_the_service(app: FastAPI) -> None:
    async def run() -> bool:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
        ended: bool = app.state.monitor.done()
        return ended

    assert asyncio.run(run())


def test_the_status_of_an_order_says_where_it_is(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    assert client.get("/orders/1").json()["location"] == "on the ferry"


def test_the_task_that_counts_a_view_is_kept(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = threading.Event()
    monkeypatch.setattr(Repository, "count_view", lambda *_: counted.wait(10))

    async def run() -> set[str]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.get("/products/1")
            kept = {task.get_coro().__name__ for task in getattr(catalogue, "counting", ())}
            counted.set()
            return kept

    assert asyncio.run(run()) == {"count_view"}


def test_subscribers_are_told(client: TestClient, mails: Callable[[], list[str]]) -> None:
    client.post("/products/3/subscribers", json={"email": "bob@example.org"})
    client.post("/products/3/stock", json={"quantity": 5})
    assert any("To: bob@example.org" in mail for mail in mails())


def test_a_cancellation_is_confirmed(client: TestClient, mails: Callable[[], list[str]]) -> None:
    client.post("/orders", json=ORDER)
    client.delete("/orders/1")
    assert any("It is cancelled." in mail for mail in mails())


def test_a_confirmation_that_cannot_be_written_is_logged(
    strict: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    strict.app.state.outbox._folder = tmp_path / "gone"
    assert strict.post("/orders", json=ORDER).status_code == 201
    assert "no confirmation of order 1" in caplog.text


def test_a_return_is_answered_with_a_label(client: TestClient, mails: Callable[[], list[str]]) -> None:
    client.post("/orders", json=ORDER)
    client.post("/orders/1/return")
    assert any("the label" in mail for mail in mails())


def test_a_return_is_recorded_and_its_task_is_let_go(app: FastAPI, tmp_path: Path) -> None:
    async def run() -> set[Any]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.post("/orders", json=ORDER)
                await client.post("/orders/1/return")
                await asyncio.gather(*returns.recording)
                await asyncio.sleep(0)
        return set(returns.recording)

    assert asyncio.run(run()) == set()
    assert (tmp_path / "data" / "returns.txt").read_text() == "order 1 comes back\n"


def test_the_warehouse_is_told_of_the_parcel(client: TestClient, mails: Callable[[], list[str]]) -> None:
    client.post("/orders", json=ORDER)
    client.post("/orders/1/return/arrival")
    assert any("warehouse@shop.example" in mail for mail in mails())


def test_what_was_not_paid_is_not_paid_back(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    client.delete("/orders/1")
    assert client.post("/orders/1/return/refund").status_code == 409


def test_a_rejected_return_is_explained(client: TestClient, mails: Callable[[], list[str]]) -> None:
    client.post("/orders", json=ORDER)
    assert client.post("/orders/1/return/rejection").status_code == 409
    assert any("cannot take it back" in mail for mail in mails())


def test_nobody_waits_for_a_reminder_to_be_written(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[str]:
        order: list[str] = []
        monkeypatch.setattr(Outbox, "post", lambda *_: order.append("mail"))

        async def send(message: Any) -> None:
            order.append(message["type"])

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                await client.post("/orders", json=ORDER)
            order.clear()
            path = "/orders/1/return/reminder"
            scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
            await app(scope, receive, send)
        return order

    assert asyncio.run(run())[-1] == "mail"


def test_the_statistics_are_counted_at_once(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    assert client.get("/statistics").json() == {"products": 3, "orders": 1}


def test_nothing_is_sent_to_who_has_gone(app: FastAPI) -> None:
    async def run() -> list[str]:
        messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        messages.put_nowait({"type": "websocket.connect"})
        messages.put_nowait({"type": "websocket.disconnect", "code": 1001})

        async def send(_: object) -> None:
            await asyncio.sleep(0)

        scope = {"type": "websocket", "path": "/stock", "headers": [], "query_string": b"", "subprotocols": []}
        async with app.router.lifespan_context(app):
            await app(scope, messages.get, send)
            await asyncio.sleep(0)
            return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "stock"]

    assert asyncio.run(run()) == []


def test_the_archive_has_the_opening_and_the_last_line(app: FastAPI, tmp_path: Path) -> None:
    def written() -> str:
        file = tmp_path / "data" / "archive.txt"
        return file.read_text() if file.exists() else ""

    async def run() -> str:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
            app.state.archive.note("the last line")
        return await asyncio.to_thread(written)

    assert asyncio.run(run()) == "the shop opens\nthe last line\n"


def test_the_shop_opens_with_a_line_in_the_archive(app: FastAPI) -> None:
    async def run() -> list[str]:
        async with app.router.lifespan_context(app):
            return list(app.state.archive._lines)

    assert asyncio.run(run()) == ["the shop opens"]


def test_a_slow_disk_does_not_keep_the_pulse_from_ending() -> None:
    class SlowDisk:
        def touch(self) -> None:
            time.sleep(0.05)

    async def run() -> bool:
        task = asyncio.create_task(Pulse(SlowDisk(), 1).show())  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(run())
