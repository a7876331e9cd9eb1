"""Which file a dotted name means to an importer."""

from __future__ import annotations

import pytest

from asynclint.project.roots import ImportRoots

MONOREPO = (
    "/p/services/billing/app/__init__.py",
    "/p/services/billing/app/main.py",
    "/p/services/billing/app/db.py",
    "/p/services/billing/redis.py",
    "/p/services/billing/start.py",
    "/p/services/search/app/__init__.py",
    "/p/services/search/app/main.py",
    "/p/services/search/app/db.py",
    "/p/backend/core/__init__.py",
    "/p/backend/core/queue.py",
    "/p/backend/ee/core_ee/__init__.py",
    "/p/backend/ee/core_ee/extra.py",
    "/p/lib/src/shared_lib/__init__.py",
    "/p/lib/src/shared_lib/clock.py",
    "/p/scripts/run.py",
    "/p/scripts/redis.py",
    "/p/plain/api/routes.py",
    "/p/plain/main.py",
)


@pytest.fixture
def roots() -> ImportRoots:
    return ImportRoots("/p", MONOREPO, frozenset({"redis"}))


@pytest.mark.parametrize(
    ("importer", "name", "expected"),
    [
        ("services/billing/app/main.py", "app.db", "services/billing/app/db.py"),
        ("services/search/app/main.py", "app.db", "services/search/app/db.py"),
        ("services/search/app/main.py", "app", "services/search/app/__init__.py"),
        ("services/search/app/main.py", "core.queue", "backend/core/queue.py"),
        ("backend/ee/core_ee/extra.py", "core", "backend/core/__init__.py"),
        ("backend/core/queue.py", "core_ee.extra", "backend/ee/core_ee/extra.py"),
        ("scripts/run.py", "shared_lib.clock", "lib/src/shared_lib/clock.py"),
        ("plain/main.py", "api.routes", "plain/api/routes.py"),
        ("plain/main.py", "api", "plain/api"),
        ("services/billing/start.py", "redis", "services/billing/redis.py"),  # lies where the program is started
    ],
)
def test_absolute_names_resolve_as_at_run_time(roots: ImportRoots, importer: str, name: str, expected: str) -> None:
    assert roots.find(f"/p/{importer}", name) == f"/p/{expected}"


@pytest.mark.parametrize(
    ("importer", "name"),
    [
        ("services/billing/redis.py", "redis"),  # no script imports itself
        ("scripts/run.py", "redis"),  # the library, not the script of that name beside it
        ("backend/core/__init__.py", "queue"),  # the standard library, not the module in the package
        ("plain/main.py", "requests"),
        ("services/billing/app/main.py", "app.missing"),
    ],
)
def test_names_outside_the_project_are_not_found(roots: ImportRoots, importer: str, name: str) -> None:
    assert roots.find(f"/p/{importer}", name) is None


def test_relative_names_count_their_dots(roots: ImportRoots) -> None:
    importer = "/p/services/billing/app/main.py"
    assert roots.relative(importer, 1, "db") == "/p/services/billing/app/db.py"
    assert roots.relative(importer, 1, "") == "/p/services/billing/app/__init__.py"
    assert roots.relative(importer, 1, "missing") is None


@pytest.mark.parametrize(
    ("path", "name", "root"),
    [
        ("services/billing/app/db.py", "app.db", "services/billing"),
        ("lib/src/shared_lib/clock.py", "shared_lib.clock", "lib/src"),
        ("backend/core/__init__.py", "core", "backend"),
    ],
)
def test_a_module_is_named_from_its_own_root(roots: ImportRoots, path: str, name: str, root: str) -> None:
    located = roots.locate(f"/p/{path}")
    assert (located.name, located.import_root) == (name, f"/p/{root}")
