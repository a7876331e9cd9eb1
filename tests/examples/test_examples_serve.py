"""The example services work, and the checker finds in them what was put there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from asynclint.rulekit.discovery import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FLAWED = ROOT / "examples" / "shop"
FIXED = ROOT / "examples" / "shop_fixed"
PATIENCE = 60

MISTAKES = {
    "shop/app.py": ["ASL203", "ASL204", "ASL204", "ASL401", "ASL402", "ASL404"],
    "shop/dependencies.py": ["ASL204"],
    "shop/routers/catalogue.py": ["ASL101", "ASL104", "ASL203"],
    "shop/routers/orders.py": ["ASL102", "ASL201", "ASL203", "ASL204", "ASL301", "ASL301", "ASL302"],
    "shop/routers/returns.py": ["ASL301", "ASL303", "ASL304", "ASL305", "ASL307", "ASL308", "ASL405"],
    "shop/routers/statistics.py": ["ASL309", "ASL406"],
    "shop/services/invoices.py": ["ASL204", "ASL205"],
    "shop/services/orders.py": [
        *("ASL201", "ASL202", "ASL203", "ASL203", "ASL203", "ASL203", "ASL203", "ASL203", "ASL204"),
    ],
    "shop/services/returns.py": ["ASL306"],
    "shop/worker.py": ["ASL203", "ASL204", "ASL403"],
}

either = pytest.mark.parametrize("example", [FLAWED, FIXED], ids=lambda path: path.name)


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment without what the test run around this one says about itself."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SHOP_"))}
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **extra}


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )


def findings(example: Path) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and the rules that spoke of each file."""
    done = run("-m", "asynclint", "check", "--output-format", "json", example.relative_to(ROOT), cwd=ROOT)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    found = defaultdict(list)
    for item in report["diagnostics"]:
        found[(ROOT / item["filename"]).relative_to(example).as_posix()].append(item["code"])
    return done.returncode, {name: sorted(codes) for name, codes in found.items()}


def test_the_mistakes_of_the_shop_are_found_and_nothing_else() -> None:
    assert findings(FLAWED) == (1, MISTAKES)


def test_the_shop_has_every_mistake_of_background_work_and_of_lifecycles() -> None:
    families = {rule.code for rule in all_rules() if rule.code.startswith(("ASL3", "ASL4"))}
    assert families <= {code for codes in MISTAKES.values() for code in codes}


def test_the_shop_put_right_has_no_findings() -> None:
    assert findings(FIXED) == (0, {})


@either
def test_its_own_tests_pass(example: Path) -> None:
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=example)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_mistake_shows_at_run_time(tmp_path: Path) -> None:
    """What the tests of the fixed shop ask for is what the flawed one fails to do, all of it."""
    copy = tmp_path / "shop"
    shutil.copytree(FLAWED, copy)
    shutil.copy(FIXED / "tests" / "test_put_right.py", copy / "tests")
    report = tmp_path / "report.xml"
    # Without source lines, for which pytest parses while the shop's threads do: CPython may then raise SystemError
    # (github.com/python/cpython/issues/106905).
    plain = ("-q", "-p", "no:cacheprovider", "--tb=line")
    run("-m", "pytest", *plain, f"--junitxml={report}", "tests/test_put_right.py", cwd=copy)
    (suite,) = ET.parse(report).getroot().iter("testsuite")
    passed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is None]
    assert int(suite.attrib["tests"]) > 0
    assert (suite.get("errors"), passed) == ("0", [])


def test_fixing_leaves_no_finding_with_a_fix_and_breaks_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "shop"
    shutil.copytree(FLAWED, copy)
    before = report_of(copy)
    assert sum(map(can_be_fixed, before)) > 5
    fixing = run("-m", "asynclint", "check", "--no-cache", "--fix", "--unsafe-fixes", cwd=copy)
    assert fixing.returncode == 1
    assert "not fixed" not in fixing.stderr
    left = report_of(copy)
    assert [item for item in left if can_be_fixed(item)] == []
    assert len(left) <= sum(not can_be_fixed(item) for item in before)
    tests = run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=copy)
    assert tests.returncode == 0, tests.stdout + tests.stderr


def can_be_fixed(item: dict[str, Any]) -> bool:
    return any(fix["applicability"] != "display" for fix in item["fixes"])


def report_of(folder: Path) -> list[dict[str, Any]]:
    done = run("-m", "asynclint", "check", "--no-cache", "--output-format", "json", cwd=folder)
    diagnostics: list[dict[str, Any]] = json.loads(done.stdout)["diagnostics"]
    return diagnostics


def test_the_two_differ_in_the_mistakes_only() -> None:
    def python_files(example: Path) -> set[str]:
        return {path.relative_to(example).as_posix() for path in example.rglob("*.py")}

    assert python_files(FIXED) - python_files(FLAWED) == {"tests/test_put_right.py"}
    differing = {name for name in python_files(FLAWED) if (FLAWED / name).read_bytes() != (FIXED / name).read_bytes()}
    assert differing - MISTAKES.keys() == {"shop/clients.py", "shop/services/notifications.py"}, (
        "causes, in their files"
    )


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"data": str(tmp_path / "data")}), encoding="utf-8")
    return file


@pytest.fixture
def server(example: Path, settings: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A uvicorn on a free port, and its address."""
    command = [sys.executable, "-m", "uvicorn", "shop.app:app", "--host", "127.0.0.1", "--port", "0", "--no-use-colors"]
    environment = clean_environment(SHOP_SETTINGS=str(settings))
    with subprocess.Popen(command, cwd=example, env=environment, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            assert process.stderr is not None
            log = ""
            for line in process.stderr:
                log += line
                if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield process, address.group()
                    break
            else:
                pytest.fail(f"uvicorn did not start:\n{log}")
        finally:
            watchdog.cancel()
            process.kill()


@either
def test_it_serves_under_uvicorn(server: tuple[subprocess.Popen[str], str]) -> None:
    process, address = server
    with urllib.request.urlopen(f"{address}/products", timeout=PATIENCE) as response:
        assert [product["name"] for product in json.load(response)] == ["Espresso", "Filter roast", "Moka pot"]
    order = json.dumps({"product_id": 1, "email": "ada@example.org"}).encode()
    request = urllib.request.Request(f"{address}/orders", order, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        assert json.load(response)["status"] == "paid"
    process.terminate()
    _, log = process.communicate(timeout=PATIENCE)
    assert "Application shutdown complete" in log
