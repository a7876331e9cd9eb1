"""What the calls of a library raise when they fail: its own base class of errors, as its documentation has it.

Each of the classes may come. A handler for the base class takes whatever a call of the library is expected to raise, so
that `except HTTPError` around a call of httpx covers it, while the same handler around a database query does not.
Libraries that also let errors of the operating system through have them listed.

Sources: https://www.python-httpx.org/exceptions/, https://requests.readthedocs.io/en/latest/api/#exceptions,
https://docs.aiohttp.org/en/stable/client_reference.html#client-exceptions,
https://docs.sqlalchemy.org/en/20/core/exceptions.html, https://redis.readthedocs.io/en/stable/exceptions.html,
https://docs.python.org/3/library/sqlite3.html#exceptions, https://docs.python.org/3/library/smtplib.html,
https://pymongo.readthedocs.io/en/stable/api/pymongo/errors.html, https://www.psycopg.org/psycopg3/docs/api/errors.html,
https://docs.python-telegram-bot.org/en/stable/telegram.error.html
"""

from __future__ import annotations

from typing import Final

from asynclint.knowledge import blocking

_FILE_RULE: Final = "ASL204"

_BY_PACKAGE: Final = {
    "aiohttp": ("aiohttp.ClientError", "TimeoutError"),
    "httpx": ("httpx.RequestError",),
    "motor": ("pymongo.errors.PyMongoError",),
    "psycopg": ("psycopg.Error",),
    "psycopg2": ("psycopg2.Error",),
    "pymongo": ("pymongo.errors.PyMongoError",),
    "redis": ("redis.exceptions.RedisError",),
    "requests": ("requests.RequestException",),
    "smtplib": ("OSError",),
    "sqlalchemy": ("sqlalchemy.exc.SQLAlchemyError",),
    "sqlite3": ("sqlite3.Error",),
    "sqlmodel": ("sqlalchemy.exc.SQLAlchemyError",),
    "telegram": ("telegram.error.TelegramError",),
}
"""By top-level package. `SMTPException` is an OSError, and a connection that fails raises OSError itself."""

_BY_NAME: Final = {"httpx.Response.raise_for_status": ("httpx.HTTPStatusError",)}
"""Calls that fail in another way than the rest of their library."""

_JSON: Final = ("json.JSONDecodeError",)


def failures(name: str) -> tuple[str, ...] | None:
    """The classes of which some are raised when the call of `name` fails, canonical; None where they are not known."""
    known = blocking.lookup(name)
    if known is not None and known.rule == _FILE_RULE:
        return ("OSError",)
    if name in _BY_NAME:
        return _BY_NAME[name]
    package, _, rest = name.partition(".")
    found = _BY_PACKAGE.get(package)
    if found is None:
        return None
    return (*found, *_JSON) if rest.endswith(".json") else found
