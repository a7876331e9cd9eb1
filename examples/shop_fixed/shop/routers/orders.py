"""Orders and their invoices."""

import asyncio
import secrets

import anyio
from fastapi import APIRouter, BackgroundTasks, HTTPException, status
from fastapi.responses import PlainTextResponse

from shop.dependencies import CarrierDep, InvoicesDep, OrderDep, OrderServiceDep, OutboxDep, RepositoryDep, SettingsDep
from shop.models import NewOrder, Order, OrderStatus, Voucher
from shop.services.notifications import send_cancellation, send_confirmation
from shop.services.orders import OrderError

router = APIRouter(tags=["orders"])


@router.post("/orders", status_code=status.HTTP_201_CREATED)
async def place(
    wanted: NewOrder, orders: OrderServiceDep, outbox: OutboxDep, background_tasks: BackgroundTasks
) -> Order:
    try:
        order = await orders.place(wanted)
    except OrderError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    background_tasks.add_task(send_confirmation, outbox, order)
    return order


@router.get("/orders/{order_id}")
async def order_status(order: OrderDep, carrier: CarrierDep) -> OrderStatus:
    return OrderStatus(order=order, location=await carrier.find_parcel(order.id))


@router.delete("/orders/{order_id}")
async def cancel(
    order: OrderDep, orders: OrderServiceDep, outbox: OutboxDep, background_tasks: BackgroundTasks
) -> Order:
    cancelled = await orders.cancel(order)
    background_tasks.add_task(send_cancellation, outbox, cancelled)
    return cancelled


@router.post("/orders/{order_id}/voucher")
async def redeem(order: OrderDep, voucher: Voucher, repository: RepositoryDep, settings: SettingsDep) -> Order:
    if not secrets.compare_digest(voucher.code.encode(), settings.voucher.encode()):
        await asyncio.sleep(settings.wrong_voucher_delay)  # nobody shall try out thousands
        raise HTTPException(status.HTTP_403_FORBIDDEN, "no such voucher")
    reduced = order.model_copy(update={"cents": order.cents * 9 // 10})
    await asyncio.to_thread(repository.save, reduced)
    return reduced


@router.get("/orders/{order_id}/invoice", response_class=PlainTextResponse)
async def invoice(order: OrderDep, invoices: InvoicesDep) -> str:
    async with await anyio.open_file(invoices.path(order.id), encoding="utf-8") as file:
        return await file.read()


@router.post("/invoices/pack")
async def pack(invoices: InvoicesDep) -> dict[str, int]:
    return {"packed": await invoices.pack()}
