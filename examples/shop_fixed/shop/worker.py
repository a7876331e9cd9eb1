"""Work that goes on beside the requests."""

import asyncio
import logging
from pathlib import Path

from shop.repository import Repository
from shop.services.notifications import Outbox

LOW = 2
ATTEMPTS = 3
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


class Archive:
    """What happens in the shop, line by line, written a batch at a time."""

    def __init__(self, path: Path, interval: float) -> None:
        self._path = path
        self._interval = interval
        self._lines: list[str] = []

    def note(self, line: str) -> None:
        self._lines.append(line)

    async def keep(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._interval)
                await self.save()
        finally:
            await self.save()

    async def save(self) -> None:
        lines, self._lines = self._lines, []
        try:
            await asyncio.to_thread(self._append, lines)
        except OSError:
            logger.exception("%d lines are not in the archive", len(lines))

    def _append(self, lines: list[str]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


class Pulse:
    """Shows whoever watches from outside that the service is alive."""

    def __init__(self, path: Path, interval: float) -> None:
        self._path = path
        self._interval = interval

    async def beat(self) -> None:
        while True:
            await self.show()
            await asyncio.sleep(self._interval)

    async def show(self) -> None:
        """The disk is busy now and then, so try again."""
        for attempt in range(ATTEMPTS):
            try:
                await asyncio.to_thread(self._path.touch)
                return
            except Exception:
                logger.exception("no pulse at attempt %d", attempt)
