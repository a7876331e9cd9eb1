"""Projects that mean harm: nothing of theirs runs, and nothing of theirs is an order to whoever reads a report."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_BOMB = "import pathlib\npathlib.Path(__file__).with_name('RAN').touch()\nraise SystemExit('ran')\n"
_BAD = "import time\n\n\nasync def f():\n    time.sleep(1)\n"


def _run(folder: Path, *arguments: str, memory: int = 2**33, **variables: str) -> subprocess.CompletedProcess[bytes]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    command = [sys.executable, "-m", "asynclint", *arguments]
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "1", **variables}
    return subprocess.run(
        command, cwd=folder, capture_output=True, check=False, env=environment, preexec_fn=limit, timeout=120
    )


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project in which everything that a tool may be tempted to import leaves a trace."""
    names = ("conftest.py", "setup.py", "sitecustomize.py", "asynclint.py", "click.py", "libcst.py", "rich/__init__.py",
             "pkg/__init__.py", "msgspec/__init__.py", "asynclint_plugin.py", "manage.py", "pkg/__main__.py")  # fmt: skip
    for name in names:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(_BOMB)
    (tmp_path / "pkg/app.py").write_text(f"import conftest, setup, pkg\n{_BAD}")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "conftest"\nbackend-path = ["."]\n[tool.asynclint]\n'
        'select = ["ALL"]\n[tool.pytest.ini_options]\naddopts = "-p conftest"\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-j2", "."),
        ("check", "--exhaustive", "--no-cache", "."),
        ("check", "--diff", "--unsafe-fixes", "."),
        ("check", "--explain", "pkg/app.py:6", "."),
        ("routes", "."),
        ("config", "show"),
    ],
)
def test_nothing_of_the_project_runs(hostile: Path, arguments: tuple[str, ...]) -> None:
    _run(hostile, *arguments)
    assert list(hostile.rglob("RAN")) == []
    assert list(hostile.rglob("__pycache__")) == []


def test_it_is_checked_all_the_same(hostile: Path) -> None:
    done = _run(hostile, "check", "--output-format=json", ".")
    found = [(item["filename"], item["code"]) for item in json.loads(done.stdout)["diagnostics"]]
    assert ("pkg/app.py", "ASL201") in found


@pytest.mark.parametrize(
    "settings", ['select = ["nonsense"]\nplugins = ["conftest"]', 'extend = "conftest.py"', "x = ["]
)
def test_a_configuration_names_no_code(hostile: Path, settings: str) -> None:
    (hostile / "pyproject.toml").unlink()
    (hostile / ".asynclint.toml").write_text(settings + "\n")
    assert _run(hostile, "check", ".").returncode == 2
    assert list(hostile.rglob("RAN")) == []


_ORDERS = "\x1b]0;owned\x07\x1b[2J ::error file=x::owned ##[group]x ##vso[task.setvariable variable=x]y <script>alert(1)</script> `rm` \u202e\u200b\x9b31m"


@pytest.fixture
def speaking(tmp_path: Path) -> Path:
    """A project whose names, source lines and comments are orders."""
    (tmp_path / "pyproject.toml").touch()
    for name in (
        "::error::owned.py",
        "<img src=x onerror=alert(1)>.py",
        "a\n::error::b.py",
        "\x1b[31mred.py",
        "%0A::warning::.py",
    ):
        (tmp_path / name).write_text(
            f"import time\n\n\nasync def f():\n    time.sleep(1)  # {_ORDERS.replace(chr(12), '')}\n"
        )
    (tmp_path / "broken.py").write_text(f"async def (:  # {_ORDERS}\n")
    (tmp_path / "noqa.py").write_text(
        f"x = 1  # noqa: ASL101 - {_ORDERS}\ny = 1  # asynclint: {_ORDERS}\nz = 1  # noqa: ASL9{chr(0x202E)}\n"
    )
    return tmp_path


_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]")


@pytest.mark.parametrize("output_format", ["concise", "full", "github"])
def test_no_order_reaches_a_terminal_or_a_build_server(speaking: Path, output_format: str) -> None:
    done = _run(speaking, "check", "--no-cache", "--color=never", f"--output-format={output_format}", ".")
    assert done.returncode == 2
    for text in (done.stdout.decode(), done.stderr.decode()):
        assert _UNPRINTABLE.search(text) is None
        assert re.search(r"##(?:vso)?\[", text) is None
    lines = [*done.stdout.decode().splitlines(), *done.stderr.decode().splitlines()]
    commands = [line for line in lines if line.lstrip().startswith("::")]
    if output_format == "github":
        assert all(re.match(r"::(?:error|warning|notice) (?:title|file)=", line) for line in commands)
        assert len([line for line in lines if "ASL201" in line]) == 5
    else:
        assert commands == []


