"""Rules whose verdict depends on the FastAPI that the project asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.config.settings import Settings
from asynclint.run.checks import check

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = ("0.100.0", "0.105.0", "0.106.0", "0.112.1", "0.112.2", "0.117.1", "0.118.0", "0.121.0", "0.165.0")

SESSION = """\
import asyncio
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
make_session = async_sessionmaker()


async def get_session():
    async with make_session() as session:
        yield session


async def store(session: AsyncSession) -> None:
    try:
        await session.commit()
    except Exception:
        print("not stored")


@app.post("/")
async def post(tasks: BackgroundTasks, session: Annotated[AsyncSession, Depends(get_session{scope})]) -> None:
    {call}
"""
IN_BACKGROUND = SESSION.replace("{call}", "tasks.add_task(store, session)").replace("{scope}", "")
WITH_FUNCTION = SESSION.replace("{call}", "tasks.add_task(store, session)").replace("{scope}", ', scope="function"')
AS_TASK = SESSION.replace("{call}", "asyncio.create_task(store(session))").replace("{scope}", "")

BEHIND_THE_YIELD = """\
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()


def note() -> None:
    print("noted")


async def unit(tasks: BackgroundTasks):
    yield 1
    tasks.add_task(note)


@app.get("/")
async def get(unit: Annotated[int, Depends(unit)]) -> int:
    return unit
"""

INCLUDED = """\
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI


@asynccontextmanager
async def lifespan(app):
    print("starting")
    yield


router = APIRouter(lifespan=lifespan)
app = FastAPI()
app.include_router(router)
"""

BESIDE_A_LIFESPAN = INCLUDED.replace(
    "router = APIRouter(lifespan=lifespan)\napp = FastAPI()\napp.include_router(router)\n",
    "app = FastAPI(lifespan=lifespan)\n\n\n"
    '@app.on_event("startup")\nasync def start() -> None:\n    print("starting")\n',
)


def between(low: str, high: str, inside: str, outside: str) -> dict[str, str]:
    """The severities by version, from `low` on and before `high` those inside."""

    def key(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    return {version: inside if key(low) <= key(version) < key(high) else outside for version in VERSIONS}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("code", "source", "expected"),
    [
        # Facts 5: what a dependency yields is closed before the response from 0.106 to 0.117, else after the tasks.
        ("ASL304", IN_BACKGROUND, between("0.106", "0.118", "error", "note")),
        ("ASL304", WITH_FUNCTION, between("0.0", "9.0", "error", "")),
        ("ASL304", AS_TASK, between("0.0", "9.0", "error", "")),
        # Facts 3: in these versions the exit code runs before the response, so that its tasks still run.
        ("ASL305", BEHIND_THE_YIELD, between("0.106", "0.118", "", "error")),
        # Facts 7: FastAPI PR 9630 merges the lifespan of an included router; handlers beside one are always dead.
        ("ASL404", INCLUDED, between("0.0", "0.112.2", "error", "")),
        ("ASL404", BESIDE_A_LIFESPAN, between("0.0", "9.0", "error", "")),
    ],
    ids=["in background", "with the function", "as task", "behind the yield", "included", "beside a lifespan"],
)
def test_the_verdict(
    code: str, source: str, expected: dict[str, str], version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text(f"fastapi=={version}\n")
    (tmp_path / "app.py").write_text(source)
    found = check(["."], Settings(jobs=1, select=(code,))).diagnostics
    assert [item.severity.value for item in found] == ([expected[version]] if expected[version] else [])
