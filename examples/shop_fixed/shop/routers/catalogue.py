"""Products."""

import asyncio
import logging

from fastapi import APIRouter, status

from shop.dependencies import OutboxDep, ProductDep, RepositoryDep, SettingsDep
from shop.models import Product, Restock, Subscriber
from shop.repository import Repository
from shop.services.notifications import tell_subscribers

router = APIRouter(tags=["catalogue"])
logger = logging.getLogger(__name__)
counting: set[asyncio.Task[None]] = set()


@router.get("/announcement")
async def announcement(settings: SettingsDep) -> dict[str, str]:
    return {"text": settings.announcement}


@router.get("/products")
async def products(repository: RepositoryDep) -> list[Product]:
    return await asyncio.to_thread(repository.products)


@router.get("/products/{product_id}")
async def product(found: ProductDep, repository: RepositoryDep) -> Product:
    task = asyncio.create_task(count_view(repository, found.id))
    counting.add(task)
    task.add_done_callback(counting.discard)
    return found


@router.post("/products/{product_id}/subscribers", status_code=status.HTTP_204_NO_CONTENT)
def subscribe(found: ProductDep, subscriber: Subscriber, repository: RepositoryDep) -> None:
    repository.subscribe(found.id, subscriber.email)


@router.post("/products/{product_id}/stock")
async def restock(found: ProductDep, delivery: Restock, repository: RepositoryDep, outbox: OutboxDep) -> Product:
    await asyncio.to_thread(repository.change_stock, found.id, delivery.quantity)
    await tell_subscribers(outbox, repository, found)
    return found.model_copy(update={"stock": found.stock + delivery.quantity})


async def count_view(repository: Repository, product_id: int) -> None:
    """Statistics; not worth letting the customer wait for."""
    try:
        await asyncio.to_thread(repository.count_view, product_id)
    except Exception:
        logger.exception("a view of product %s is not counted", product_id)