_TASK = "import asyncio\n\n\nasync def work() -> None:\n    await asyncio.sleep(1)\n\n\n"
_HIDDEN = "\x1b[2J \x9b31m \u202e \u2066 \x08 \x7f \u2028 \x85"
_ROWS = (
    "    ::error file=x::owned",
    "::warning::owned",
    "\u3000::set-output name=a::b",
    "    ##[group]x ##vso[task.setvariable variable=x]y ##VSO[a.b]c",
    "    \x1b[2J \x9b31m \u202e \u2066 \x08 \x7f \u2028 \x85",
    "    one\r::error::owned",
    "\x0c\ta\u00a0b\u3000\u200d",
)
_IN_A_DIFF = _TASK + "".join(
    f'async def f{place}() -> None:\n    """Text.\n{row}\n    """\n    asyncio.create_task(work())\n\n\n'
    for place, row in enumerate(_ROWS)
)
_BUILD_SERVERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL")


def _diff(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "asynclint", "check", "--no-cache", "--diff", *options]
    inherited = {name: value for name, value in os.environ.items() if name not in _BUILD_SERVERS}
    return subprocess.run(
        command, cwd=folder, capture_output=True, check=False, env=inherited | environment, timeout=60
    )


@pytest.mark.parametrize("server", _BUILD_SERVERS)
def test_nothing_in_a_diff_acts_in_the_log_of_a_build_server(tmp_path: Path, server: str) -> None:
    (tmp_path / "m.py").write_bytes(_IN_A_DIFF.encode())
    done = _diff(tmp_path, "m.py", **{server: "true"})
    assert done.returncode == 1
    shown = done.stdout.decode()
    assert shown.count("Text.") == len(_ROWS)
    rows = re.split(r"\r\n|[\r\n]", shown)  # as the runner of GitHub reads lines
    assert [row for row in rows if row.lstrip().startswith("::")] == []
    assert re.search(r"(?i)##(?:vso)?\[", shown) is None
    assert re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", shown) is None
    assert "\x0c\ta\u00a0b\u3000\u200d" in shown, "what does not act is left as it is"
    assert b"-o FILE writes it as it is" in done.stderr


def test_nothing_in_a_diff_acts_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_bytes(_IN_A_DIFF.encode())
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "asynclint", "check", "--no-cache", "--diff", "-q"]
    subprocess.run(command, cwd=tmp_path, stdout=theirs, stderr=subprocess.DEVNULL, check=False, timeout=60)
    shown = os.read(ours, 1 << 16).decode()
    assert re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", shown) is None
    assert "+    _background_tasks" in shown or "add_done_callback" in shown


@pytest.mark.parametrize("way", ["pipe", "file", "redirected"])
def test_a_diff_for_programs_is_exact(tmp_path: Path, way: str) -> None:
    sources = {
        "m.py": _IN_A_DIFF.encode(),
        "bom.py": b"\xef\xbb\xbf" + _IN_A_DIFF.encode(),
        "latin.py": b"# coding: latin-1\nx = '\xe9'\n"
        + _TASK.encode()
        + b"async def g():\n    '\xe9'\n    asyncio.create_task(work())\n",
        "crlf.py": f"{_TASK}async def h():\n    asyncio.create_task(work())\n".replace("\n", "\r\n").encode(),
    }
    for name, data in sources.items():
        (tmp_path / name).write_bytes(data)
    if way == "pipe":
        diff = _diff(tmp_path).stdout
    elif way == "file":
        done = _diff(tmp_path, "-o", "fix.patch", CI="true")
        assert (done.returncode, done.stdout) == (1, b"")
        diff = (tmp_path / "fix.patch").read_bytes()
    else:
        with (tmp_path / "fix.patch").open("wb") as file:
            command = [sys.executable, "-m", "asynclint", "check", "--no-cache", "--diff"]
            subprocess.run(command, cwd=tmp_path, stdout=file, check=False, env={**os.environ, "CI": "true"})
        diff = (tmp_path / "fix.patch").read_bytes()
    subprocess.run(["git", "apply"], cwd=tmp_path, input=diff, check=True)
    applied = {name: (tmp_path / name).read_bytes() for name in sources}
    for name, data in sources.items():
        assert applied[name] != data
        (tmp_path / name).write_bytes(data)
    _run(tmp_path, "check", "--no-cache", "--fix", ".")
    assert applied == {name: (tmp_path / name).read_bytes() for name in sources}


