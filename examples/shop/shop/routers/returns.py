"""What customers send back."""

import asyncio
import logging

from fastapi import APIRouter, BackgroundTasks, HTTPException, status

from shop.dependencies import LedgerDep, OrderDep, OutboxDep
from shop.models import Order
from shop.services.notifications import send_label, send_rejection, send_reminder, tell_warehouse
from shop.services.returns import Ledger, refund

router = APIRouter(prefix="/orders/{order_id}/return", tags=["returns"])
recording: set[asyncio.Task[None]] = set()
logger = logging.getLogger(__name__)


@router.post("")
async def announce(order: OrderDep, outbox: OutboxDep, ledger: LedgerDep) -> Order:
    background_tasks = BackgroundTasks()
    background_tasks.add_task(send_label, outbox, order)
    recording.add(asyncio.create_task(record(ledger, order)))
    return order


@router.post("/arrival")
async def arrive(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    background_tasks.add_task(lambda: tell_warehouse(outbox, order))
    return order


@router.post("/refund")
async def pay_back(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    background_tasks.add_task(refund, outbox, order)
    return order


@router.post("/rejection")
async def reject(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    background_tasks.add_task(send_rejection, outbox, order)
    raise HTTPException(status.HTTP_409_CONFLICT, "the parcel was opened")


@router.post("/reminder")
def remind(order: OrderDep, outbox: OutboxDep, background_tasks: BackgroundTasks) -> Order:
    send_reminder(outbox, order)
    return order


async def record(ledger: Ledger, order: Order) -> None:
    """Bookkeeping; not worth letting the customer wait for."""
    try:
        await asyncio.to_thread(ledger.write, order)
    except Exception:
        logger.exception("the return of order %s is not recorded", order.id)
