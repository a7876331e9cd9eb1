"""The database: SQLite, with a connection for each operation."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shop.models import NewOrder, Order, Product

SCHEMA = """
create table if not exists products (
    id integer primary key, name text not null, cents integer not null, stock integer not null,
    views integer not null default 0
);
create table if not exists orders (
    id integer primary key, product_id integer not null references products, quantity integer not null,
    email text not null, cents integer not null, status text not null default 'placed'
);
create table if not exists subscribers (product_id integer not null references products, email text not null);
insert or ignore into products (id, name, cents, stock) values
    (1, 'Espresso', 1250, 20), (2, 'Filter roast', 1100, 8), (3, 'Moka pot', 2900, 1);
"""


class Repository:
    """All reads and writes. Everything here waits for the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create_tables(self) -> None:
        with self._connection() as connection:
            connection.executescript(SCHEMA)

    def products(self) -> list[Product]:
        with self._connection() as connection:
            rows = connection.execute("select * from products order by id").fetchall()
        return [Product(**row) for row in rows]

    def product(self, product_id: int) -> Product | None:
        with self._connection() as connection:
            row = connection.execute("select * from products where id = ?", (product_id,)).fetchone()
        return None if row is None else Product(**row)

    def low_stock(self, limit: int) -> list[Product]:
        with self._connection() as connection:
            rows = connection.execute("select * from products where stock <= ?", (limit,)).fetchall()
        return [Product(**row) for row in rows]

    def change_stock(self, product_id: int, change: int) -> bool:
        """Add to the stock or take from it; False where there is not enough."""
        with self._connection() as connection:
            changed = connection.execute(
                "update products set stock = stock + ? where id = ? and stock + ? >= 0", (change, product_id, change)
            )
        return changed.rowcount == 1

    def count_view(self, product_id: int) -> None:
        with self._connection() as connection:
            connection.execute("update products set views = views + 1 where id = ?", (product_id,))

    def subscribe(self, product_id: int, email: str) -> None:
        with self._connection() as connection:
            connection.execute("insert into subscribers values (?, ?)", (product_id, email))

    def subscribers(self, product_id: int) -> list[str]:
        with self._connection() as connection:
            rows = connection.execute("select email from subscribers where product_id = ?", (product_id,)).fetchall()
        return [row["email"] for row in rows]

    def add_order(self, order: NewOrder, cents: int) -> Order:
        with self._connection() as connection:
            row = connection.execute(
                "insert into orders (product_id, quantity, email, cents) values (?, ?, ?, ?) returning *",
                (order.product_id, order.quantity, order.email, cents),
            ).fetchone()
        return Order(**row)

    def order(self, order_id: int) -> Order | None:
        with self._connection() as connection:
            row = connection.execute("select * from orders where id = ?", (order_id,)).fetchone()
        return None if row is None else Order(**row)

    def save(self, order: Order) -> None:
        with self._connection() as connection:
            connection.execute(
                "update orders set cents = ?, status = ? where id = ?", (order.cents, order.status, order.id)
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction."""
        connection = sqlite3.connect(self._path)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()
