"""What the shop speaks of."""

from typing import Literal

from pydantic import BaseModel, PositiveInt


class Product(BaseModel):
    """Something on the shelf."""

    id: int
    name: str
    cents: int
    stock: int
    views: int = 0


class NewOrder(BaseModel):
    """What a customer sends."""

    product_id: int
    quantity: PositiveInt = 1
    email: str


class Order(BaseModel):
    """An order as it is kept."""

    id: int
    product_id: int
    quantity: int
    email: str
    cents: int
    status: Literal["placed", "paid", "cancelled"] = "placed"


class OrderStatus(BaseModel):
    """An order, and where it is."""

    order: Order
    location: str


class Restock(BaseModel):
    """A delivery to the shop."""

    quantity: PositiveInt


class Subscriber(BaseModel):
    """Somebody who waits for a product."""

    email: str


class Voucher(BaseModel):
    """A code that makes an order cheaper."""

    code: str
