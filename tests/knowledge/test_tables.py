"""Every row of every table is well formed."""

from __future__ import annotations

from pathlib import Path

import pytest

import asynclint.knowledge
from asynclint.knowledge import asyncio_api, fastapi_api, offloading, trivial_calls
from asynclint.knowledge.argument_forms import parse_forms
from asynclint.knowledge.catalogue import CallRow, ClassRow, all_call_rows, class_rows, find_row, holds_clients
from asynclint.knowledge.names import bases, canonical, lineage
from asynclint.knowledge.tables import column_names, read_table

FOLDER = Path(asynclint.knowledge.__file__).parent
TABLES = {
    "aliases": ["alias", "canonical"],
    "bases": ["name", "bases"],
    "blocking_calls": ["name", "rule", "tier", "replacement", "unless", "source"],
    "blocking_classes": ["name", "rule", "tier", "reach", "replacement", "pure", "source"],
    "libraries": ["package", "distribution", "version"],
    "returns": ["name", "kind", "type"],
}
RULES = {f"ASL{number}" for number in range(201, 211)}
TIERS = {"blocks", "metadata", "lazy", "listing", "lock", "handle"}
SOURCES = {"blockbuster", "fixit", "flake8-async", "library", "ruff", "semgrep", "sonar"}
API_MODULES = (asyncio_api, fastapi_api, offloading, trivial_calls)


def all_rows() -> list[CallRow | ClassRow]:
    return [*all_call_rows(), *class_rows().values()]


def names_of_python_tables() -> set[str]:
    found: set[str] = set()
    for module in API_MODULES:
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str):
                found.add(value)
            elif name.isupper() and hasattr(value, "__iter__"):
                found.update(value)
    return {name for name in found if "." in name}


def names_of_csv_tables() -> set[str]:
    listed = {base for _name, cell in read_table("bases") for base in cell.split("|")}
    returned = {name for row in read_table("returns") for name in (row[0], row[2])}
    return (
        {row.name for row in all_call_rows()}
        | set(class_rows())
        | {row[0] for row in read_table("bases")}
        | listed
        | returned
    )


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_its_columns_and_no_cell_needs_quotes(table: str) -> None:
    assert column_names(table) == TABLES[table]
    assert {len(row) for row in read_table(table)} == {len(TABLES[table])}
    assert '"' not in (FOLDER / f"{table}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_sorted_and_unique(table: str) -> None:
    keys = [tuple(row[: 2 if table == "returns" else 1]) for row in read_table(table)]

    assert keys == sorted(set(keys))


def test_there_is_no_other_table() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.csv")) == sorted(TABLES)


def test_rows_of_calls_and_classes_have_known_values() -> None:
    for row in all_rows():
        assert row.rule in RULES, row
        assert row.tier in TIERS, row
        assert set(row.source.split("+")) <= SOURCES, row
        assert row.source == "+".join(sorted(row.source.split("+"))), row


def test_replacements_are_short_and_for_asyncio() -> None:
    for row in all_rows():
        assert 0 < len(row.replacement) <= 80, row
        assert "trio" not in row.replacement.split("."), row
        assert " / " not in row.replacement, row
        row.replacement.format(name="a.b", owner="a", method="b")


def test_argument_forms_can_be_read() -> None:
    for row in all_call_rows():
        assert bool(parse_forms(row.unless)) == bool(row.unless), row


def test_reach_and_pure_names() -> None:
    for row in class_rows().values():
        assert row.reach in {"methods", "paths"}, row
        assert row.pure == "|".join(sorted(set(row.pure.split("|")))), row


def test_no_row_repeats_what_another_says() -> None:
    """A method that its class or a base class covers has a row only where it differs, or where a peer lists it."""
    for row in all_call_rows():
        owner, _, method = row.name.rpartition(".")
        covering = [class_rows()[name] for name in lineage(owner) if name in class_rows()]
        same = any(other.covers(method) and (other.rule, other.tier) == (row.rule, row.tier) for other in covering)
        assert not same or row.unless or row.source != "library", row


def test_kinds_of_returns() -> None:
    assert {kind for _name, kind, _type in read_table("returns")} == {"attribute", "call", "element", "enter"}


def test_every_name_is_spelled_canonically() -> None:
    for name in names_of_csv_tables() | names_of_python_tables():
        assert canonical(name) == name


def test_aliases_lead_to_their_canonical_name_in_one_step() -> None:
    for alias, target in read_table("aliases"):
        assert canonical(alias) == target
        assert canonical(target) == target
        assert canonical(f"{alias}.method") == canonical(f"{target}.method")


def test_aliases_lead_to_names_that_are_spoken_of() -> None:
    names = names_of_csv_tables() | names_of_python_tables()
    names |= {row.replacement for row in all_rows()}
    for alias, target in read_table("aliases"):
        known = any(name == target or name.startswith(f"{target}.") for name in names)
        assert known or holds_clients(target), alias


def test_base_classes_make_no_circle() -> None:
    for name, _listed in read_table("bases"):
        assert name not in bases(name)
        assert lineage(name)[0] == name
        assert all(name not in lineage(base) for base in bases(name))


def test_asynchronous_libraries_are_not_in_the_catalogue() -> None:
    prefixes = ("aiobotocore.", "aiofiles.", "aiohttp.", "aiosqlite.", "asyncpg.", "motor.", "redis.asyncio.")
    for name in (*(row.name for row in all_call_rows()), *class_rows()):
        assert not name.startswith(prefixes), name
        assert ".aio." not in name, name
        assert not any(
            part.startswith("Async") and part not in {"AsyncResult", "AsyncToSync"} for part in name.split(".")
        ), name


@pytest.mark.parametrize(
    "name",
    [
        "asyncio.sleep",
        "os.environ.get",
        "os.getcwd",
        "os.getpid",
        "os.path.abspath",
        "os.path.basename",
        "os.path.dirname",
        "os.path.expanduser",
        "os.path.join",
        "os.path.normpath",
        "os.path.split",
        "os.path.splitext",
        "pathlib.Path",
        "pathlib.Path.absolute",
        "pathlib.Path.cwd",
        "pathlib.Path.home",
        "pathlib.Path.joinpath",
        "pathlib.Path.relative_to",
        "pathlib.Path.with_suffix",
    ],
)
def test_pure_and_cheap_names_are_not_in_it(name: str) -> None:
    assert find_row(name) is None
