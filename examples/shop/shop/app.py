"""The service: `uvicorn shop.app:app`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from shop.clients import CarrierClient, PaymentClient, sandbox
from shop.repository import Repository
from shop.routers import catalogue, orders, returns, statistics
from shop.services.invoices import Invoices
from shop.services.notifications import Outbox
from shop.services.orders import OrderService
from shop.settings import load_settings
from shop.worker import Archive, Pulse, StockMonitor


def create_app(transport: httpx.MockTransport | None = None) -> FastAPI:
    """The application; tests give the transport that stands in for the payment provider and the carrier."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = load_settings()
        url = settings.providers_url or "https://sandbox.example"
        providers = transport or (None if settings.providers_url else sandbox())
        settings.data.mkdir(parents=True, exist_ok=True)

        repository = Repository(settings.data / "shop.sqlite")
        repository.create_tables()
        payments = PaymentClient(url, providers)
        invoices = Invoices(settings.data, settings.compressor)
        engine = create_async_engine(f"sqlite+aiosqlite:///{settings.data / 'shop.sqlite'}")
        app.state.data = settings.data
        app.state.sessions = async_sessionmaker(engine)
        app.state.repository = repository
        app.state.invoices = invoices
        app.state.orders = OrderService(repository, payments, invoices)
        app.state.carrier = carrier = CarrierClient(url, providers)
        app.state.outbox = outbox = Outbox(settings.data)
        monitor = StockMonitor(repository, outbox, settings.watch_interval)
        app.state.monitor = asyncio.create_task(monitor.watch())
        app.state.archive = archive = Archive(settings.data / "archive.txt", settings.watch_interval)
        archiver = asyncio.create_task(archive.keep())
        app.state.pulse = asyncio.create_task(Pulse(settings.data / "alive", settings.watch_interval).beat())
        yield
        app.state.pulse.cancel()
        await asyncio.wait([app.state.pulse], timeout=0.1)
        payments.close()
        await carrier.aclose()
        await engine.dispose()
        archiver.cancel()

    app = FastAPI(title="Shop", lifespan=lifespan)

    @app.on_event("startup")
    async def open_archive() -> None:
        app.state.archive.note("the shop opens")

    app.include_router(catalogue.router)
    app.include_router(orders.router)
    app.include_router(returns.router)
    app.include_router(statistics.router)
    return app


app = create_app()
