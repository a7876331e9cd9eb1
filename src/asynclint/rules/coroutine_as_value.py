"""A coroutine that is used as the value which awaiting it would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.core.diagnostic import Applicability, Confidence, Severity
from asynclint.flow import ir
from asynclint.rulekit.rule import Example, Rule
from asynclint.semantics import rewrite, tasks
from asynclint.semantics.value_uses import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.core.diagnostic import ChainStep, Diagnostic, Fix
    from asynclint.semantics.coroutine_misuse import Misuse
    from asynclint.semantics.module_context import ModuleContext
    from asynclint.semantics.syntax import Kind

_EFFECT = {
    Usage.TRUTH: "is tested for truth, and a coroutine is always true, so the check decides nothing",
    Usage.COMPARISON: "is compared, and a coroutine equals nothing but itself",
    Usage.IDENTITY: "is compared with a constant, and a coroutine is never that, so the check decides nothing",
    Usage.MEMBERSHIP: "is looked for in a collection, and a coroutine equals nothing but itself",
    Usage.CONTAINER: "is searched with `in`, which raises TypeError",
    Usage.ARITHMETIC: "is calculated with, which raises TypeError",
    Usage.FORMAT: "is made text, which reads `<coroutine object …>`",
    Usage.LOG: "is written out, which reads `<coroutine object …>`",
    Usage.ATTRIBUTE: "is asked for `.{detail}`, which raises AttributeError",
    Usage.INDEX: "is indexed, which raises TypeError",
    Usage.KEY: "is used as a key, and a coroutine equals nothing but itself",
    Usage.CALL: "is called, which raises TypeError",
    Usage.ITERATION: "is iterated over, which raises TypeError",
    Usage.CONTEXT: "is entered as a context manager, which raises TypeError",
    Usage.UNPACKING: "is unpacked, which raises TypeError",
    Usage.MAPPING: "is unpacked with `**`, which raises TypeError",
    Usage.SIZE: "is asked for its length, which raises TypeError",
    Usage.CONVERSION: "is converted, which raises TypeError",
    Usage.SERIALISATION: "is put into a response or JSON text, which raises TypeError",
    Usage.ORDERING: "is ordered, which raises TypeError",
}


def check(module: ModuleContext) -> Iterator[Diagnostic]:
    """Coroutines that are tested, compared, formatted, indexed or else treated as what they would give."""
    for misuse in module.coroutine_misuses:
        match = module.settle(misuse.scope, misuse.node, _kind(misuse.node))
        effect = _EFFECT[misuse.use.usage].format(detail=misuse.use.detail)
        fixes = tuple(_fixes(module, misuse))
        yield module.diagnostic(
            RULE,
            misuse.scope,
            match.span,
            f"{_subject(misuse)} {effect}; {_remedy(misuse, fixable=bool(fixes))}",
            chain=_chain(module, misuse),
            fixes=fixes,
        )


def _kind(node: ir.Call | ir.Attribute | ir.Name) -> Kind:
    if isinstance(node, ir.Call):
        return "call"
    return "attribute" if isinstance(node, ir.Attribute) else "name"


def _subject(misuse: Misuse) -> str:
    if misuse.is_injected:
        returned = f"the sync dependency `{misuse.name}` returns a coroutine, which FastAPI does not await"
        return f"{returned}: in `{misuse.variable}` it"
    through = f", in `{misuse.variable}`," if misuse.variable else ""
    return f"the coroutine of `{misuse.name}`{through} is taken for its result: it"


def _remedy(misuse: Misuse, *, fixable: bool) -> str:
    if misuse.is_injected:
        return "make the dependency `async def` and await the coroutine there"
    what = "call" if isinstance(misuse.node, ir.Call) else "attribute"
    if fixable:
        return f"put `await` before the {what}"
    if misuse.awaited:
        return "use what awaiting it gives"
    return "await it in an async function first, and use the result"


def _chain(module: ModuleContext, misuse: Misuse) -> Iterator[ChainStep]:
    """Where the local that holds the coroutine is used."""
    if misuse.variable and not misuse.is_injected and isinstance(misuse.use.node, ir.Name):
        match = module.settle(misuse.scope, misuse.use.node, "name")
        yield module.step(module.module, match.span, f"`{misuse.variable}` is used here as if it were the result")


def _fixes(module: ModuleContext, misuse: Misuse) -> Iterator[Fix]:
    if misuse.is_injected or misuse.awaited or misuse.use.usage is Usage.CONTEXT:
        return
    match = module.settle(misuse.scope, misuse.node, _kind(misuse.node))
    edits = rewrite.insert_await(match, in_async=tasks.is_in_async(misuse.scope))
    if edits is not None:
        yield module.fix(Applicability.UNSAFE, "await the coroutine", edits)


RULE = Rule(
    code="ASL105",
    name="coroutine-as-value",
    summary="a coroutine that is used as the value which awaiting it would give",
    rationale=(
        "Calling an async function gives a coroutine object, not its result. The object is always true: a permission "
        "check without `await` lets everybody in, and nothing fails. It equals nothing but itself, is never None, and "
        "reads `<coroutine object …>` in a text; its attributes, items and arithmetic raise. The function itself "
        "never runs. FastAPI awaits async dependencies, but not a coroutine that a sync dependency returns."
    ),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    timeline="""\
user       ━━ DELETE: is_admin(user) is a coroutine, so it is true ━━ deletes ▶ 200
attacker        ━━ DELETE: is_admin(user) is a coroutine, so it is true ━━ deletes ▶ 200
  is_admin                                     never runs
""",
    limits=(
        "Async methods of objects whose type is not known, such as untyped parameters and ORM rows.",
        "Coroutines that reach the use through a container or a call that is not resolved.",
    ),
    examples=(
        Example(
            bad="""\
from fastapi import FastAPI, HTTPException

app = FastAPI()


async def is_admin(user: str) -> bool:
    return user == "root"


async def load(name: str) -> dict[str, str]:
    return {"name": name}


@app.delete("/users/{name}")
async def remove(name: str, user: str) -> str:
    if not is_admin(user):  # expect: ASL105
        raise HTTPException(403)
    return load(name)["name"]  # expect: ASL105


@app.get("/users/{name}")
async def show(name: str) -> str:
    user = load(name)  # expect: ASL105
    if user is None:
        raise HTTPException(404)
    return user["name"]
""",
            good="""\
from fastapi import FastAPI, HTTPException

app = FastAPI()


async def is_admin(user: str) -> bool:
    return user == "root"


async def load(name: str) -> dict[str, str]:
    return {"name": name}


@app.delete("/users/{name}")
async def remove(name: str, user: str) -> str:
    if not await is_admin(user):
        raise HTTPException(403)
    return (await load(name))["name"]


@app.get("/users/{name}")
async def show(name: str) -> str:
    user = await load(name)
    if user is None:
        raise HTTPException(404)
    return user["name"]
""",
        ),
    ),
    check=check,
    fix_safety=(
        "UNSAFE: `await` is inserted, with parentheses where needed. The function begins to run, and the check begins "
        "to decide. Not offered in lambdas, generator expressions and sync functions, where `await` cannot stand or "
        "changes the meaning."
    ),
)
