"""What external callables return and external objects hold."""

from __future__ import annotations

import pytest

from asynclint.knowledge.blocking import attribute_type, bases, canonical, element_type, entered_type, lookup, returns


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("open", "io.TextIOWrapper"),
        ("io.open", "io.TextIOWrapper"),
        ("pathlib.PosixPath.open", "io.TextIOWrapper"),
        ("requests.session", "requests.Session"),
        ("requests.sessions.Session.get", "requests.Response"),
        ("boto3.client", "botocore.client.BaseClient"),
        ("boto3.session.Session.client", "botocore.client.BaseClient"),
        ("redis.from_url", "redis.Redis"),
        ("redis.Redis.pipeline", "redis.client.Pipeline"),
        ("redis.asyncio.from_url", "redis.asyncio.Redis"),
        ("sqlalchemy.orm.sessionmaker.__call__", "sqlalchemy.orm.Session"),
        ("sqlalchemy.ext.asyncio.async_sessionmaker.__call__", "sqlalchemy.ext.asyncio.AsyncSession"),
        ("sqlalchemy.create_engine", "sqlalchemy.engine.Engine"),
        ("sqlmodel.Session.query", "sqlalchemy.orm.Query"),
        ("sqlalchemy.orm.Query.filter", "sqlalchemy.orm.Query"),
        ("pymongo.MongoClient.__getitem__", "pymongo.database.Database"),
        ("pymongo.database.Database.__getitem__", "pymongo.collection.Collection"),
        ("pymongo.MongoClient.shop.orders.find", "pymongo.cursor.Cursor"),
        ("pathlib.Path.__truediv__", "pathlib.Path"),
        ("asyncio.events.get_running_loop", "asyncio.AbstractEventLoop"),
        ("asyncio.AbstractEventLoop.create_task", "asyncio.Task"),
        ("concurrent.futures.ThreadPoolExecutor.submit", "concurrent.futures.Future"),
        ("docker.DockerClient.containers.get", "docker.models.containers.Container"),
        ("googleapiclient.discovery.Resource.files", "googleapiclient.discovery.Resource"),
        ("logging.getLogger", "logging.Logger"),
        ("threading.Lock", None),
        ("unheard_of.function", None),
    ],
)
def test_returns(name: str, type_name: str | None) -> None:
    assert returns(name) == type_name


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("pathlib.Path.parent", "pathlib.Path"),
        ("pathlib.PosixPath.parent", "pathlib.Path"),
        ("docker.DockerClient.containers", "docker.models.containers.ContainerCollection"),
        ("openai.OpenAI.chat", "openai.OpenAI.chat"),
        ("openai.OpenAI.chat.completions", "openai.OpenAI.chat.completions"),
        ("openai.OpenAI.api_key", None),
        ("pymongo.MongoClient.shop", "pymongo.database.Database"),
        ("pymongo.MongoClient.start_session", None),
        ("pymongo.collection.Collection.find_one", None),
        ("sqlmodel.SQLModel.metadata", "sqlalchemy.MetaData"),
        ("fastapi.UploadFile.file", "tempfile.SpooledTemporaryFile"),
        ("requests.Response.text", None),
    ],
)
def test_attribute_type(name: str, type_name: str | None) -> None:
    assert attribute_type(name) == type_name


def test_calling_an_object_held_by_a_client_is_calling_its_method() -> None:
    held = attribute_type("openai.OpenAI.chat.completions.create")
    call = lookup(f"{held}.__call__")

    assert call is not None
    assert call.name == "openai.OpenAI.chat.completions.create"


def test_elements_and_context_managers() -> None:
    assert element_type("pathlib.Path.iterdir") == "pathlib.Path"
    assert element_type("os.scandir") == "os.DirEntry"
    assert element_type("os.listdir") is None
    assert entered_type("tempfile.TemporaryDirectory") == "str"
    assert entered_type("open") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("builtins.open", "open"),
        ("requests.sessions.Session", "requests.Session"),
        ("requests.api.get", "requests.get"),
        ("sqlalchemy.orm.session.Session.commit", "sqlalchemy.orm.Session.commit"),
        ("posixpath.join", "os.path.join"),
        ("fastapi.concurrency.run_in_threadpool", "starlette.concurrency.run_in_threadpool"),
        ("starlette.background.BackgroundTasks.add_task", "fastapi.BackgroundTasks.add_task"),
        ("asyncio.tasks.create_task", "asyncio.create_task"),
        ("asyncio.locks.Lock", "asyncio.Lock"),
        ("concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("elasticsearch8.Elasticsearch.search", "elasticsearch.Elasticsearch.search"),
        ("requests", "requests"),
        ("my_project.requests.api.get", "my_project.requests.api.get"),
    ],
)
def test_canonical(name: str, expected: str) -> None:
    assert canonical(name) == expected
    assert canonical(expected) == expected


def test_bases() -> None:
    assert bases("sqlmodel.orm.session.Session") == ("sqlalchemy.orm.Session",)
    assert bases("fastapi.applications.FastAPI") == ("starlette.applications.Starlette",)
    assert bases("unheard_of.Class") == ()
