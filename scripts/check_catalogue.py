"""Holds the tables of `asynclint.knowledge` against the libraries installed here, and prints what has vanished.

Run it in an environment with the newest releases of the libraries of interest:

    python scripts/check_catalogue.py              # whatever is installed, and the standard library
    python scripts/check_catalogue.py redis boto3  # only these packages
    python scripts/check_catalogue.py --recorded   # only in the releases that `libraries.csv` names
    python scripts/check_catalogue.py --missing    # which libraries are not installed, or in another release

`libraries.csv` names the release of each library that its rows were last held against. A name that this release does
not have is a mistake in the tables. One that a newer release does not have is news: mend the rows, name that release.

Names that are kept although the newest release has them no longer, or that exist on instances only, stand with the
reason in `catalogue_exceptions.csv`.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import csv
import fnmatch
import functools
import importlib
import importlib.metadata
import io
import sys
import warnings
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from asynclint.knowledge import asyncio_api, fastapi_api, offloading, trivial_calls
from asynclint.knowledge.catalogue import all_call_rows, class_rows, holds_clients
from asynclint.knowledge.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXCEPTIONS = Path(__file__).with_name("catalogue_exceptions.csv")


def names_to_check() -> Iterator[tuple[str, str]]:
    """Each name of a table, with the table it stands in."""
    yield from (("blocking_calls", row.name) for row in all_call_rows())
    yield from (("replacement", name) for name in replacements())
    for name, row in class_rows().items():
        yield "blocking_classes", name
        if row.reach == "methods":
            yield from (
                ("blocking_classes", f"{name}.{item}") for item in row.pure.split("|") if item and "*" not in item
            )
    for alias, target in read_table("aliases"):
        yield from (("aliases", alias), ("aliases", target))
    for name, listed in read_table("bases"):
        yield from (("bases", item) for item in (name, *listed.split("|")))
    for name, _kind, type_name in read_table("returns"):
        yield from (("returns", name), ("returns", type_name))
    for module in (asyncio_api, fastapi_api, offloading, trivial_calls):
        yield from ((module.__name__.rpartition(".")[2], name) for name in _names_in(module))


def _names_in(module: ModuleType) -> Iterator[str]:
    """The dotted names in the constants of a module."""
    for constant, value in vars(module).items():
        if constant.isupper() and isinstance(value, Collection):
            listed = (value,) if isinstance(value, str) else value
            yield from (name for name in listed if "." in name)


def replacements() -> Iterator[str]:
    """The replacements that are names, as they read for each row."""
    texts = [_fill_in(row.replacement, row.name) for row in all_call_rows()]
    texts += [row.replacement for row in class_rows().values()]
    yield from (text for text in texts if all(part.isidentifier() for part in text.split(".")))


def _fill_in(replacement: str, name: str) -> str:
    owner, _, method = name.rpartition(".")
    return replacement.format(name=name, owner=owner, method=method)


def vanished(packages: Sequence[str], *, only_recorded: bool) -> list[str]:
    """A line for each name of an installed library that the library does not have."""
    found = dict.fromkeys(
        f"{table}: {name}: {problem}"
        for table, name in names_to_check()
        if _is_wanted(name, packages) and _is_there(name, only_recorded) and not _is_excepted(name)
        for problem in [why_missing(name)]
        if problem
    )
    return list(found)


def wrong_aliases(packages: Sequence[str], *, only_recorded: bool) -> list[str]:
    """A line for each alias that is not the same object as its canonical name."""
    found = []
    for alias, target in read_table("aliases"):
        if not (_is_wanted(alias, packages) or _is_wanted(target, packages)):
            continue
        if not (_is_there(alias, only_recorded) and _is_there(target, only_recorded)):
            continue
        if _is_excepted(alias) or holds_clients(target):
            continue
        one, other = resolve(alias), resolve(target)
        if one is not None and other is not None and not _are_alike(one, other):
            found.append(f"aliases: {alias} is not {target}")
    return found


def _are_alike(one: object, other: object) -> bool:
    """Whether two objects may share a name: the same, two modules, a class and a subclass, copies of a function."""
    if one is other or (isinstance(one, ModuleType) and isinstance(other, ModuleType)):
        return True
    if isinstance(one, type) and isinstance(other, type):
        return issubclass(one, other) or issubclass(other, one)
    return getattr(one, "__name__", one) == getattr(other, "__name__", other)


def is_installed(name: str) -> bool:
    """Whether the library of `name` can be looked at here."""
    distribution = distribution_of(name)
    if distribution is None:
        first = name.partition(".")[0]
        return first in sys.stdlib_module_names or hasattr(builtins, first)
    return installed_version(distribution) is not None


def is_recorded(name: str) -> bool:
    """Whether the library of `name` is installed in the release that its rows were last held against."""
    distribution = distribution_of(name)
    return distribution is None or installed_version(distribution) in _recorded_versions(distribution)


def _is_there(name: str, only_recorded: bool) -> bool:
    return is_installed(name) and (is_recorded(name) or not only_recorded)


def distribution_of(name: str) -> str | None:
    """The distribution that has `name`; None for the standard library."""
    parts = name.split(".")
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((_distributions()[prefix] for prefix in prefixes if prefix in _distributions()), None)


@functools.cache
def installed_version(distribution: str) -> str | None:
    """The version installed here."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def why_missing(name: str) -> str:
    """Why `name` cannot be found in its library; empty if it can."""
    try:
        _resolve(name)
    except LookupError as error:
        return str(error)
    return ""


