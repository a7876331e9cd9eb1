"""Work that goes on beside the requests."""

import asyncio
import logging

from shop.repository import Repository
from shop.services.notifications import Outbox

LOW = 2
logger = logging.getLogger(__name__)


class StockMonitor:
    """Tells the owner, once for each product, what runs out."""

    def __init__(self, repository: Repository, outbox: Outbox, interval: float) -> None:
        self._repository = repository
        self._outbox = outbox
        self._interval = interval
        self._reported: set[int] = set()

    async def watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                logger.exception("could not look at the stock")
            await asyncio.sleep(self._interval)

    async def look(self) -> None:
        low = {product.id: product for product in await asyncio.to_thread(self._repository.low_stock, LOW)}
        for product_id in low.keys() - self._reported:
            product = low[product_id]
            await asyncio.to_thread(
                self._outbox.post, "owner@shop.example", f"{product.name} runs out", f"{product.stock} left"
            )
        self._reported = set(low)
