"""Numbering and naming of the functions and classes of a module, shared by both front ends.

A definition is opened when its keyword is met and closed when its body is known, so that an outer definition
gets a lower number than what it holds.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from asynclint.flow.ir import MODULE_SCOPE, ClassIR, FunctionIR, Name
from asynclint.flow.traversal import bound_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asynclint.flow.ir import Expr

NO_CLASS: Final = -1


class Scope:
    """A module, function or class while its body is being lowered."""

    __slots__ = (
        "assigned",
        "calls",
        "class_index",
        "function_index",
        "global_names",
        "has_await",
        "is_generator",
        "prefix",
    )

    def __init__(self, prefix: str, function_index: int, class_index: int) -> None:
        self.prefix = prefix
        """What the qualified names of definitions in this body start with."""
        self.function_index = function_index
        """The innermost function around the body's statements, or `MODULE_SCOPE`."""
        self.class_index = class_index
        """The class whose body this is, or `NO_CLASS`."""
        self.global_names: set[str] = set()
        """Declared `global` so far: a definition of such a name is qualified as one of the module."""
        self.calls: set[str] = set()
        """The last names of what is called."""
        self.assigned: set[str] = set()
        """The names that are assigned or imported."""
        self.has_await = False
        self.is_generator = False

    def qualify(self, name: str) -> str:
        """The `__qualname__` of a definition in this body."""
        return name if name in self.global_names else self.prefix + name

    def assign(self, target: Expr) -> None:
        """Note the names that a target binds."""
        if isinstance(target, Name):
            self.assigned.add(target.id)
        else:
            self.assigned.update(name.id for name, _ in bound_names(target))

    @property
    def called_locals(self) -> tuple[str, ...]:
        return tuple(sorted(self.calls & self.assigned))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While a lambda's body is lowered, whose `yield` and `await` are not those of the function around it."""
        flags = self.has_await, self.is_generator
        yield
        self.has_await, self.is_generator = flags


class Definitions:
    """The functions and classes of one module, in the order they were opened."""

    __slots__ = ("_classes", "_functions")

    def __init__(self) -> None:
        self._functions: list[FunctionIR | None] = []
        self._classes: list[ClassIR | None] = []

    def open_function(self) -> int:
        """Reserve the number of a function."""
        self._functions.append(None)
        return len(self._functions) - 1

    def open_class(self) -> int:
        """Reserve the number of a class."""
        self._classes.append(None)
        return len(self._classes) - 1

    def close_function(self, function: FunctionIR) -> None:
        self._functions[function.index] = function

    def close_class(self, class_: ClassIR) -> None:
        self._classes[class_.index] = class_

    @property
    def functions(self) -> tuple[FunctionIR, ...]:
        """All functions, each of which must be closed."""
        return tuple(function for function in self._functions if function is not None)

    @property
    def classes(self) -> tuple[ClassIR, ...]:
        """All classes, each of which must be closed."""
        return tuple(class_ for class_ in self._classes if class_ is not None)


def module_scope() -> Scope:
    return Scope("", MODULE_SCOPE, NO_CLASS)