_IN_STRINGS = "\\x1b[2J ::error::x ##[group]x ##vso[task.setvariable variable=x]y \\u202e\\x9b31m\\u2028::error::z"
_SPEAKING_APP = f"""\
import asyncio, time
from fastapi import BackgroundTasks, FastAPI, WebSocket
app = FastAPI()
@app.api_route("::error::{_IN_STRINGS}", methods=["::error file=x::owned", "{_IN_STRINGS}"])
async def a(): time.sleep(1)
@app.api_route("::error::y", methods=["::error file=x::owned"])
async def b(): time.sleep(1)
@app.api_route("::error::y", methods=[""])
async def c(): time.sleep(1)
@app.websocket("::error::ws")
async def ws(w: WebSocket): time.sleep(1)
async def work(x="{_IN_STRINGS}"): raise ValueError("{_IN_STRINGS}")
@app.get("/")
async def d(tasks: BackgroundTasks):
    tasks.add_task(work, "{_IN_STRINGS}")
    asyncio.create_task(work("{_IN_STRINGS}"))
"""
_SPEAKING_SETTINGS = """\
exclude = ["\\u202e ##vso[x.y]z \\u009b31m", "::error::x"]
baseline = "##[x]\\u202e.json"
[per-file-ignores]
"\\u202e##vso[x.y]" = ["ASL101"]
[[blocking-calls]]
name = "a.b"
replacement = "\\u202e##vso[x.y]z"
"""


