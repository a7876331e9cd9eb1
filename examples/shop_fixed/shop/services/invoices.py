"""Invoices: a text file for each order, packed by an outside program at the end of the day."""

import asyncio
from pathlib import Path

from shop.models import Order, Product


class Invoices:
    """The folder of invoices."""

    def __init__(self, folder: Path, compressor: list[str]) -> None:
        self._folder = folder
        self._compressor = compressor

    def path(self, order_id: int) -> Path:
        return self._folder / f"invoice-{order_id}.txt"

    def write(self, order: Order, product: Product, receipt: str) -> None:
        lines = [f"Order {order.id}", f"{order.quantity} x {product.name}", f"{order.cents} cents", f"Paid: {receipt}"]
        self.path(order.id).write_text("\n".join(lines), encoding="utf-8")

    def unpacked(self) -> list[Path]:
        texts = sorted(self._folder.glob("invoice-*.txt"))
        return [path for path in texts if not path.with_name(f"{path.name}.gz").exists()]

    async def pack(self) -> int:
        """Compress the invoices that were not compressed before."""
        paths = await asyncio.to_thread(self.unpacked)
        for path in paths:
            process = await asyncio.create_subprocess_exec(*self._compressor, str(path))
            if await process.wait() != 0:
                raise RuntimeError(f"could not compress {path}")
        return len(paths)
