"""What customers do. All of it passes, with the mistakes and without."""

from collections.abc import Callable

import pytest
from conftest import Providers
from fastapi.testclient import TestClient

ORDER = {"product_id": 1, "quantity": 2, "email": "ada@example.org"}


def stock(client: TestClient, product_id: int) -> int:
    found: int = client.get(f"/products/{product_id}").json()["stock"]
    return found


def test_the_catalogue_is_listed(client: TestClient) -> None:
    names = [product["name"] for product in client.get("/products").json()]
    assert names == ["Espresso", "Filter roast", "Moka pot"]


def test_an_unknown_product_is_not_found(client: TestClient) -> None:
    assert client.get("/products/99").status_code == 404


def test_the_announcement_is_the_one_of_the_settings_file(client: TestClient, settings: Callable[..., None]) -> None:
    settings(announcement="Closed on Monday")
    assert client.get("/announcement").json() == {"text": "Closed on Monday"}


def test_an_order_is_paid_and_confirmed(
    client: TestClient, providers: Providers, mails: Callable[[], list[str]]
) -> None:
    response = client.post("/orders", json=ORDER)
    assert response.status_code == 201
    assert response.json()["status"] == "paid"
    assert stock(client, 1) == 18
    assert providers.requests == ["/charges"]
    assert any("Your order 1" in mail for mail in mails())


def test_a_busy_provider_is_asked_again(client: TestClient, providers: Providers) -> None:
    providers.answers_to_payment = [503, 503, 201]
    assert client.post("/orders", json=ORDER).json()["status"] == "paid"
    assert providers.requests == ["/charges"] * 3


def test_a_refused_payment_puts_the_goods_back(client: TestClient, providers: Providers) -> None:
    providers.answers_to_payment = [402]
    assert client.post("/orders", json=ORDER).status_code == 409
    assert stock(client, 1) == 20


@pytest.mark.parametrize("order", [{**ORDER, "quantity": 21}, {**ORDER, "product_id": 99}])
def test_what_is_not_there_cannot_be_ordered(client: TestClient, order: dict[str, object]) -> None:
    assert client.post("/orders", json=order).status_code == 409


def test_an_order_can_be_looked_up(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    response = client.get("/orders/1")
    assert response.status_code == 200
    assert response.json()["order"]["quantity"] == 2


def test_an_order_can_be_cancelled(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    response = client.delete("/orders/1")
    assert response.status_code == 200
    assert response.json()["status"] == "cancelled"
    assert stock(client, 1) == 20


def test_a_voucher_makes_the_order_cheaper(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    assert client.post("/orders/1/voucher", json={"code": "guess"}).status_code == 403
    assert client.post("/orders/1/voucher", json={"code": "CREMA"}).json()["cents"] == 2250


def test_the_invoice_can_be_read_and_packed(client: TestClient) -> None:
    client.post("/orders", json=ORDER)
    assert "2 x Espresso" in client.get("/orders/1/invoice").text
    assert client.post("/invoices/pack").json() == {"packed": 1}
    assert client.post("/invoices/pack").json() == {"packed": 0}
    assert "2 x Espresso" in client.get("/orders/1/invoice").text


def test_a_product_can_be_restocked(client: TestClient) -> None:
    assert client.post("/products/3/subscribers", json={"email": "bob@example.org"}).status_code == 204
    assert client.post("/products/3/stock", json={"quantity": 5}).json()["stock"] == 6
    assert stock(client, 3) == 6
