"""ASL102 at run time: the response is sent while what it is about has only begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from asynclint.rules.unawaited_task_result import RULE

if TYPE_CHECKING:
    from tests.runtime.conftest import Load


async def done_at_response(module: dict[str, Any]) -> bool:
    """Whether the profile was there when the response was."""
    fetched: list[int] = []
    fetch = module["fetch_profile"]

    async def watched(user_id: int) -> dict[str, int]:
        profile: dict[str, int] = await fetch(user_id)
        fetched.append(profile["id"])
        return profile

    module["fetch_profile"] = watched
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=module["app"]), base_url="http://test") as client:
        response = await client.get("/user/7")
    assert response.json() == {"status": "processing"}
    return fetched == [7]


@pytest.mark.parametrize(("side", "done"), [("bad", False), ("fixed", True), ("good", True)])
def test_the_response_waits_for_nothing(side: str, done: bool, load: Load) -> None:
    assert asyncio.run(done_at_response(load(RULE, side, replaced={"sleep(2)": "sleep(0.05)"}))) is done


@pytest.mark.parametrize(("side", "status"), [("bad", 200), ("fixed", 500), ("good", 500)])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_response_knows_of_no_failure(side: str, status: int, load: Load) -> None:
    module = load(RULE, side)

    async def fails(_: int) -> None:
        raise OSError

    async def main() -> int:
        module["fetch_profile"] = fails
        transport = httpx.ASGITransport(app=module["app"], raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/user/7")).status_code

    assert asyncio.run(main()) == status
