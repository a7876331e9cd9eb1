"""What calls of a library raise when they fail, as its documentation has it.

Of a library whose errors have a base class that takes all that is expected, each listed class may come: a handler for
the base covers it, so that `except HTTPError` around a call of httpx does, while the same handler around a database
query does not. Libraries that also let errors of the operating system through have them listed.

Of other libraries no list is complete. There a handler for one of the documented classes is taken to be what its
author found necessary: `ErrorsOf`.

Sources: https://www.python-httpx.org/exceptions/, https://requests.readthedocs.io/en/latest/api/#exceptions,
https://docs.aiohttp.org/en/stable/client_reference.html#client-exceptions,
https://docs.sqlalchemy.org/en/20/core/exceptions.html, https://redis.readthedocs.io/en/stable/exceptions.html,
https://docs.python.org/3/library/sqlite3.html#exceptions, https://docs.python.org/3/library/smtplib.html,
https://pymongo.readthedocs.io/en/stable/api/pymongo/errors.html, https://www.psycopg.org/psycopg3/docs/api/errors.html,
https://docs.python-telegram-bot.org/en/stable/telegram.error.html
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final, TypeAlias

from asynclint.knowledge import blocking
from asynclint.knowledge.names import canonical

_FILE_RULE: Final = "ASL204"


@dataclass(frozen=True, slots=True)
class ErrorsOf:
    """Some error of a call, where no list of them is complete.

    A handler for any class of `packages`, for one of `classes` or for a base class of one covers the call. Without
    packages and classes nothing is known of the call: whatever class of an installed library a handler names may be
    meant.
    """

    packages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def is_named_by(self, handled: str) -> bool:
        """Whether a class that a handler names is one of a library of the call."""
        package, _, rest = handled.partition(".")
        if self.packages or self.classes:
            return bool(rest) and package in self.packages
        return bool(rest) and package not in sys.stdlib_module_names


Failures: TypeAlias = "tuple[str | ErrorsOf, ...]"

OF_ANYTHING: Final = ErrorsOf()
"""Of a call of which not even the library is known."""

_WITHOUT_OWN: Final = "asyncio"
"""Its functions raise what they are given to run, and `CancelledError`, which is none of their failures."""

_OS: Final = ("OSError",)
_VALUE: Final = ("ValueError",)
_JSON: Final = ("json.JSONDecodeError",)

_AWS: Final = (
    ErrorsOf(
        classes=("botocore.exceptions.ClientError", "botocore.exceptions.BotoCoreError", "boto3.exceptions.Boto3Error")
    ),
)
"""https://docs.aws.amazon.com/boto3/latest/guide/error-handling.html: errors of the service and those of the client."""

_MYSQL: Final = ("pymysql.err.Error",)

_BY_PACKAGE: Final[dict[str, Failures]] = {
    "MySQLdb": (ErrorsOf(("MySQLdb",)),),
    "aioboto3": _AWS,
    "aiobotocore": _AWS,
    "aiofiles": _OS,  # https://github.com/Tinche/aiofiles: the functions of files, in threads
    "aiohttp": ("aiohttp.ClientError", "TimeoutError"),
    # https://aiokafka.readthedocs.io/en/stable/api.html#errors
    "aiokafka": ("aiokafka.errors.KafkaError",),
    "aiomysql": _MYSQL,  # https://aiomysql.readthedocs.io/en/stable/connection.html: it raises the errors of PyMySQL
    # https://docs.aio-pika.com/apidoc.html; its errors are those of aiormq, and a broken connection is ConnectionError
    "aio_pika": (ErrorsOf(("aio_pika", "aiormq"), ("ConnectionError",)),),
    # https://aiosmtplib.readthedocs.io/en/stable/reference.html#exceptions: also timeouts and broken connections
    "aiosmtplib": ("aiosmtplib.SMTPException",),
    "anthropic": ("anthropic.APIError",),  # https://github.com/anthropics/anthropic-sdk-python#handling-errors
    # https://magicstack.github.io/asyncpg/current/api/index.html#exceptions: InterfaceError is for wrong use
    "asyncpg": (ErrorsOf(classes=("asyncpg.PostgresError",)),),
    "boto3": _AWS,
    "botocore": _AWS,
    # https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/index.html#kafkaexception
    "confluent_kafka": (ErrorsOf(("confluent_kafka",), ("BufferError",)),),
    # https://docker-py.readthedocs.io/en/stable/api.html#module-docker.errors; without a daemon requests raises
    "docker": (ErrorsOf(classes=("docker.errors.DockerException", "docker.errors.APIError")),),
    # https://www.elastic.co/docs/reference/elasticsearch/clients/python/exceptions; before 8 there was one base class
    "elasticsearch": (
        ErrorsOf(
            classes=(
                "elasticsearch.ApiError",
                "elasticsearch.TransportError",
                "elasticsearch.ElasticsearchException",
                "elasticsearch.exceptions.ElasticsearchException",
            )
        ),
    ),
    "httpx": ("httpx.RequestError",),
    # https://pyjwt.readthedocs.io/en/stable/api.html#exceptions
    "jwt": ("jwt.PyJWTError",),
    "motor": ("pymongo.errors.PyMongoError",),
    "openai": ("openai.APIError",),  # https://github.com/openai/openai-python#handling-errors
    # https://docs.paramiko.org/en/stable/api/client.html: connecting may also raise socket.error
    "paramiko": (ErrorsOf(classes=("paramiko.SSHException", "OSError")),),
    "psycopg": ("psycopg.Error",),
    "psycopg2": ("psycopg2.Error",),
    "pydantic": (ErrorsOf(("pydantic", "pydantic_core"), _VALUE),),  # https://docs.pydantic.dev/latest/errors/errors/
    "pymongo": ("pymongo.errors.PyMongoError",),
    "pymysql": _MYSQL,  # https://pymysql.readthedocs.io/en/latest/user/examples.html, PEP 249
    "redis": ("redis.exceptions.RedisError",),
    "requests": ("requests.RequestException",),
    "smtplib": _OS,
    "socket": _OS,  # https://docs.python.org/3/library/socket.html#exceptions
    "sqlalchemy": ("sqlalchemy.exc.SQLAlchemyError",),
    "sqlite3": ("sqlite3.Error",),
    "sqlmodel": ("sqlalchemy.exc.SQLAlchemyError",),
    "stripe": ("stripe.StripeError",),  # https://docs.stripe.com/api/errors/handling?lang=python
    # https://docs.python.org/3/library/subprocess.html#exceptions: SubprocessError, and OSError without the program
    "subprocess": (ErrorsOf(("subprocess",), _OS),),
    "telegram": ("telegram.error.TelegramError",),
}
"""By top-level package. `SMTPException` is an OSError, and a connection that fails raises OSError itself."""