@pytest.mark.parametrize(
    "command",
    [
        *(f"check --no-cache --select=ALL --baseline=known.json --output-format={name} ." for name in (
            "full", "concise", "json", "json-lines", "sarif", "gitlab", "junit", "html",
        )),
        "check --no-cache -v --baseline=known.json --diff .", "check --show-files -v .",
        "check --no-cache --baseline=known.json --explain=m.py:5", "routes .", "routes --output-format=json .",
        "config show", "config show --output-format=json", "config validate", "version --verbose",
        "version --verbose --output-format=json", "clean", "clean ::error::x", "check ::error::x",
        "check --baseline=::error::x", "check --select=::error::x", "rule ::error::x", "::error::x", "check --::error::x",
    ],
)  # fmt: skip
def test_no_order_is_in_any_output(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "::error::x ##vso[x.y]z\x1b[31m\x9b"
    folder.mkdir()
    (folder / "asynclint.toml").write_text(_SPEAKING_SETTINGS)
    (folder / "known.json").write_text('{"version": 1, "tool": "asynclint", "entries": []}')
    for name in ("m.py", "::error::owned.py", " ::error::x.py", "##vso[task.x]y.py", "\x1b[31m\u2028x.py"):
        (folder / name).write_text(_SPEAKING_APP)
    (folder / "broken.py").write_text(f"async def (:  # {_ORDERS}\n")
    done = _run(folder, *command.split(), CI="true")
    for text in (done.stdout.decode(), done.stderr.decode()):
        assert [line for line in re.split(r"\r\n|[\r\n]", text) if line.lstrip().startswith("::")] == []
        assert re.search(r"(?i)##[a-z]*\[", text) is None
        assert _UNPRINTABLE.search(text.replace("\t\n", "\n")) is None  # a diff has a tab after a name with blanks
    assert b"internal error" not in done.stderr
    if "--output-format" in command and not command.startswith("version"):
        assert len(done.stdout) > 1000, "it says what there is to say"


def test_settings_are_shown_as_toml_says_them(tmp_path: Path) -> None:
    (tmp_path / "asynclint.toml").write_text(_SPEAKING_SETTINGS)
    shown = tomllib.loads(_run(tmp_path, "config", "show").stdout.decode())
    assert {key: shown[key] for key in ("exclude", "baseline")} == {
        key: tomllib.loads(_SPEAKING_SETTINGS)[key] for key in ("exclude", "baseline")
    }


def test_no_markup_reaches_a_page_or_a_document(speaking: Path) -> None:
    page = _run(speaking, "check", "--no-cache", "--output-format=html", ".").stdout.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    ET.fromstring(_run(speaking, "check", "--no-cache", "--output-format=junit", ".").stdout)
    for output_format in ("json", "sarif", "gitlab"):
        json.loads(_run(speaking, "check", "--no-cache", f"--output-format={output_format}", ".").stdout)


def test_a_link_to_a_folder_outside_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/m.py").write_text(_BAD)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "a.py").write_text("x = 1\n")
    (project / "inner").symlink_to(tmp_path / "outside")
    done = _run(project, "check", "--fix", "--unsafe-fixes", "--output-format=json", ".")
    assert (done.returncode, json.loads(done.stdout)["diagnostics"]) == (2, [])
    assert [(item["filename"], item["code"]) for item in json.loads(done.stdout)["errors"]] == [
        ("inner", "unreadable-folder")
    ]
    assert (tmp_path / "outside/m.py").read_text() == _BAD
    run = json.loads(_run(project, "check", "--output-format=sarif", ".").stdout)["runs"][0]
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("is a link to a folder out of the project")
    assert said["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "inner"
    assert b"inner: is a link to a folder out of the project" in _run(project, "check", ".").stderr


def test_a_link_to_a_file_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(_BAD)
    (tmp_path / "secret.toml").write_text("password = = 1\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "m.py").symlink_to(tmp_path / "secret.py")
    done = _run(project, "check", "--output-format=full", ".")
    assert (done.returncode, done.stdout.count(b"sleep"), b"is a link out of the project" in done.stderr) == (
        2,
        0,
        True,
    )
    (project / ".asynclint.toml").symlink_to(tmp_path / "secret.toml")
    for arguments in (("check", "."), ("config", "show"), ("config", "validate")):
        done = _run(project, *arguments)
        assert (done.returncode, b"is a link out of the project" in done.stderr) == (2, True)
        assert b"password" not in done.stdout + done.stderr


_BESIDE = (
    "pyproject.toml", ".asynclint.toml", "asynclint.toml", ".gitignore", ".git/info/exclude", "uv.lock", "poetry.lock",
    "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements.txt", "requirements-dev.txt", "requirements/base.txt",
    "base.json",
)  # fmt: skip


@pytest.mark.parametrize("name", _BESIDE)
@pytest.mark.parametrize("kind", ["pipe", "device", "large", "folder", "dangling", "link"])
def test_nothing_beside_the_code_is_waited_for_or_read_without_end_or_passed_over_in_silence(
    tmp_path: Path, name: str, kind: str
) -> None:
    project = tmp_path / "project"
    (project / ".git/info").mkdir(parents=True)
    (project / "requirements").mkdir()
    (project / "asynclint.toml").write_text('baseline = "base.json"\n' if name == "base.json" else "")
    (project / "m.py").write_text(f"from fastapi import FastAPI\n{_BAD}")
    (tmp_path / "outside").write_text("m.py\n")
    file = project / name
    file.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "large":
        with file.open("wb") as sparse:
            sparse.truncate(2**31)
    else:
        targets = {"device": "/dev/zero", "dangling": str(project / "nothing"), "link": str(tmp_path / "outside")}
        file.symlink_to(targets[kind])
    done = _run(project, "check", "--output-format=concise", ".", memory=2**30)
    assert b"internal error" not in done.stderr
    assert done.stdout[:14] in (b"m.py:6:5: ASL2", b"")
    if done.returncode == 1:  # git follows no such link either, or has nothing to ignore
        assert name in (".gitignore", ".git/info/exclude")
        assert kind in ("device", "dangling", "link")
        said = _run(project, "check", "--show-files", "-v", ".").stderr.decode()
        assert f"{name} is a" in said
    else:
        assert (done.returncode, name in done.stderr.decode()) == (2, True)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements", "uv.lock"])
def test_what_a_project_runs_on_is_not_read_out_of_it(tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    (project / "api").mkdir(parents=True)
    (project / "asynclint.toml").touch()
    (project / "api/m.py").write_text("from fastapi import FastAPI\n")
    (project / "n.py").touch()
    other = tmp_path / "other"
    if name == "requirements":
        other.mkdir()
        (other / "secret-name.txt").write_text("fastapi==0.90.0\n")
    else:
        other.write_text("fastapi==0.90.0\n" if name.endswith("txt") else 'name = "fastapi"\nversion = "0.90.0"\n')
    (project / "api" / name).symlink_to(other)
    done = _run(project, "check", ".")
    assert (done.returncode, f"api/{name}: is a link out of the project, so the version".encode() in done.stderr) == (
        2,
        True,
    )
    shown = _run(project, "config", "show", "api/m.py")
    assert b"0.90.0" not in shown.stdout
    assert b"secret" not in done.stdout + done.stderr + shown.stdout + shown.stderr
    assert _run(project, "check", "api/m.py").returncode == 2
    assert _run(project, "check", "n.py").returncode == 0  # of which it says nothing
    assert _run(project, "check", "--config", "fastapi-version=0.100.0", ".").returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        (".gitignore", "[z-a]\n[\n", 1),
        ("asynclint.toml", f'fastapi-version = "{"1rc" * 40}!"\n', 2),
        ("requirements.txt", f"fastapi{' ' * 5000}@x\n", 1),
        ("requirements.txt", f"fastapi=={'1rc' * 40}!\n", 1),
        ("poetry.lock", f'name = "fastapi"\nversion = "1{"a-" * 40}!"\n', 1),
        ("pyproject.toml", f'[tool.poetry.dependencies]\nfastapi = "1{" " * 100_000}!"\n', 1),
    ],
)
def test_no_version_takes_long_to_read(tmp_path: Path, name: str, text: str, code: int) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / f"{'a' * 200}.py").write_text(f"from fastapi import FastAPI\n\napp = FastAPI()\n\n{_BAD}")
    (tmp_path / name).write_text(text)
    done = _run(tmp_path, "check", "--output-format=concise", ".")
    assert (done.returncode, b"internal error" in done.stderr) == (code, False)


_DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "tool = true  # asynclint"),
        ("pyproject.toml", "tool = 'asynclint'"),
        ("pyproject.toml", f"x = {_DEEP}  # asynclint fastapi"),
        ("pyproject.toml", f"[tool.asynclint]\nx = {_DEEP}"),
        ("asynclint.toml", f"x = {'9' * 5000}"),
        ("pyproject.toml", f"[project]\ndependencies = {'9' * 5000}  # fastapi"),
        ("Pipfile.lock", f'{{"fastapi": {_DEEP}'),
        ("Pipfile.lock", f'{{"fastapi": {"9" * 5000}}}'),
    ],
)
def test_what_no_reader_expects_is_no_internal_error(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "m.py").write_text(f"from fastapi import FastAPI\n{_BAD}")
    (tmp_path / name).write_text(text)
    done = _run(tmp_path, "check", "--output-format=concise", ".")
    assert b"internal error" not in done.stderr
    assert (done.returncode, done.stdout[:14]) in ((1, b"m.py:6:5: ASL2"), (2, b""))


