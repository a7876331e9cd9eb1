"""Which sites block, and the shortest way to the call that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from asynclint.project.model import module_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.project.project import Project

    LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]


def chains(project: Project, function: str) -> dict[str, list[str]]:
    """For each site of a function that blocks: the source of every step, by the source of the site."""
    (start,) = [item for module in project.modules for item in module.functions if item.full_name == function]
    found: dict[str, list[str]] = {}
    for site in project.call_sites.sites(start):
        for family, witness in project.blocking.at_site(start, site).items():
            steps = project.blocking.chain(start, witness, family)
            texts = [module_of(step.scope).text(step.site.span) for step in steps]
            found[f"{family.rule} {texts[0]}"] = texts[1:]
    return found


def test_the_shortest_way_is_shown(link: LinkProgram) -> None:
    project = link(
        {
            "long.py": "import time\ndef a(): b()\ndef b(): c()\ndef c(): time.sleep(1)",
            "main.py": """
            import time
            from long import a, c
            def both():
                a()
                c()
            async def route():
                both()
            """,
        },
    )
    assert chains(project, "main.route") == {"ASL201 both()": ["c()", "time.sleep(1)"]}


def test_cycles_end(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import time
            def ping(n):
                pong(n)
            def pong(n):
                ping(n)
                time.sleep(1)
            async def route():
                ping(1)
            """,
        },
    )
    assert chains(project, "main.route") == {"ASL201 ping(1)": ["pong(n)", "time.sleep(1)"]}


def test_what_only_refers_to_a_function_does_not_run_it(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import asyncio, functools, time
            def work(): time.sleep(1)
            def factory():
                def inner(): time.sleep(1)
                return inner
            async def route():
                await asyncio.to_thread(work)
                functools.partial(work)
                later = lambda: time.sleep(1)
                factory()
                def nested(): time.sleep(1)
                [work for _ in range(3)]
            """,
        },
    )
    assert chains(project, "main.route") == {}


def test_generators_are_charged_where_they_are_iterated(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import time
            def rows():
                time.sleep(1)
                yield 1
            async def makes():
                return rows()
            async def loops():
                for row in rows(): ...
            async def consumes():
                return list(rows())
            async def comprehends():
                return [row for row in rows()]
            """,
        },
    )
    assert chains(project, "main.makes") == {}
    for name in ("loops", "consumes", "comprehends"):
        assert list(chains(project, f"main.{name}").values()) == [["time.sleep(1)"]], name


def test_implicit_calls(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import contextlib, time
            class Job:
                def __init__(self): time.sleep(1)
                @property
                def state(self): time.sleep(2)
                def __enter__(self): time.sleep(3)
                def __exit__(self, *a): ...
            @contextlib.contextmanager
            def held():
                time.sleep(4)
                yield
            def make() -> Job: ...
            async def builds(): Job()
            async def reads(job: Job): job.state
            async def enters(job: Job):
                with job: ...
            async def holds():
                with held(): ...
            """,
        },
    )
    assert chains(project, "main.builds") == {"ASL201 Job()": ["time.sleep(1)"]}
    assert chains(project, "main.reads") == {"ASL201 job.state": ["time.sleep(2)"]}
    assert chains(project, "main.enters") == {"ASL201 job": ["time.sleep(3)"]}
    assert chains(project, "main.holds") == {"ASL201 held()": ["time.sleep(4)"]}


def test_async_callees_are_reported_in_themselves(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import time
            async def helper(): time.sleep(1)
            async def route(): await helper()
            """,
        },
    )
    assert chains(project, "main.route") == {}
    assert chains(project, "main.helper") == {"ASL201 time.sleep(1)": []}


def test_awaited_and_non_blocking_forms_are_silent(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import queue, subprocess, threading
            import httpx
            async def route(client: httpx.Client, jobs: queue.Queue, process: subprocess.Popen):
                await client.get("x")
                jobs.get(block=False)
                jobs.get_nowait()
                process.poll()
            """,
        },
    )
    assert chains(project, "main.route") == {}


def test_a_sleep_of_a_moment_only_lets_other_threads_run(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": "import time\nasync def route():\n    time.sleep(0)\n    time.sleep(0.001)\n    time.sleep(0.05)\n"
        },
    )
    assert chains(project, "main.route") == {"ASL201 time.sleep(0.05)": []}


def test_constant_arguments_switch_branches_off(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import time
            def fetch(wait=False, *, mode="fast"):
                if not wait:
                    return
                if mode == "slow":
                    time.sleep(1)
            async def off(): fetch()
            async def half(): fetch(True)
            async def on(): fetch(True, mode="slow")
            async def unknown(x): fetch(x, mode=x)
            """,
        },
    )
    assert [bool(chains(project, f"main.{name}")) for name in ("off", "half", "on", "unknown")] == [
        False,
        False,
        True,
        True,
    ]


def test_methods_are_those_of_the_object(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import time
            class Base:
                def run(self): self.step()
                def step(self): time.sleep(1)
            class Quick(Base):
                def step(self): ...
            async def slow(): Base().run()
            async def quick(): Quick().run()
            """,
        },
    )
    assert chains(project, "main.quick") == {}
    assert list(chains(project, "main.slow").values()) == [["self.step()", "time.sleep(1)"]]


def test_callables_handed_to_a_function_that_calls_them(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import functools, time
            def work(): time.sleep(1)
            def apply(f): return f()
            def keep(f): return [f]
            async def direct(): apply(work)
            async def inline(): apply(lambda: time.sleep(1))
            async def bound(): apply(functools.partial(work))
            async def kept(): keep(work)
            """,
        },
    )
    assert [bool(chains(project, f"main.{name}")) for name in ("direct", "inline", "bound", "kept")] == [
        True,
        True,
        True,
        False,
    ]


def test_branches_without_a_running_loop_do_not_hold_one_up(link: LinkProgram) -> None:
    project = link(
        {
            "main.py": """
            import asyncio, threading, time
            async def work(): ...
            def either():
                try:
                    asyncio.get_running_loop()
                except RuntimeError:
                    return asyncio.run(work())
                return None
            def asked(loop):
                if loop.is_running():
                    return None
                return loop.run_until_complete(work())
            def by_thread(self):
                if self.ident != threading.get_ident():
                    time.sleep(1)
            def wrong_way(self):
                if self.ident == threading.get_ident():
                    time.sleep(1)
            async def silent(self):
                either()
                asked(asyncio.get_event_loop())
                by_thread(self)
            async def loud(self):
                wrong_way(self)
            """,
        },
    )
    assert chains(project, "main.silent") == {}
    assert list(chains(project, "main.loud").values()) == [["time.sleep(1)"]]