def resolve(name: str) -> object:
    """The object of that name, or None."""
    try:
        return _resolve(name)
    except LookupError:
        return None


def _resolve(name: str) -> object:
    """As `from … import …` would find it: attributes first, then submodules; None if it is declared without a value."""
    first, *rest = name.split(".")
    path = first
    current = _import(first) or getattr(builtins, first, None)
    for part in rest:
        path = f"{path}.{part}"
        found = _attribute(current, part)
        current = found[0] if found else (_import(path) if isinstance(current, ModuleType) else None)
        if found is None and current is None:
            raise LookupError(f"no {part!r}")
        if found is not None and current is None:
            break
    return current


def _attribute(owner: object, name: str) -> tuple[object] | None:
    try:
        return (getattr(owner, name),)
    except AttributeError:
        classes = getattr(owner, "__mro__", ())
        is_declared = any(name in getattr(item, "__annotations__", {}) for item in (owner, *classes))
        return (None,) if is_declared else None
    except Exception:  # noqa: BLE001 - it is there, and refuses to work without some configuration
        return (None,)


@functools.cache
def _import(name: str) -> object:
    """The module, or None if there is none of that name."""
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            return None
        raise LookupError(f"cannot be imported: {error}") from error
    except Exception as error:
        raise LookupError(f"cannot be imported: {error!r}") from error


@functools.cache
def _distributions() -> dict[str, str]:
    return {package: distribution for package, distribution, _version in read_table("libraries")}


@functools.cache
def _recorded_versions(distribution: str) -> frozenset[str]:
    return frozenset(version for _package, name, version in read_table("libraries") if name == distribution)


@functools.cache
def _exceptions() -> dict[str, str]:
    with EXCEPTIONS.open(encoding="utf-8", newline="") as table:
        return {row["name"]: row["reason"] for row in csv.DictReader(table)}


def _is_excepted(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _exceptions())


def _is_wanted(name: str, packages: Sequence[str]) -> bool:
    return not packages or any(name == package or name.startswith(f"{package}.") for package in packages)


def _print_libraries() -> None:
    for package, distribution, version in read_table("libraries"):
        installed = installed_version(distribution)
        if installed is None:
            print(f"not installed: {distribution} ({package})")
        elif installed != version:
            print(f"checked against {version or 'no version'}, installed is {installed}: {distribution} ({package})")


def main() -> int:
    """0 if every name was found, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="look at the names of these packages only")
    parser.add_argument("--recorded", action="store_true", help="pass over libraries installed in another release")
    parser.add_argument("--missing", action="store_true", help="print which libraries are not installed, or are newer")
    options = parser.parse_args()
    if options.missing:
        _print_libraries()
        return 0
    found = [check(options.packages, only_recorded=options.recorded) for check in (vanished, wrong_aliases)]
    problems = [line for lines in found for line in lines]
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