_STREAM: Final = (ErrorsOf(classes=("ConnectionError", "asyncio.IncompleteReadError")),)
"""https://docs.python.org/3/library/asyncio-stream.html: the peer went away, or before all was read."""

_WEBSOCKET: Final = (ErrorsOf(classes=("fastapi.WebSocketDisconnect", "RuntimeError")),)
"""https://www.starlette.io/websockets/: the peer went away, or the connection is closed already."""

_BY_OWNER: Final[dict[str, Failures]] = {
    "asyncio.StreamReader": _STREAM,
    "asyncio.StreamWriter": _STREAM,
    "asyncio.subprocess.Process": _OS,
    "fastapi.WebSocket": _WEBSOCKET,
    "http.client": (ErrorsOf(("http",), _OS),),  # https://docs.python.org/3/library/http.client.html
    "urllib.request": (ErrorsOf(classes=("urllib.error.URLError",)),),  # …/urllib.error.html: it is an OSError
}
"""By module or class, for those whose calls fail in another way than the rest of the package, or for the only ones."""

_BY_NAME: Final[dict[str, Failures]] = {
    "asyncio.create_subprocess_exec": _OS,
    "asyncio.create_subprocess_shell": _OS,
    "asyncio.open_connection": _OS,
    "asyncio.open_unix_connection": _OS,
    "asyncpg.connect": (ErrorsOf(classes=("asyncpg.PostgresError", "OSError")),),
    "asyncpg.create_pool": (ErrorsOf(classes=("asyncpg.PostgresError", "OSError")),),
    "datetime.date.fromisoformat": _VALUE,
    "datetime.datetime.fromisoformat": _VALUE,
    "datetime.datetime.strptime": _VALUE,
    "decimal.Decimal": ("decimal.InvalidOperation",),
    "dict.pop": ("KeyError",),
    "float": _VALUE,
    "httpx.Response.raise_for_status": ("httpx.HTTPStatusError",),
    "int": _VALUE,
    "json.load": _JSON,
    "json.loads": _JSON,
    "jwt.decode": ("jwt.InvalidTokenError",),  # https://pyjwt.readthedocs.io/en/stable/api.html#jwt.decode
    "list.index": _VALUE,
    "list.pop": ("IndexError",),
    "list.remove": _VALUE,
    "next": ("StopIteration",),
    "set.remove": ("KeyError",),
    "uuid.UUID": _VALUE,
}
"""Calls that fail in another way than the rest of their library; of builtins, as the Library Reference has them."""


def failures(name: str) -> Failures | None:
    """What may be raised when the call of `name` fails; None where not even a library is known."""
    name = canonical(name)
    known = blocking.lookup(name)
    if known is not None and known.rule == _FILE_RULE:
        return _OS
    if name in _BY_NAME:
        return _BY_NAME[name]
    package, _, rest = name.partition(".")
    found = _of_owner(name) or _BY_PACKAGE.get(package)
    if found is not None:
        return (*found, *_JSON) if rest.endswith(".json") else found
    return (ErrorsOf((package,)),) if rest and package != _WITHOUT_OWN else None


def _of_owner(name: str) -> Failures | None:
    """What stands for the nearest module or class that the name is in."""
    owner = name.rpartition(".")[0]
    while owner:
        if owner in _BY_OWNER:
            return _BY_OWNER[owner]
        owner = owner.rpartition(".")[0]
    return None
