"""Calls that need no exception handling.

A background function whose unguarded statements are only such calls cannot fail in silence. They are calls that, with
arguments of the right type, raise nothing a program should expect: they log (`logging` catches what its handlers
raise), read a clock, look at a value, or put something into a container in memory. Whatever parses, converts, looks up
a key that may be missing, or leaves the process is not among them.
"""

from __future__ import annotations

from typing import Final

from asynclint.knowledge.names import canonical, lineage

LOG_METHODS: Final = frozenset(
    {"critical", "debug", "error", "exception", "info", "isEnabledFor", "log", "success", "trace", "warn", "warning"}
)
"""Methods of loggers."""

TRIVIAL_FUNCTIONS: Final = frozenset(
    {
        "abs",
        "all",
        "any",
        "anyio.current_time",
        "anyio.sleep",
        "asyncio.CancelledError",
        "asyncio.Event",
        "asyncio.Lock",
        "asyncio.Queue",
        "asyncio.Semaphore",
        "asyncio.current_task",
        "asyncio.get_event_loop",
        "asyncio.get_running_loop",
        "asyncio.iscoroutine",
        "asyncio.iscoroutinefunction",
        "asyncio.isfuture",
        "asyncio.sleep",
        "asyncio.timeout",
        "bool",
        "callable",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "contextlib.nullcontext",
        "contextlib.suppress",
        "copy.copy",
        "dataclasses.asdict",
        "dataclasses.fields",
        "dataclasses.is_dataclass",
        "dataclasses.replace",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "datetime.timedelta",
        "dict",
        "enumerate",
        "filter",
        "format",
        "frozenset",
        "functools.partial",
        "hasattr",
        "id",
        "inspect.isawaitable",
        "inspect.iscoroutine",
        "inspect.iscoroutinefunction",
        "inspect.isfunction",
        "inspect.isgenerator",
        "isinstance",
        "issubclass",
        "iter",
        "json.dumps",
        "len",
        "list",
        "logging.critical",
        "logging.debug",
        "logging.error",
        "logging.exception",
        "logging.getLogger",
        "logging.info",
        "logging.log",
        "logging.warn",
        "logging.warning",
        "map",
        "max",
        "min",
        "object",
        "os.getpid",
        "print",
        "random.random",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "structlog.get_logger",
        "sum",
        "super",
        "threading.current_thread",
        "threading.get_ident",
        "time.monotonic",
        "time.monotonic_ns",
        "time.perf_counter",
        "time.perf_counter_ns",
        "time.process_time",
        "time.sleep",
        "time.time",
        "time.time_ns",
        "traceback.format_exc",
        "traceback.print_exc",
        "tuple",
        "type",
        "uuid.uuid1",
        "uuid.uuid4",
        "zip",
    }
)
"""Functions and constructors."""

TRIVIAL_METHODS: Final = {
    "asyncio.AbstractEventLoop": frozenset({"time"}),
    "asyncio.Event": frozenset({"clear", "is_set", "set"}),
    "asyncio.Queue": frozenset({"empty", "full", "qsize"}),
    "asyncio.Task": frozenset({"add_done_callback", "cancel", "cancelled", "done", "get_name", "set_name"}),
    "collections.deque": frozenset({"append", "appendleft", "clear", "extend", "extendleft"}),
    "datetime.datetime": frozenset({"date", "isoformat", "now", "time", "timestamp", "today", "utcnow"}),
    "datetime.timedelta": frozenset({"total_seconds"}),
    "dict": frozenset({"clear", "copy", "get", "items", "keys", "setdefault", "update", "values"}),
    "list": frozenset({"append", "clear", "copy", "count", "extend", "insert", "reverse", "sort"}),
    "logging.Logger": LOG_METHODS,
    "loguru.logger": LOG_METHODS | {"bind", "catch", "contextualize", "opt"},
    "queue.Queue": frozenset({"empty", "full", "qsize", "task_done"}),
    "queue.SimpleQueue": frozenset({"empty", "put", "put_nowait", "qsize"}),
    "set": frozenset({"add", "clear", "copy", "difference", "discard", "intersection", "union", "update"}),
    "str": frozenset(
        {
            "capitalize",
            "casefold",
            "center",
            "count",
            "endswith",
            "expandtabs",
            "find",
            "isalnum",
            "isalpha",
            "isascii",
            "isdecimal",
            "isdigit",
            "isidentifier",
            "islower",
            "isnumeric",
            "isprintable",
            "isspace",
            "istitle",
            "isupper",
            "join",
            "ljust",
            "lower",
            "lstrip",
            "partition",
            "removeprefix",
            "removesuffix",
            "replace",
            "rfind",
            "rjust",
            "rpartition",
            "rsplit",
            "rstrip",
            "split",
            "splitlines",
            "startswith",
            "strip",
            "swapcase",
            "title",
            "upper",
            "zfill",
        }
    ),
    "structlog.stdlib.BoundLogger": LOG_METHODS | {"bind", "unbind"},
    "threading.Event": frozenset({"clear", "is_set", "set"}),
}
"""Methods by class."""


def is_trivial(name: str) -> bool:
    """Whether a call of `name` (a function, or `Class.method`) needs no exception handling."""
    name = canonical(name)
    if name in TRIVIAL_FUNCTIONS:
        return True
    owner, _, method = name.rpartition(".")
    return any(method in TRIVIAL_METHODS.get(class_name, ()) for class_name in lineage(owner))
