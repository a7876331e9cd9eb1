"""The companies the shop works with, over HTTP."""

import time

import httpx


class ProviderBusyError(Exception):
    """The provider asks for patience."""


class PaymentClient:
    """Takes the customer's money."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, transport=transport)

    def charge(self, order_id: int, cents: int) -> str:
        """Return the number of the receipt."""
        response = self._http.post("/charges", json={"order": order_id, "cents": cents})
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise ProviderBusyError
        return str(response.raise_for_status().json()["receipt"])

    def close(self) -> None:
        self._http.close()


class CarrierClient:
    """Brings the parcels."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(base_url=url, transport=transport)

    async def find_parcel(self, order_id: int) -> str:
        """Where the parcel is."""
        response = await self._http.get(f"/parcels/{order_id}")
        return str(response.raise_for_status().json()["location"])

    async def aclose(self) -> None:
        await self._http.aclose()


def back_off(attempt: int) -> None:
    """Give a busy provider time, each attempt twice as long."""
    time.sleep(0.05 * 2**attempt)


def sandbox() -> httpx.MockTransport:
    """Both companies as they answer when all is well, without a network."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/charges":
            return httpx.Response(httpx.codes.CREATED, json={"receipt": "sandbox-1"})
        return httpx.Response(httpx.codes.OK, json={"location": "parcel centre"})

    return httpx.MockTransport(answer)
