"""The layers that are fuzzed, each with the cases it wants and the judge of them.

A case is bytes, so that one that fails can be saved as a file and tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from tests.fuzz.breaking import broken, comment, commented, part
from tests.fuzz.changes import judge_changes
from tests.fuzz.foreign import foreign_programs
from tests.fuzz.judge_reading import judge_reading
from tests.fuzz.judge_runs import judge_check, judge_exhaustive, judge_fixes, judge_suppressions, judge_texts
from tests.fuzz.judge_settings import judge_command_line, judge_configuration
from tests.fuzz.programs import module
from tests.fuzz.reports import report
from tests.fuzz.settings import arguments, configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Make: TypeAlias = "Callable[[Random, Sequence[str], int], list[bytes]]"
Judge: TypeAlias = "Callable[[Path, Sequence[bytes]], None]"


@dataclass(frozen=True, slots=True)
class Layer:
    """`make` gives so many cases at random, from seeds where it breaks some; `judge` raises for one that fails.

    `size` is how many are made and judged at once; `share` is that of the time of a long run, in hundredths.
    """

    name: str
    make: Make
    judge: Judge
    size: int
    share: int


def _modules(random: Random, seeds: Sequence[str], count: int) -> list[bytes]:
    return [_module(random, seeds) for _ in range(count)]


def _module(random: Random, seeds: Sequence[str]) -> bytes:
    chance = random.random()
    if chance < 0.45:
        return module(random).encode()
    seed = part(random, random.choice(seeds))
    if chance < 0.6:
        return commented(random, seed).encode("utf-8", "surrogatepass")
    return broken(random, [module(random) if chance < 0.7 else seed, part(random, random.choice(seeds))])


def _programs(random: Random, seeds: Sequence[str], count: int) -> list[bytes]:
    return [
        (module(random) if random.random() < 0.7 else part(random, random.choice(seeds))).encode("utf-8", "ignore")
        for _ in range(count)
    ]


def _foreign(random: Random, _seeds: Sequence[str], count: int) -> list[bytes]:
    return [text.encode("utf-8", "surrogatepass") for text in foreign_programs(random.getrandbits(32), count)]


_STATEMENTS = (
    "async def f():\n    time.sleep(1){0}\n", "async def f():\n    asyncio.create_task(f()){0}\n    requests.get('x'){1}\n",
    "{0}\nasync def f():\n{1}\n    time.sleep(\n        1,{0}\n    ){1}\n", "def f(): pass{0}\nx = 1{1}\n",
    "class A:{0}\n    async def f(self):\n        if time.sleep(1):{1}\n            f(){0}\n",
    "async def f():{0}\n    x = '''{1}\n    '''; time.sleep(1){0}\n", "@app.get('/'){0}\nasync def f():\n    open('x').read(){1}\n",
    "async def f():\n    time.sleep(1); time.sleep(2) {0}\n    # x {1}\n", "{0}", "async def f():\n    time.sleep(1) \\\n        {0}\n",
)  # fmt: skip


def _suppressed(random: Random, _seeds: Sequence[str], count: int) -> list[bytes]:
    head = "import asyncio, time, requests\n"
    found = []
    for _ in range(count):
        comments = [random.choice(("", " ", "  ")) + comment(random) for _ in range(2)]
        text = head + "".join(random.choice(_STATEMENTS).format(*comments) for _ in range(random.randint(1, 3)))
        found.append(text.replace("\n", random.choice(("\n", "\n", "\r\n", "\r"))).encode())
    return found


def _named(cases: Sequence[bytes]) -> Mapping[str, bytes]:
    return {f"m{place}.py": case for place, case in enumerate(cases)}


def _of_projects(judge: Callable[[Path, Mapping[str, bytes]], object]) -> Judge:
    def judge_cases(folder: Path, cases: Sequence[bytes]) -> None:
        judge(folder, _named(cases))

    return judge_cases


def _of_each(judge: Callable[[Path, bytes], object]) -> Judge:
    def judge_cases(folder: Path, cases: Sequence[bytes]) -> None:
        for case in cases:
            judge(folder, case)

    return judge_cases


def _judge_read_and_checked(folder: Path, cases: Sequence[bytes]) -> None:
    for case in cases:
        judge_reading(case)
    judge_check(folder, _named(cases))


def _lines(make: Callable[[Random], str]) -> Make:
    return lambda random, _seeds, count: [make(random).encode("utf-8", "surrogatepass") for _ in range(count)]


def _number(random: Random) -> str:
    return str(random.getrandbits(48))


def _judge_changes(folder: Path, case: bytes) -> None:
    judge_changes(folder, Random(case.decode()))


def _judge_report(_folder: Path, case: bytes) -> None:
    judge_texts(report(Random(case.decode())))


LAYERS = (
    Layer("reading", _modules, _of_each(lambda _, case: judge_reading(case)), 50, 15),
    Layer("suppressions", _suppressed, _of_projects(judge_suppressions), 40, 12),
    Layer("configuration", _lines(configuration), _of_each(judge_configuration), 50, 8),
    Layer("command line", _lines(lambda random: "\0".join(arguments(random))), _of_each(lambda folder, case: judge_command_line(folder, case.decode().split("\0"))), 20, 8),
    Layer("reports", _lines(_number), _of_each(_judge_report), 10, 8),
    Layer("checks", _modules, _of_projects(judge_check), 25, 15),
    Layer("front ends", _programs, _of_projects(judge_exhaustive), 25, 8),
    Layer("fixes", _programs, _of_projects(judge_fixes), 12, 8),
    Layer("changes", _lines(_number), _of_each(_judge_changes), 2, 10),
    Layer("foreign programs", _foreign, _judge_read_and_checked, 50, 8),
)  # fmt: skip
