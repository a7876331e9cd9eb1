"""`asynclint config show`, `config list` and `config validate`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from asynclint.cli.configuration import PREFIX, config_options, configurations, folders_of, working_folder
from asynclint.cli.named_paths import named
from asynclint.cli.refusal import Refusal
from asynclint.cli.terminal import say, write_out
from asynclint.cli.words import Words
from asynclint.config.options import BY_KEY, OPTIONS
from asynclint.config.selection import nearest
from asynclint.config.settings import Settings, SettingsError
from asynclint.config.shown import option_json, option_text, plain_value, toml
from asynclint.report.json_text import json_text
from asynclint.report.printable import escaped_in_toml
from asynclint.rulekit.descriptions import described_rules
from asynclint.source.paths import absolute, display
from asynclint.source.roots import ProjectRoots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asynclint.config.configurations import Configurations, Resolved
    from asynclint.project.fastapi_version import FastAPIVersion
    from asynclint.project.python_version import PythonVersion

_FASTAPI, _PYTHON = "fastapi-version", "target-version"
_ENVIRONMENT = {"auto_envvar_prefix": PREFIX}
_output_format = click.option(
    "--output-format",
    type=Words(["text", "json"]),
    default="text",
    show_default=True,
    allow_from_autoenv=False,  # the variable is that of `check`, whose formats are others
    help="Form of the output.",
)


@click.group()
def config() -> None:
    """Show, list and validate settings."""


@config.command(name="list")
@click.argument("key", required=False)
@_output_format
def list_(key: str | None, output_format: str) -> None:
    """List all keys of the configuration, or explain one."""
    if key is not None and key not in BY_KEY:
        hint = nearest(key, BY_KEY) or "`asynclint config list` shows all"
        raise Refusal(SettingsError((f"unknown key `{key}`; {hint}",)))
    chosen = OPTIONS if key is None else (BY_KEY[key],)
    if output_format == "json":
        write_out(json_text([option_json(option) for option in chosen]))
    elif key is not None:
        write_out(option_text(BY_KEY[key]))
    else:
        width = max(len(option.key) for option in OPTIONS)
        write_out("".join(f"{option.key.ljust(width)}  {_first_sentence(option.meaning)}\n" for option in OPTIONS))


@config.command(context_settings=_ENVIRONMENT)
@click.argument("file", default=".")
@config_options
@_output_format
def show(file: str, output_format: str, **options: Any) -> None:
    """Show the settings that hold for a file or folder, and where each of them was said."""
    path = absolute(file, working_folder())
    known = configurations(options)
    resolved = known.for_path(path)
    _refuse_problems(known)
    codes = _rules_on(known, path)
    versions = _versions(known, path)
    shown = _json(resolved, codes, versions) if output_format == "json" else _text(resolved, codes, versions)
    write_out(shown)


@config.command(context_settings=_ENVIRONMENT)
@click.argument("paths", nargs=-1, metavar="[PATHS]...", callback=named)
@config_options
def validate(paths: tuple[str, ...], **options: Any) -> None:
    """Check configuration files.

    These are the files given, and those that hold for what is in the folders given (default: the working folder).

    Exit code: 0 valid, 2 not.
    """
    cwd = working_folder()
    files: dict[str, None] = {}
    problems: dict[str, None] = {}
    for path in (absolute(path, cwd) for path in paths or (".",)):
        if not posixpath.exists(path):
            problems[f"{display(path, cwd)}: there is no such file or folder"] = None
            continue
        is_config = path.endswith(".toml") and not posixpath.isdir(path)  # a pipe is no configuration, which is said
        known = configurations({**options, "config": (*options["config"], path)} if is_config else options)
        for folder in folders_of(path, known):
            files |= dict.fromkeys(layer.file for layer in known.for_folder(folder).layers if layer.file is not None)
        problems |= dict.fromkeys(known.problems)
    if problems:
        raise Refusal(SettingsError(tuple(problems)))
    for name in files:
        say(f"{display(name, cwd)}: valid")
    if not files:
        say("no configuration; the defaults hold")


def _refuse_problems(known: Configurations) -> None:
    try:
        known.refuse_problems()
    except SettingsError as error:
        raise Refusal(error) from None


def _rules_on(known: Configurations, path: str) -> list[str]:
    from asynclint.findings.ruling import Rulings  # noqa: PLC0415 - only here

    file = f"{path}/" if posixpath.isdir(path) else path
    return sorted(Rulings(described_rules(), Settings(), known).of(file).policy.enabled)


class _Version(NamedTuple):
    """A version that the rules go by, and where that was said."""

    text: str
    origins: tuple[str, ...]


def _versions(known: Configurations, path: str) -> dict[str, _Version]:
    """What a run takes for the versions that the code of a path runs on, by key; nothing is parsed for that."""
    from asynclint.config.exclusion import Exclusion  # noqa: PLC0415 - only here
    from asynclint.project.fastapi_version import FastAPIVersions  # noqa: PLC0415 - only here
    from asynclint.project.python_version import PythonVersions  # noqa: PLC0415 - only here
    from asynclint.project.roots import ImportRoots  # noqa: PLC0415 - only here
    from asynclint.source.discovery import discover  # noqa: PLC0415 - only here

    cwd = working_folder()
    folder = path if posixpath.isdir(path) else posixpath.dirname(path)
    root = ProjectRoots(cwd, known.declares_root, (folder,)).of_folder(folder)
    exclusion = Exclusion(known)
    files = discover((root,), cwd, exclusion, exclusion.respects_gitignore).files
    folders = [folder, root, *sorted({posixpath.dirname(file) for file in files})]
    config = known.for_project(root, folders)
    _refuse_problems(known)
    import_roots = ImportRoots(root, files, declared=config.src)
    declared = known.versions(folders)
    fastapi = FastAPIVersions(config.fastapi_version, root, lambda: import_roots.all_roots, declared.fastapi)
    found: list[tuple[str, FastAPIVersion | PythonVersion, Mapping[str, str]]] = [
        (_FASTAPI, fastapi.of(folder), declared.fastapi),
        (_PYTHON, PythonVersions(root, declared.python).of(folder), declared.python),
    ]
    versions: dict[str, _Version] = {}
    for key, version, said in found:
        saying = (known.for_folder(item).origins(key) for item in folders if said.get(item) == version.text)
        origins = (display(version.origin, cwd),) if version.origin is not None else next(saying, ())
        versions[key] = _Version(version.text, origins)
    return versions


def _values(resolved: Resolved, versions: dict[str, _Version]) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Every key with its value and where that was said."""
    cwd = working_folder()
    values = {
        option.key: (plain_value(option, getattr(resolved.config, option.field), cwd), resolved.origins(option.key))
        for option in OPTIONS
    }
    return {**values, **versions}


def _text(resolved: Resolved, codes: list[str], versions: dict[str, _Version]) -> str:
    cwd = working_folder()
    file = display(resolved.file, cwd) if resolved.file is not None else "none"
    lines = [f"# configuration: {file}", f"# rules that are on: {', '.join(codes)}"]
    settings = {
        key: (f"{key} = {toml(value)}" if value is not None else f"# {key} is not set", origins)
        for key, (value, origins) in _values(resolved, versions).items()
    }
    width = min(max(len(text) for text, _ in settings.values()), 60)
    lines += [f"{text.ljust(width)}  # {', '.join(origins) or 'default'}" for text, origins in settings.values()]
    return escaped_in_toml("\n".join(lines) + "\n")


def _json(resolved: Resolved, codes: list[str], versions: dict[str, _Version]) -> str:
    settings = {
        key: {"value": value, "origins": list(origins)} for key, (value, origins) in _values(resolved, versions).items()
    }
    file = display(resolved.file, working_folder()) if resolved.file is not None else None
    return json_text({"configuration": file, "rules": codes, "settings": settings})


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".")
