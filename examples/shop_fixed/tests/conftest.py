"""The service with a folder of its own and a provider that answers in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from shop.app import create_app
from shop.settings import Settings


class Providers:
    """The payment provider and the carrier: what they were asked, and what they say to a payment."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.answers_to_payment: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path)
        if request.url.path == "/charges":
            status = self.answers_to_payment.pop(0) if self.answers_to_payment else 201
            return httpx.Response(status, json={"receipt": "R-1"})
        return httpx.Response(200, json={"location": "on the ferry"})


@pytest.fixture
def providers() -> Providers:
    return Providers()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the settings file; the defaults are those of a quick test."""
    file = tmp_path / "settings.json"
    monkeypatch.setenv("SHOP_SETTINGS", str(file))

    def write(**values: object) -> None:
        made = Settings(data=tmp_path / "data", wrong_voucher_delay=0.01, **values)  # type: ignore[arg-type]
        file.write_text(made.model_dump_json(), encoding="utf-8")

    write()
    return write


@pytest.fixture
def app(providers: Providers, settings: Callable[..., None]) -> FastAPI:
    return create_app(httpx.MockTransport(providers))


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def mails(tmp_path: Path) -> Callable[[], list[str]]:
    def read() -> list[str]:
        return sorted(path.read_text() for path in (tmp_path / "data").glob("*.eml"))

    return read
