"""Whether anything in the project raises the signal on which a loop ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asynclint.flow import ir
from asynclint.project.endless_loops import EventSignal, FlagSignal, SentinelSignal, Signal, item_text
from asynclint.project.model import Class, Function, module_of
from asynclint.project.places import AttributePlace
from asynclint.project.reads import Answers

if TYPE_CHECKING:
    from asynclint.project.model import Module, Scope
    from asynclint.project.places import Mention, PlaceReader
    from asynclint.project.project import Project

_INITIALISERS = frozenset({"__init__", "__post_init__", "__new__", "__aenter__", "__enter__"})
_PUTS = frozenset({"put", "put_nowait"})
_PEEKS = frozenset({"is_set", "wait", "get", "get_nowait", "empty", "full", "qsize", "task_done", "join"})
"""Methods of events and queues that tell nobody to stop."""


class StopSignals:
    """Looks for what raises signals, each signal once for each module that waits for it."""

    def __init__(self, project: Project, places: PlaceReader) -> None:
        self._project = project
        self._places = places
        self._raised: Answers[tuple[Signal, Module], bool] = Answers(project.reads, self._may_be_raised)

    def is_raised(self, signal: Signal, waiting: Scope) -> bool:
        """Whether some place may raise the signal that a body waits for; an unknown use of its event or queue may.

        A place of an application that the body does not belong to is another one, though it has the same name.
        """
        return self._raised.of((signal, module_of(waiting)), signal, waiting)

    def _may_be_raised(self, signal: Signal, waiting: Scope) -> bool:
        is_one = self._project.applications.is_one_place
        place = signal.place
        mentions = [item for item in self._places.mentions(place) if is_one(place, waiting, item.scope)]
        is_outside = isinstance(place, AttributePlace) and not isinstance(place.owner, Class)
        if is_outside and not any(map(_is_made, mentions)):
            return True  # it comes from code that is not seen, and may be raised there
        return any(_raises(mention, signal) for mention in mentions)


def _is_made(mention: Mention) -> bool:
    """Whether the mention puts a new event into the place."""
    match mention.scope.index.parents.get(id(mention.node)):
        case ir.Assign(value=ir.Call()) | ir.AnnAssign(value=ir.Call()):
            return True
        case _:
            return False


def _raises(mention: Mention, signal: Signal) -> bool:
    match signal:
        case FlagSignal(going=going):
            return _changes_flag(mention, going=going)
        case EventSignal():
            return _uses_object(mention, "")
        case SentinelSignal(item=item):
            return not item or _uses_object(mention, item)


def _changes_flag(mention: Mention, *, going: bool) -> bool:
    """Whether the mention gives the flag a value at which the loop ends, later than where it gets its first one."""
    parent = mention.scope.index.parents.get(id(mention.node))
    match parent:
        case ir.Assign(targets=targets, value=value) if any(target is mention.node for target in targets):
            keeps_going = isinstance(value, ir.Constant) and bool(value.value) is going
            return not keeps_going and not _is_initial(mention)
        case ir.AnnAssign(target=target, value=value) if target is mention.node:
            return value is not None and not _is_initial(mention)
        case ir.AugAssign(target=target):
            return target is mention.node
        case ir.Collection():
            return True
        case _:
            return False


def _is_initial(mention: Mention) -> bool:
    return not isinstance(mention.scope, Function) or mention.scope.name in _INITIALISERS


def _uses_object(mention: Mention, item: str) -> bool:
    """Whether the mention sets the event or ends the queue, or lets others do so."""
    node, scope = mention
    parent = scope.index.parents.get(id(node))
    match parent:
        case ir.Attribute(attr=attr) if attr in _PUTS and item:
            call = scope.index.parents.get(id(parent))
            if not isinstance(call, ir.Call) or call.func is not parent:
                return True  # `call_soon_threadsafe(queue.put_nowait, None)`
            return any(item_text(arg) in {item, ""} for arg in call.args[:1])
        case ir.Attribute(attr=attr):
            return attr not in _PEEKS
        case ir.Assign(targets=targets, value=value) if any(target is node for target in targets):
            return not isinstance(value, ir.Call | ir.Constant)
        case ir.AnnAssign(target=target, value=value) if target is node:
            return not isinstance(value, ir.Call | ir.Constant | None)
        case ir.Compare() | ir.UnaryOp() | ir.If() | ir.While() | ir.BoolOp() | ir.ExprStmt() | ir.FString():
            return False
        case _:
            return True
