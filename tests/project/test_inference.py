"""What names, attributes and calls stand for, over several modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from asynclint.flow import ir
from asynclint.project.values import BoundMethod, External, FunctionValue, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asynclint.project.model import Function, Module
    from asynclint.project.project import Project

    LinkProgram: TypeAlias = Callable[[Mapping[str, str]], Project]


def targets(project: Project, path: str = "main.py") -> list[str]:
    """What the calls whose last argument is the constant "here" run, as names; "?" for unknown."""
    module = project.module_at(f"/project/{path}")
    assert module is not None
    found: list[str] = []
    scopes: tuple[Module | Function, ...] = (module, *module.functions)
    for scope in scopes:
        for call in scope.index.calls:
            last = call.args[-1] if call.args else None
            if isinstance(last, ir.Constant) and last.value == "here":
                for target in project.evaluator.targets(project.evaluator.value(call.func, scope)):
                    found.append(_name(target))
    return found


def _name(target: object) -> str:
    match target:
        case External(name=name):
            return name
        case FunctionValue(function=function) | BoundMethod(function=function):
            return function.full_name
        case Unknown():
            return "?"
        case _:
            return type(target).__name__


CASES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "aliased import": ({"main.py": "import time as t\nt.sleep('here')"}, ["time.sleep"]),
    "from import": ({"main.py": "from time import sleep as rest\nrest('here')"}, ["time.sleep"]),
    "builtin": ({"main.py": "open('here')"}, ["open"]),
    "shadowed builtin": ({"main.py": "def open(x): ...\nopen('here')"}, ["main.open"]),
    "rebound name": ({"main.py": "import time\nf = print\nf = time.sleep\nf('here')"}, ["time.sleep"]),
    "re-export through a package": (
        {
            "pkg/__init__.py": "from .inner import work",
            "pkg/inner.py": "def work(x): ...",
            "main.py": "from pkg import work\nwork('here')",
        },
        ["pkg.inner.work"],
    ),
    "star import with __all__": (
        {
            "pkg/__init__.py": "__all__ = ['shown']\ndef shown(x): ...\ndef hidden(x): ...",
            "main.py": "from pkg import *\nshown('here')\nhidden('here')",
        },
        ["pkg.shown", "?"],
    ),
    "import cycle": (
        {
            "a/__init__.py": "",
            "a/one.py": "from a.two import f",
            "a/two.py": "from a.one import f",
            "main.py": "from a.one import f\nf('here')",
        },
        ["?"],
    ),
    "module attribute": (
        {"pkg/__init__.py": "", "pkg/mod.py": "def f(x): ...", "main.py": "import pkg.mod\npkg.mod.f('here')"},
        ["pkg.mod.f"],
    ),
    "constructor": (
        {"main.py": "import requests\ns = requests.Session()\ns.get('here')"},
        ["requests.Session.get"],
    ),
    "client made in another module": (
        {
            "clients.py": "import httpx\nclient = httpx.Client()",
            "main.py": "from clients import client\nasync def f():\n    client.get('here')",
        },
        ["httpx.Client.get"],
    ),
    "global set by a function": (
        {
            "main.py": """
            import httpx
            _client = None
            def client():
                global _client
                if _client is None:
                    _client = httpx.Client()
                return _client
            client().get('here')
            """,
        },
        ["httpx.Client.get"],
    ),
    "attribute set in __init__": (
        {
            "main.py": """
            import requests
            class Api:
                def __init__(self):
                    self.session = requests.Session()
                def load(self):
                    self.session.get('here')
            """,
        },
        ["requests.Session.get"],
    ),
    "inherited attribute and method": (
        {
            "base.py": """
            import requests
            class Base:
                session: requests.Session
                def call(self, x): ...
            """,
            "main.py": """
            from base import Base
            class Api(Base):
                def load(self):
                    self.session.get('here')
                    self.call('here')
                    super().call('here')
            """,
        },
        ["requests.Session.get", "base.Base.call", "base.Base.call"],
    ),
    "external base class": (
        {"main.py": "import requests\nclass S(requests.Session): ...\nS().get('here')"},
        ["requests.Session.get"],
    ),
    "base of unknown origin": (
        {"main.py": "from nowhere_known import *\nclass S(Base): ...\nS().get('here')"},
        ["?"],
    ),
    "annotated parameter": (
        {"main.py": "from httpx import Client\ndef f(c: 'Client | None'):\n    c.get('here')"},
        ["httpx.Client.get"],
    ),
    "dependency without a type": (
        {
            "main.py": """
            from fastapi import Depends
            import httpx
            def get_client():
                with httpx.Client() as client:
                    yield client
            async def route(client=Depends(get_client)):
                client.get('here')
            """,
        },
        ["httpx.Client.get"],
    ),
    "Annotated alias from another module": (
        {
            "deps.py": """
            from typing import Annotated
            from fastapi import Depends
            from sqlalchemy.orm import Session
            def get_session(): ...
            SessionDep = Annotated[Session, Depends(get_session)]
            """,
            "main.py": "from deps import SessionDep\nasync def route(s: SessionDep):\n    s.execute('here')",
        },
        ["sqlalchemy.orm.Session.execute"],
    ),
    "declared return": (
        {"main.py": "import httpx\ndef make() -> httpx.Client: ...\nmake().get('here')"},
        ["httpx.Client.get"],
    ),
    "awaited return": (
        {
            "main.py": """
            import httpx
            async def make():
                return httpx.Client()
            async def f():
                (await make()).get('here')
            """,
        },
        ["httpx.Client.get"],
    ),
    "context manager target": (
        {"main.py": "import httpx\nwith httpx.Client() as c:\n    c.get('here')"},
        ["httpx.Client.get"],
    ),
    "generator made a context manager": (
        {
            "main.py": """
            import contextlib, httpx
            @contextlib.contextmanager
            def client():
                yield httpx.Client()
            with client() as c:
                c.get('here')
            """,
        },
        ["httpx.Client.get"],
    ),
    "partial": (
        {"main.py": "import functools, time\nnap = functools.partial(time.sleep, 1)\nnap('here')"},
        ["time.sleep"],
    ),
    "or default": (
        {"main.py": "import httpx\ndef f(c=None):\n    c = c or httpx.Client()\n    c.get('here')"},
        ["httpx.Client.get"],
    ),
    "either of two": (
        {
            "main.py": """
            import httpx
            if x:
                c = httpx.Client()
            else:
                c = httpx.AsyncClient()
            c.get('here')
            """,
        },
        ["httpx.Client.get", "httpx.AsyncClient.get"],
    ),
    "container of clients": (
        {"main.py": "import httpx\nclients: dict[str, httpx.Client] = {}\nclients['a'].get('here')"},
        ["httpx.Client.get"],
    ),
    "property": (
        {
            "main.py": """
            import httpx
            class A:
                @property
                def client(self) -> httpx.Client: ...
            A().client.get('here')
            """,
        },
        ["httpx.Client.get"],
    ),
    "decorated with wraps stays itself": (
        {
            "main.py": """
            import functools
            def logged(f):
                @functools.wraps(f)
                def wrapper(*a):
                    return f(*a)
                return wrapper
            @logged
            def work(x): ...
            work('here')
            """,
        },
        ["main.work"],
    ),
    "decorator that makes it async is unknown": (
        {
            "main.py": """
            def offloaded(f):
                async def wrapper(*a):
                    return await run(f, *a)
                return wrapper
            @offloaded
            def work(x): ...
            work('here')
            """,
        },
        ["?"],
    ),
    "parameter without annotation": ({"main.py": "def f(c):\n    c.get('here')"}, ["?"]),
}


@pytest.mark.parametrize("case", CASES)
def test_call_targets(case: str, link: LinkProgram) -> None:
    files, expected = CASES[case]
    assert targets(link(files)) == expected
