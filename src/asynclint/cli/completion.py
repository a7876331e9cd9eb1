"""`asynclint completion`, and what the shell is offered where a rule is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from asynclint.cli.terminal import write_out
from asynclint.cli.words import Words

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_PROGRAM = "asynclint"
_VARIABLE = "_ASYNCLINT_COMPLETE"
"""In which click looks for what the shell wants."""
_SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command()
@click.argument("shell", type=Words(_SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    r"""Print the script that completes commands, options and rules.

    \b
    bash        eval "$(asynclint completion bash)"                        in ~/.bashrc
    zsh         eval "$(asynclint completion zsh)"                         in ~/.zshrc
    fish        asynclint completion fish | source                         in ~/.config/fish/config.fish
    powershell  asynclint completion powershell | Out-String | iex         in $PROFILE
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - commands that name rules need none of it

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click cannot complete in {shell}")
    write_out(found(ctx.find_root().command, {}, _PROGRAM, _VARIABLE).source().rstrip("\n") + "\n")


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Codes and names that begin as given."""
    return _beginning_with(incomplete, "")


def complete_rules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The same for the last of several that are separated by commas."""
    earlier, comma, last = incomplete.rpartition(",")
    return _beginning_with(last, earlier + comma)


def _beginning_with(start: str, before: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only where a shell asks

    from asynclint.rulekit.descriptions import described_rules  # noqa: PLC0415 - as above

    words = [(word, rule.summary) for rule in described_rules() for word in (rule.code, rule.name)]
    return [CompletionItem(before + word, help=text) for word, text in words if word.lower().startswith(start.lower())]
