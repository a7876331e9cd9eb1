"""What routes ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shop.clients import CarrierClient
from shop.models import Order, Product
from shop.repository import Repository
from shop.services.invoices import Invoices
from shop.services.notifications import Outbox
from shop.services.orders import OrderService
from shop.services.returns import Ledger
from shop.settings import Settings, load_settings


def get_repository(connection: HTTPConnection) -> Repository:
    repository: Repository = connection.app.state.repository
    return repository


def get_outbox(request: Request) -> Outbox:
    outbox: Outbox = request.app.state.outbox
    return outbox


def get_invoices(request: Request) -> Invoices:
    invoices: Invoices = request.app.state.invoices
    return invoices


def get_carrier(request: Request) -> CarrierClient:
    carrier: CarrierClient = request.app.state.carrier
    return carrier


def get_order_service(request: Request) -> OrderService:
    orders: OrderService = request.app.state.orders
    return orders


def get_sessions(request: Request) -> async_sessionmaker[AsyncSession]:
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    return sessions


def get_ledger_path(request: Request) -> Path:
    path: Path = request.app.state.data / "returns.txt"
    return path


def get_ledger(path: Annotated[Path, Depends(get_ledger_path)]) -> Iterator[Ledger]:
    with Ledger(path) as ledger:
        yield ledger


RepositoryDep = Annotated[Repository, Depends(get_repository)]


async def get_settings() -> Settings:
    """The settings as they are now; the announcement changes while the shop is open."""
    return load_settings()


def get_product(product_id: int, repository: RepositoryDep) -> Product:
    product = repository.product(product_id)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such product")
    return product


def get_order(order_id: int, repository: RepositoryDep) -> Order:
    order = repository.order(order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such order")
    return order


OutboxDep = Annotated[Outbox, Depends(get_outbox)]
InvoicesDep = Annotated[Invoices, Depends(get_invoices)]
CarrierDep = Annotated[CarrierClient, Depends(get_carrier)]
OrderServiceDep = Annotated[OrderService, Depends(get_order_service)]
LedgerDep = Annotated[Ledger, Depends(get_ledger)]
SessionsDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
ProductDep = Annotated[Product, Depends(get_product)]
OrderDep = Annotated[Order, Depends(get_order)]
