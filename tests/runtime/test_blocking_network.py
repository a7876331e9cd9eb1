"""ASL206 at run time: while a mail server or a bucket takes its time, the loop stands still."""

from __future__ import annotations

import functools
import smtplib
import socketserver
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asynclint.rules.blocking_network import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.runtime.conftest import Load, Witness


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail, and asks the witness before its greeting."""

    def __init__(self, witness: Witness) -> None:
        self.mails = 0
        super().__init__(("127.0.0.1", 0), functools.partial(_Mail, witness))


class _Mail(socketserver.StreamRequestHandler):
    def __init__(self, witness: Witness, *args: Any) -> None:
        self.witness = witness
        super().__init__(*args)

    def handle(self) -> None:
        self.witness.ask()
        self.wfile.write(b"220 ready\r\n")
        in_data = False
        for line in self.rfile:
            word = line.split()[0].upper() if line.strip() else b""
            if in_data and line != b".\r\n":
                continue
            in_data = word == b"DATA"
            self.wfile.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 fine\r\n"))


@pytest.fixture
def services(witness: Witness, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mail server and a store of objects."""
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "c",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with MailServer(witness) as mail:
        monkeypatch.setattr(smtplib.SMTP, "default_port", mail.server_address[1])
        threading.Thread(target=mail.serve_forever, daemon=True).start()
        yield
        mail.shutdown()


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(("side", "turned"), [("bad", [False, False]), ("fixed", [True, False])])
def test_an_object_and_a_mail(side: str, turned: list[bool], load: Load, witness: Witness) -> None:
    app = load(RULE, side, replaced={"mail.example": "127.0.0.1"})["app"]
    assert witness.request(app, "POST", "/files/a", content=b"text").status_code == 200
    assert witness.turned == turned


@pytest.mark.usefixtures("services")
def test_an_object_in_a_thread(load: Load, witness: Witness) -> None:
    app = load(RULE, "good")["app"]
    assert "/a?" in witness.request(app, "POST", "/files/a", params={"body": "text"}).json()
    assert witness.turned == [True]
