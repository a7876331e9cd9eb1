"""Forms of a call in which it does not block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asynclint.knowledge.argument_forms import UNKNOWN, Flags, InstanceOf, parse_forms
from asynclint.knowledge.blocking import is_nonblocking_form, is_nonblocking_receiver, lookup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def is_silent(name: str, positional: Sequence[object] = (), keywords: Mapping[str, object] | None = None) -> bool:
    call = lookup(name)
    assert call is not None
    return is_nonblocking_form(call, positional, keywords or {})


@pytest.mark.parametrize(
    ("name", "positional", "keywords"),
    [
        ("threading.Lock.acquire", [False], {}),
        ("threading.Lock.acquire", [], {"blocking": False}),
        ("threading.Lock.acquire", [], {"timeout": 0}),
        ("threading.Lock.acquire", [True, 0.0], {}),
        ("queue.Queue.get", [False], {}),
        ("queue.Queue.get", [], {"block": False}),
        ("queue.Queue.get", [True, 0], {}),
        ("queue.Queue.put", [UNKNOWN, False], {}),
        ("multiprocessing.Queue.get", [], {"block": False}),
        ("subprocess.Popen.wait", [0], {}),
        ("subprocess.Popen.wait", [], {"timeout": 0}),
        ("threading.Event.wait", [0], {}),
        ("concurrent.futures.Future.result", [], {"timeout": 0}),
        ("concurrent.futures.ThreadPoolExecutor.shutdown", [], {"wait": False}),
        ("psutil.cpu_percent", [], {}),
        ("psutil.cpu_percent", [None], {}),
        ("psutil.cpu_percent", [], {"interval": None, "percpu": True}),
        ("multiprocessing.connection.Connection.poll", [], {}),
        ("select.select", [UNKNOWN, UNKNOWN, UNKNOWN, 0], {}),
        ("fcntl.flock", [UNKNOWN, Flags(frozenset({"fcntl.LOCK_EX", "fcntl.LOCK_NB"}))], {}),
        ("os.waitpid", [UNKNOWN, Flags(frozenset({"os.WNOHANG"}))], {}),
        ("PIL.Image.open", [InstanceOf("io.BytesIO")], {}),
        ("pandas.DataFrame.to_csv", [], {}),
        ("pandas.DataFrame.to_csv", [InstanceOf("io.StringIO")], {"index": False}),
        ("zipfile.ZipFile", [InstanceOf("io.BytesIO"), "w"], {}),
        ("tarfile.open", [], {"fileobj": InstanceOf("io.BytesIO"), "mode": "r"}),
    ],
)
def test_these_forms_return_at_once(name: str, positional: list[object], keywords: dict[str, object]) -> None:
    assert is_silent(name, positional, keywords)


@pytest.mark.parametrize(
    ("name", "positional", "keywords"),
    [
        ("threading.Lock.acquire", [], {}),
        ("threading.Lock.acquire", [True], {}),
        ("threading.Lock.acquire", [UNKNOWN], {}),
        ("threading.Lock.acquire", [], {"timeout": 5}),
        ("threading.Lock.acquire", [], {"timeout": -1}),
        ("queue.Queue.get", [], {"timeout": None}),
        ("queue.Queue.get", [], {"block": UNKNOWN}),
        ("queue.Queue.put", [False], {}),
        ("subprocess.Popen.wait", [], {}),
        ("subprocess.Popen.wait", [None], {}),
        ("psutil.cpu_percent", [1], {}),
        ("psutil.cpu_percent", [], {"interval": 0.1}),
        ("psutil.cpu_percent", [UNKNOWN], {}),
        ("fcntl.flock", [UNKNOWN, Flags(frozenset({"fcntl.LOCK_EX"}))], {}),
        ("PIL.Image.open", ["picture.png"], {}),
        ("PIL.Image.open", [InstanceOf("pathlib.Path")], {}),
        ("pandas.DataFrame.to_csv", ["out.csv"], {}),
        ("requests.get", ["https://example.org"], {"timeout": 0}),
    ],
)
def test_these_forms_block(name: str, positional: list[object], keywords: dict[str, object]) -> None:
    assert not is_silent(name, positional, keywords)


def test_put_on_an_unbounded_queue_returns_at_once() -> None:
    call = lookup("queue.Queue.put")
    assert call is not None

    assert is_nonblocking_receiver(call, [], {})
    assert is_nonblocking_receiver(call, [0], {})
    assert not is_nonblocking_receiver(call, [10], {})
    assert not is_nonblocking_receiver(call, [], {"maxsize": UNKNOWN})
    assert not is_nonblocking_form(call, [UNKNOWN], {})


@pytest.mark.parametrize("text", ["timeout", "=0", "#0", "timeout=zero", "timeout="])
def test_a_form_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"argument form|could not convert"):
        parse_forms(text)
