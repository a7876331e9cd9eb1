"""The errors of libraries: where a library is installed, its table is held against it."""

from __future__ import annotations

import importlib
import json
import smtplib
import sqlite3

import pytest

from asynclint.knowledge.failures import OF_ANYTHING, ErrorsOf, failures
from asynclint.knowledge.names import canonical, lineage

CALLS = {
    "httpx.AsyncClient.post": ["httpx.ConnectError", "httpx.ReadTimeout", "httpx.TooManyRedirects"],
    "httpx.Response.raise_for_status": ["httpx.HTTPStatusError"],
    "requests.get": ["requests.exceptions.ConnectionError", "requests.exceptions.HTTPError", "requests.Timeout"],
    "sqlalchemy.orm.Session.commit": ["sqlalchemy.exc.IntegrityError", "sqlalchemy.exc.OperationalError"],
    "redis.asyncio.Redis.get": ["redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError"],
    "pymongo.collection.Collection.find": ["pymongo.errors.ServerSelectionTimeoutError"],
    "psycopg.Connection.execute": ["psycopg.OperationalError"],
    "openai.AsyncOpenAI.chat.completions.create": ["openai.RateLimitError", "openai.APIConnectionError"],
    "pymysql.cursors.Cursor.execute": ["pymysql.OperationalError"],
    "stripe.Charge.create": ["stripe.CardError", "stripe.APIConnectionError"],
}


def load(name: str) -> type:
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert isinstance(found, type)
    return found


@pytest.mark.parametrize("call", CALLS)
def test_the_base_class_is_above_what_is_raised(call: str) -> None:
    pytest.importorskip(call.partition(".")[0])
    known = failures(call)
    assert known is not None
    bases = tuple(load(name) for name in known if isinstance(name, str))
    assert all(issubclass(load(name), bases) for name in CALLS[call])


def test_errors_of_the_standard_library() -> None:
    assert failures("smtplib.SMTP.sendmail") == ("OSError",)
    assert issubclass(smtplib.SMTPException, OSError)
    assert failures("sqlite3.Connection.execute") == ("sqlite3.Error",)
    assert issubclass(sqlite3.OperationalError, sqlite3.Error)
    assert failures("pathlib.Path.read_text") == ("OSError",)


def test_reading_json_fails_in_its_own_way() -> None:
    assert failures("httpx.Response.json") == ("httpx.RequestError", "json.JSONDecodeError")
    assert issubclass(json.JSONDecodeError, ValueError)
    assert "ValueError" in lineage("json.decoder.JSONDecodeError")


def test_names_of_one_error() -> None:
    assert canonical("requests.exceptions.RequestException") == "requests.RequestException"
    assert canonical("asyncio.TimeoutError") == canonical("socket.timeout") == "TimeoutError"
    assert canonical("IOError") == "OSError"


def test_reading_text_fails_in_its_own_way() -> None:
    assert failures("json.loads") == ("json.JSONDecodeError",)
    assert failures("int") == failures("datetime.datetime.fromisoformat") == ("ValueError",)


@pytest.mark.parametrize(
    ("call", "package", "error"),
    [
        ("boto3.Session.client", "botocore", "botocore.exceptions.ClientError"),
        ("elasticsearch.Elasticsearch.search", "elasticsearch", "elasticsearch.ApiError"),
        ("subprocess.run", "subprocess", "OSError"),
        ("fastapi.WebSocket.send_json", "fastapi", "fastapi.WebSocketDisconnect"),
    ],
)
def test_where_no_list_is_complete_a_documented_class_is_named(call: str, package: str, error: str) -> None:
    known = failures(call)
    assert known is not None
    assert [error in item.classes for item in known if isinstance(item, ErrorsOf)] == [True]
    pytest.importorskip(package)
    if "." in error:
        assert issubclass(load(error), Exception)


def test_of_an_unknown_library_any_class_of_it_is_named() -> None:
    known = failures("unheard_of.call")
    assert known == (ErrorsOf(("unheard_of",)),)
    assert ErrorsOf(("unheard_of",)).is_named_by("unheard_of.errors.Failed")
    assert not ErrorsOf(("unheard_of",)).is_named_by("another.Failed")
    assert not ErrorsOf(("unheard_of",)).is_named_by("KeyError")


def test_of_an_unknown_call_a_class_of_any_library_is_named() -> None:
    assert OF_ANYTHING.is_named_by("unheard_of.Failed")
    assert not OF_ANYTHING.is_named_by("KeyError")
    assert not OF_ANYTHING.is_named_by("asyncio.CancelledError")


def test_what_is_not_known() -> None:
    assert failures("asyncio.wait_for") is None
    assert failures("unheard_of") is None
