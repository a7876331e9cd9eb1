"""The errors of libraries: where a library is installed, its table is held against it."""

from __future__ import annotations

import importlib
import json
import smtplib
import sqlite3

import pytest

from asynclint.knowledge.failures import failures
from asynclint.knowledge.names import canonical, lineage

CALLS = {
    "httpx.AsyncClient.post": ["httpx.ConnectError", "httpx.ReadTimeout", "httpx.TooManyRedirects"],
    "httpx.Response.raise_for_status": ["httpx.HTTPStatusError"],
    "requests.get": ["requests.exceptions.ConnectionError", "requests.exceptions.HTTPError", "requests.Timeout"],
    "sqlalchemy.orm.Session.commit": ["sqlalchemy.exc.IntegrityError", "sqlalchemy.exc.OperationalError"],
    "redis.asyncio.Redis.get": ["redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError"],
    "pymongo.collection.Collection.find": ["pymongo.errors.ServerSelectionTimeoutError"],
    "psycopg.Connection.execute": ["psycopg.OperationalError"],
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
    bases = tuple(map(load, known))
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


def test_what_is_not_known() -> None:
    assert failures("unheard_of.call") is None
    assert failures("json.loads") is None
