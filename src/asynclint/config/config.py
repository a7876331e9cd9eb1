"""What configuration files can say, as typed values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asynclint.config.settings import MAX_FILE_SIZE

if TYPE_CHECKING:
    from asynclint.config.values import DeclaredCall, DeclaredOffloader, Pattern
    from asynclint.core.diagnostic import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings that hold for a file, with those of the files extended; `options.py` says what each means.

    None stands for what is decided elsewhere where nothing is said. Paths are absolute.
    """

    root: bool = False
    required_version: str | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[Pattern, tuple[str, ...]], ...] = ()
    extend_per_file_ignores: tuple[tuple[Pattern, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    min_confidence: str = "low"
    honour_peer_noqa: bool = True
    require_suppression_reason: bool = False
    fail_level: str = "warning"
    output_format: str | None = None
    baseline: str | None = None
    exclude: tuple[Pattern, ...] | None = None
    extend_exclude: tuple[Pattern, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    max_file_size: int = MAX_FILE_SIZE
    src: tuple[str, ...] = ()
    fastapi_version: str | None = None
    target_version: str | None = None
    fixable: tuple[str, ...] = ("ALL",)
    unfixable: tuple[str, ...] = ()
    extend_safe_fixes: tuple[str, ...] = ()
    extend_unsafe_fixes: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    blocking_calls: tuple[DeclaredCall, ...] = ()
    non_blocking_calls: tuple[str, ...] = ()
    offload_functions: tuple[DeclaredOffloader, ...] = ()
    task_keepers: tuple[str, ...] = ()
    exception_handling_decorators: tuple[str, ...] = ()
    route_decorators: tuple[str, ...] = ()
    background_runners: tuple[str, ...] = ()
    shutdown_hooks: tuple[str, ...] = ()


DEFAULTS = Config()
