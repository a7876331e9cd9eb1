"""Numbers for the owner, and the stock as it changes."""

import asyncio
import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shop.dependencies import RepositoryDep, SessionsDep
from shop.repository import Repository

router = APIRouter(tags=["statistics"])
INTERVAL = 0.05


@router.get("/statistics")
async def statistics(sessions: SessionsDep) -> dict[str, int]:
    products, orders = await asyncio.gather(count(sessions, "products"), count(sessions, "orders"))
    return {"products": products, "orders": orders}


async def count(sessions: async_sessionmaker[AsyncSession], table: str) -> int:
    async with sessions() as session:
        result = await session.execute(text(f"select count(*) from {table}"))
    return int(result.scalar_one())


@router.websocket("/stock")
async def watch_stock(websocket: WebSocket, repository: RepositoryDep) -> None:
    await websocket.accept()
    sender = asyncio.create_task(send_stock(websocket, repository), name="stock")
    try:
        with contextlib.suppress(WebSocketDisconnect):
            while await websocket.receive_text() != "enough":
                pass
            await websocket.close()
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


async def send_stock(websocket: WebSocket, repository: Repository) -> None:
    """The stock, for as long as somebody looks."""
    while True:
        stock = {product.name: product.stock for product in await asyncio.to_thread(repository.products)}
        with contextlib.suppress(Exception):  # the next one may get through
            await websocket.send_json(stock)
        await asyncio.sleep(INTERVAL)
