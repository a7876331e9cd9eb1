"""The code that ends a task where this project's application ends: in its own hook, or in one that it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from asynclint.core.span import Span
from asynclint.flow import ir
from asynclint.flow.traversal import dotted, header_exprs, walk
from asynclint.knowledge.fastapi_api import EVENT_DECORATOR, EVENT_PARAMETERS, FASTAPI_APPS
from asynclint.knowledge.names import canonical
from asynclint.project.model import Class, Function, Module, Scope, module_of
from asynclint.project.places import AttributePlace, GlobalPlace
from asynclint.project.roles import Role
from asynclint.project.values import ClassValue, External, members
from asynclint.semantics import rewrite, task_references
from asynclint.semantics.drafts import CannotBeWrittenError, Draft
from asynclint.semantics.task_handles import Handle, handle_of, local_collection_of, local_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asynclint.core.diagnostic import Fix
    from asynclint.project.task_lifetimes import UnendedTask
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.tasks import TaskSite

_Item = TypeVar("_Item")

_STEP: Final = "    "


@dataclass(frozen=True, slots=True, eq=False)
class _Hook:
    """Where the application ends: `function`, or a place for one that is yet to be written.

    `application` is how the application is written in it, "" where it is not at hand. `startup` is the handler to
    write a shutdown handler behind, `creation` the call of `FastAPI` that a lifespan is to be given to.
    """

    module: Module
    function: Function | None
    application: str
    startup: Function | None = None
    creation: tuple[Scope, ir.Call] | None = None


def shown_end(module: ModuleContext, site: TaskSite, task: UnendedTask) -> Fix | None:
    """The edits that would end the task, cancelled and awaited, to be shown; None where no place for them is sure."""
    if site.passed or not isinstance(site.scope, Function):
        return None
    try:
        return _Writer(module, site, task).written()
    except CannotBeWrittenError:
        return None


class _Writer:
    """Writes the end of one task."""

    def __init__(self, context: ModuleContext, site: TaskSite, task: UnendedTask) -> None:
        self._context = context
        self._project = context.project
        self._site = site
        self._task = task
        self._draft = Draft(context)
        self._end_it = "cancel it and await it"

    def written(self) -> Fix:
        """Raises CannotBeWrittenError."""
        if self._task.idle is not None:
            return self._by_calling(self._task.idle)
        if self._task.stopper is not None:
            return self._by_calling(self._task.stopper)
        handle = next((handle_of(self._project, self._site, store) for store in self._task.stores), None)
        if self._task.stores and handle is None:
            raise CannotBeWrittenError
        if handle is None:
            if self._starts_in_lifespan and isinstance(self._site.scope, Function):
                return self._beside_its_start(self._site.scope)
            handle = self._kept_in_set()
        closer = self._task.closer
        if closer is not None:
            return self._in_closer(closer, handle)
        if isinstance(getattr(handle.place, "owner", None), Class) and not self._starts_in_lifespan:
            return self._in_new_method(handle)
        hook = self._hook()
        self._put(hook, self._ending(handle, hook.module, hook.function, self._reference(handle, hook)))
        return self._draft.shown(f"{self._end_it} {_where(hook)}")

    # -- tasks that nothing keeps ------------------------------------------------------------------------------

    @property
    def _starts_in_lifespan(self) -> bool:
        return isinstance(self._site.scope, Function) and Role.LIFESPAN in self._project.roles.of(self._site.scope)

    def _beside_its_start(self, lifespan: Function) -> Fix:
        """The lifespan that starts the task keeps it in a local."""
        hook = _Hook(lifespan.module, lifespan, "")
        call = self._site.call
        calls = {id(site.call) for site in self._context.task_sites}
        values, local = local_collection_of(self._site, calls), local_of(self._site)
        if values is not None:
            lines = self._all(values, values.partition(".")[0], lifespan.module, lifespan)
        elif not lifespan.index.use(call).block:
            if local is None:
                local = self._assigned(lifespan)
            lines = self._one(local, lifespan.module, lifespan)
        elif local is not None and (branch := _outermost_branch(lifespan, call)) is not None:
            nothing = rewrite.insert_before(lifespan.module.data, Span(branch.start, branch.start), [f"{local} = None"])
            self._draft.add(lifespan.module, nothing)
            lines = self._one_or_none(local, lifespan.module, lifespan)
        else:
            return self._in_hook_by_set(lifespan)
        self._put(hook, lines)
        return self._draft.shown(f"{self._end_it} {_where(hook)}")

    def _assigned(self, lifespan: Function) -> str:
        """A local of the lifespan that the call is assigned to from now on."""
        call = self._site.call
        if not isinstance(lifespan.index.parents.get(id(call)), ir.ExprStmt):
            raise CannotBeWrittenError
        local = self._draft.free_local(lifespan, "task", "")
        self._draft.add(lifespan.module, rewrite.assign_to(Span(call.start, call.end), local))
        return local

    def _in_hook_by_set(self, lifespan: Function) -> Fix:
        handle = self._kept_in_set()
        hook = _Hook(lifespan.module, lifespan, "")
        self._put(hook, self._ending(handle, hook.module, lifespan, self._reference(handle, hook)))
        return self._draft.shown(f"{self._end_it} {_where(hook)}")

    def _kept_in_set(self) -> Handle:
        kept = task_references.keep_in_set(self._context, self._site)
        if kept is None:
            raise CannotBeWrittenError
        self._draft.add(self._context.module, kept.edits)
        self._end_it = f"keep it in a set, {self._end_it}"
        place = GlobalPlace(self._context.module, kept.name)
        return Handle(place, ir.Name(kept.name, 0), "tasks", is_set=True, is_bound=True)

    # -- in the class that has the task ------------------------------------------------------------------------

    def _by_calling(self, closer: Function) -> Fix:
        hook = self._hook()
        self._put(hook, [self._call(closer, hook)])
        return self._draft.shown(f"call `{closer.qualname}` {_where(hook)}")

    def _in_closer(self, closer: Function, handle: Handle) -> Fix:
        reference = self._reference(handle, _Hook(closer.module, closer, ""))
        lines = self._ending(handle, closer.module, closer, reference)
        if not closer.is_async:
            lines = self._only_cancelled(lines)
        self._draft.add(closer.module, self._at_start(closer, lines))
        ends = self._project.task_lifetimes.ends
        if ends.is_used(closer) or not ends.is_used(self._site.scope):
            return self._draft.shown(f"{self._end_it} in `{closer.qualname}`")
        hook = self._hook()
        self._put(hook, [self._call(closer, hook)])
        return self._draft.shown(f"{self._end_it} in `{closer.qualname}`, and call that {_where(hook)}")

    def _only_cancelled(self, lines: list[str]) -> list[str]:
        """A method that cannot await may cancel a task that has nothing left to do then."""
        if self._project.cancelled_tasks.has_cleanup(self._task.loop.function):
            raise CannotBeWrittenError
        return [line for line in lines if "await " not in line]

    def _in_new_method(self, handle: Handle) -> Fix:
        """A method `stop` for the class, called where the application ends."""
        owner = handle.place.owner if isinstance(handle.place, AttributePlace) else None
        if not isinstance(owner, Class) or not owner.methods:
            raise CannotBeWrittenError
        last = owner.methods[-1]
        if self._project.evaluator.members.method(owner, "stop") is not None:
            raise CannotBeWrittenError
        hook = self._hook()
        reference = f"self.{handle.place.name}"
        lines = ["async def stop(self) -> None:"]
        lines += [_STEP + line for line in self._ending(handle, owner.module, None, reference)]
        self._draft.add(owner.module, rewrite.define_after(owner.module.data, Span(last.ir.start, last.ir.end), lines))
        self._put(hook, [f"await {self._instance(owner, hook)}.stop()"])
        return self._draft.shown(f"{self._end_it} in a method, and call that {_where(hook)}")

    def _call(self, closer: Function, hook: _Hook) -> str:
        awaited = "await " if closer.is_async else ""
        if closer.owner is not None:
            return f"{awaited}{self._instance(closer.owner, hook)}.{closer.name}()"
        if any(param.default is None and not param.kind.startswith("var") for param in closer.ir.params):
            raise CannotBeWrittenError
        place = GlobalPlace(closer.module, closer.name)
        return f"{awaited}{self._draft.global_of(place, hook.module, hook.function)}()"

    def _instance(self, owner: Class, hook: _Hook) -> str:
        """The one object of a class that the project makes, as the hook sees it."""
        made = [
            (scope, call)
            for scope, call in self._project.calls_named(frozenset({owner.name}))
            if not self._project.is_test(module_of(scope)) and self._makes(call, scope, owner)
        ]
        if len(made) != 1:
            raise CannotBeWrittenError
        scope, call = made[0]
        match scope.index.parents.get(id(call)):
            case ir.Assign(targets=(target,)) | ir.AnnAssign(target=target):
                pass
            case _:
                raise CannotBeWrittenError
        if scope.index.use(call).block:
            raise CannotBeWrittenError
        if isinstance(scope, Module) and isinstance(target, ir.Name):
            return self._draft.global_of(GlobalPlace(scope, target.id), hook.module, hook.function)
        if scope is hook.function and isinstance(target, ir.Name | ir.Attribute):
            return dotted(target)
        if isinstance(scope, Function) and self._project.roles.of(scope) & {Role.LIFESPAN, Role.STARTUP}:
            return self._of_application(target, hook)
        raise CannotBeWrittenError

    def _makes(self, call: ir.Call, scope: Scope, owner: Class) -> bool:
        values = members(self._project.evaluator.value(call.func, scope))
        return any(isinstance(value, ClassValue) and value.cls is owner for value in values)

    # -- the lines ---------------------------------------------------------------------------------------------

    def _ending(self, handle: Handle, module: Module, function: Function | None, reference: str) -> list[str]:
        if handle.form == "task":
            return self._of_one(handle, module, function, reference)
        if not handle.is_set:
            raise CannotBeWrittenError
        values = f"{reference}.values()" if handle.form == "tasks by key" else reference
        return self._all(values, reference, module, function)

    def _all(self, values: str, reference: str, module: Module, function: Function | None) -> list[str]:
        running, task = (self._draft.free_local(function, name, reference) for name in ("running", "task"))
        return [
            f"{running} = list({values})",
            f"for {task} in {running}:",
            f"{_STEP}{task}.cancel()",
            f"await {self._gather(module, function)}(*{running}, return_exceptions=True)",
        ]

    def _of_one(self, handle: Handle, module: Module, function: Function | None, reference: str) -> list[str]:
        if handle.is_set:
            return self._one(reference, module, function)
        if handle.is_bound:
            return self._one_or_none(reference, module, function)
        holder, _, name = reference.rpartition(".")
        if not holder:
            raise CannotBeWrittenError
        task = self._draft.free_local(function, "task", reference)
        return [f'{task} = getattr({holder}, "{name}", None)', *self._one_or_none(task, module, function)]

    def _one_or_none(self, reference: str, module: Module, function: Function | None) -> list[str]:
        guarded = self._one(reference, module, function)
        return [f"if {reference} is not None:", *(_STEP + line for line in guarded)]

    def _one(self, reference: str, module: Module, function: Function | None) -> list[str]:
        gather = self._gather(module, function)
        return [f"{reference}.cancel()", f"await {gather}({reference}, return_exceptions=True)"]

    def _gather(self, module: Module, function: Function | None) -> str:
        return self._draft.outside(module, "asyncio", "gather", function)

    # -- the place of the task, as the hook sees it ------------------------------------------------------------

    def _reference(self, handle: Handle, hook: _Hook) -> str:
        match handle.place:
            case GlobalPlace() as place:
                return self._draft.global_of(place, hook.module, hook.function)
            case AttributePlace() if hook.function is self._site.scope:
                return dotted(handle.holder)
            case AttributePlace(owner=Class() as owner, name=name):
                function = hook.function
                if function is None or function.owner is None or not function.ir.params:
                    raise CannotBeWrittenError
                mro = self._project.evaluator.members.mro
                if function.owner not in mro(owner) and owner not in mro(function.owner):
                    raise CannotBeWrittenError
                return f"{function.ir.params[0].name}.{name}"
            case AttributePlace(owner=None | str()):
                return self._of_application(handle.holder, hook)
            case _:
                raise CannotBeWrittenError

    def _of_application(self, node: ir.Expr, hook: _Hook) -> str:
        """`request.app.state.poller` → `app.state.poller`."""
        match node:
            case ir.Attribute(value=ir.Attribute(value=holder, attr="state"), attr=name) if hook.application:
                if dotted(holder).rpartition(".")[2] in {"app", "application", hook.application}:
                    return f"{hook.application}.state.{name}"
        raise CannotBeWrittenError

    # -- the hook ----------------------------------------------------------------------------------------------

    def _hook(self) -> _Hook:
        """The end of the application that the task belongs to."""
        scope = self._site.scope
        if isinstance(scope, Function) and self._starts_in_lifespan:
            return _Hook(scope.module, scope, self._application_in(scope))
        for role in (Role.LIFESPAN, Role.SHUTDOWN):
            function = self._nearest(role)
            if function is not None:
                return _Hook(function.module, function, self._application_in(function))
        is_startup = isinstance(scope, Function) and Role.STARTUP in self._project.roles.of(scope)
        startup = scope if isinstance(scope, Function) and is_startup else self._nearest(Role.STARTUP)
        if startup is not None:
            return _Hook(startup.module, None, _event_receiver(startup), startup=startup)
        creation = self._only([(module_of(scope), (scope, call)) for scope, call in self._creations()])
        if creation is None:
            raise CannotBeWrittenError
        return _Hook(module_of(creation[0]), None, "app", creation=creation)

    def _nearest(self, *roles: Role) -> Function | None:
        is_dead = self._project.lifecycle_hooks.is_dead
        hooks = self._project.roles.functions(*roles)
        return self._only([(function.module, function) for function in hooks if not is_dead(function)])

    def _only(self, candidates: Iterable[tuple[Module, _Item]]) -> _Item | None:
        """That of the module of the task, else the only one; raises CannotBeWrittenError where there are several."""
        here = self._context.module
        found = [
            (module, item)
            for module, item in candidates
            if module.import_root == here.import_root and not self._project.is_test(module)
        ]
        chosen = [item for module, item in found if module is here] or [item for _, item in found]
        if len(chosen) > 1:
            raise CannotBeWrittenError
        return chosen[0] if chosen else None

    def _application_in(self, function: Function) -> str:
        if Role.LIFESPAN in self._project.roles.of(function):
            params = [param.name for param in function.ir.params]
            return params[1 if function.owner is not None else 0] if params else ""
        return _event_receiver(function)

    def _creations(self) -> Iterator[tuple[Scope, ir.Call]]:
        for scope, call in self._project.calls_named(frozenset({"FastAPI"})):
            names = {keyword.name for keyword in call.keywords}
            if names & {None, "lifespan", *EVENT_PARAMETERS} or not isinstance(call.func, ir.Name | ir.Attribute):
                continue
            values = members(self._project.evaluator.value(call.func, scope))
            if any(isinstance(item, External) and canonical(item.name) in FASTAPI_APPS for item in values):
                yield scope, call

    # -- into the hook -----------------------------------------------------------------------------------------

    def _put(self, hook: _Hook, lines: list[str]) -> None:
        if hook.function is not None:
            if hook.function.is_generator:
                self._draft.add(hook.module, self._after_yield(hook.function, lines))
            elif Role.LIFESPAN in self._project.roles.of(hook.function):
                raise CannotBeWrittenError  # it returns a lifespan that something else makes
            else:
                self._draft.add(hook.module, self._at_start(hook.function, lines))
                self._make_async(hook.function)
        elif hook.startup is not None:
            self._draft.add(hook.module, self._shutdown_handler(hook, hook.startup, lines))
        elif hook.creation is not None:
            self._new_lifespan(hook.module, *hook.creation, lines)

    def _make_async(self, function: Function) -> None:
        if not function.is_async:
            if self._project.callers.of(function):
                raise CannotBeWrittenError
            self._draft.add(function.module, rewrite.make_async(function.ir.start))

    def _at_start(self, function: Function, lines: Iterable[str]) -> rewrite.Edits | None:
        data = function.module.data
        first, *others = function.body
        if isinstance(first, ir.ExprStmt) and isinstance(first.value, ir.Constant | ir.Opaque):
            if not others:
                return rewrite.insert_after(data, Span(first.start, first.end), lines)
            first = others[0]
        if isinstance(first, ir.FunctionDef | ir.ClassDef):
            return None
        return rewrite.insert_before(data, Span(first.start, first.start), lines)

    def _after_yield(self, lifespan: Function, lines: list[str]) -> rewrite.Edits | None:
        """In the `finally` around the `yield`, which is written if it is not there.

        One around more than the `yield` also runs when the start has failed, before there is a task.
        """
        yielding = [
            statement
            for statement in lifespan.index.statements
            if any(isinstance(node, ir.Yield) for expr in header_exprs(statement) for node in walk(expr))
        ]
        if len(yielding) != 1 or not isinstance(statement := yielding[0], ir.ExprStmt):
            return None
        data, around = lifespan.module.data, lifespan.index.enclosing.get(id(statement))
        if isinstance(around, ir.Try) and around.finalbody and around.body == (statement,):
            first = around.finalbody[0]
            return rewrite.insert_before(data, Span(first.start, first.start), lines)
        return rewrite.clean_up_after(data, Span(statement.start, statement.end), lines)

    def _shutdown_handler(self, hook: _Hook, startup: Function, lines: list[str]) -> rewrite.Edits:
        if not hook.application:
            raise CannotBeWrittenError
        name = self._draft.free(hook.module, "stop_tasks")
        handler = [f'@{hook.application}.{EVENT_DECORATOR}("shutdown")', f"async def {name}() -> None:"]
        definition = Span(startup.ir.start, startup.ir.end)
        return rewrite.define_after(hook.module.data, definition, [*handler, *(_STEP + line for line in lines)])

    def _new_lifespan(self, module: Module, scope: Scope, call: ir.Call, lines: list[str]) -> None:
        name = self._draft.free(module, "lifespan")
        manager = self._draft.member(module, ("contextlib",), "asynccontextmanager")
        iterator = self._draft.member(module, ("collections.abc", "typing"), "AsyncIterator")
        callee_end = _callee_end(call)
        application = module.text(Span(call.start, callee_end))
        text = [
            f"@{manager}",
            f"async def {name}(app: {application}) -> {iterator}[None]:",
            f"{_STEP}try:",
            f"{_STEP * 2}yield",
            f"{_STEP}finally:",
            *(_STEP * 2 + line for line in lines),
        ]
        self._draft.add(module, rewrite.define_before(module.data, _top_level_start(scope, call), text))
        has_arguments = bool(call.args or call.keywords)
        keyword = f"lifespan={name}"
        self._draft.add(module, rewrite.add_keyword(module.data, callee_end, keyword, has_arguments=has_arguments))


def _outermost_branch(function: Function, call: ir.Call) -> ir.If | None:
    """The statement at the top of the body in whose branches the call stands, if there are only branches around it."""
    around = function.index.enclosing.get(id(function.index.statement_of(call)))
    outermost = None
    while isinstance(around, ir.If):
        outermost = around
        around = function.index.enclosing.get(id(around))
    return outermost if around is None else None


def _callee_end(call: ir.Call) -> int:
    match call.func:
        case ir.Name(id=name, start=start):
            return start + len(name.encode())
        case ir.Attribute(end=end):
            return end
        case _:
            raise CannotBeWrittenError


def _top_level_start(scope: Scope, call: ir.Call) -> int:
    """Where the statement or definition at module level begins that the call stands in."""
    if isinstance(scope, Module):
        statement = scope.index.statement_of(call)
        while statement is not None and (around := scope.index.enclosing.get(id(statement))) is not None:
            statement = around
        if statement is None:
            raise CannotBeWrittenError
        return statement.start
    outermost = next(reversed([scope, *scope.ancestors()])) if isinstance(scope, Function) else None
    if outermost is None or outermost.owner is not None:
        raise CannotBeWrittenError
    decorators = [node.start for node in outermost.ir.decorators if isinstance(node, ir.Call | ir.Name | ir.Attribute)]
    if len(decorators) != len(outermost.ir.decorators):
        raise CannotBeWrittenError
    return min([outermost.ir.start, *decorators])


def _event_receiver(function: Function) -> str:
    """`app` of `@app.on_event("startup")`."""
    for node in function.ir.decorators:
        match node:
            case ir.Call(func=ir.Attribute(value=holder, attr=attr)) if attr == EVENT_DECORATOR:
                return dotted(holder)
            case _:
                pass
    return ""


def _where(hook: _Hook) -> str:
    if hook.function is None:
        return "in a shutdown handler" if hook.startup is not None else "in a lifespan"
    return (
        f"after the `yield` of `{hook.function.name}`" if hook.function.is_generator else f"in `{hook.function.name}`"
    )
