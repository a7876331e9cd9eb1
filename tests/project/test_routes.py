"""Routes with the paths under which a client reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.project.routes import RouteReader

if TYPE_CHECKING:
    from tests.project.conftest import LinkProgram

    from asynclint.project.project import Project


def paths(project: Project, *, with_tests: bool = False) -> list[tuple[str, str, str]]:
    routes = RouteReader(project, with_tests=with_tests).routes()
    return [(",".join(route.methods) or "WS", route.path.text, route.written) for route in routes]


def test_prefixes_add_up_over_modules(link: LinkProgram) -> None:
    project = link(
        {
            "app/__init__.py": "",
            "app/main.py": """\
                from fastapi import FastAPI
                from app.api import router as api
                from app import health

                app = FastAPI()
                app.include_router(api, prefix="/api")
                app.include_router(health.router)

                @app.get("/")
                def root(): ...
            """,
            "app/health.py": """\
                from fastapi import APIRouter
                router = APIRouter()

                @router.head(path="/health")
                async def health(): ...
            """,
            "app/api/__init__.py": """\
                from fastapi import APIRouter
                from . import items, users
                router = APIRouter(prefix="/v1")
                router.include_router(items.router, prefix="/items")
                router.include_router(users.router)
            """,
            "app/api/items.py": """\
                from fastapi import APIRouter
                router = APIRouter()

                @router.get("/{item_id}")
                async def read(item_id: int): ...

                @router.websocket("/feed")
                async def feed(websocket): ...

                @router.api_route("/many", methods=["PUT", "post"])
                def many(): ...
            """,
            "app/api/users.py": """\
                from fastapi import APIRouter
                PREFIX: str = "/users"
                router = APIRouter(prefix=PREFIX + "/all")

                @router.delete("")
                @router.delete("/")
                def clear(): ...
            """,
        }
    )
    assert paths(project) == [
        ("GET", "/api/v1/items/{item_id}", "read"),
        ("WS", "/api/v1/items/feed", "feed"),
        ("PUT,POST", "/api/v1/items/many", "many"),
        ("DELETE", "/api/v1/users/all", "clear"),
        ("DELETE", "/api/v1/users/all/", "clear"),
        ("HEAD", "/health", "health"),
        ("GET", "/", "root"),
    ]


def test_what_is_not_constant_is_shown_as_written(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """\
                import os
                from fastapi import APIRouter, FastAPI

                PREFIX = os.environ["PREFIX"]
                VERSION = "v2"
                app = FastAPI()
                known = APIRouter(prefix=f"/{VERSION}/known")
                unknown = APIRouter()
                orphan = APIRouter(prefix="/orphan")
                app.include_router(known)
                app.include_router(unknown, prefix=PREFIX)

                @known.get("/a")
                def a(): ...

                @unknown.get("/b")
                def b(): ...

                @orphan.get("/c")
                def c(): ...

                @app.get(os.environ["PATH_OF_D"])
                def d(): ...

                @app.api_route("/e", methods=METHODS)
                def e(): ...
            """,
        }
    )
    assert paths(project) == [
        ("GET", "/v2/known/a", "a"),
        ("GET", "<PREFIX>/b", "b"),
        ("GET", "…/orphan/c", "c"),
        ("GET", "…", "d"),
        ("?", "/e", "e"),
    ]


def test_the_default_of_a_setting_is_its_value(link: LinkProgram) -> None:
    project = link(
        {
            "settings.py": """\
                from pydantic_settings import BaseSettings

                class Settings(BaseSettings):
                    prefix: str = "/api"

                settings = Settings()
            """,
            "main.py": """\
                from fastapi import APIRouter, FastAPI
                from settings import settings

                router = APIRouter()

                @router.get("/a")
                def a(): ...

                def create_app() -> FastAPI:
                    app = FastAPI()
                    app.include_router(router, prefix=f"{settings.prefix}/x")
                    return app
            """,
        }
    )
    assert paths(project) == [("GET", "/api/x/a", "a")]


def test_routers_are_followed_through_functions_loops_and_mounts(link: LinkProgram) -> None:
    project = link(
        {
            "routers.py": """\
                from fastapi import APIRouter
                first = APIRouter(prefix="/first")
                second = APIRouter(prefix="/second")
                third = APIRouter()

                @first.get("")
                def one(): ...

                @second.get("")
                def two(): ...

                @third.get("/three")
                def three(): ...

                def make_router() -> APIRouter:
                    made = APIRouter(prefix="/made")

                    @made.get("")
                    def four(): ...

                    return made
            """,
            "main.py": """\
                from fastapi import FastAPI
                import routers

                def register(application: FastAPI, router, where: str) -> None:
                    application.include_router(router, prefix=where)

                def create() -> FastAPI:
                    app = FastAPI()
                    for router in (routers.first, routers.second):
                        app.include_router(router, prefix="/loop")
                    register(app, routers.third, "/given")
                    app.include_router(routers.make_router())
                    inner = FastAPI()
                    app.mount("/inner/", inner)

                    @inner.get("/five")
                    def five(): ...

                    return app
            """,
        }
    )
    assert sorted(path for _, path, _ in paths(project)) == [
        "/given/three",
        "/inner/five",
        "/loop/first",
        "/loop/second",
        "/made",
    ]


def test_handlers_that_are_registered_by_a_call(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """\
                from fastapi import APIRouter, FastAPI
                from starlette.applications import Starlette
                from starlette.routing import Mount, Route

                class Server:
                    def __init__(self) -> None:
                        self.router = APIRouter(prefix="/server")
                        self.router.add_api_route("/status", self.status, methods=["GET"])

                    async def status(self): ...

                def page(request): ...

                app = FastAPI()
                server = Server()
                app.include_router(server.router)
                app.add_api_websocket_route("/socket", lambda websocket: None)
                site = Starlette(routes=[Mount("/site", routes=[Route("/page", page)])])
            """,
        }
    )
    assert paths(project) == [
        ("GET", "/server/status", "Server.status"),
        ("GET", "/site/page", "page"),
        ("WS", "/socket", "<lambda>"),
    ]


def test_a_router_that_is_included_twice_has_two_paths(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """\
                from fastapi import APIRouter, FastAPI
                router = APIRouter()

                @router.post("/x")
                def x(): ...

                app = FastAPI()
                app.include_router(router, prefix="/old")
                app.include_router(router, prefix="/new")
                router.include_router(router)
            """,
        }
    )
    assert [path for _, path, _ in paths(project)] == ["/old/x", "/new/x"]


def test_routers_that_include_each_other_end_in_unknown(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """\
                from fastapi import APIRouter
                one = APIRouter(prefix="/one")
                two = APIRouter(prefix="/two")
                one.include_router(two)
                two.include_router(one)

                @one.get("")
                def x(): ...
            """,
        }
    )
    assert [path for _, path, _ in paths(project)] == ["…/two/one"]


def test_routes_of_tests_are_asked_for_apart(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/a')\ndef a(): ...\n",
            "tests/test_main.py": "from main import app\n\n@app.get('/b')\ndef b(): ...\n",
        }
    )
    assert [path for _, path, _ in paths(project)] == ["/a"]
    assert [path for _, path, _ in paths(project, with_tests=True)] == ["/a", "/b"]
