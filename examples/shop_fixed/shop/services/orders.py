"""Taking, changing and cancelling orders."""

import asyncio

import httpx

from shop.clients import PaymentClient, ProviderBusyError, back_off
from shop.models import NewOrder, Order
from shop.repository import Repository
from shop.services.invoices import Invoices

ATTEMPTS = 3


class OrderError(Exception):
    """An order that cannot be taken, and why."""


class OrderService:
    """The rules of the shop."""

    def __init__(self, repository: Repository, payments: PaymentClient, invoices: Invoices) -> None:
        self._repository = repository
        self._payments = payments
        self._invoices = invoices

    async def place(self, wanted: NewOrder) -> Order:
        """Reserve the goods, take the money, write the invoice."""
        product = await asyncio.to_thread(self._repository.product, wanted.product_id)
        if product is None:
            raise OrderError("no such product")
        if not await asyncio.to_thread(self._repository.change_stock, product.id, -wanted.quantity):
            raise OrderError("not enough in stock")
        order = await asyncio.to_thread(self._repository.add_order, wanted, product.cents * wanted.quantity)
        try:
            receipt = await self._charge(order)
        except (ProviderBusyError, httpx.HTTPError) as error:
            await self.cancel(order)
            raise OrderError("the payment failed") from error
        order = order.model_copy(update={"status": "paid"})
        await asyncio.to_thread(self._repository.save, order)
        await asyncio.to_thread(self._invoices.write, order, product, receipt)
        return order

    async def cancel(self, order: Order) -> Order:
        """Put the goods back on the shelf."""
        if order.status == "cancelled":
            return order
        order = order.model_copy(update={"status": "cancelled"})
        await asyncio.to_thread(self._repository.save, order)
        await asyncio.to_thread(self._repository.change_stock, order.product_id, order.quantity)
        return order

    async def _charge(self, order: Order) -> str:
        """Take the money. The provider is busy now and then, so ask again."""
        for attempt in range(ATTEMPTS):
            try:
                return await self._payments.charge(order.id, order.cents)
            except ProviderBusyError:
                await back_off(attempt)
        raise ProviderBusyError
