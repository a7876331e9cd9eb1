"""What customers send back."""

import asyncio
import logging
from pathlib import Path

from fastapi import APIRouter, BackgroundTasks, HTTPException, status
from fastapi.responses import JSONResponse
from starlette.background import BackgroundTask

from shop.dependencies import LedgerPathDep, OrderDep, OutboxDep
from shop.models import Order
from shop.services.notifications import send_label, send_rejection, send_reminder, tell_warehouse
from shop.services.returns import Ledger, refund

router = APIRouter(prefix="/orders/{order_id}/return", tags=["returns"])
recording: set[asyncio.Task[None]] = set()
logger = logging.getLogger(__name__)


@router.post("")
async def announce(
    order: OrderDep, outbox: OutboxDep, ledger: LedgerPathDep, background_tasks: BackgroundTasks
) -> Order:
    background_tasks.add_task(send_label, outbox, order)
    task = asyncio.create_task(record(ledger, order))
    recording.add(task)
    task.add_done_callback(recording.discard)
    return order


@router.post("/arrival")
async def arrive(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    background_tasks.add_task(tell_warehouse, outbox, order)
    return order


@router.post("/refund")
async def pay_back(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    if order.status != "paid":
        raise HTTPException(status.HTTP_409_CONFLICT, "nothing was paid")
    background_tasks.add_task(refund, outbox, order)
    return order


@router.post("/rejection")
async def reject(order: OrderDep, outbox: OutboxDep) -> JSONResponse:
    rejection = BackgroundTask(send_rejection, outbox, order)
    return JSONResponse({"detail": "the parcel was opened"}, status.HTTP_409_CONFLICT, background=rejection)


@router.post("/reminder")
def remind(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    background_tasks.add_task(send_reminder, outbox, order)
    return order


async def record(path: Path, order: Order) -> None:
    """Bookkeeping; not worth letting the customer wait for."""
    try:
        await asyncio.to_thread(write, path, order)
    except Exception:
        logger.exception("the return of order %s is not recorded", order.id)


def write(path: Path, order: Order) -> None:
    with Ledger(path) as ledger:
        ledger.write(order)
