"""Writes docs/configuration.md and docs/asynclint.schema.json from the settings; `--check` only compares."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from asynclint.config.shown import json_schema, page

ROOT = Path(__file__).resolve().parent.parent

INTRODUCTION = """\
# Configuration

<!-- Written by scripts/generate_configuration.py from there and src/asynclint/config/options.py. -->

asynclint needs no configuration. What a project wants otherwise stands in `[tool.asynclint]` of its
`pyproject.toml`, or in `asynclint.toml` or `.asynclint.toml`, where the keys stand at the top.

```toml
[tool.asynclint]
extend-select = ["blanket-suppression"]
extend-exclude = ["app/templates/"]

[tool.asynclint.per-file-ignores]
"scripts/" = ["ASL2"]

[tool.asynclint.severity]
blocking-file-io = "note"
```

## Which file holds

For every file that is checked the nearest configuration upwards decides, alone: nothing is inherited unless
`extend` says so. Of several files in one folder `.asynclint.toml` comes first, then `asynclint.toml`, then
`pyproject.toml`; a `pyproject.toml` without `[tool.asynclint]` is passed over. Some keys are about a whole project
(what its functions do): for these all configurations inside the project count together. Others are about the run (the
form of the report, the baseline): for these the configuration decides that all paths given have in common, else that
of the working folder.

## What a project is

Which code a file is judged with does not depend on how asynclint is called: a run over a whole tree, a hook that is
given one file and an editor come to the same verdict. A project is the git repository around a file, as mypy looks for
its configuration up to there: what is kept together is run together, so a service is followed into a library beside it
though both have a `pyproject.toml`. Without a repository (an image, an unpacked archive) it is the outermost folder
upwards with a `pyproject.toml` or a configuration of asynclint, and without any of these the folder that is checked. A
module that several services have under the same name means to each its own, and each goes by its own FastAPI.

`root = true` in a configuration file makes its folder a project of its own, for what only happens to lie in the same
repository. So does a repository inside of another. What is outside of it may import such a project, but not the other
way round.

The command line is stronger than any file:

| | |
|---|---|
| `--config FILE` | this file in place of those of the project; its paths are relative to the working folder |
| `--config KEY=VALUE` | one key, with a value as in TOML: `--config 'fail-level="error"'` |
| `--isolated` | no file at all |
| `--select RULES` | in place of `select` and `extend-select`; what is named as closely as a file ignores it is on |
| `--ignore RULES` | beside `ignore` and `extend-ignore` |
| other options | in place of the key of the same name |

The options of `check` can also be given as an environment variable: `ASYNCLINT_FAIL_LEVEL=error`,
`ASYNCLINT_CONFIG=ci/asynclint.toml`, `ASYNCLINT_ISOLATED=1`. The command line is stronger than these, and these are
stronger than files.

## What a file may not do

A configuration file is part of the code that is checked, so it is trusted no more than that: `extend`, `baseline`
and `src` that lead out of the repository (without one, out of the outermost folder around it with a `pyproject.toml` or
a configuration) are refused. Files for reports are named on the command line only.

## Links

Nothing is read out of the project because a link says so. A module, a configuration, a `requirements` or lock file, or
a baseline that is a link out of it is an error with exit code 2, and so is what has the name of one and is a folder, a
pipe, a device, or a link to nothing. Where nothing marks a project, that is the folder the link lies in. What the
command line names is read wherever its links lead.

Links to folders are not entered. Where there are Python files behind one, that is an error, unless these are checked
where they lie; with `exclude`, `extend-exclude` or a `.gitignore` it is left out. To know it, the names behind the link
are looked at, 10,000 at most.

A `.gitignore` that is a link is not followed: git does not, either. `check --show-files -v` lists it. The
`info/exclude` of a worktree or submodule is read where the repository that its `.git` names knows of it in turn.

No report or baseline is written through a link of the project that leads out of it, though the command line names the
link. `--fix` changes no file through a link; where a file has several names (hard links), the others keep what it was.

## Mistakes

Anything that is not understood is an error with exit code 2, and nothing is checked: unknown keys, unknown rules,
values of the wrong kind. All of them are said at once, each with file and line.

```text
error: pyproject.toml:2: unknown key `selct`; did you mean `select`?
error: pyproject.toml:5: `per-file-ignores`: unknown rule `discarded-tsk`; did you mean `discarded-task`?
```

`asynclint config validate` does only this, for every configuration in the folder.
`asynclint config show FILE` shows every setting that holds for a file
and where it was said, the FastAPI version included; `asynclint config list` lists the keys, `asynclint config list
KEY` explains one. Editors can use [asynclint.schema.json](asynclint.schema.json), the JSON schema of
`asynclint.toml`.

## Rules and files

A list of rules has codes (`ASL101`), prefixes of codes (`ASL1`), names (`discarded-task`) or `ALL`. A pattern of
files is read as in a `.gitignore` that lies beside the configuration file: `tests/` is every folder of that name,
`/tests/` the one beside it, `app/**/generated_*.py` and `*_pb2.py` are files.

## What functions do

asynclint follows calls through a project and knows many libraries. What it cannot see, because it happens in a
library that it does not know, in compiled code or through a registry, can be said: which functions block or do not,
which run a function in a thread, which look after tasks. A function is named by its full dotted name
(`app.clients.ledger.Ledger.post`, also under the names by which a library re-exports it), by `Class.method` for the
methods of all classes of that name, or by a glob in which `*` stands for dots as well (`legacy_client.*`).

## Keys

"""


def generated(root: Path) -> dict[Path, str]:
    """Every generated file of the repository with the text it should have."""
    schema = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        root / "docs" / "configuration.md": INTRODUCTION + page(),
        root / "docs" / "asynclint.schema.json": schema,
    }


def outdated(root: Path) -> list[Path]:
    """The files that differ from what would be generated."""
    files = generated(root)
    return [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if something would change")
    if not parser.parse_args(arguments).check:
        for path, text in generated(ROOT).items():
            path.write_text(text, encoding="utf-8")
        return 0
    differing = outdated(ROOT)
    for path in differing:
        print(f"{path.relative_to(ROOT)} is out of date; run python scripts/generate_configuration.py", file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
