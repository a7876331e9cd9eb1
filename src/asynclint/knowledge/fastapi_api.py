"""The FastAPI and Starlette names by which roles are known, canonical.

Sources: fastapi/applications.py, fastapi/routing.py, starlette/applications.py, starlette/routing.py; the decorators
that Starlette 1.0 removed are kept, since projects pin older ones.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from asynclint.knowledge.callables import CallableParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

FASTAPI_APPS: Final = frozenset({"fastapi.FastAPI", "starlette.applications.Starlette"})
"""Application classes: the state of their instances lives as long as the process."""

ROUTERS: Final = frozenset({"fastapi.APIRouter", "starlette.routing.Router"})
"""Router classes."""

HTTP_ROUTE_DECORATORS: Final = frozenset(
    {
        "api_route",
        "delete",
        "get",
        "head",
        "options",
        "patch",
        "post",
        "put",
        "route",
        "trace",
    }
)
"""Methods of applications and routers that decorate the handler of HTTP requests."""

WEBSOCKET_ROUTE_DECORATORS: Final = frozenset({"websocket", "websocket_route"})
"""Methods of applications and routers that decorate the handler of WebSocket connections."""

ROUTE_DECORATORS: Final = HTTP_ROUTE_DECORATORS | WEBSOCKET_ROUTE_DECORATORS
"""All route decorators."""

ROUTE_REGISTRARS: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "add_api_route": CallableParameter(1, "endpoint"),
        "add_api_websocket_route": CallableParameter(1, "endpoint"),
        "add_route": CallableParameter(1, "endpoint"),
        "add_websocket_route": CallableParameter(1, "endpoint"),
    }
)
"""Methods of applications and routers that are given a handler."""

ROUTE_CLASSES: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "fastapi.routing.APIRoute": CallableParameter(1, "endpoint"),
        "fastapi.routing.APIWebSocketRoute": CallableParameter(1, "endpoint"),
        "starlette.routing.Route": CallableParameter(1, "endpoint"),
        "starlette.routing.WebSocketRoute": CallableParameter(1, "endpoint"),
    }
)
"""Classes of which an instance binds a path to a handler."""

EVENT_DECORATOR: Final = "on_event"
"""Method of applications and routers: `@app.on_event("startup")`, `@app.on_event("shutdown")`."""

EVENT_REGISTRAR: Final = "add_event_handler"
"""Method of applications and routers: `app.add_event_handler("startup", f)`."""

EVENT_PARAMETERS: Final = frozenset({"on_shutdown", "on_startup"})
"""Parameters of applications and routers that take a list of event handlers."""

LIFESPAN_PARAMETER: Final = "lifespan"
"""Parameter of applications and routers. Where it is given, event handlers are ignored."""

MIDDLEWARE_DECORATOR: Final = "middleware"
"""Method of applications: `@app.middleware("http")`; the function runs on the event loop."""

EXCEPTION_HANDLER_DECORATOR: Final = "exception_handler"
"""Method of applications: a plain `def` handler runs in the thread pool."""

MIDDLEWARE_CLASSES: Final = frozenset({"starlette.middleware.base.BaseHTTPMiddleware"})
"""Base classes of middleware written with `dispatch`."""

DEPENDS: Final = frozenset({"fastapi.Depends", "fastapi.Security"})
"""Markers of a dependency; the first argument (`dependency`) is called for each request."""

DEPENDENCY_PARAMETER: Final = CallableParameter(0, "dependency")
"""The parameter of `DEPENDS` that takes the dependency."""

PARAMETER_MARKERS: Final = frozenset(
    {
        "fastapi.Body",
        "fastapi.Cookie",
        "fastapi.File",
        "fastapi.Form",
        "fastapi.Header",
        "fastapi.Path",
        "fastapi.Query",
    }
)
"""Markers that say where in the request the value of a parameter is."""

BACKGROUND_TASKS: Final = frozenset({"fastapi.BackgroundTasks"})
"""Collections of background tasks; `starlette.background.BackgroundTasks` is an alias of the name."""

BACKGROUND_TASK: Final = "starlette.background.BackgroundTask"
"""A single background task: `BackgroundTask(func, *args, **kwargs)`."""

ADD_TASK: Final = "add_task"
"""Method of `BACKGROUND_TASKS`: `tasks.add_task(func, *args, **kwargs)`."""

BACKGROUND_PARAMETER: Final = "background"
"""Parameter and attribute of responses that takes background tasks."""

RESPONSES: Final = frozenset(
    {
        "fastapi.Response",
        "fastapi.responses.ORJSONResponse",
        "fastapi.responses.UJSONResponse",
        "sse_starlette.sse.EventSourceResponse",
        "starlette.responses.FileResponse",
        "starlette.responses.HTMLResponse",
        "starlette.responses.JSONResponse",
        "starlette.responses.PlainTextResponse",
        "starlette.responses.RedirectResponse",
        "starlette.responses.StreamingResponse",
    }
)
"""Response classes."""

STREAMING_RESPONSES: Final[Mapping[str, CallableParameter]] = MappingProxyType(
    {
        "sse_starlette.sse.EventSourceResponse": CallableParameter(0, "content"),
        "starlette.responses.StreamingResponse": CallableParameter(0, "content"),
    }
)
"""Responses that iterate over their content after the handler returned: a sync iterator in the thread pool, an async
one on the event loop (starlette/responses.py; sse-starlette does the same)."""

HTTP_EXCEPTIONS: Final = frozenset({"fastapi.HTTPException", "starlette.exceptions.HTTPException"})
"""Exceptions that become a response, as long as there is one to be sent."""

CONNECTIONS: Final = frozenset({"fastapi.Request", "fastapi.WebSocket"})
"""Parameters of these types are the connection itself."""

WEBSOCKET_ENDPOINTS: Final = frozenset({"starlette.endpoints.WebSocketEndpoint"})
"""Classes whose methods serve one connection each object (starlette/endpoints.py)."""

WEBSOCKET_DISCONNECT: Final = "fastapi.WebSocketDisconnect"
"""What `receive` methods of a WebSocket raise once the client has gone."""

WEBSOCKET_EXCEPTION: Final = "fastapi.WebSocketException"
"""Closes a WebSocket, as long as it is open."""

UPLOAD_FILE: Final = "fastapi.UploadFile"
"""An uploaded file. It is closed with the request's resources."""

REPEATERS: Final = frozenset(
    {
        "fastapi_restful.tasks.repeat_every",
        "fastapi_utilities.repeat.repeat_at",
        "fastapi_utilities.repeat.repeat_every",
        "fastapi_utilities.repeat_at",
        "fastapi_utilities.repeat_every",
        "fastapi_utils.tasks.repeat_every",
    }
)
"""They make of a function one that starts a task, which runs the first again and again (fastapi_utils/tasks.py)."""

JOB_DECORATORS: Final = REPEATERS | {"apscheduler.schedulers.asyncio.AsyncIOScheduler.scheduled_job"}
"""They have a function run again and again beside the requests: an async one on the event loop, a sync one in a thread
(apscheduler/executors/asyncio.py). What it raises, they catch."""

JOB_DECORATOR_NAMES: Final = frozenset(name.rpartition(".")[2] for name in JOB_DECORATORS)
"""Their last words."""

JOB_REGISTRARS: Final = frozenset({"apscheduler.schedulers.asyncio.AsyncIOScheduler.add_job"})
"""Methods that are given such a function."""

JOB_REGISTRAR_NAMES: Final = frozenset(name.rpartition(".")[2] for name in JOB_REGISTRARS)
"""Their last words."""
