"""Every key that a configuration file may have: its kind, its meaning, and for what it holds.

From this table come the reading of files, the JSON schema, `asynclint config list` and docs/configuration.md.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from asynclint.config.config import DEFAULTS
from asynclint.config.kinds import (
    Calls,
    Choice,
    Flag,
    Folders,
    IgnoreTable,
    InnerPath,
    Names,
    Offloaders,
    Patterns,
    PythonText,
    Rules,
    SeverityTable,
    Size,
    VersionText,
)
from asynclint.config.settings import NEVER
from asynclint.core.diagnostic import Confidence, Severity

if TYPE_CHECKING:
    from asynclint.config.kinds import Kind

EXTEND = "extend"
"""The key that names another file; it is no setting itself."""

ROOT = "root"
"""The key that is about the folder of its file, so it holds for no other."""

_DEFAULT_RULE = "ASL207"
_BLOCKING_RULES = tuple(f"ASL{number}" for number in range(201, 210))


class Scope(enum.Enum):
    """For what the nearest configuration decides."""

    FILE = "each file, by the configuration nearest to it"
    PROJECT = "the whole project, together with the other configurations in it"
    FOLDER = "each folder, by the configuration nearest to it"
    RUN = "the run, by the configuration that all paths given have in common, else that of the working folder"


class Option(NamedTuple):
    """A key. `default` says in words what holds without it, where its own default does not."""

    key: str
    kind: Kind
    scope: Scope
    meaning: str
    example: str
    default: str = ""

    @property
    def field(self) -> str:
        """The name in `Config`."""
        return self.key.replace("-", "_")

    @property
    def adds_up(self) -> bool:
        """Whether what a file says adds to what the file it extends says, instead of replacing it."""
        return self.key.startswith("extend-")

    @property
    def default_value(self) -> object:
        return getattr(DEFAULTS, self.field)


_FORMATS = ("full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "html")

OPTIONS: tuple[Option, ...] = (
    Option(
        ROOT,
        Flag(),
        Scope.FOLDER,
        "Whether the folder of this file is a project of its own: no source outside of it is read to judge what is in "
        "it. Without that the whole repository is read. It is said in a file, for its own folder, and not inherited.",
        "root = true",
    ),
    Option(
        "required-version",
        VersionText(),
        Scope.FILE,
        "The versions of asynclint that may run here; another one ends with exit code 2.",
        'required-version = ">=0.2,<0.3"',
    ),
    Option(
        "select",
        Rules(),
        Scope.FILE,
        "The rules that are on. The closer of two selectors decides: a code or name before a prefix, a longer prefix "
        'before a shorter one, all before "ALL". An empty list stands for '
        "the rules that are on by default. `--select` on the command line takes its place.",
        'select = ["ASL1", "ASL2", "unhandled-background-exception"]',
        "the rules that are on by default",
    ),
    Option(
        "extend-select",
        Rules(),
        Scope.FILE,
        "Rules that are on beside those of `select`.",
        'extend-select = ["blanket-suppression"]',
    ),
    Option(
        "ignore",
        Rules(),
        Scope.FILE,
        "The rules that are off. `--ignore` on the command line adds to them.",
        'ignore = ["ASL204"]',
    ),
    Option(
        "extend-ignore",
        Rules(),
        Scope.FILE,
        "Rules that are off beside those of `ignore`.",
        'extend-ignore = ["ASL208"]',
    ),
    Option(
        "per-file-ignores",
        IgnoreTable(),
        Scope.FILE,
        "Rules that are off in some files. A `!` before the pattern means all files that it does not match.",
        '[tool.asynclint.per-file-ignores]\n"tests/" = ["ASL2"]\n"!app/api/" = ["blocking-cpu"]',
    ),
    Option(
        "extend-per-file-ignores",
        IgnoreTable(),
        Scope.FILE,
        "As `per-file-ignores`, beside what the extended file says.",
        '[tool.asynclint.extend-per-file-ignores]\n"scripts/*.py" = ["ALL"]',
    ),
    Option(
        "severity",
        SeverityTable(),
        Scope.FILE,
        "The severity of the findings of a rule. Where a rule itself is milder than usual, as about code that runs at "
        "startup, it stays so.",
        '[tool.asynclint.severity]\nblocking-file-io = "note"\nASL3 = "error"',
    ),
    Option(
        "min-confidence",
        Choice(tuple(item.value for item in Confidence)),
        Scope.FILE,
        "The least confidence a finding must have to be reported.",
        'min-confidence = "medium"',
    ),
    Option(
        "honour-peer-noqa",
        Flag(),
        Scope.FILE,
        "Whether the codes of ruff, flake8-async and SonarQube in a `# noqa` silence the rules of the same meaning.",
        "honour-peer-noqa = false",
    ),
    Option(
        "require-suppression-reason",
        Flag(),
        Scope.FILE,
        "Whether comments that silence a rule must say why; it turns on `suppression-without-reason` (ASL004).",
        "require-suppression-reason = true",
    ),
    Option(
        "fail-level",
        Choice((*(item.value for item in Severity), NEVER)),
        Scope.RUN,
        "The mildest severity that makes the exit code 1.",
        'fail-level = "error"',
    ),
    Option(
        "output-format",
        Choice(_FORMATS),
        Scope.RUN,
        "The form of the report on standard output. Files for reports are named on the command line only.",
        'output-format = "concise"',
        "full on a terminal, else concise",
    ),
    Option(
        "baseline",
        InnerPath(),
        Scope.RUN,
        "The baseline that findings are compared with, as with `--baseline`.",
        'baseline = ".asynclint-baseline.json"',
    ),
    Option(
        "exclude",
        Patterns(),
        Scope.FILE,
        "Files and folders that are left out, neither checked nor read. It replaces the folders that are left out by "
        "themselves, such as `.venv` and `node_modules`; to add to them, use `extend-exclude`.",
        'exclude = [".venv", "generated/"]',
        "folders of environments, caches and version control",
    ),
    Option(
        "extend-exclude",
        Patterns(),
        Scope.FILE,
        "Files and folders that are left out beside those of `exclude`.",
        'extend-exclude = ["app/templates/", "*_pb2.py"]',
    ),
    Option(
        "force-exclude",
        Flag(),
        Scope.RUN,
        "Whether files given by name are left out as well where `exclude` says so, as a hook wants it.",
        "force-exclude = true",
    ),
    Option(
        "respect-gitignore",
        Flag(),
        Scope.FOLDER,
        "Whether what git ignores is left out.",
        "respect-gitignore = false",
    ),
    Option(
        "max-file-size",
        Size(2**30),
        Scope.RUN,
        "The size in bytes above which a file is an error instead of being read.",
        "max-file-size = 1_000_000",
    ),
    Option(
        "src",
        Folders(),
        Scope.PROJECT,
        "Folders from which the project's modules are imported, tried before those that are found: the parents of "
        "packages and folders called `src`.",
        'src = ["backend", "libs/common/python"]',
    ),
    Option(
        "fastapi-version",
        VersionText(),
        Scope.FOLDER,
        "The FastAPI that the application runs on; of a range, the newest in it.",
        'fastapi-version = "0.115"',
        "what lock files say, else requirements and pyproject.toml, those nearest to the code first; else the newest",
    ),
    Option(
        "target-version",
        PythonText(),
        Scope.FOLDER,
        "The oldest Python that the code runs on: advice and fixes name nothing that is newer, such as "
        "`asyncio.to_thread` before 3.9. (Which Python asynclint itself runs on does not matter.)",
        'target-version = "3.11"',
        "what `requires-python` of the nearest pyproject.toml says, else the newest",
    ),
    Option("fixable", Rules(), Scope.FILE, "The rules whose fixes may be applied.", 'fixable = ["ASL1"]'),
    Option(
        "unfixable",
        Rules(),
        Scope.FILE,
        "The rules whose fixes are only shown; the closer of `fixable` and `unfixable` decides.",
        'unfixable = ["blocking-sleep"]',
    ),
    Option(
        "extend-safe-fixes",
        Rules(),
        Scope.FILE,
        "The rules whose unsafe fixes count as safe.",
        'extend-safe-fixes = ["blocking-sleep"]',
    ),
    Option(
        "extend-unsafe-fixes",
        Rules(),
        Scope.FILE,
        "The rules whose safe fixes count as unsafe; it wins where both are said.",
        'extend-unsafe-fixes = ["unused-suppression"]',
    ),
    Option(
        "unsafe-fixes", Flag(), Scope.RUN, "Whether `--fix` and `--diff` take unsafe fixes too.", "unsafe-fixes = true"
    ),
    Option(
        "blocking-calls",
        Calls(_DEFAULT_RULE, _BLOCKING_RULES),
        Scope.PROJECT,
        "Callables that block, of libraries or of the project: on the event loop they are reported under `rule` "
        f"({_DEFAULT_RULE} if not given), with the `replacement` to use instead. A method is "
        "also known as `Class.method`; a glob such as `library.*` does not mean the making of objects.",
        'blocking-calls = [\n    "legacy_client.*",\n'
        '    {name = "Ledger.post", replacement = "AsyncLedger.post", rule = "ASL203"},\n]',
    ),
    Option(
        "non-blocking-calls",
        Names(),
        Scope.PROJECT,
        "Callables that do not hold up the event loop, though asynclint thinks so.",
        'non-blocking-calls = ["app.cache.MemoryCache.*", "os.path.getsize"]',
    ),
    Option(
        "offload-functions",
        Offloaders(),
        Scope.PROJECT,
        "Functions that run a function they are given in another thread or process, also as decorators. The first "
        "`replacement` is what findings of blocking calls advise, in the place of `await asyncio.to_thread(…)`.",
        'offload-functions = [\n    "Pool.run",\n'
        '    {name = "app.concurrency.in_pool", replacement = "await in_pool(…)"},\n]',
    ),
    Option(
        "task-keepers",
        Names(),
        Scope.PROJECT,
        "Functions that look after the tasks they are given or make: these are neither lost nor left running.",
        'task-keepers = ["app.tasks.spawn", "Supervisor.*"]',
    ),
    Option(
        "exception-handling-decorators",
        Names(),
        Scope.PROJECT,
        "Decorators that catch what the function raises.",
        'exception-handling-decorators = ["app.errors.reported"]',
    ),
    Option(
        "route-decorators",
        Names(),
        Scope.PROJECT,
        "Decorators that make a function a route.",
        'route-decorators = ["app.routing.endpoint"]',
    ),
    Option(
        "background-runners",
        Names(plain_end=True),
        Scope.PROJECT,
        "Functions that run the function they are given first, or as `func`, after the response, as `add_task` does.",
        'background-runners = ["app.jobs.run_later", "JobQueue.submit"]',
    ),
    Option(
        "shutdown-hooks",
        Names(),
        Scope.PROJECT,
        "Functions that run when the application shuts down, and decorators that make a function one of them.",
        'shutdown-hooks = ["app.main.Server.stop", "app.lifecycle.on_stop"]',
    ),
)

BY_KEY = {option.key: option for option in OPTIONS}
