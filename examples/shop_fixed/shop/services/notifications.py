"""Mails. They are put into a folder from which the mail server fetches them."""

import asyncio
import logging
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from shop.models import Order, Product
from shop.repository import Repository

logger = logging.getLogger(__name__)


class Outbox:
    """The folder of mails that are to be sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def post(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        message["To"] = to
        message["Subject"] = subject
        message.set_content(text)
        (self._folder / f"{uuid4().hex}.eml").write_bytes(bytes(message))


def send_confirmation(outbox: Outbox, order: Order) -> None:
    try:
        outbox.post(order.email, f"Your order {order.id}", f"Thank you. We have received {order.cents / 100:.2f}.")
    except Exception:
        logger.exception("no confirmation of order %s", order.id)


async def send_cancellation(outbox: Outbox, order: Order) -> None:
    try:
        await asyncio.to_thread(outbox.post, order.email, f"Your order {order.id}", "It is cancelled.")
    except Exception:
        logger.exception("no mail about the cancellation of order %s", order.id)


async def tell_subscribers(outbox: Outbox, repository: Repository, product: Product) -> None:
    for email in await asyncio.to_thread(repository.subscribers, product.id):
        await asyncio.to_thread(outbox.post, email, f"{product.name} is back", "Be quick.")


def send_label(outbox: Outbox, order: Order) -> None:
    mail(outbox, order, "Here is the label for your parcel.")


def send_rejection(outbox: Outbox, order: Order) -> None:
    mail(outbox, order, "We cannot take it back.")


def send_reminder(outbox: Outbox, order: Order) -> None:
    mail(outbox, order, "We still wait for your parcel.")


def mail(outbox: Outbox, order: Order, text: str) -> None:
    """Send what may get lost; the log says so."""
    try:
        outbox.post(order.email, f"Your order {order.id}", text)
    except Exception:
        logger.exception("no mail about order %s", order.id)


async def tell_warehouse(outbox: Outbox, order: Order) -> None:
    try:
        await asyncio.to_thread(outbox.post, "warehouse@shop.example", f"Order {order.id}", "Its parcel is back.")
    except Exception:
        logger.exception("the warehouse does not know of order %s", order.id)