_HUGE = "0x" + "f" * 6000  # Python reads it, and refuses to write it in decimal


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{key} = {_HUGE}"
            for key in ("max-file-size", "fail-level", "root", "baseline", "target-version", "select")
        ),
        f"select = [{_HUGE}]",
        f"blocking-calls = [{_HUGE}]",
        f"severity = {{ ASL101 = {_HUGE} }}",
        f"max-file-size = {10**12}",
        f"max-file-size = {2**63}",
        f"max-file-size = {'9' * 5000}",
        f"fastapi-version = [{_HUGE}]",
    ],
)
def test_a_number_of_many_digits_is_said_to_be_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.py").write_text(_BAD)
    (tmp_path / "asynclint.toml").write_text(f"{text}\n")
    for command in ("check .", "config validate", "config show", "routes ."):
        done = _run(tmp_path, *command.split())
        said = done.stderr.decode()
        assert (done.returncode, said.startswith("error: asynclint.toml:")) == (2, True)
        assert "internal error" not in said
        assert "sys." not in said


@pytest.mark.parametrize(
    "arguments",
    [("-j", "9" * 5000, "m.py"), ("--explain", f"m.py:{'9' * 5000}"), ("--config", f"max-file-size={_HUGE}")],
)
def test_a_number_of_many_digits_on_the_command_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "m.py").write_text(_BAD)
    done = _run(tmp_path, "check", *arguments)
    assert (done.returncode, b"internal error" in done.stderr) == (2, False)


