"""The edits that make a background function catch and log what goes wrong in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.flow.traversal import dotted
from asynclint.semantics import rewrite
from asynclint.semantics.module_head import free_name, quote_of
from asynclint.semantics.names import local_names
from asynclint.semantics.references import is_only_started
from asynclint.semantics.syntax import StatementSyntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.project.model import Function
    from asynclint.project.scopes import Binding
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.rewrite import Edits, ImportedName

_FACTORIES = frozenset({"getLogger", "get_logger"})


def guard_function(module: ModuleContext, function: Function) -> Edits | None:
    """Edits that put the body into `try:` … `except Exception:` with a call of the module's logger.

    Only for a function of this module that nothing wraps and that the project does nothing else with than start it:
    other callers may want its exceptions, or its result.
    """
    if function.module is not module.module or function.is_generator or function.ir.decorators:
        return None
    if not is_only_started(module.project, function):
        return None
    logger = _logger(module, function)
    if logger is None:
        return None
    syntax = StatementSyntax.parse(module.module.data, function.ir.start, function.ir.end)
    definition = None if syntax is None else syntax.definition()
    if definition is None:
        return None
    quote = quote_of(module.module.data)
    guarded = rewrite.guard_body(definition, f"{logger.text}.exception({quote}{function.name} failed{quote})")
    return None if guarded is None else (*logger.edits, *guarded)


def _logger(module: ModuleContext, function: Function) -> ImportedName | None:
    """The module's own logger where it has one that the function sees, else a new one."""
    hidden = local_names(function)
    known = next((name for name in _loggers(module) if name not in hidden), None)
    return rewrite.ImportedName(known, ()) if known is not None else _new_logger(module)


def _loggers(module: ModuleContext) -> Iterator[str]:
    """Names that the module binds once, and always, to a logger."""
    for name, bindings in module.module.index.bindings.items():
        if len(bindings) == 1 and not bindings[0].block and _is_logger(bindings[0]):
            yield name


def _is_logger(binding: Binding) -> bool:
    if isinstance(binding.value, ir.Call) and binding.kind in {"assign", "annotation"} and not binding.path:
        return dotted(binding.value.func).rpartition(".")[2] in _FACTORIES
    return isinstance(binding.statement, ir.ImportFrom) and (binding.statement.module, binding.name) == (
        "loguru",
        "logger",
    )


def _new_logger(module: ModuleContext) -> ImportedName | None:
    data, head = module.module.data, module.head
    imported = rewrite.import_name(data, head, "logging", "getLogger")
    if imported is None or not _is_imported_in_time(module, imported):
        return None
    name = free_name("logger", module.words)
    declared = rewrite.insert_after_imports(data, head, f"{name} = {imported.text}(__name__)")
    if declared is None:
        return None
    return rewrite.ImportedName(name, _joined(imported.edits, declared))


def _is_imported_in_time(module: ModuleContext, imported: ImportedName) -> bool:
    """Whether an import that is there already stands among those that the new line goes after."""
    end = module.head.imports_end
    bindings = module.module.index.bindings.get(imported.text.partition(".")[0], [])
    starts = [binding.statement.start for binding in bindings if binding.statement is not None]
    return bool(imported.edits) or (end is not None and all(start < end for start in starts))


def _joined(imports: Edits, declared: Edits) -> Edits:
    """In a module without imports both stand at the same place, and the import comes first."""
    if len(imports) == 1 and imports[0].span == declared[0].span:
        return (imports[0]._replace(content=imports[0].content + declared[0].content.lstrip("\r\n")),)
    return (*imports, *declared)
