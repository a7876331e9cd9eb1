"""The callable with which a project moves work to a thread: which one it uses already, and how a module names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asynclint.semantics import rewrite

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection

    from asynclint.semantics.module_context import ModuleContext


@dataclass(frozen=True, slots=True)
class Offloader:
    """A callable that runs the function it is given, with the arguments that follow, in a thread, and is awaited.

    `name` is canonical, `text` what messages call it. `sources` are the modules it may be reached by, each with the
    name it has there, the usual one first. With `is_bare` it is usually imported itself, else its module.
    """

    name: str
    text: str
    sources: tuple[tuple[str, str], ...]
    is_bare: bool = False
    takes_keywords: bool = True


TO_THREAD: Final = Offloader("asyncio.to_thread", "asyncio.to_thread", (("asyncio", "to_thread"),))

KNOWN: Final = (
    Offloader(
        "starlette.concurrency.run_in_threadpool",
        "run_in_threadpool",
        (("fastapi.concurrency", "run_in_threadpool"), ("starlette.concurrency", "run_in_threadpool")),
        is_bare=True,
    ),
    # Its keywords are its own: `abandon_on_cancel`, `limiter` (AnyIO, "Working with threads").
    Offloader(
        "anyio.to_thread.run_sync",
        "anyio.to_thread.run_sync",
        (("anyio", "to_thread.run_sync"), ("anyio.to_thread", "run_sync")),
        takes_keywords=False,
    ),
    TO_THREAD,
)
"""Those that a project may use instead of each other; where it uses several equally often, the first is taken."""

_IN_EXECUTOR: Final = Offloader("run_in_executor", "asyncio.get_running_loop().run_in_executor", ())
"""There since the first asyncio. Its first argument is the executor, so no call becomes one by itself."""

_TO_THREAD_SINCE = (3, 9)


_BOUND_TO_A_THREAD = ("sqlite3.", "django.", "peewee.", "playwright.", "torch.", "tensorflow.", "gevent.", "eventlet.")
"""Libraries whose objects, or whose state, belong to the thread that made them."""


def needs_its_thread(name: str) -> bool:
    """Whether what a canonical callable works on may be out of reach of other threads."""
    return name.startswith(_BOUND_TO_A_THREAD)


def usual(module: ModuleContext) -> Offloader:
    """What this module uses most; else what the project does, tests aside; else what comes with its Python."""
    use = module.project.offloader_use
    return _most_used(use.in_module(module.module)) or _most_used(use.in_project()) or at_hand(module)


def at_hand(module: ModuleContext) -> Offloader:
    """What there is to use without a new dependency."""
    if module.project.python_version_of(module.module) >= _TO_THREAD_SINCE:
        return TO_THREAD
    has_starlette = any(library in module.module.data for library in (b"fastapi", b"starlette"))
    return KNOWN[0] if has_starlette else _IN_EXECUTOR


def advice(module: ModuleContext) -> str:
    """How a call in a thread reads here: as the configuration says, else with what the project uses."""
    return module.project.layout.declared.offloading or f"await {usual(module).text}(…)"


def imported(module: ModuleContext, offloader: Offloader, local_names: Collection[str]) -> rewrite.ImportedName | None:
    """How the module calls it, with the edits that import it where nothing does yet."""
    data, head = module.module.data, module.head
    for source, name in offloader.sources:
        found = rewrite.imported_name(head, source, name, local_names)
        if found is not None:
            return rewrite.ImportedName(found, ())
    if not offloader.sources:
        return None
    source, name = offloader.sources[0]
    if offloader.is_bare:
        return rewrite.import_member(data, head, source, name)
    return rewrite.import_name(data, head, source, name, local_names)


def _most_used(uses: Counter[str]) -> Offloader | None:
    used = [offloader for offloader in KNOWN if uses[offloader.name]]
    return max(used, key=lambda offloader: uses[offloader.name], default=None)