_LONG_KEY = "a." * 50_000 + "a"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", f"[tool.asynclint]\n{_LONG_KEY} = 1\n"),
        ("pyproject.toml", f"{_LONG_KEY} = 'asynclint'\n"),
        ("asynclint.toml", f"[{_LONG_KEY.replace('.', ' . ')}]\n"),
        ("asynclint.toml", f"x = {{ {_LONG_KEY.replace('a', repr('a'))} = 1 }}\n"),
        ("uv.lock", f"[{_LONG_KEY}]\nname = 'fastapi'\n"),
        ("asynclint.toml", 'x = "' + '\\"' * 400_000 + f"\n# {_LONG_KEY}"),
        ("asynclint.toml", 'x = """' + '\\"""' * 400_000 + f"\n# {_LONG_KEY}"),
        ("asynclint.toml", "x = '" * 200_000 + f"\n# {_LONG_KEY}"),
    ],
)
def test_no_key_makes_a_run_long(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "m.py").write_text(f"from fastapi import FastAPI\n{_BAD}")
    (tmp_path / name).write_text(text)
    done = _run(tmp_path, "check", "--output-format=concise", ".")
    assert (done.returncode, done.stdout[:14]) in ((1, b"m.py:6:5: ASL2"), (2, b""))


@pytest.mark.parametrize(
    "text",
    [
        'extend = "a\\n::error::x"',
        '"x\\n::error::x" = 1',
        'select = ["a\\n::error::x"]',
        'per-file-ignores = {"a\\n::error::b" = ["X\\n::error::x"]}',
        'baseline = "x\\n::error::x"',
        "::error::x",
        "\u2028::error::x = '\u202e",
        'fail-level = "\\u001b[31m"',
    ],
)
def test_no_order_stands_in_what_is_said_of_a_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.py").write_text(_BAD)
    (tmp_path / "asynclint.toml").write_text(f"{text}\n")
    for arguments in (("check", "."), ("config", "validate"), ("config", "show")):
        said = _run(tmp_path, *arguments).stderr.decode()
        assert re.search(r"(?m)^\s*::", said) is None
        assert _UNPRINTABLE.search(said) is None
        assert said or arguments != ("check", ".")


_SLOW = "*a" * 24 + "*b"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".gitignore", f"{_SLOW}\n*/{_SLOW}\n**/{_SLOW}/c\n"),
        (".git/info/exclude", f"{_SLOW}\n"),
        ("asynclint.toml", f'exclude = ["{_SLOW}", "**/{_SLOW}"]\n'),
        ("asynclint.toml", f'extend-exclude = ["{_SLOW}", "/x/**/{_SLOW}/"]\n'),
        ("asynclint.toml", f'per-file-ignores = {{"{_SLOW}" = ["ASL201"], "!**/{_SLOW}/*" = ["ASL101"]}}\n'),
        ("asynclint.toml", f'blocking-calls = ["{_SLOW}", "{"*." * 24}b"]\nroute-decorators = ["{_SLOW}"]\n'),
    ],
)
def test_no_pattern_makes_a_run_long(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / ".git/info").mkdir(parents=True)
    (tmp_path / name).write_text(text)
    folder = tmp_path / ("a" * 200)
    folder.mkdir()
    call = f"{'a' * 200}()"
    for place in (tmp_path, folder):
        (place / f"{'a' * 200}.py").write_text(f"{_BAD}\n@{call}\nasync def g(): {call}; {'a.' * 200}a()\n")
    done = _run(tmp_path, "check", "--no-cache", "--output-format=concise", "--select=ASL201", ".")
    assert (done.returncode, done.stdout.count(b"ASL201")) == (1, 2)


def test_a_fix_does_not_write_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim.py").write_text(_BAD)
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").touch()
    (project / "m.py").symlink_to(tmp_path / "victim.py")
    _run(project, "check", "--fix", "--unsafe-fixes", ".")
    assert (tmp_path / "victim.py").read_text() == _BAD


def test_no_source_in_the_package_can_unpickle_what_others_wrote() -> None:
    from asynclint import run  # noqa: PLC0415 - only to find the package

    package = os.path.dirname(os.path.dirname(run.__file__))
    users = []
    for folder, _, files in os.walk(package):
        for name in files:
            if name.endswith(".py"):
                with open(f"{folder}/{name}", encoding="utf-8") as file:
                    if re.search(
                        r"pickle\.loads?\(|marshal\.loads?\(|\beval\(|\bexec\(|yaml\.load\(|shelve", file.read()
                    ):
                        users.append(name)
    assert users == ["forking.py"]  # which reads a pipe from its own child
